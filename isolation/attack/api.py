"""The HTTP API as signed-in users of two tenants, and people with forged tokens, reach it."""

from __future__ import annotations

import gzip
import json
from contextlib import contextmanager
from importlib.resources import files
from typing import TYPE_CHECKING, Any

import jwt

from stage.http_api import Answer, Api, get_json, send_raw
from stage.sign_in import sign_in

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from stage.document import LocalStage

ATTACKER, VICTIM = "acme", "globex"
_TIMEOUT_SECONDS = 30
LINE = "attack-line"


class ApiAccess:
    """Calls the API of a stage on one machine; each tenant has an item, a cart line and a user planted there."""

    def __init__(self, stage: LocalStage, secrets: Mapping[str, str], planting_url: str) -> None:
        self._stage = stage
        self.url = stage.api_url
        self._planting_url = planting_url
        self._secrets = secrets
        self._tokens: dict[tuple[str, str], tuple[str, str]] = {}
        self.items: dict[str, Any] = {}
        self.users: dict[str, Any] = {}

    def token(self, tenant: str, role: str) -> str:
        """Return the id token of a demo user."""
        return self._signed_in(tenant, role)[0]

    def access_token(self, tenant: str, role: str) -> str:
        """Return the access token of a demo user."""
        return self._signed_in(tenant, role)[1]

    def forged(self, *, without: str = "", headers: Mapping[str, Any] | None = None, **claims: Any) -> str:
        """Return altered claims of the attacker's member, signed with the pool's own key.

        The emulator's package carries that key; Cognito's own never leaves it.
        """
        published = files("moto.cognitoidp") / "resources" / "jwks-private.json.gz"
        key = jwt.PyJWK.from_dict(json.loads(gzip.decompress(published.read_bytes())) | {"alg": "RS256"})
        altered = {name: value for name, value in {**self.claims(), **claims}.items() if name != without}
        return jwt.encode(altered, key.key, algorithm="RS256", headers={"kid": "dummy", **(headers or {})})

    def claims(self) -> dict[str, Any]:
        """Return the claims of the attacker's member."""
        claims: dict[str, Any] = jwt.decode(self.token(ATTACKER, "member"), options={"verify_signature": False})
        return claims

    def signing_key(self) -> Any:
        """Return the pool's published key."""
        url = f"{self._stage.aws_endpoint_url}/{self._stage.user_pool_id}/.well-known/jwks.json"
        published = get_json(url)["keys"][0]
        return jwt.PyJWK.from_dict(published).key

    def call(
        self, method: str, path: str, *, headers: Mapping[str, str] | None = None, body: Any = None, raw: str = ""
    ) -> Answer:
        """Send a request on a connection of its own; `body` goes as JSON, `raw` as it is.

        Raises:
            OSError, http.client.HTTPException: the API cannot be reached or does not answer.
        """
        api = Api(self.url)
        try:
            return api.call(method, path, headers=headers, body=body, raw=raw.encode() or None)
        finally:
            api.close()

    def send(self, request: str) -> Answer:
        """Send a request as it is written, and return the status and all that came back.

        Raises:
            OSError: the API cannot be reached.
            ValueError: it did not answer in HTTP.
        """
        head, _, content = send_raw(self.url, request.encode(), timeout_seconds=_TIMEOUT_SECONDS).partition(b"\r\n\r\n")
        return Answer(int(head.split()[1]), {}, content)

    def as_user(self, tenant: str, role: str, method: str, path: str, **request: Any) -> Answer:
        """Send a request with a demo user's id token."""
        headers = {"Authorization": f"Bearer {self.token(tenant, role)}"} | request.pop("headers", {})
        return self.call(method, path, headers=headers, **request)

    def plant(self) -> None:
        """Add an item, a cart line and a user of each tenant, each named by the tenant's secret."""
        with self._planting():
            for tenant in (ATTACKER, VICTIM):
                self._plant(tenant)

    @contextmanager
    def _planting(self) -> Iterator[None]:
        """Call the API that things are planted with, which is another where the one under attack is weakened."""
        attacked, self.url = self.url, self._planting_url
        try:
            yield
        finally:
            self.url = attacked

    def _plant(self, tenant: str) -> None:
        secret = self._secrets[tenant]
        item = {"name": secret, "price": "1", "attributes": {}}
        self.items[tenant] = _created(self.as_user(tenant, "member", "POST", "/items", body=item))
        self.users[tenant] = _created(
            self.as_user(
                tenant, "admin", "POST", "/users", body={"email": f"{secret}@example.com", "display_name": secret}
            )
        )
        line = {"description": secret, "price": "1", "quantity": 1}
        _created(self.as_user(tenant, "member", "PUT", f"/cart/{LINE}", body=line))

    def altered(self) -> list[str]:
        """Return the victim when its item, line or user is not as it was, and put it back."""
        with self._planting():
            if self._as_planted():
                return []
            self._clear(VICTIM)
            self._plant(VICTIM)
        return [VICTIM]

    def _as_planted(self) -> bool:
        item = self.as_user(VICTIM, "viewer", "GET", f"/items/{self.items[VICTIM]['product_id']}").body
        user = self.as_user(VICTIM, "viewer", "GET", f"/users/{self.users[VICTIM]['user_id']}").body
        lines = (self.as_user(VICTIM, "viewer", "GET", "/cart?limit=100").body or {}).get("lines", [])
        described = [line["description"] for line in lines if line["item_id"] == LINE]
        return (item, user, described) == (self.items[VICTIM], self.users[VICTIM], [self._secrets[VICTIM]])

    def clear(self) -> None:
        """Take away what was planted."""
        with self._planting():
            for tenant in (ATTACKER, VICTIM):
                self._clear(tenant)

    def _clear(self, tenant: str) -> None:
        if tenant in self.items:
            self.as_user(tenant, "member", "DELETE", f"/items/{self.items[tenant]['product_id']}")
            self.as_user(tenant, "member", "DELETE", f"/cart/{LINE}")
        if tenant in self.users:
            self.as_user(tenant, "admin", "DELETE", f"/users/{self.users[tenant]['user_id']}")

    def _signed_in(self, tenant: str, role: str) -> tuple[str, str]:
        if (tenant, role) not in self._tokens:
            tokens = sign_in(self._stage, self._stage.user(tenant, role))
            self._tokens[tenant, role] = tokens["IdToken"], tokens["AccessToken"]
        return self._tokens[tenant, role]


def _created(answer: Answer) -> Any:
    if answer.status not in {200, 201}:
        raise OSError(f"the API does not let a tenant add its own: {answer.status} {answer.text[:200]}")
    return answer.body
