"""The directory: who holds a key now, and what is attached to them now, read from moto's IAM."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from bulkhead_iam import PolicyError
from bulkhead_localaws.gate.callers import SessionEndedError, User
from bulkhead_localaws.gate.sessions import RoleSession
from bulkhead_localaws.moto.emulator import ACCOUNT_ID
from localaws_testing.account import EVERYTHING, NOW, Account, policy, statement, tagged, text, trust, user_arn

if TYPE_CHECKING:
    from collections.abc import Mapping

GET = policy(statement("dynamodb:GetItem"))


def role_session(account: Account, name: str, **more: object) -> RoleSession:
    """Return a session of a role that exists."""
    role = account.directory.role(name)
    assert role is not None
    session = RoleSession(role.role_id, name, "s", f"arn:aws:sts::{ACCOUNT_ID}:assumed-role/{name}/s")
    return replace(session, **more)  # type: ignore[arg-type]


def test_a_users_key_is_found_with_its_secret_and_without_a_token(account: Account) -> None:
    """And its owner is the user; what is no key is not found."""
    key = account.user("alice")

    found = account.directory.find(key.access_key_id)

    assert found is not None
    assert (found.secret_access_key, found.session_token, found.expires_at) == (key.secret_access_key, None, None)
    assert found.owner == User("alice")
    assert account.directory.find("AKIAIOSFODNN7EXAMPLE") is None
    assert account.directory.find("") is None


def test_a_renamed_user_keeps_the_key_and_the_next_of_the_old_name_does_not_get_it(account: Account) -> None:
    """A key belongs to somebody, not to a name."""
    key = account.user("alice")
    account.administer("iam", "UpdateUser", UserName="alice", NewUserName="alicia")
    account.user("alice", EVERYTHING)

    found = account.directory.find(key.access_key_id)

    assert found is not None
    assert found.owner == User("alicia")


def test_a_key_of_the_emulators_own_sts_opens_nothing(account: Account) -> None:
    """Only the gate vends sessions: moto's would be neither judged nor tagged."""
    temporary = account.directory._iam.create_temp_access_key()
    account.directory._iam.access_keys[temporary.access_key_id] = temporary
    assumed = account.directory._iam.create_access_key("operator")
    assumed.role_arn = "arn:aws:iam::123456789012:role/Admin"

    assert account.directory.find(temporary.access_key_id) is None
    assert account.directory.find(assumed.access_key_id) is None


def test_a_session_key_is_found_also_when_it_has_expired(account: Account) -> None:
    """So that its user is told that it has; its owner knows when it was issued."""
    account.role("Reader", trust(user_arn("operator")))
    session = role_session(account, "Reader")

    key = account.sessions.vend(session, seconds=900, now=NOW)

    assert account.directory.find(key.access_key_id) == key
    assert key.owner == replace(session, issued_at=NOW)
    assert key.expires_at is not None
    assert (key.expires_at - NOW).total_seconds() == 900


def test_session_keys_are_unlike_each_other_and_unlike_users_keys(account: Account) -> None:
    """ASIA and not AKIA, as AWS has them."""
    account.role("Reader", trust(user_arn("operator")))
    keys = [account.sessions.vend(role_session(account, "Reader"), seconds=900, now=NOW) for _ in range(50)]

    assert len({key.access_key_id for key in keys}) == len({key.secret_access_key for key in keys}) == 50
    assert len({key.session_token for key in keys}) == 50
    assert all(key.access_key_id.startswith("ASIA") and len(key.access_key_id) == 20 for key in keys)


def test_a_user_is_described_as_conditions_see_users(account: Account) -> None:
    """ARN with path, id, name and tags; neither session nor boundary."""
    account.user("alice", GET, Path="/people/", Tags=tagged(team="red"))

    caller = account.directory.caller(User("alice"))

    assert caller.principal.arn == f"arn:aws:iam::{ACCOUNT_ID}:user/people/alice"
    assert (caller.principal.account, caller.principal.role_arn) == (ACCOUNT_ID, None)
    assert (caller.kind, caller.user_name, caller.tags) == ("User", "alice", {"team": "red"})
    assert caller.user_id != ""
    assert (caller.session, caller.boundary, caller.role_session) == (None, None, None)
    assert caller.documents == (json.dumps(GET),)
    assert len(caller.identity) == 1


def test_a_session_is_described_as_conditions_see_sessions(account: Account) -> None:
    """The session's ARN and the role's, with its path; the role's id and the session's name."""
    account.role("Reader", trust(user_arn("operator")), GET, Path="/app/")
    session = role_session(account, "Reader")

    caller = account.directory.caller(session)

    assert caller.principal.arn == f"arn:aws:sts::{ACCOUNT_ID}:assumed-role/Reader/s"
    assert caller.principal.role_arn == f"arn:aws:iam::{ACCOUNT_ID}:role/app/Reader"
    assert (caller.kind, caller.user_name, caller.user_id) == ("AssumedRole", None, f"{session.role_id}:s")
    assert caller.role_session == session
    assert len(caller.identity) == 1


@pytest.mark.parametrize(
    ("session_tags", "expected"),
    [
        ({}, {"tenant": "nobody", "team": "red"}),
        ({"tenant": "acme"}, {"tenant": "acme", "team": "red"}),
        ({"TENANT": "acme"}, {"TENANT": "acme", "team": "red"}),
        ({"other": "x"}, {"tenant": "nobody", "team": "red", "other": "x"}),
    ],
)
def test_a_session_tag_replaces_the_roles_tag_whatever_its_case(
    account: Account, session_tags: Mapping[str, str], expected: Mapping[str, str]
) -> None:
    """Else `${aws:PrincipalTag/tenant}` would have two values."""
    account.role("Reader", trust(user_arn("operator")), Tags=tagged(tenant="nobody", team="red"))

    caller = account.directory.caller(role_session(account, "Reader", tags=session_tags))

    assert caller.tags == expected


def test_a_session_tag_that_may_be_the_roles_replaces_nothing(account: Account) -> None:
    """The evaluator sees both, and refuses what rests on either."""
    account.role("Reader", trust(user_arn("operator")), Tags=tagged(task="role's"))

    caller = account.directory.caller(role_session(account, "Reader", tags={"tas\u212a": "session's"}))

    assert caller.tags == {"task": "role's", "tas\u212a": "session's"}


def test_everything_attached_to_a_user_and_the_users_groups_counts(account: Account) -> None:
    """Inline and managed, of the user and of each group, of no other group."""
    documents = [policy(statement(f"s{number}:*")) for number in range(5)]
    account.user("alice", documents[0])
    managed = [account.managed_policy(f"p{number}", documents[number]) for number in (1, 3)]
    account.administer("iam", "AttachUserPolicy", UserName="alice", PolicyArn=managed[0])
    for name in ("ours", "theirs"):
        account.administer("iam", "CreateGroup", GroupName=name)
    account.administer("iam", "PutGroupPolicy", GroupName="ours", PolicyName="p", PolicyDocument=text(documents[2]))
    account.administer("iam", "AttachGroupPolicy", GroupName="ours", PolicyArn=managed[1])
    account.administer("iam", "PutGroupPolicy", GroupName="theirs", PolicyName="p", PolicyDocument=text(documents[4]))
    account.administer("iam", "AddUserToGroup", GroupName="ours", UserName="alice")

    caller = account.directory.caller(User("alice"))

    assert sorted(caller.documents) == sorted(text(document) for document in documents[:4])
    assert len(caller.identity) == 4


def test_a_managed_policy_is_its_default_version(account: Account) -> None:
    """Found by its ARN; what does not exist is not there."""
    arn = account.managed_policy("p", GET)
    account.administer(
        "iam", "CreatePolicyVersion", PolicyArn=arn, PolicyDocument=text(EVERYTHING), SetAsDefault="true"
    )

    assert json.loads(account.directory.managed_policy(arn) or "") == EVERYTHING
    assert account.directory.managed_policy(arn + "x") is None


def test_a_managed_policy_without_a_default_version_is_an_error(account: Account) -> None:
    """Rather than a policy that is passed over."""
    arn = account.managed_policy("p", GET)
    account.directory._iam.managed_policies[arn].default_version_id = "v9"

    with pytest.raises(PolicyError, match="has no default version"):
        account.directory.managed_policy(arn)


def test_whoever_is_gone_is_nobody(account: Account) -> None:
    """A user by name, a role by its id: one that is made anew is another one."""
    account.role("Reader", trust(user_arn("operator")))
    session = role_session(account, "Reader")
    account.administer("iam", "DeleteRole", RoleName="Reader")
    account.role("Reader", trust(user_arn("operator")))

    with pytest.raises(SessionEndedError, match="the role Reader is gone"):
        account.directory.caller(session)
    with pytest.raises(SessionEndedError, match="the user bob is gone"):
        account.directory.caller(User("bob"))
    with pytest.raises(TypeError):
        account.directory.caller("operator")


def test_a_role_is_found_by_its_name_as_it_is_now(account: Account) -> None:
    """ARN, tags and longest session; and no role by part of a name."""
    account.role("Reader", trust(user_arn("operator")), MaxSessionDuration=7200, Tags=tagged(team="red"))

    role = account.directory.role("Reader")

    assert role is not None
    assert (role.name, role.arn) == ("Reader", f"arn:aws:iam::{ACCOUNT_ID}:role/Reader")
    assert (role.tags, role.max_session_seconds) == ({"team": "red"}, 7200)
    assert account.directory.role("Read") is None
    assert account.directory.role("reader") is None


def test_a_trust_policy_that_cannot_be_understood_is_an_error(account: Account) -> None:
    """Nobody assumes such a role."""
    account.role("Reader", trust(user_arn("operator")))
    (role,) = account.directory._iam.get_roles()
    role.assume_role_policy_document = "{"

    with pytest.raises(PolicyError):
        account.directory.role("Reader")
    assert account.assume(account.operator, role.arn).code == "AccessDenied"


def test_policies_are_compiled_once_for_as_long_as_their_text_is_the_same(account: Account) -> None:
    """The same objects on the next request; others after a change."""
    account.user("alice", GET)
    first, second = (account.directory.caller(User("alice")).identity for _ in range(2))

    account.put_user_policy("alice", EVERYTHING)

    assert first[0] is second[0]
    assert account.directory.caller(User("alice")).identity[0] is not first[0]


def test_a_boundary_that_does_not_exist_allows_nothing(account: Account) -> None:
    """It is set, so it limits."""
    account.role("Reader", trust(user_arn("operator")), EVERYTHING)
    session = role_session(account, "Reader")
    assert account.directory.caller(session).boundary is None

    (role,) = account.directory._iam.get_roles()
    role.permissions_boundary_arn = f"arn:aws:iam::{ACCOUNT_ID}:policy/absent"

    assert account.directory.caller(session).boundary == ()
