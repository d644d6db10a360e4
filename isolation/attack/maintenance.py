"""Attacks on what has no user's token: the role for maintenance, which one function opens, as an administrator."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from chalicelib.tenancy.tenant import Role
from isolation.attack.calls import call_aws
from isolation.attack.cells import Cell, Twin
from isolation.attack.controls import Control
from isolation.attack.opening import assumed, assumes, maintenance_role, sts_cell, tags, tenant_role
from isolation.attack.outcomes import ATTACKER, VICTIM, VICTIMS, Service, Who
from isolation.attack.world import PLANTED, partition
from isolation.attack.wrong_tags import PROPER, WRONG_TAGS
from stage.functions import TENANT_FUNCTIONS

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from isolation.attack.outcomes import Outcome
    from isolation.attack.world import World

_ANY_TENANT = "within its job, the offboarding opens a session of every tenant: which, its code says"
_OPENER = "offboard_tenant"
_AS_ADMIN = {"tenant": ATTACKER, "role": Role.ADMIN.value}
_NOT_TRUSTED = (Control.TRUST_PRINCIPAL,)


def maintenance_cells(strategy: str) -> Iterator[Cell]:
    """Return the attacks; it is opened alike, by whatever strategy users' sessions are."""
    yield from _by_functions(strategy)
    yield from _in_a_session(strategy)


def _by_functions(strategy: str) -> Iterator[Cell]:
    """Return what the control plane's roles try: offboarding may open a session as an administrator, the rest none."""
    offboard, as_admin = Who("", _OPENER, strategy), tags(_AS_ADMIN.items())
    twin = Twin(
        "AssumeRole of TenantMaintenanceRole as an administrator by offboard_tenant",
        assumes(offboard, maintenance_role, Tags=as_admin),
    )
    attack = "AssumeRole of TenantMaintenanceRole"
    for name, wrong in (("as a member", PROPER), ("without tags", {}), ("no role", {"tenant": ATTACKER})):
        act = assumes(offboard, maintenance_role, Tags=tags(wrong.items()))
        yield sts_cell(attack, name, offboard, act, twin, (Control.NEVER_OPEN_OTHER_SESSIONS,))
    for each in WRONG_TAGS:
        if each.is_of_the_tenant:
            pairs = [(key, "admin" if key == "role" else value) for key, value in each.pairs]
            act = assumes(offboard, maintenance_role, Tags=tags(pairs))
            yield sts_cell(attack, each.name, offboard, act, twin, each.controls)
    others = assumes(offboard, maintenance_role, Tags=tags({"tenant": VICTIM, "role": "admin"}.items()))
    limit, controls = _ANY_TENANT, (Control.TRUST_TENANT_TAG,)
    yield sts_cell(attack, "of any tenant", offboard, others, twin, controls, known_limit=limit)
    for function in TENANT_FUNCTIONS:
        who = Who("", function, strategy)
        act = assumes(who, tenant_role, Tags=as_admin)
        yield sts_cell("AssumeRole", "as an administrator", who, act, twin, _NOT_TRUSTED)
        if function != _OPENER:
            act = assumes(who, maintenance_role, Tags=as_admin)
            yield sts_cell(attack, "as an administrator", who, act, twin, _NOT_TRUSTED)


def _in_a_session(strategy: str) -> Iterator[Cell]:
    """Return what its session, tagged with one tenant, tries on another's items, and from elsewhere."""
    calls: dict[str, tuple[Callable[[Any, str, Any], Any], Control]] = {
        "GetItem": (lambda db, table, key: db.get_item(TableName=table, Key=key), Control.LEADING_KEYS_BY_TAG),
        "PutItem": (lambda db, table, key: db.put_item(TableName=table, Item=key), Control.LEADING_KEYS_BY_TAG),
        "DeleteItem": (lambda db, table, key: db.delete_item(TableName=table, Key=key), Control.LEADING_KEYS_BY_TAG),
        "Scan": (lambda db, table, _: db.scan(TableName=table), Control.NEVER_SCAN),
        "DescribeTable": (lambda db, table, _: db.describe_table(TableName=table), Control.NOT_GRANTED),
    }
    twin = Twin("GetItem of the own in a session of maintenance", _within(calls["GetItem"][0], ATTACKER))
    for name, (call, control) in calls.items():
        for outside in (False, True):
            act = _within(call, VICTIM, outside=outside)
            where = ", from outside" if outside else ""
            yield Cell(
                service=Service.DYNAMODB,
                attack=f"{name} in a session of maintenance{where}",
                target=f"exact, {VICTIM}",
                who=Who("", _OPENER, strategy),
                refused_by=frozenset({Control.DATA_ENDPOINT if outside and name != "Scan" else control}),
                victims=VICTIMS,
                act=act,
                twin=twin,
            )


def _within(call: Callable[[Any, str, Any], Any], tenant: str, *, outside: bool = False) -> Callable[[World], Outcome]:
    """Open a session of maintenance for the attacker, then call DynamoDB in it on the tenant's item."""
    key = {"pk": {"S": partition(tenant)}, "sk": {"S": PLANTED}}

    def act(world: World) -> Outcome:
        who = Who("", _OPENER)
        session = assumed(world, who, maintenance_role, Tags=tags(_AS_ADMIN.items()))["Credentials"]
        db = world.network(outside=outside).as_session("dynamodb", session)
        return call_aws(lambda: call(db, world.stage.table_name, key))

    return act
