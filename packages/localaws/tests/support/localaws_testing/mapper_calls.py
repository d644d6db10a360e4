"""A moto of one's own for each test, called as the gate would pass a call on."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, NamedTuple
from urllib.parse import urlencode

from moto.core.base_backend import BackendDict
from werkzeug.test import Client

from bulkhead_localaws.gate.routing import JSON_TARGETS
from bulkhead_localaws.moto.emulator import create_emulator
from bulkhead_localaws.protocol.calls import Call

if TYPE_CHECKING:
    from collections.abc import Mapping

ACCOUNT = "123456789012"
REGION = "eu-west-1"


def call(service: str, operation: str, parameters: Mapping[str, Any], *, region: str = REGION) -> Call:
    """Return a call of the emulated account."""
    return Call(service, operation, parameters, region, ACCOUNT)


class EmulatorAnswer(NamedTuple):
    """What came back: an HTTP status, 500 when moto failed, and the body."""

    status: int
    text: str


class Emulator:
    """Executes calls without asking anybody."""

    def __init__(self) -> None:
        self.reset()
        self._client = Client(create_emulator())

    def reset(self) -> None:
        """Forget everything."""
        BackendDict.reset()

    def execute(self, asked: Call) -> EmulatorAnswer:
        """Send a call in its service's protocol."""
        credential = f"AKIAEXAMPLE/20260101/{asked.region}/{asked.service}/aws4_request"
        headers = {"Authorization": f"AWS4-HMAC-SHA256 Credential={credential}, SignedHeaders=host, Signature=0"}
        if asked.service in JSON_TARGETS:
            headers["X-Amz-Target"] = f"{next(iter(JSON_TARGETS[asked.service]))}.{asked.operation}"
            headers["Content-Type"] = "application/x-amz-json-1.1"
            body = json.dumps(asked.parameters).replace("&", "\\u0026").replace("=", "\\u003d")
        else:
            headers["Content-Type"] = "application/x-www-form-urlencoded"
            body = urlencode({"Action": asked.operation, "Version": "2010-05-08", **asked.parameters})
        try:
            answer = self._client.post("/", data=body.encode(), headers=headers)
        except Exception as error:  # noqa: BLE001 -- moto lets its own failures out
            return EmulatorAnswer(500, repr(error))
        return EmulatorAnswer(answer.status_code, answer.text)

    def succeed(self, service: str, operation: str, parameters: Mapping[str, Any], *, region: str = REGION) -> Any:
        """Execute a call that must succeed; return its answer, parsed if it is JSON."""
        answer = self.execute(call(service, operation, parameters, region=region))
        assert answer.status == 200, answer.text
        return json.loads(answer.text or "{}") if service in JSON_TARGETS else answer.text
