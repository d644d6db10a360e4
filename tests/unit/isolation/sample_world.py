"""The sample app as a stage under attack, in this process."""

from __future__ import annotations

import json
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

from chalice.local import LocalGateway, LocalGatewayException

from isolation.attack.api import ApiAccess
from isolation.attack.outcomes import ATTACKER, VICTIM
from isolation.attack.planted import PlantedRows
from isolation.attack.routes import matches
from isolation.attack.served import Served
from stage.http_api import Answer
from tests.unit.isolation.sample_app import ENTITIES, PERMISSIONS, PROBES, Data, SampleApp

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from chalice.app import Chalice

    from isolation.attack.routes import Permissions

_REFUSALS = {401: "UnauthorizedError", 403: "ForbiddenError", 404: "NotFoundError", 405: "MethodNotAllowedError"}
SOUND, ATTACKED = "http://sound", "http://attacked"


class InProcess(ApiAccess):
    """The app under attack, and a sound one over the same data, with which rows are planted."""

    def __init__(self, attacked: Chalice, sound: Chalice, served: Served, secrets: Mapping[str, str]) -> None:
        self.url = ATTACKED
        self.rows = PlantedRows(self, served, secrets, SOUND)
        self._apps = {ATTACKED: attacked, SOUND: sound}

    def token(self, tenant: str, role: str) -> str:
        """Return what the sample's authorizer takes for a token."""
        return f"{tenant}.{role}"

    def call(
        self, method: str, path: str, *, headers: Mapping[str, str] | None = None, body: Any = None, raw: str = ""
    ) -> Answer:
        """Send a request to the app in this process."""
        app = self._apps[self.url]
        if not matches(app.routes, path.partition("?")[0]):
            return _refused(404)
        if "Authorization" not in (headers or {}):
            return _refused(401)
        content = raw or (json.dumps(body) if body is not None else "")
        sent = {"Content-Type": "application/json", **(headers or {})}
        config: Any = SimpleNamespace(lambda_timeout=None, function_name="sample", lambda_memory_size=128)
        try:
            answer = LocalGateway(app, config).handle_request(method, path, sent, content.encode() or None)
        except LocalGatewayException as refused:
            return _refused(refused.CODE)
        return Answer(answer["statusCode"], {}, (answer["body"] or "").encode())


def _refused(status: int) -> Answer:
    return Answer(status, {}, json.dumps({"Code": _REFUSALS[status], "Message": "no"}).encode())


class SampleWorld:
    """A stage whose API is the sample app, with rows planted in it."""

    def __init__(self, code: Path, *, permissions: Permissions = PERMISSIONS, **bug: Any) -> None:
        self.data = Data()
        bug = {"roles": permissions, **bug}
        attacked, sound = SampleApp(self.data, **bug).app, SampleApp(self.data, roles=permissions).app
        self.served = Served(attacked.routes, ENTITIES, PROBES, code, permissions)
        self.local = object()
        self.stage = SimpleNamespace(table_name="pooled")
        self.secrets = {tenant: f"secret-of-{tenant}" for tenant in (ATTACKER, VICTIM)}
        self.api = InProcess(attacked, sound, self.served, self.secrets)
        self.api.rows.plant()

    def decisions(self) -> list[dict[str, Any]]:
        """Return what plays IAM has decided."""
        return self.data.decisions

    def altered(self) -> list[str]:
        """Return the victim when its rows are not as they were."""
        return self.api.rows.altered()

    def cleaner(self) -> Any:
        """Return what sweeps a table that is not there."""
        return SimpleNamespace(delete_item=lambda **_: None)
