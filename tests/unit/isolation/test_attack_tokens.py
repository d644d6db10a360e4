"""Tokens of attacks: what is wrong with each is what its name says, and nothing else."""

from __future__ import annotations

import os
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any, cast

import jwt
import pytest
from botocore.exceptions import ClientError

from chalicelib.errors import InvalidTokenError
from chalicelib.tenancy import token_tags
from chalicelib.tenancy.signing_keys import SigningKeys
from chalicelib.tenancy.token_tags import TAGS, tagged
from chalicelib.tenancy.tokens import JwtTokenManager
from isolation.attack.controls import Control
from isolation.attack.forged_tokens import forgeries
from isolation.attack.outcomes import ATTACKER, VICTIM, Kind
from isolation.attack.tokens import token_cells
from isolation.attack.triggers import METADATA, tagged_here, tagging
from tests.unit.isolation.offline_tokens import CLIENT, ISSUER, PUBLISHED, OfflineTokens

if TYPE_CHECKING:
    from isolation.attack.world import World

#: What is altered beyond a signature: of these nothing is to be said without the pool's key.
_BY_SIGNATURE = (
    "alg none", "HS256 with the public key as PEM", "a stranger's key", "a stranger's key in the header",
    "tenant altered", "tenant altered, no signature",
)  # fmt: skip


@pytest.fixture(scope="module")
def tokens() -> OfflineTokens:
    """Return a pool's tokens."""
    return OfflineTokens()


def _manager() -> JwtTokenManager:
    return JwtTokenManager(issuer=ISSUER, audience=CLIENT, keys=SigningKeys("url", fetch=lambda _: PUBLISHED))


def test_the_token_that_is_altered_is_good(tokens: OfflineTokens) -> None:
    """As is one of another tenant whose attributes and tags agree: only the pool could sign it."""
    assert _manager().verify(tokens.forged()).tenant_id == ATTACKER
    assert _manager().verify(tokens.forged_for(VICTIM, "admin")).tenant_id == VICTIM


@pytest.mark.parametrize("name", forgeries())
def test_each_forgery_is_refused_by_the_token_manager(tokens: OfflineTokens, name: str) -> None:
    """Whatever is wrong with it, it is enough."""
    with pytest.raises(InvalidTokenError):
        _manager().verify(forgeries()[name](tokens))


@pytest.mark.parametrize("name", _BY_SIGNATURE)
def test_nothing_but_the_signature_is_wrong_with_a_token_that_nobody_signed(tokens: OfflineTokens, name: str) -> None:
    """Else a token manager that verifies no signature would refuse it as well, and nobody would notice."""
    claims = jwt.decode(forgeries()[name](tokens), options={"verify_signature": False})

    assert tagged(claims) == (VICTIM, "member")
    assert (claims["iss"], claims["aud"]) == (ISSUER, CLIENT)


def test_the_session_of_a_token_is_named_by_the_tags_that_are_wrong() -> None:
    """So that the name is no second reason to refuse, but where no name could be right."""
    cells = {cell.target: cell.refused_by for cell in token_cells("web_identity")}

    assert cells["tags of the token: tenant in capitals"] == {Control.TRUST_TENANT_GRAMMAR}
    assert cells["tags of the token: unknown role"] == {Control.TRUST_ROLE_TAG}
    assert cells["tags of the token: extra tag"] == {Control.TRUST_TAG_KEYS}
    assert cells["tags of the token: no tag role"] == {Control.TRUST_ROLE_TAG, Control.TRUST_SESSION_NAME}
    assert cells["tags of the token: empty tenant"] == {Control.TRUST_TENANT_TAG, Control.TRUST_SESSION_NAME}
    assert cells["tags of the token: tenant with ' '"] == {Control.TRUST_TENANT_GRAMMAR, Control.TRUST_SESSION_NAME}
    assert cells["tags of the token: tenant with '#'"] == {Control.STS_TOKEN}
    assert "tags of the token: tenant twice" not in cells


def test_the_triggers_own_code_is_asked_with_metadata(tokens: OfflineTokens, monkeypatch: pytest.MonkeyPatch) -> None:
    """Its tags are the user's attributes; a trigger that takes them from the metadata is seen in the token."""
    monkeypatch.delenv("SESSION_PER", raising=False)
    world = cast("World", SimpleNamespace(api=tokens, stage=SimpleNamespace(session_per="tenant")))
    assert tagged(_claims(tagged_here(world))) == tagged(_claims(tagged_here(world, {}))) == (ATTACKER, "member")
    assert "SESSION_PER" not in os.environ

    sound = token_tags.tag_id_token

    def weak(event: dict[str, Any], context: object) -> dict[str, Any]:
        event["request"]["userAttributes"] |= event["request"]["clientMetadata"]
        return sound(event, context)

    monkeypatch.setattr(token_tags, "tag_id_token", weak)
    tags = _claims(tagged_here(world))[TAGS]
    assert tags == {"principal_tags": {"tenant": [METADATA["custom:tenantID"]], "role": ["admin"]}}


def test_a_token_with_another_tag_has_leaked_though_sts_refuses_its_name(
    tokens: OfflineTokens, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A refusal by the trust says nothing of the trigger."""
    monkeypatch.setattr("isolation.attack.triggers.exchanged", _refusing)
    world = cast("World", SimpleNamespace())

    good = tagging(lambda _: tokens.forged(), f"{VICTIM}.member")(world)
    bad = tagging(lambda _: tokens.forged_for(VICTIM, "viewer"), f"{VICTIM}.member")(world)

    assert good.kind is Kind.REFUSED
    assert good.controls == {Control.TRIGGER}
    assert bad.kind is Kind.ALLOWED


def _refusing(*_: Any, **__: Any) -> Any:
    said = {"Error": {"Code": "AccessDenied", "Message": "no"}, "ResponseMetadata": {"HTTPStatusCode": 403}}
    raise ClientError(cast("Any", said), "AssumeRoleWithWebIdentity")


def _claims(token: str) -> dict[str, Any]:
    claims: dict[str, Any] = jwt.decode(token, options={"verify_signature": False})
    return claims
