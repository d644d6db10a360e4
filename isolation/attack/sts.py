"""Attacks on the way to credentials by principals who sign: sessions that nobody should open."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from chalicelib.config import Strategy
from chalicelib.tenancy.tenant import Role
from isolation.attack.calls import call_aws
from isolation.attack.cells import Twin
from isolation.attack.controls import Control
from isolation.attack.dynamodb import sessions
from isolation.attack.opening import (
    assumes,
    maintenance_role,
    opened,
    opening_twin,
    sts_cell,
    tags,
)
from isolation.attack.outcomes import ATTACKER, VICTIM, Kind, Who
from isolation.attack.world import LAMBDA_ROLE, PLANTED, partition
from isolation.attack.wrong_tags import BEYOND_ASCII, PROPER, WRONG_TAGS
from stage.functions import TENANT_FUNCTIONS

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from isolation.attack.cells import Act, Cell
    from isolation.attack.opening import RoleOf
    from isolation.attack.outcomes import Outcome
    from isolation.attack.world import World

_ANYTHING = json.dumps({"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}]})
_ANY_TENANT = "under this strategy the API's role may open every tenant's session: which, its code says"
_NO_SESSION_POLICY = "no IAM condition can demand a session policy: this role is as strong as the code that assumes it"
_BEYOND_ASCII = "IAM has no regular expressions: letters beyond ASCII are left to the token's verification"
_AS_ADMIN = {"tenant": ATTACKER, "role": Role.ADMIN.value}
_NOT_TRUSTED = (Control.TRUST_PRINCIPAL,)


def sts_cells(strategy: str) -> Iterator[Cell]:
    """Return the attacks, on a stage whose sessions are opened by this strategy."""
    yield from _by_the_lambda_role(strategy)
    yield from _chained(strategy)
    yield from _widened(strategy)
    yield from _at_a_role_that_trusts_the_account(strategy)


def _sibling(name: str) -> RoleOf:
    return lambda world: world.stage.lambda_role_arn.replace("-LambdaRole", f"-{name}")


#: Roles that nobody but a service, or one function, opens.
OTHER_ROLES: Mapping[str, RoleOf] = {
    "TenantMaintenanceRole": maintenance_role,
    "the authorizer's role": lambda world: world.stage.authorizer_role_arn,
    "the Lambda role": lambda world: world.stage.lambda_role_arn,
    **{
        name: _sibling(name)
        for name in ("OffboardTenantRole", "OnboardTenantRole", "ListTenantsRole", "SetRoleRole", "TagIdTokenRole")
    },
}


def _by_the_lambda_role(strategy: str) -> Iterator[Cell]:
    """Return what the API's own role tries; where a token opens sessions, it may open none, with whatever tags."""
    who, twin = Who("", LAMBDA_ROLE, strategy), opening_twin(strategy)
    for name, role in OTHER_ROLES.items():
        for pairs in ({}, PROPER, _AS_ADMIN):
            how = f"tagged {' '.join(pairs.values())}" if pairs else "without tags"
            act = assumes(who, role, Tags=tags(pairs.items()))
            yield sts_cell(f"AssumeRole of {name}", how, who, act, twin, _NOT_TRUSTED)
    if strategy == Strategy.WEB_IDENTITY:
        for tenant in (ATTACKER, VICTIM):
            for role_tag in Role:
                act = assumes(who, Tags=tags({"tenant": tenant, "role": role_tag.value}.items()))
                yield sts_cell("AssumeRole", f"tagged {tenant} {role_tag}", who, act, twin, _NOT_TRUSTED)
        yield sts_cell("AssumeRole", "without tags", who, assumes(who, Tags=[]), twin, _NOT_TRUSTED)
        return
    for wrong in WRONG_TAGS:
        act = assumes(who, Tags=tags(wrong.pairs))
        yield sts_cell("AssumeRole", wrong.name, who, act, twin, wrong.controls)
    long = assumes(who, DurationSeconds=7200)
    yield sts_cell("AssumeRole", "for two hours", who, long, twin, (Control.STS_PARAMETERS,))
    for tenant, why in ((VICTIM, _ANY_TENANT), (BEYOND_ASCII, _BEYOND_ASCII)):
        act = assumes(who, Tags=tags({"tenant": tenant, "role": "member"}.items()))
        controls = (Control.TRUST_TENANT_GRAMMAR,)
        yield sts_cell("AssumeRole", f"tenant {tenant!a}", who, act, twin, controls, known_limit=why)


def _chained(strategy: str) -> Iterator[Cell]:
    """Return what a tenant's own session tries in order to become another's."""
    twin = opening_twin(strategy)
    attempts: tuple[tuple[str, dict[str, Any]], ...] = (
        ("with the tag of globex", {"Tags": tags({"tenant": VICTIM, "role": "admin"}.items())}),
        ("with the own tags", {}),
        ("with another role", {"Tags": tags(_AS_ADMIN.items())}),
        ("without tags", {"Tags": []}),
        ("with transitive tags", {"TransitiveTagKeys": ["tenant", "role"]}),
        ("with a session policy", {"Policy": _ANYTHING}),
    )
    for who in sessions(ATTACKER, strategy):
        for how, changed in attempts:
            act = assumes(who, **changed)
            yield sts_cell("AssumeRole from a session", how, who, act, twin, _NOT_TRUSTED)
        for name, role in OTHER_ROLES.items():
            for pairs in ({}, _AS_ADMIN):
                how = f"from a session, {'tagged as admin' if pairs else 'without tags'}"
                act = assumes(who, role, Tags=tags(pairs.items()))
                yield sts_cell(f"AssumeRole of {name}", how, who, act, twin, _NOT_TRUSTED)


def _widened(strategy: str) -> Iterator[Cell]:
    """Return what a session policy that allows everything opens: with tags nothing, and else all there is."""
    who = Who(ATTACKER, PROPER["role"], strategy)
    calls: dict[str, tuple[Callable[[Any, str, Any], Any], Control]] = {
        "GetItem": (_get, Control.LEADING_KEYS_BY_TAG),
        "PutItem": (lambda db, table, key: db.put_item(TableName=table, Item=key), Control.LEADING_KEYS_BY_TAG),
        "DeleteItem": (
            lambda db, table, key: db.delete_item(TableName=table, Key=key, ReturnValues="ALL_OLD"),
            Control.LEADING_KEYS_BY_TAG,
        ),
        "Scan": (lambda db, table, _: db.scan(TableName=table), Control.NEVER_SCAN),
        "DescribeTable": (lambda db, table, _: db.describe_table(TableName=table), Control.NOT_GRANTED),
    }
    twin = Twin(f"GetItem of the own in such a session, {strategy}", _then(_get, ATTACKER))
    for name, (call, control) in calls.items():
        # Without leading keys in the role's own policy, reading is open: shown once, with the call that harms nobody.
        open_to_all = strategy == Strategy.SESSION_POLICY and control is Control.LEADING_KEYS_BY_TAG
        if open_to_all and name != "GetItem":
            continue
        for how, changed in (("a session policy that widens", {"Policy": _ANYTHING}), ("no session policy", {})):
            act = _then(call, VICTIM, **changed)
            limit = _NO_SESSION_POLICY if open_to_all else ""
            attack = f"{name} of globex in a session with"
            yield sts_cell(attack, how, who, act, twin, (control,), known_limit=limit)


def _get(db: Any, table: str, key: Any) -> Any:
    return db.get_item(TableName=table, Key=key)


def _then(call: Callable[[Any, str, Any], Any], tenant: str, **changed: Any) -> Act:
    """Open a session of the attacker, then call DynamoDB in it on the tenant's item."""
    key = {"pk": {"S": partition(tenant)}, "sk": {"S": PLANTED}}

    def act(world: World) -> Outcome:
        answers: list[Any] = []

        def ask() -> Any:
            answers.append(opened(world, **changed))
            return answers[0]

        outcome = call_aws(ask)
        if outcome.kind is not Kind.ALLOWED:
            return outcome
        db = world.client_of(answers[0]["Credentials"], "dynamodb")
        return call_aws(lambda: call(db, world.stage.table_name, key))

    return act


def _at_a_role_that_trusts_the_account(strategy: str) -> Iterator[Cell]:
    """Return what meets nothing but the caller's own policy: trust in the account lets in whom that policy lets."""
    roles = (LAMBDA_ROLE, *TENANT_FUNCTIONS)
    callers = (*sessions(ATTACKER, strategy), *(Who("", role, strategy) for role in roles))
    twin = Twin(
        "AssumeRole of a role that trusts the account, by its administrator",
        lambda world: call_aws(
            lambda: world.operator("sts").assume_role(RoleArn=world.trusting_role(), RoleSessionName="attack")
        ),
    )
    for who in callers:
        for pairs in ({}, _AS_ADMIN):
            if who.role == "offboard_tenant" and not pairs:
                continue  # which its explicit deny refuses, as any session that is not an administrator's
            how = "tagged as admin" if pairs else "without tags"
            act = assumes(who, lambda world: world.trusting_role(), Tags=tags(pairs.items()))
            attack = "AssumeRole of a role that trusts the account"
            yield sts_cell(attack, how, who, act, twin, (Control.NO_ASSUME,))
