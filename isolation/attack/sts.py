"""Attacks on the way to credentials: sessions that no tenant should have."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from chalicelib.config import Strategy
from chalicelib.tenancy.tenant import Role
from isolation.attack.calls import call_aws
from isolation.attack.cells import Cell, Twin
from isolation.attack.controls import Control
from isolation.attack.dynamodb import sessions
from isolation.attack.outcomes import ATTACKER, VICTIMS, Kind, Service, Who
from isolation.attack.world import LAMBDA_ROLE, PLANTED, partition
from stage.functions import TENANT_FUNCTIONS

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from isolation.attack.cells import Act
    from isolation.attack.outcomes import Outcome
    from isolation.attack.world import World

_ANYTHING = json.dumps({"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}]})
_TENANT, _GRAMMAR = Control.TRUST_TENANT_TAG, Control.TRUST_TENANT_GRAMMAR
_ROLE, _KEYS, _STS = Control.TRUST_ROLE_TAG, Control.TRUST_TAG_KEYS, Control.STS_PARAMETERS

_ANY_TENANT = "the function that vends may open every tenant's session: whose, the verified token alone decides"
_NO_SESSION_POLICY = "no IAM condition can demand a session policy: this role is as strong as the code that assumes it"
_BEYOND_ASCII = "IAM has no regular expressions: letters beyond ASCII are left to the token's verification"


def _tags(**tags: str) -> list[Any]:
    return [{"Key": key, "Value": value} for key, value in tags.items()]


_PROPER = {"tenant": ATTACKER, "role": "member"}
_WRONG_TAGS: tuple[tuple[str, list[Any], tuple[Control, ...]], ...] = (
    ("no tags", [], (_TENANT, _ROLE)),
    ("no tag tenant", _tags(role="member"), (_TENANT,)),
    ("no tag role", _tags(tenant=ATTACKER), (_ROLE,)),
    ("unknown role", _tags(tenant=ATTACKER, role="owner"), (_ROLE,)),
    ("role in capitals", _tags(tenant=ATTACKER, role="ADMIN"), (_ROLE,)),
    ("empty role", _tags(tenant=ATTACKER, role=""), (_ROLE,)),
    ("two roles in one", _tags(tenant=ATTACKER, role="viewer admin"), (_ROLE,)),
    ("tag Tenant", _tags(Tenant=ATTACKER, role="member"), (_KEYS,)),
    ("tag Role", _tags(tenant=ATTACKER, Role="member"), (_KEYS,)),
    ("extra tag", _tags(**_PROPER, other="globex"), (_KEYS,)),
    ("extra tag tenantID", _tags(**_PROPER, tenantID="globex"), (_KEYS,)),
    ("tenant twice, in other case", [*_tags(**_PROPER), *_tags(TENANT="globex")], (_STS,)),
    ("tenant twice", [*_tags(**_PROPER), *_tags(tenant="globex")], (_STS,)),
    ("tenant in capitals", _tags(tenant="ACME", role="member"), (_GRAMMAR,)),
    ("tenant with a capital", _tags(tenant="Acme", role="member"), (_GRAMMAR,)),
    ("tenant that is too short", _tags(tenant="ac", role="member"), (_TENANT,)),
    ("empty tenant", _tags(tenant="", role="member"), (_TENANT,)),
    ("tenant that is too long", _tags(tenant="x" * 33, role="member"), (_GRAMMAR,)),
    ("tenant that begins with '-'", _tags(tenant="-acme", role="member"), (_GRAMMAR,)),
    ("tenant that ends in '-'", _tags(tenant="acme-", role="member"), (_GRAMMAR,)),
    *(
        (f"tenant with {character!r}", _tags(tenant=f"acme{character}x", role="member"), (_GRAMMAR,))
        for character in "_.:/=+@ "
    ),
    *(
        (f"tenant with {character!r}", _tags(tenant=f"acme{character}x", role="member"), (_STS,))
        for character in ("*", "?", "#", "$", "\n", "'", '"', "{")
    ),
    ("tenant as a policy variable", _tags(tenant="${aws:username}", role="member"), (_STS,)),
    ("tenant of 257 characters", _tags(tenant="x" * 257, role="member"), (_STS,)),
)


def sts_cells() -> Iterator[Cell]:
    """Return every attack by way of STS."""
    for strategy in Strategy:
        yield from _by_the_lambda_role(strategy)
        yield from _chained(strategy)
        yield from _widened(strategy)
    yield from _by_functions()


def _role_arn(world: World, strategy: str) -> str:
    arn = world.stage.tenant_role_arn
    if strategy == Strategy.SESSION_POLICY:
        arn = world.stage.tenant_policy_role_arn or ""
    return arn


def _assume(who: Who, strategy: str, role: Callable[[World], str] | None = None, **changed: Any) -> Act:
    def act(world: World) -> Outcome:
        call = {
            "RoleArn": role(world) if role else _role_arn(world, strategy),
            "RoleSessionName": "attack",
            "Tags": _tags(**_PROPER),
            **changed,
        }
        return call_aws(lambda: world.client(who, "sts").assume_role(**call))

    return act


def _cell(  # noqa: PLR0913 -- one row of a table
    attack: str, target: str, who: Who, act: Act, twin: Twin, *controls: Control, known_limit: str = ""
) -> Cell:
    return Cell(
        service=Service.STS,
        attack=attack,
        target=target,
        who=who,
        refused_by=frozenset(controls),
        victims=VICTIMS,
        act=act,
        twin=twin,
        known_limit=known_limit,
    )


def _by_the_lambda_role(strategy: Strategy) -> Iterator[Cell]:
    who = Who("", LAMBDA_ROLE, strategy)
    proper = Twin(f"AssumeRole with the tags tenant and role, {strategy}", _assume(who, strategy))
    for name, tags, controls in _WRONG_TAGS:
        yield _cell("AssumeRole", name, who, _assume(who, strategy, Tags=tags), proper, *controls)
    long = _assume(who, strategy, DurationSeconds=7200)
    yield _cell("AssumeRole", "for two hours", who, long, proper, _STS)
    for name, role in _OTHER_ROLES.items():
        for tags in ([], _tags(**_PROPER)):
            how = "with tags" if tags else "without tags"
            act = _assume(who, strategy, role, Tags=tags)
            yield _cell(f"AssumeRole of {name}", how, who, act, proper, Control.TRUST_PRINCIPAL)
    for tenant, why in (("globex", _ANY_TENANT), ("\u0430cme", _BEYOND_ASCII)):
        act = _assume(who, strategy, Tags=_tags(tenant=tenant, role="member"))
        yield _cell("AssumeRole", f"tenant {tenant!a}", who, act, proper, _GRAMMAR, known_limit=why)


def _sibling(name: str) -> Callable[[World], str]:
    return lambda world: world.stage.lambda_role_arn.replace("-LambdaRole", f"-{name}")


_OTHER_ROLES: Mapping[str, Callable[[World], str]] = {
    "the authorizer's role": lambda world: world.stage.authorizer_role_arn,
    "the Lambda role": lambda world: world.stage.lambda_role_arn,
    **{name: _sibling(name) for name in ("OffboardTenantRole", "OnboardTenantRole", "ListTenantsRole", "SetRoleRole")},
}


def _chained(strategy: Strategy) -> Iterator[Cell]:
    """Return what a tenant's own session tries in order to become another's."""
    vending = Who("", LAMBDA_ROLE, strategy)
    proper = Twin(f"AssumeRole with the tags tenant and role, {strategy}", _assume(vending, strategy))
    attempts: tuple[tuple[str, dict[str, Any]], ...] = (
        ("with the tag of globex", {"Tags": _tags(tenant="globex", role="admin")}),
        ("with the own tags", {}),
        ("with another role", {"Tags": _tags(tenant=ATTACKER, role="admin")}),
        ("without tags", {"Tags": []}),
        ("with transitive tags", {"TransitiveTagKeys": ["tenant", "role"]}),
        ("with a session policy", {"Policy": _ANYTHING}),
    )
    for who in (each for each in sessions(ATTACKER) if each.strategy == strategy):
        for how, changed in attempts:
            for other in Strategy:
                if other is Strategy.SESSION_TAGS or strategy is Strategy.SESSION_POLICY:
                    act = _assume(who, other, **changed)
                    name = f"AssumeRole from a session, {other} role"
                    yield _cell(name, how, who, act, proper, Control.TRUST_PRINCIPAL)
        for name, role in _OTHER_ROLES.items():
            act = _assume(who, strategy, role, Tags=[])
            yield _cell(f"AssumeRole of {name}", "from a session", who, act, proper, Control.TRUST_PRINCIPAL)


def _widened(strategy: Strategy) -> Iterator[Cell]:
    """Return what a session policy that allows everything opens: with tags nothing, and else all there is."""
    who = Who("", LAMBDA_ROLE, strategy)
    calls: dict[str, tuple[Callable[[Any, str, Any], Any], Control]] = {
        "GetItem": (lambda db, table, key: db.get_item(TableName=table, Key=key), Control.LEADING_KEYS_BY_TAG),
        "PutItem": (lambda db, table, key: db.put_item(TableName=table, Item=key), Control.LEADING_KEYS_BY_TAG),
        "DeleteItem": (
            lambda db, table, key: db.delete_item(TableName=table, Key=key, ReturnValues="ALL_OLD"),
            Control.LEADING_KEYS_BY_TAG,
        ),
        "Scan": (lambda db, table, _: db.scan(TableName=table), Control.NEVER_SCAN),
        "DescribeTable": (lambda db, table, _: db.describe_table(TableName=table), Control.NOT_GRANTED),
    }
    for name, (call, control) in calls.items():
        # Without leading keys in the role's own policy, reading is open: shown once, with the call that harms nobody.
        open_to_all = strategy is Strategy.SESSION_POLICY and control is Control.LEADING_KEYS_BY_TAG
        if open_to_all and name != "GetItem":
            continue
        for how, changed in (("a session policy that widens", {"Policy": _ANYTHING}), ("no session policy", {})):
            yield _cell(
                f"{name} of globex in a session with",
                how,
                who,
                _then(who, strategy, call, "globex", **changed),
                Twin(f"GetItem of the own in such a session, {strategy}", _then(who, strategy, _GET, ATTACKER)),
                control,
                known_limit=_NO_SESSION_POLICY if open_to_all else "",
            )


def _GET(db: Any, table: str, key: Any) -> Any:  # noqa: N802 -- a constant in all but form
    return db.get_item(TableName=table, Key=key)


def _then(who: Who, strategy: Strategy, call: Callable[[Any, str, Any], Any], tenant: str, **changed: Any) -> Act:
    """Open a session of the attacker, then call DynamoDB in it on the tenant's item."""
    key = {"pk": {"S": partition(tenant)}, "sk": {"S": PLANTED}}

    def act(world: World) -> Outcome:
        opened: list[Any] = []
        request = {
            "RoleArn": _role_arn(world, strategy),
            "RoleSessionName": "attack",
            "Tags": _tags(**_PROPER),
            **changed,
        }

        def assume() -> Any:
            opened.append(world.client(who, "sts").assume_role(**request))
            return opened[0]

        outcome = call_aws(assume)
        if outcome.kind is not Kind.ALLOWED:
            return outcome
        db = world.client_of(opened[0]["Credentials"], "dynamodb")
        return call_aws(lambda: call(db, world.stage.table_name, key))

    return act


def _by_functions() -> Iterator[Cell]:
    """Return what the control plane's roles try: offboarding may open a session as an administrator, the rest none."""
    tags, policy = Strategy.SESSION_TAGS, Strategy.SESSION_POLICY
    offboard = Who("", "offboard_tenant", tags)
    as_admin = _tags(tenant=ATTACKER, role=Role.ADMIN)
    proper = Twin("AssumeRole as an administrator by offboard_tenant", _assume(offboard, tags, Tags=as_admin))
    for name, wrong in (("as a member", _tags(**_PROPER)), ("without tags", []), ("no role", _tags(tenant=ATTACKER))):
        act = _assume(offboard, tags, Tags=wrong)
        yield _cell("AssumeRole", name, offboard, act, proper, Control.NEVER_OPEN_OTHER_SESSIONS)
    other = Who("", "offboard_tenant", policy)
    act = _assume(other, policy, Tags=as_admin)
    yield _cell("AssumeRole", "of TenantPolicyRole", other, act, proper, Control.TRUST_PRINCIPAL)
    for function in TENANT_FUNCTIONS:
        if function != "offboard_tenant":
            who = Who("", function, tags)
            act = _assume(who, tags, Tags=as_admin)
            yield _cell("AssumeRole", "as an administrator", who, act, proper, Control.TRUST_PRINCIPAL)
