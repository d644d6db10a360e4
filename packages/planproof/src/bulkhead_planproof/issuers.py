"""Who issues the tokens that a plan's roles trust: OIDC providers, and the user pools of which they are.

What a user may write, a token says because the user said it. A pool is therefore known only if nobody signs up without
an administrator, and if every client of it says which attributes its users write.

Sources: https://docs.aws.amazon.com/cognito/latest/developerguide/user-pool-settings-attributes.html and
https://docs.aws.amazon.com/cognito-user-identity-pools/latest/APIReference/API_CreateUserPoolClient.html.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from bulkhead_planproof.languages import ProofError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from bulkhead_planproof.resource import Resource
    from bulkhead_planproof.resources import Resources

#: What every pool has: those of OpenID Connect.
_STANDARD = frozenset(
    (
        *("address", "birthdate", "email", "email_verified", "family_name", "gender", "given_name", "locale", "name"),
        *("middle_name", "nickname", "phone_number", "phone_number_verified", "picture", "preferred_username"),
        *("profile", "sub", "updated_at", "website", "zoneinfo"),
    )
)
_STS = re.compile(r"com\.amazonaws\.[a-z0-9-]+\.sts", re.ASCII)
_ENDPOINT = re.compile(r"vpce-[0-9a-f]{8,17}", re.ASCII)
_TRIGGER = re.compile(r"arn:[a-z-]+:lambda:[^:]*:([0-9]{12}):", re.ASCII)


@dataclass(frozen=True, slots=True)
class Issuer:
    """An OIDC provider of the plan, and the user pool of the plan that issues its tokens.

    `name` is its URL without the scheme, with which its condition keys begin. `clients` are those of the pool by their
    ids, each with the attributes that its users write; `attributes` are all that the pool has. `triggers` are the
    accounts whose functions the pool runs. `problem` tells why nothing of that counts.
    """

    name: str
    arn: str | None = None
    clients: Mapping[str, frozenset[str]] | None = None
    attributes: frozenset[str] = frozenset()
    triggers: frozenset[str] = frozenset()
    problem: str = ""

    def is_called(self, principal: str, account: str) -> bool:
        """Tell whether a trust policy's principal is this provider, in whatever partition, of an account."""
        if self.arn is not None:
            return principal == self.arn
        _, _, rest = principal.removeprefix("arn:").partition(":")
        return principal.startswith("arn:") and rest == f"iam::{account}:oidc-provider/{self.name}"


def issuers(resources: Resources) -> Iterator[Issuer]:
    """Yield every OIDC provider of a plan whose URL is known: a trust policy can name no other."""
    for provider in resources.all:
        if provider.type == "aws_iam_openid_connect_provider" and not provider.unknown.get("url"):
            name, arn = provider.text("url").removeprefix("https://"), provider.after.get("arn") or None
            try:
                yield _issuer(name, arn, provider, resources)
            except ProofError as error:
                yield Issuer(name, arn, problem=str(error))


def sts_endpoints(resources: Resources) -> frozenset[str]:
    """Return the ids of the plan's endpoints of STS, as far as AWS has drawn them."""
    return frozenset(
        str(each.after.get("id"))
        for each in resources.all
        if each.type == "aws_vpc_endpoint"
        and _STS.fullmatch(str(each.after.get("service_name")))
        and is_endpoint(str(each.after.get("id")))
    )


def is_endpoint(text: str) -> bool:
    """Tell whether a text is the id of a VPC endpoint, and no pattern or variable."""
    return _ENDPOINT.fullmatch(text) is not None


def _issuer(name: str, arn: str | None, provider: Resource, resources: Resources) -> Issuer:
    pools = [each for each in resources.all if each.type == "aws_cognito_user_pool"]
    found = [each for each in pools if not each.unknown.get("endpoint") and each.after.get("endpoint") == name]
    if len(found) != 1:
        raise ProofError(f"{provider.address}: its url is the issuer of no user pool that the plan knows")
    (pool,) = found
    signing_up = [each.get("allow_admin_create_user_only") for each in pool.blocks("admin_create_user_config")]
    if signing_up != [True]:
        raise ProofError(f"{pool.address}: whoever likes signs up: set allow_admin_create_user_only")
    clients = dict(_clients(pool, resources))
    taken = provider.texts("client_id_list")
    if foreign := sorted(set(taken) - clients.keys()) or ([] if taken else ["no client at all"]):
        raise ProofError(f"{provider.address}: it takes tokens of {foreign[0]}, which is no client of {pool.address}")
    return Issuer(name, arn, clients, _attributes(pool), frozenset(_triggers(pool)))


def _clients(pool: Resource, resources: Resources) -> Iterator[tuple[str, frozenset[str]]]:
    """Yield the clients of a pool: through any of them a user writes what the tokens of all say."""
    for client in resources.all:
        if client.type != "aws_cognito_user_pool_client":
            continue
        if client.text("user_pool_id") != pool.text("id"):
            continue
        if set(client.optional("supported_identity_providers") or ()) - {"COGNITO"}:
            raise ProofError(f"{client.address}: what other identity providers write into attributes is not known")
        written = client.optional("write_attributes")
        if not written:  # which means every standard attribute
            raise ProofError(f"{client.address}: which attributes its users write is not said in write_attributes")
        yield client.text("id"), frozenset(written)


def _attributes(pool: Resource) -> frozenset[str]:
    names = {str(each.get("name")) for each in pool.blocks("schema")}
    return frozenset(_STANDARD | {f"custom:{each}" for each in names - _STANDARD})


def _triggers(pool: Resource) -> Iterator[str]:
    """Yield the accounts of the functions that a pool runs, as of `pre_token_generation_config`."""
    for config in pool.blocks("lambda_config"):
        nested = [value for each in config.values() if isinstance(each, list) for value in each]
        for arn in (*config.values(), *(value for each in nested for value in each.values())):
            if (found := _TRIGGER.match(str(arn))) is not None:
                yield found[1]
