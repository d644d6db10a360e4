# ruff: noqa: S608 -- PartiQL of literals and the table's name
"""Attacks on the pooled table: every operation on every naming of another tenant's key, and what needs no key."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any, TypeAlias

from chalicelib.config import Strategy
from chalicelib.tenancy.permissions import RIGHTS, Right
from chalicelib.tenancy.tenant import Role
from isolation.attack.calls import call_aws
from isolation.attack.cells import Cell, Twin
from isolation.attack.controls import Control
from isolation.attack.dynamodb_operations import OPERATIONS
from isolation.attack.keys import NAMINGS, Naming, exact
from isolation.attack.outcomes import ATTACKER, VICTIMS, Service, Who
from isolation.attack.world import LAMBDA_ROLE, PLANTED, PLANTED_TOO, partition

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from isolation.attack.cells import Act
    from isolation.attack.dynamodb_operations import Operation
    from isolation.attack.outcomes import Outcome
    from isolation.attack.world import World

_LEADING = {
    Strategy.WEB_IDENTITY: Control.LEADING_KEYS_BY_TAG,
    Strategy.SESSION_TAGS: Control.LEADING_KEYS_BY_TAG,
    Strategy.SESSION_POLICY: Control.LEADING_KEYS_BY_SESSION_POLICY,
}


#: The target of what a role may not do to its own tenant's items.
OWN_BEYOND_THE_ROLE = "the own item, beyond the role"


def sessions(tenant: str, strategy: str) -> Iterator[Who]:
    """Return the tenant's sessions of every role, opened by this strategy."""
    for role in Role:
        yield Who(tenant, role, strategy)


def may_write(role: str) -> bool:
    """Return whether the role may write items of its own tenant."""
    return Role(role) in RIGHTS[Right.WRITE]


def dynamodb_cells(strategy: str) -> Iterator[Cell]:
    """Return every attack on the pooled table, in sessions that this strategy opens."""
    for operation in OPERATIONS:
        for naming in NAMINGS:
            yield from (_cell(operation, naming, who) for who in sessions(ATTACKER, strategy))
    yield from _beyond_the_role(strategy)
    for attacker in VICTIMS:
        for operation in OPERATIONS:
            if operation.plain:
                for naming in exact(attacker):
                    yield from (_cell(operation, naming, who) for who in sessions(attacker, strategy))
    for who in sessions(ATTACKER, strategy):
        yield from _without_a_key(who)
        yield from _outside_the_table(who)
    yield from _of_other_principals(strategy)


def _beyond_the_role(strategy: str) -> Iterator[Cell]:
    """Return the writes of one's own items by a role that may only read them."""
    beyond = Naming(OWN_BEYOND_THE_ROLE, {"S": partition(ATTACKER)})
    for operation in OPERATIONS:
        if operation.writes and operation.granted:
            for who in sessions(ATTACKER, strategy):
                if not may_write(who.role):
                    yield replace(_cell(operation, beyond, who), refused_by=frozenset({Control.ROLE_TAG}))


def expected(operation: Operation, naming: Naming, who: Who) -> frozenset[Control]:
    """Return what must refuse it."""
    may = may_write(who.role)
    if not naming.valid:
        return frozenset({Control.KEY_SCHEMA})
    if operation.own_write_first and not may:
        return frozenset({Control.ROLE_TAG})  # the first of the items is refused before the other is looked at
    if not operation.granted:
        return frozenset({Control.NOT_GRANTED})
    leading = _LEADING[Strategy(who.strategy)]
    if not operation.writes or may:
        return frozenset({leading})
    if who.strategy == Strategy.SESSION_POLICY:
        return frozenset({Control.ROLE_TAG})  # the role's own policy comes before the session policy
    return frozenset({leading, Control.ROLE_TAG})


def _cell(operation: Operation, naming: Naming, who: Who) -> Cell:
    key = {"pk": naming.value, "sk": {"S": PLANTED}}
    own = {"pk": {"S": partition(who.tenant)}, "sk": {"S": PLANTED}}
    own_too = own | {"sk": {"S": PLANTED_TOO}}

    def attack(world: World) -> Outcome:
        return call_aws(lambda: operation.call(_client(world, who), world.stage.table_name, key, own))

    permitted = Who(who.tenant, who.role if may_write(who.role) or not operation.writes else Role.MEMBER, who.strategy)

    def twin(world: World) -> Outcome:
        world.replant(who.tenant)
        call = operation.twin or operation.call
        outcome = call_aws(lambda: call(_client(world, permitted), world.stage.table_name, own_too, own))
        world.replant(who.tenant)  # to others it is a victim, whose data must stay as it was
        return outcome

    return Cell(
        service=Service.DYNAMODB,
        attack=operation.name,
        target=naming.name,
        who=who,
        refused_by=expected(operation, naming, who),
        victims=tuple(tenant for tenant in (ATTACKER, *VICTIMS) if tenant != who.tenant),
        act=attack,
        twin=Twin(f"{operation.name} on the own key as {permitted}", twin),
    )


def _client(world: World, who: Who) -> Any:
    client = world.client(who, "dynamodb")
    client.account_of_stage = world.stage.account_id  # for tables that are named by their ARN
    return client


#: (what, the call)
_Call: TypeAlias = "tuple[str, Callable[[Any, World], Any]]"
_EQUALS = "WHERE pk = 'globex#attack#0'"
_ONE = f"{_EQUALS} AND sk = 'planted'"
_OWN = "WHERE pk = 'acme#attack#0' AND sk = 'planted'"


def _statement(text: str) -> Callable[[Any, World], Any]:
    return lambda db, world: db.execute_statement(Statement=text.replace("TABLE", f'"{world.stage.table_name}"'))


def _scan(**more: Any) -> Callable[[Any, World], Any]:
    return lambda db, world: db.scan(TableName=world.stage.table_name, **more)


_NEVER_SCAN: tuple[_Call, ...] = (
    ("Scan", _scan()),
    ("Scan, one item", _scan(Limit=1)),
    ("Scan, count only", _scan(Select="COUNT")),
    ("Scan, a segment", _scan(Segment=0, TotalSegments=2)),
    ("Scan, of an index", _scan(IndexName="any")),
    (
        "Scan, filter on the own keys",
        _scan(FilterExpression="begins_with(pk, :p)", ExpressionAttributeValues={":p": {"S": "acme#"}}),
    ),
    ("Scan, from an own key", _scan(ExclusiveStartKey={"pk": {"S": partition(ATTACKER)}, "sk": {"S": PLANTED}})),
    ("PartiQL SELECT, everything", _statement("SELECT * FROM TABLE")),
    ("PartiQL SELECT, a partition", _statement(f"SELECT * FROM TABLE {_EQUALS}")),
    ("PartiQL SELECT, an item", _statement(f"SELECT * FROM TABLE {_ONE}")),
    ("PartiQL SELECT, the own item", _statement(f"SELECT * FROM TABLE {_OWN}")),
    (
        "PartiQL SELECT, own or other's",
        _statement("SELECT * FROM TABLE WHERE pk IN ['acme#attack#0','globex#attack#0']"),
    ),
    ("PartiQL INSERT", _statement("INSERT INTO TABLE VALUE {'pk': 'globex#attack#0', 'sk': 'new'}")),
    ("PartiQL UPDATE, returns the old", _statement(f"UPDATE TABLE SET stolen = 1 {_ONE} RETURNING ALL OLD *")),
    ("PartiQL DELETE, returns the old", _statement(f"DELETE FROM TABLE {_ONE} RETURNING ALL OLD *")),
    (
        "PartiQL SELECT, with a parameter",
        lambda db, world: db.execute_statement(
            Statement=f'SELECT * FROM "{world.stage.table_name}" WHERE pk = ?', Parameters=[{"S": partition("globex")}]
        ),
    ),
    (
        "PartiQL in a batch",
        lambda db, world: db.batch_execute_statement(
            Statements=[{"Statement": f'SELECT * FROM "{world.stage.table_name}" {each}'} for each in (_OWN, _ONE)]
        ),
    ),
    (
        "PartiQL in a transaction",
        lambda db, world: db.execute_transaction(
            TransactStatements=[
                {"Statement": f'SELECT * FROM "{world.stage.table_name}" {each}'} for each in (_OWN, _ONE)
            ]
        ),
    ),
)


def _condition(text: str) -> Callable[[Any, World], Any]:
    values = {":p": {"S": "globex#attack#0"}}
    return lambda db, world: db.query(
        TableName=world.stage.table_name, KeyConditionExpression=text, ExpressionAttributeValues=values
    )


_NO_PARTITION: tuple[_Call, ...] = (
    *((f"Query, {text}", _condition(text)) for text in ("begins_with(pk, :p)", "pk >= :p", "pk <> :p", "pk IN (:p)")),
    ("Query, two partitions", _condition("pk = :p OR pk = :p")),
    (
        "Query of the own, from the other's key",
        lambda db, world: db.query(
            TableName=world.stage.table_name,
            KeyConditionExpression="pk = :p",
            ExpressionAttributeValues={":p": {"S": partition(ATTACKER)}},
            ExclusiveStartKey={"pk": {"S": partition("globex")}, "sk": {"S": PLANTED}},
        ),
    ),
)


def _own_query(who: Who) -> Act:
    def call(world: World) -> Outcome:
        world.replant(who.tenant)
        return call_aws(
            lambda: world.client(who, "dynamodb").query(
                TableName=world.stage.table_name,
                KeyConditionExpression="pk = :p",
                ExpressionAttributeValues={":p": {"S": partition(who.tenant)}},
            )
        )

    return call


def _cell_of(  # noqa: PLR0913 -- one row of a table
    name: str,
    call: Callable[[Any, World], Any],
    target: str,
    who: Who,
    control: Control,
    *,
    permitted: Who | None = None,
    harms: bool = False,
) -> Cell:
    permitted = permitted or who
    return Cell(
        service=Service.DYNAMODB,
        attack=name,
        target=target,
        who=who,
        refused_by=frozenset({control}),
        victims=VICTIMS if who.tenant else (ATTACKER, *VICTIMS),
        act=lambda world: call_aws(lambda: call(world.client(who, "dynamodb"), world)),
        twin=Twin(f"Query of the own partition as {permitted}", _own_query(permitted)),
        harms=harms,
    )


def _without_a_key(who: Who) -> Iterator[Cell]:
    for name, call in _NEVER_SCAN:
        yield _cell_of(name, call, "no leading key", who, Control.NEVER_SCAN)
    for name, call in _NO_PARTITION:
        yield _cell_of(name, call, "no single partition", who, Control.KEY_SCHEMA)


def _named(operation: str, **more: Any) -> Callable[[Any, World], Any]:
    return lambda db, world: getattr(db, operation)(TableName=world.stage.table_name, **more)


_OUTSIDE: tuple[_Call, ...] = (
    (
        "Query of an index",
        lambda db, world: db.query(
            TableName=world.stage.table_name,
            IndexName="any",
            KeyConditionExpression="pk = :p",
            ExpressionAttributeValues={":p": {"S": partition(ATTACKER)}},
        ),
    ),
    ("DescribeTable", _named("describe_table")),
    ("ListTables", lambda db, _: db.list_tables()),
    ("DeleteTable", _named("delete_table")),
    (
        "UpdateTable, opens a stream",
        _named("update_table", StreamSpecification={"StreamEnabled": True, "StreamViewType": "NEW_AND_OLD_IMAGES"}),
    ),
    ("CreateBackup", _named("create_backup", BackupName="stolen")),
    ("DescribeContinuousBackups", _named("describe_continuous_backups")),
    (
        "RestoreTableToPointInTime",
        lambda db, world: db.restore_table_to_point_in_time(
            SourceTableName=world.stage.table_name, TargetTableName="stolen", UseLatestRestorableTime=True
        ),
    ),
    (
        "UpdateTimeToLive",
        _named("update_time_to_live", TimeToLiveSpecification={"Enabled": True, "AttributeName": "number"}),
    ),
    (
        "PutResourcePolicy",
        lambda db, world: db.put_resource_policy(ResourceArn=world.table_arn, Policy="{}"),
    ),
    (
        "TagResource",
        lambda db, world: db.tag_resource(ResourceArn=world.table_arn, Tags=[{"Key": "tenant", "Value": "acme"}]),
    ),
)


def _outside_the_table(who: Who) -> Iterator[Cell]:
    for name, call in _OUTSIDE:
        yield _cell_of(name, call, "past the items", who, Control.NOT_GRANTED, harms=not name.startswith("Query"))


def _of_other_principals(strategy: str) -> Iterator[Cell]:
    """Return the attacks of execution roles: none of them reaches the pooled table by itself."""
    key = {"pk": {"S": partition("globex")}, "sk": {"S": PLANTED}}
    calls: tuple[_Call, ...] = (
        ("GetItem", _named("get_item", Key=key)),
        ("PutItem", _named("put_item", Item=key)),
        ("UpdateItem", _named("update_item", Key=key)),
        ("DeleteItem", _named("delete_item", Key=key, ReturnValues="ALL_OLD")),
        ("Query", _condition("pk = :p")),
        ("BatchGetItem", lambda db, world: db.batch_get_item(RequestItems={world.stage.table_name: {"Keys": [key]}})),
    )
    viewer = Who(ATTACKER, Role.VIEWER, strategy)
    roles = (LAMBDA_ROLE, "onboard_tenant", "suspend_tenant", "resume_tenant", "offboard_tenant", "list_tenants")
    for role in (*roles, "invite_user", "remove_user", "set_role"):
        for name, call in calls:
            yield _cell_of(name, call, "exact, globex", Who("", role), Control.NOT_GRANTED, permitted=viewer)
        scan = Control.NEVER_SCAN_OTHER_TABLES if role == "list_tenants" else Control.NEVER_SCAN
        yield _cell_of("Scan", _scan(), "no leading key", Who("", role), scan, permitted=viewer)
        select = Control.NEVER_PARTIQL if role == "list_tenants" else Control.NEVER_SCAN
        everything = _statement("SELECT * FROM TABLE")
        who, name = Who("", role), "PartiQL SELECT, everything"
        yield _cell_of(name, everything, "no leading key", who, select, permitted=viewer)
