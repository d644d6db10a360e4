"""Who issues tokens by a plan, whose tokens are tried on its roles, and who has a say in them: for the oracle."""

from __future__ import annotations

import json
from dataclasses import dataclass
from itertools import product
from typing import TYPE_CHECKING, Any

from stage.local.aws import VPC_ENDPOINT_ID

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from bulkhead_iam import ContextValue

Context = dict[str, "ContextValue"]

ACCOUNT = "123456789012"
_ELSEWHERE = "arn:aws:iam::999999999999:oidc-provider/accounts.example.com"
_FOREIGN_ENDPOINT = "vpce-0ffffffffffffffff"
_TAG_ATTRIBUTES = {"custom:tenantID", "custom:role"}


@dataclass(frozen=True, slots=True)
class Token:
    """A token that somebody takes to STS: whose, for which client, and from where."""

    provider: str
    context: Context
    is_strange: bool

    def __str__(self) -> str:
        """Return it for people."""
        return f"of {self.provider}, {self.context}"


class Tokens:
    """The issuers of a plan."""

    def __init__(self) -> None:
        """Know none."""
        self._kinds: dict[str, list[Mapping[str, Any]]] = {}

    def take(self, kind: str, after: Mapping[str, Any]) -> None:
        """Take a resource of the plan."""
        self._kinds.setdefault(kind, []).append(after)

    def attempts(self) -> Iterator[Token]:
        """Yield tokens of the plan's provider and of others, for its client and others, from its network and others."""
        pools, providers = self._all("aws_cognito_user_pool"), self._all("aws_iam_openid_connect_provider")
        clients = {each["id"] for each in self._all("aws_cognito_user_pool_client")}
        endpoints = {each["id"] for each in self._all("aws_vpc_endpoint") if each["service_name"].endswith(".sts")}
        issuer = pools[0]["endpoint"] if pools else "none"
        ours = [each["arn"] for each in providers if each["url"].removeprefix("https://") == issuer]
        own_endpoints = endpoints or {VPC_ENDPOINT_ID}
        for arn, client, source in product(
            dict.fromkeys((*ours, f"arn:aws:iam::{ACCOUNT}:oidc-provider/{issuer}", _ELSEWHERE)),
            (*clients, "another", None),
            (*own_endpoints, _FOREIGN_ENDPOINT, None),
        ):
            audience: Context = {} if client is None else {f"{issuer}:aud": client}
            context: Context = audience if source is None else {**audience, "aws:SourceVpce": source}
            yield Token(arn, context, arn not in ours or client not in clients or source not in own_endpoints)

    def leaks(self) -> Iterator[str]:
        """Yield why users, or others, have a say in the tags of tokens."""
        pools = {each["id"] for each in self._all("aws_cognito_user_pool")}
        clients = [each for each in self._all("aws_cognito_user_pool_client") if each["user_pool_id"] in pools]
        for each in clients:
            if not each["write_attributes"] or _TAG_ATTRIBUTES & set(each["write_attributes"]):
                yield f"users write what {each['id']} lets them"
            if set(each.get("supported_identity_providers") or ()) - {"COGNITO"}:
                yield "others sign users in"
        for each in self._all("aws_cognito_user_pool"):
            if [config["allow_admin_create_user_only"] for config in each["admin_create_user_config"]] != [True]:
                yield "everybody signs up"
            if "999999999999" in json.dumps(each["lambda_config"]):
                yield "another account writes tags"
        for each in self._all("aws_iam_openid_connect_provider"):
            if not set(each["client_id_list"]) <= {client["id"] for client in clients}:
                yield "others get tokens"

    def _all(self, kind: str) -> list[Mapping[str, Any]]:
        return self._kinds.get(kind, [])
