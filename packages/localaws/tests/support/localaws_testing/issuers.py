"""An OpenID Connect issuer with a key of its own, whose published keys are a file."""

from __future__ import annotations

import base64
import json
from functools import cache
from typing import TYPE_CHECKING, Any

from joserfc import jws
from joserfc.jwk import ECKey, RSAKey

from localaws_testing.account import NOW

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from localaws_testing.account import Account

CLIENT_ID = "app-client"
_CURVES = {"ES256": "P-256", "ES384": "P-384", "ES512": "P-521"}
TAGS = "https://aws.amazon.com/tags"
SOURCE_IDENTITY = "https://aws.amazon.com/source_identity"


class Issuer:
    """Issues tokens that hold at NOW, unless they are told otherwise."""

    def __init__(self, folder: Path, name: str = "idp.example.com/pool", *, algorithm: str = "RS256") -> None:
        self.name = name
        self.url = f"https://{name}"
        self.algorithm = algorithm
        self.file = folder / f"{name.replace('/', '_')}.json"
        self.key = _key(name, _CURVES.get(algorithm))
        self.publish(self.key.as_dict(private=False))

    def publish(self, *keys: Mapping[str, Any]) -> None:
        """Replace the published keys."""
        self.file.write_text(json.dumps({"keys": list(keys)}))

    def register(self, account: Account, *client_ids: str) -> str:
        """Make it a provider of the account, for these clients, and return the provider's ARN."""
        account.issuers[self.url] = str(self.file)
        answer = account.administer(
            "iam",
            "CreateOpenIDConnectProvider",
            Url=self.url,
            ClientIDList=list(client_ids or (CLIENT_ID,)),
            ThumbprintList=["a" * 40],
        )
        return answer.element("OpenIDConnectProviderArn")

    def token(self, *, header: Mapping[str, Any] | None = None, **claims: Any) -> str:
        """Return a token with these claims as well; None drops one."""
        protected = {"alg": self.algorithm, "kid": "key-1", **(header or {})}
        return jws.serialize_compact(
            {name: value for name, value in protected.items() if value is not None},
            json.dumps(self.claims(**claims)),
            self.key,
            algorithms=[self.algorithm],
        )

    def claims(self, **claims: Any) -> dict[str, Any]:
        """Return the claims of a token."""
        now = int(NOW.timestamp())
        whole = {"iss": self.url, "sub": "user-ann", "aud": CLIENT_ID, "iat": now, "exp": now + 900, **claims}
        return {name: value for name, value in whole.items() if value is not None}


@cache
def _key(name: str, curve: Any) -> RSAKey | ECKey:
    """Return the issuer's key: one for all tests, since it takes long to make."""
    del name
    parameters: Any = {"kid": "key-1", "use": "sig"}
    return ECKey.generate_key(curve, parameters) if curve else RSAKey.generate_key(2048, parameters)


def encoded(document: object) -> str:
    """Return a part of a token, for one that nobody signed."""
    text = document if isinstance(document, str) else json.dumps(document)
    return base64.urlsafe_b64encode(text.encode()).rstrip(b"=").decode()


def principal_tags(**tags: str) -> dict[str, Any]:
    """Return the claim with these session tags."""
    return {TAGS: {"principal_tags": {key: [value] for key, value in tags.items()}}}


def source_identity(value: str) -> dict[str, Any]:
    """Return the claim with this source identity."""
    return {SOURCE_IDENTITY: value}
