"""Principals: derived from ARNs, and named by policies."""

from __future__ import annotations

import pytest

from bulkhead_iam import Effect, Policy, PolicyError, PolicyKind, PolicySet, Principal, Request, evaluate

ACCOUNT = "111122223333"
PROVIDER = f"arn:aws:iam::{ACCOUNT}:oidc-provider/idp.example.com/pool"
ROLE = f"arn:aws:iam::{ACCOUNT}:role/tenant"
OBJECT = "arn:aws:s3:::bucket/key"


def session(provider: str | None) -> Principal:
    """Return a session of a role, which a provider's token opened."""
    return Principal(f"arn:aws:sts::{ACCOUNT}:assumed-role/tenant/ann", ACCOUNT, role_arn=ROLE, provider=provider)


def bucket_policy(*statements: dict[str, object]) -> Policy:
    """Return a resource policy about everything."""
    about = {"Action": "*", "Resource": "*"}
    return Policy.parse({"Statement": [{**about, **each} for each in statements]}, kind=PolicyKind.RESOURCE)


def test_a_user_is_derived_from_its_arn() -> None:
    """A user has an account and no role."""
    arn = f"arn:aws:iam::{ACCOUNT}:user/division/ann"

    assert Principal.from_arn(arn) == Principal(arn, ACCOUNT, role_arn=None, service=None)


def test_a_session_is_derived_with_the_arn_of_its_role() -> None:
    """The role is taken to have no path, since the session's ARN lacks it."""
    arn = f"arn:aws-cn:sts::{ACCOUNT}:assumed-role/app/session@one"

    assert Principal.from_arn(arn) == Principal(arn, ACCOUNT, role_arn=f"arn:aws-cn:iam::{ACCOUNT}:role/app")


def test_a_role_is_its_own_role() -> None:
    """A policy that names the role names this principal."""
    arn = f"arn:aws:iam::{ACCOUNT}:role/service-role/app"

    assert Principal.from_arn(arn).role_arn == arn


def test_a_federated_user_is_derived_from_its_arn() -> None:
    """A federated user's session has an account."""
    assert Principal.from_arn(f"arn:aws:sts::{ACCOUNT}:federated-user/ann").account == ACCOUNT


def test_the_root_user_is_told_from_others() -> None:
    """Only the root of the principal's own account is one."""
    assert Principal.from_arn(f"arn:aws:iam::{ACCOUNT}:root").is_root
    assert not Principal.from_arn(f"arn:aws:iam::{ACCOUNT}:user/root").is_root
    assert not Principal(f"arn:aws:iam::{ACCOUNT}:root", "444455556666").is_root


def test_a_service_is_a_principal_without_account() -> None:
    """Its name stands for an ARN in messages."""
    assert Principal.from_service("lambda.amazonaws.com") == Principal(
        "lambda.amazonaws.com", account="", service="lambda.amazonaws.com"
    )
    with pytest.raises(ValueError, match="is not the name of a service"):
        Principal.from_service("*")


@pytest.mark.parametrize(
    "arn",
    [
        "",
        "ann",
        "*",
        "arn:aws:iam::1234:user/ann",
        f"arn:aws:iam::{ACCOUNT}:group/admins",
        f"arn:aws:sts::{ACCOUNT}:assumed-role/app",
        f"arn:aws:sts::{ACCOUNT}:assumed-role/app/a/b",
        f"arn:aws:iam::{ACCOUNT}:root\n",
        f"arn:aws:s3:::{ACCOUNT}",
        f"arn:aws:iam::{ACCOUNT}:oidc-provider/",
        f"arn:aws:iam::{ACCOUNT}:oidc-provider/*",
        f"arn:aws:iam::{ACCOUNT}:other-provider/idp.example.com",
    ],
)
def test_what_cannot_call_is_refused(arn: str) -> None:
    """A name that is no ARN of a caller is never taken for one."""
    with pytest.raises(ValueError, match="is not the ARN of"):
        Principal.from_arn(arn)


def test_a_provider_stands_for_whoever_has_its_token() -> None:
    """Somebody of the provider's account, with nothing attached to them."""
    principal = Principal.from_arn(PROVIDER)

    assert principal == Principal(PROVIDER, ACCOUNT, provider=PROVIDER)
    assert principal.is_web_identity
    assert not principal.has_policies
    assert not session(PROVIDER).is_web_identity
    assert session(PROVIDER).has_policies
    assert not Principal.from_service("lambda.amazonaws.com").has_policies


@pytest.mark.parametrize(
    ("provider", "effect"),
    [
        (PROVIDER, Effect.ALLOWED),
        (f"{PROVIDER}x", Effect.IMPLICITLY_DENIED),
        (None, Effect.IMPLICITLY_DENIED),
    ],
)
def test_a_provider_names_the_sessions_that_it_vouched_for(provider: str | None, effect: Effect) -> None:
    """And no other session of the role."""
    resource = bucket_policy({"Effect": "Allow", "Principal": {"Federated": PROVIDER}})

    decision = evaluate(Request(session(provider), "s3:GetObject", OBJECT, {}), PolicySet(resource=resource))

    assert decision.effect is effect


def test_naming_the_provider_lifts_no_limit_of_the_session() -> None:
    """A session policy that allows nothing of it leaves nothing."""
    resource = bucket_policy({"Effect": "Allow", "Principal": {"Federated": PROVIDER}})

    policies = PolicySet(resource=resource, session=())
    decision = evaluate(Request(session(PROVIDER), "s3:GetObject", OBJECT, {}), policies)

    assert (decision.effect, decision.kind) == (Effect.IMPLICITLY_DENIED, PolicyKind.SESSION)


def test_a_token_may_cross_accounts_where_the_policy_names_its_provider() -> None:
    """Nothing is attached to it that could allow or refuse on its own side."""
    trusting = {"Effect": "Allow", "Principal": {"Federated": PROVIDER}, "Action": "sts:AssumeRoleWithWebIdentity"}
    trust = Policy.parse({"Statement": trusting}, kind=PolicyKind.TRUST)
    request = Request(Principal.from_arn(PROVIDER), "sts:AssumeRoleWithWebIdentity", ROLE, {})

    assert evaluate(request, PolicySet(resource=trust, resource_account="444455556666")).allowed
    assert not evaluate(request, PolicySet(resource_account=ACCOUNT)).allowed


@pytest.mark.parametrize(
    ("spared", "effect"), [(PROVIDER, Effect.IMPLICITLY_DENIED), (f"{PROVIDER}x", Effect.EXPLICITLY_DENIED)]
)
def test_not_principal_spares_the_tokens_of_the_provider_that_it_lists(spared: str, effect: Effect) -> None:
    """A Deny for everybody else is one for them."""
    resource = bucket_policy({"Effect": "Deny", "NotPrincipal": {"Federated": spared}})

    request = Request(Principal.from_arn(PROVIDER), "s3:GetObject", OBJECT, {})

    assert evaluate(request, PolicySet(resource=resource)).effect is effect


@pytest.mark.parametrize("name", ["accounts.google.com", f"arn:aws:iam::{ACCOUNT}:saml-provider/idp"])
def test_a_provider_is_named_by_its_arn_or_its_domain(name: str) -> None:
    """Those that IAM has built in have a domain only."""
    named = bucket_policy({"Effect": "Allow", "Principal": {"Federated": name}})

    assert evaluate(Request(session(name), "s3:GetObject", OBJECT, {}), PolicySet(resource=named)).allowed


@pytest.mark.parametrize(
    "name",
    [
        "",
        "*",
        "google",
        "https://accounts.google.com",
        f"arn:aws:iam::{ACCOUNT}:role/tenant",
        f"arn:aws:iam::{ACCOUNT}:oidc-provider/*",
        f"arn:aws:iam::{ACCOUNT}:oidc-provider/idp.example.com/${{aws:username}}",
        "arn:aws:iam::1234:oidc-provider/idp.example.com",
    ],
)
def test_what_names_no_provider_is_refused(name: str) -> None:
    """A policy that cannot be understood decides nothing."""
    with pytest.raises(PolicyError, match="does not name a principal"):
        bucket_policy({"Effect": "Allow", "Principal": {"Federated": name}})
