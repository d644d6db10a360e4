"""The HTTP API as signed-in users of two tenants, and people with forged tokens, reach it."""

from __future__ import annotations

import gzip
import json
import secrets
from contextlib import contextmanager
from importlib.resources import files
from typing import TYPE_CHECKING, Any

import jwt

from chalicelib.control_plane.pool_users import PoolUsers
from chalicelib.tenancy.token_tags import TAGS
from isolation.attack.outcomes import ATTACKER
from isolation.attack.planted import PlantedRows
from stage.clients import AwsEndpoint, operator_client
from stage.document import User
from stage.http_api import Answer, Api, get_json, send_raw
from stage.sign_in import sign_in

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from chalicelib.tenancy.tenant import Role
    from isolation.attack.served import Served
    from stage.document import LocalStage

_TIMEOUT_SECONDS = 30


class ApiAccess:
    """Calls the API of a stage on one machine, where `rows` are planted: one of each entity for both tenants."""

    def __init__(self, stage: LocalStage, texts: Mapping[str, str], planting_url: str, served: Served) -> None:
        self._stage = stage
        self.url = stage.api_url
        self.rows = PlantedRows(self, served, texts, planting_url)
        self._tokens: dict[tuple[str, str], tuple[str, str]] = {}

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

    def forged_for(self, tenant: Any, role: Any, **claims: Any) -> str:
        """Return a token of another tenant or role, which its attributes and its tags agree on."""
        tags = {TAGS: {"principal_tags": {"tenant": [tenant], "role": [role]}}}
        return self.forged(**{"custom:tenantID": tenant, "custom:role": role} | tags | claims)

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

    def signed_in_with(self, metadata: Mapping[str, str]) -> str:
        """Return the id token of the attacker's member, who has signed in with this `ClientMetadata`."""
        user = self._stage.user(ATTACKER, "member")
        answer = (
            AwsEndpoint.of(self._stage)
            .as_nobody("cognito-idp")
            .initiate_auth(
                AuthFlow="USER_PASSWORD_AUTH",
                ClientId=self._stage.user_pool_client_id,
                AuthParameters={"USERNAME": user.username, "PASSWORD": user.password},
                ClientMetadata=dict(metadata),
            )
        )
        token: str = answer["AuthenticationResult"]["IdToken"]
        return token

    @contextmanager
    def changing_roles(self, before: Role, after: Role) -> Iterator[tuple[str, str]]:
        """Yield the id tokens of a new user of the attacker, of before and after the change of the user's role."""
        stage = self._stage
        cognito = operator_client(stage, "cognito-idp")
        users = PoolUsers(cognito, stage.user_pool_id, ATTACKER)
        email, password = f"attack-{secrets.token_hex(4)}@{ATTACKER}.example.com", f"Aa1-{secrets.token_urlsafe(15)}"
        user = User(tenant=ATTACKER, role=before, username=f"{ATTACKER}/{email}", password=password)
        users.invite(email, before)
        try:
            cognito.admin_set_user_password(
                UserPoolId=stage.user_pool_id, Username=user.username, Password=password, Permanent=True
            )
            former = sign_in(stage, user)["IdToken"]
            users.set_role(email, after)
            yield former, sign_in(stage, user)["IdToken"]
        finally:
            users.remove(email)

    def _signed_in(self, tenant: str, role: str) -> tuple[str, str]:
        if (tenant, role) not in self._tokens:
            tokens = sign_in(self._stage, self._stage.user(tenant, role))
            self._tokens[tenant, role] = tokens["IdToken"], tokens["AccessToken"]
        return self._tokens[tenant, role]
