"""Decisions about checks, and the condition keys that every request has."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from bulkhead_iam import Effect, Policy, PolicyError, PolicyKind, Principal
from bulkhead_localaws.gate.authorization import Authorizer, global_context
from bulkhead_localaws.gate.callers import Caller
from bulkhead_localaws.gate.record import DecisionRecord
from bulkhead_localaws.gate.sessions import RoleSession
from bulkhead_localaws.protocol.checks import AuthorizationCheck
from localaws_testing.account import EVERYTHING, NOW, policy, statement, trust
from localaws_testing.signed_requests import get_item

if TYPE_CHECKING:
    from collections.abc import Mapping

ACCOUNT = "123456789012"
USER = f"arn:aws:iam::{ACCOUNT}:user/alice"
ITEMS = f"arn:aws:dynamodb:eu-west-1:{ACCOUNT}:table/items"
GET = AuthorizationCheck("dynamodb:GetItem", ITEMS)
PUT = AuthorizationCheck("dynamodb:PutItem", ITEMS)


def caller(*documents: Mapping[str, Any]) -> Caller:
    """Return a user with these policies."""
    texts = tuple(map(json.dumps, documents))
    return Caller(Principal(USER, ACCOUNT), "User", "AIDA", "alice", {}, texts, tuple(map(Policy.parse, texts)))


class Deciding:
    """An authorizer and its record."""

    def __init__(self) -> None:
        self.record = DecisionRecord()
        self.authorizer = Authorizer(self.record, account=ACCOUNT)

    def __call__(self, who: Caller, *checks: AuthorizationCheck, **more: Any) -> Any:
        """Decide."""
        return self.authorizer.decide(who, checks, more.pop("context", {}), request_id="id", now=NOW, **more)


@pytest.fixture
def decide() -> Deciding:
    """Return what decides."""
    return Deciding()


def test_every_check_must_be_allowed(decide: Deciding) -> None:
    """Whichever of them is refused, the request is; all that was decided is recorded, nothing behind a refusal."""
    reader = caller(policy(statement("dynamodb:GetItem")))

    assert decide(reader, GET, GET).allowed
    assert not decide(reader, GET, PUT).allowed
    assert not decide(reader, PUT, GET).allowed
    assert [each["decision"] for each in decide.record.as_documents()] == [
        *("Allowed", "Allowed"),
        *("Allowed", "ImplicitlyDenied"),
        "ImplicitlyDenied",
    ]


def test_a_request_without_a_check_is_never_allowed(decide: Deciding) -> None:
    """Not even an administrator's: a mapper that returns nothing has a bug."""
    with pytest.raises(ValueError, match="without a check"):
        decide(caller(EVERYTHING))
    assert decide.record.as_documents() == []


def test_the_keys_of_a_check_join_those_of_the_request(decide: Deciding) -> None:
    """Conditions see both."""
    both = {"StringEquals": {"aws:username": "alice", "dynamodb:Select": "COUNT"}}
    reader = caller(policy(statement("dynamodb:GetItem", Condition=both)))
    check = replace(GET, context={"dynamodb:Select": "COUNT"})

    assert decide(reader, check, context={"aws:username": "alice"}).allowed
    assert not decide(reader, check, context={}).allowed
    assert not decide(reader, GET, context={"aws:username": "alice"}).allowed


def test_a_check_cannot_bring_a_key_of_the_request_in_another_spelling(decide: Deciding) -> None:
    """Which of the two would count? Nothing is decided."""
    with pytest.raises(ValueError, match="two spellings"):
        decide(caller(EVERYTHING), replace(GET, context={"aws:Username": "eve"}), context={"aws:username": "alice"})


def test_a_resources_policy_gives_and_denies(decide: Deciding) -> None:
    """As within one account: it suffices where it names the caller, and its deny wins."""
    gives = policy({"Effect": "Allow", "Principal": {"AWS": USER}, "Action": "dynamodb:GetItem", "Resource": ITEMS})
    denies = policy({"Effect": "Deny", "Principal": "*", "Action": "dynamodb:GetItem", "Resource": ITEMS})

    assert not decide(caller(), GET).allowed
    assert decide(caller(), replace(GET, resource_policy=json.dumps(gives))).allowed
    assert not decide(caller(), replace(PUT, resource_policy=json.dumps(gives))).allowed
    refused = decide(caller(EVERYTHING), replace(GET, resource_policy=json.dumps(denies)))
    assert refused.effect is Effect.EXPLICITLY_DENIED
    assert "with an explicit deny in a resource-based policy" in refused.message


@pytest.mark.parametrize("document", ["{", "", json.dumps(EVERYTHING)])
def test_a_resources_policy_that_cannot_be_understood_is_an_error(decide: Deciding, document: str) -> None:
    """It might have denied."""
    with pytest.raises(PolicyError):
        decide(caller(EVERYTHING), replace(GET, resource_policy=document))


def test_a_trust_policy_must_allow(decide: Deciding) -> None:
    """Whatever the caller's own policies say."""
    check = AuthorizationCheck("sts:AssumeRole", f"arn:aws:iam::{ACCOUNT}:role/Reader")
    trusting, other = (
        Policy.parse(trust(f"arn:aws:iam::{ACCOUNT}:user/{name}"), kind=PolicyKind.TRUST) for name in ("alice", "bob")
    )

    assert decide(caller(), check, trust_policy=trusting).allowed
    assert not decide(caller(EVERYTHING), check, trust_policy=other).allowed


def test_a_refusal_that_no_policy_made_is_recorded_like_others(decide: Deciding) -> None:
    """In AWS's words, without naming a policy that would help."""
    decision = decide.authorizer.refuse(caller(EVERYTHING), GET, request_id="id", now=NOW)

    assert not decision.allowed
    assert decision.message == f"User: {USER} is not authorized to perform: dynamodb:GetItem on resource: {ITEMS}"
    assert [each["message"] for each in decide.record.as_documents()] == [decision.message]


@pytest.mark.parametrize(
    ("document", "allowed"), [(EVERYTHING, True), (policy(statement("sqs:*")), False)], ids=["everything", "a service"]
)
def test_of_an_unmapped_call_the_reason_is_recorded(
    decide: Deciding,
    document: dict[str, Any],
    allowed: bool,  # noqa: FBT001 -- what is expected
) -> None:
    """Allowed to who is unrestricted, else refused with the reason."""
    decision = decide.authorizer.decide_unmapped(caller(document), "sqs:*", "nobody knows", request_id="id", now=NOW)

    assert decision.allowed is allowed
    assert decision.message == ("" if allowed else "nobody knows")
    (recorded,) = decide.record.as_documents()
    assert (recorded["action"], recorded["resource"]) == ("sqs:*", "*")


def context_of(who: Caller, *headers: tuple[str, str]) -> dict[str, Any]:
    """Return the condition keys of a request of a caller."""
    wire = get_item()
    for name, value in headers:
        wire = wire.with_header(name, value)
    return global_context(who, wire.read(), "eu-west-1", ACCOUNT, NOW)


def test_every_request_has_the_global_condition_keys() -> None:
    """Those of a user."""
    assert context_of(replace(caller(), tags={"team": "red"}), ("Referer", "https://example.com/")) == {
        "aws:CurrentTime": "2026-05-17T12:00:00Z",
        "aws:EpochTime": str(int(NOW.timestamp())),
        "aws:PrincipalAccount": ACCOUNT,
        "aws:PrincipalArn": USER,
        "aws:PrincipalIsAWSService": "false",
        "aws:PrincipalTag/team": "red",
        "aws:PrincipalType": "User",
        "aws:Referer": "https://example.com/",
        "aws:RequestedRegion": "eu-west-1",
        "aws:ResourceAccount": ACCOUNT,
        "aws:SecureTransport": "false",
        "aws:SourceIp": "127.0.0.1",
        "aws:ViaAWSService": "false",
        "aws:userid": "AIDA",
        "aws:username": "alice",
    }


def test_a_session_is_its_role_to_conditions() -> None:
    """aws:PrincipalArn is the role's; there is no user name; the token has a time, and nobody used a second factor."""
    role_arn = f"arn:aws:iam::{ACCOUNT}:role/Reader"
    session = RoleSession("AROA", "Reader", "s", f"arn:aws:sts::{ACCOUNT}:assumed-role/Reader/s", issued_at=NOW)
    who = Caller(
        Principal(session.arn, ACCOUNT, role_arn=role_arn),
        "AssumedRole",
        "AROA:s",
        None,
        {"tenant": "acme"},
        (),
        (),
        role_session=session,
    )

    context = context_of(who)

    assert context["aws:PrincipalArn"] == role_arn
    assert (context["aws:PrincipalType"], context["aws:userid"]) == ("AssumedRole", "AROA:s")
    assert context["aws:TokenIssueTime"] == "2026-05-17T12:00:00Z"
    assert context["aws:MultiFactorAuthPresent"] == "false"
    assert context["aws:PrincipalTag/tenant"] == "acme"
    assert "aws:username" not in context


def test_a_user_has_neither_a_token_time_nor_a_second_factor() -> None:
    """As AWS documents it for access keys that do not end."""
    assert context_of(caller()).keys().isdisjoint({"aws:TokenIssueTime", "aws:MultiFactorAuthPresent"})


def test_headers_do_not_forge_condition_keys() -> None:
    """Where a request comes from is what the socket says, whatever a proxy's headers claim."""
    forged = context_of(
        caller(), ("X-Forwarded-For", "10.0.0.1"), ("X-Forwarded-Proto", "https"), ("Forwarded", "for=10.0.0.1")
    )
    assert forged == context_of(caller())
