"""Attacks on the database's secrets, the registry of tenants and the exports of offboarded ones."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeAlias

from chalicelib.tenancy.permissions import RIGHTS, Right
from chalicelib.tenancy.tenant import Role
from isolation.attack.calls import call_aws
from isolation.attack.cells import Cell, Twin
from isolation.attack.controls import Control
from isolation.attack.dynamodb import sessions
from isolation.attack.outcomes import ATTACKER, VICTIMS, Service, Who
from isolation.attack.world import LAMBDA_ROLE
from stage.functions import TENANT_FUNCTIONS

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from isolation.attack.cells import Act
    from isolation.attack.world import World

_ServiceCall: TypeAlias = "Callable[[Any, World], Any]"
_FUNCTIONS = tuple(Who("", function) for function in TENANT_FUNCTIONS)
_LAMBDA = Who("", LAMBDA_ROLE)
_OFFBOARD, _LIST = Who("", "offboard_tenant"), Who("", "list_tenants")
_ALL_EXPORTS = "within its job, the offboarding's role reaches every tenant's exports"
_ALL_TENANTS = "within its job, a function's role reads every tenant's item of the registry"


def _act(who: Who, service: str, call: _ServiceCall) -> Act:
    return lambda world: call_aws(lambda: call(world.client(who, service), world))


def _cell(  # noqa: PLR0913, PLR0917 -- one row of a table
    service: Service,
    client: str,
    attack: str,
    target: str,
    who: Who,
    call: _ServiceCall,
    twin: Twin,
    control: Control,
    *,
    known_limit: str = "",
    harms: bool = False,
) -> Cell:
    return Cell(
        service=service,
        attack=attack,
        target=target,
        who=who,
        refused_by=frozenset({control}),
        victims=VICTIMS,
        act=_act(who, client, call),
        twin=twin,
        known_limit=known_limit,
        harms=harms,
    )


def _arn(login: str, world: World) -> str:
    return str(getattr(world.stage.database, f"{login}_secret_arn"))


def _name(login: str, world: World) -> str:
    """Return the secret's name, as which it can be called too."""
    return _arn(login, world).split(":")[6].rpartition("-")[0]


def _get(login: str, *, by_name: bool = False, **more: Any) -> _ServiceCall:
    find = _name if by_name else _arn
    return lambda sm, world: sm.get_secret_value(SecretId=find(login, world), **more)


_NO_SECRET: tuple[tuple[str, str, _ServiceCall], ...] = (
    ("GetSecretValue", "master", _get("master")),
    ("GetSecretValue", "master, by name", _get("master", by_name=True)),
    ("GetSecretValue", "master, previous", _get("master", VersionStage="AWSPREVIOUS")),
    ("BatchGetSecretValue", "all", lambda sm, w: sm.batch_get_secret_value(SecretIdList=[_arn("master", w)])),
    ("ListSecrets", "all", lambda sm, _: sm.list_secrets()),
    ("DescribeSecret", "reader", lambda sm, w: sm.describe_secret(SecretId=_arn("reader", w))),
    ("PutSecretValue", "reader", lambda sm, w: sm.put_secret_value(SecretId=_arn("reader", w), SecretString="{}")),
    ("RotateSecret", "reader", lambda sm, w: sm.rotate_secret(SecretId=_arn("reader", w))),
    (
        "PutResourcePolicy",
        "master",
        lambda sm, w: sm.put_resource_policy(SecretId=_arn("master", w), ResourcePolicy="{}"),
    ),
    ("DeleteSecret", "reader", lambda sm, w: sm.delete_secret(SecretId=_arn("reader", w))),
)


def secret_cells(strategy: str) -> Iterator[Cell]:
    """Return every attack on the logins' passwords; sessions are opened by this strategy."""
    service, client = Service.SECRETS, "secretsmanager"
    for who in sessions(ATTACKER, strategy):
        reads = Twin(f"GetSecretValue of the reader as {who}", _act(who, client, _get("reader")))
        for attack, target, call in _NO_SECRET:
            harms = attack in {"PutSecretValue", "RotateSecret", "PutResourcePolicy", "DeleteSecret"}
            yield _cell(service, client, attack, target, who, call, reads, Control.NOT_GRANTED, harms=harms)
        if Role(who.role) in RIGHTS[Right.ADMINISTER]:
            continue
        admin = Who(who.tenant, Role.ADMIN, who.strategy)
        writes = Twin(f"GetSecretValue of the writer as {admin}", _act(admin, client, _get("writer")))
        for target, call in (
            ("writer", _get("writer")),
            ("writer, by name", _get("writer", by_name=True)),
            ("writer, previous", _get("writer", VersionStage="AWSPREVIOUS")),
        ):
            yield _cell(service, client, "GetSecretValue", target, who, call, writes, Control.ROLE_TAG)
    entitled = {"writer": {"onboard_tenant"}}
    admin = Who(ATTACKER, Role.ADMIN, strategy)
    for who in (_LAMBDA, *_FUNCTIONS):
        for login in ("reader", "writer", "master"):
            twin = Twin(f"GetSecretValue of the reader as {admin}", _act(admin, client, _get("reader")))
            if who.role not in entitled.get(login, set()):
                yield _cell(service, client, "GetSecretValue", login, who, _get(login), twin, Control.NOT_GRANTED)


_KEY = {"tenant_id": {"S": "globex"}}
_NONE = "attribute_not_exists(tenant_id)"  # it exists: were it allowed, nothing would change


def _registry(operation: str, **more: Any) -> _ServiceCall:
    return lambda db, world: getattr(db, operation)(TableName=world.stage.registry_table_name, **more)


_REGISTRY: dict[str, tuple[str, _ServiceCall]] = {
    "GetItem": ("globex", _registry("get_item", Key=_KEY)),
    "GetItem of the own": (ATTACKER, _registry("get_item", Key={"tenant_id": {"S": ATTACKER}})),
    "Query": (
        "globex",
        _registry(
            "query", KeyConditionExpression="tenant_id = :t", ExpressionAttributeValues={":t": _KEY["tenant_id"]}
        ),
    ),
    "PutItem": ("globex", _registry("put_item", Item=_KEY, ConditionExpression=_NONE)),
    "UpdateItem": (
        "globex",
        _registry(
            "update_item",
            Key=_KEY,
            UpdateExpression="SET stolen = :one",
            ConditionExpression=_NONE,
            ExpressionAttributeValues={":one": {"N": "1"}},
        ),
    ),
    "DeleteItem": ("globex", _registry("delete_item", Key=_KEY, ConditionExpression=_NONE)),
    "BatchGetItem": (
        "globex",
        lambda db, world: db.batch_get_item(RequestItems={world.stage.registry_table_name: {"Keys": [_KEY]}}),
    ),
    "Scan": ("everybody", _registry("scan")),
    "PartiQL SELECT": (
        "everybody",
        lambda db, world: db.execute_statement(Statement=f'SELECT * FROM "{world.stage.registry_table_name}"'),  # noqa: S608 -- the table's name
    ),
}
_MAY = {
    "onboard_tenant": {"GetItem", "PutItem", "UpdateItem"},
    "suspend_tenant": {"GetItem", "UpdateItem"},
    "resume_tenant": {"GetItem", "UpdateItem"},
    "offboard_tenant": {"GetItem", "UpdateItem"},
    "list_tenants": {"Scan"},
    "invite_user": {"GetItem"},
    "remove_user": {"GetItem"},
    "set_role": {"GetItem"},
}


def registry_cells(strategy: str) -> Iterator[Cell]:
    """Return every attack on the list of tenants, by tenants' sessions and by functions beyond their job."""
    service, client = Service.REGISTRY, "dynamodb"
    get, scan = _REGISTRY["GetItem"][1], _REGISTRY["Scan"][1]
    twin = Twin("GetItem of the registry by offboard_tenant", _act(_OFFBOARD, client, get))
    listed = Twin("Scan of the registry by list_tenants", _act(_LIST, client, scan))
    for who in (*sessions(ATTACKER, strategy), _LAMBDA, *_FUNCTIONS):
        for name, (target, call) in _REGISTRY.items():
            allowed = _MAY.get(who.role, set()) if not who.tenant else set()
            if name.removesuffix(" of the own") in allowed:
                continue
            control, its_twin = Control.NOT_GRANTED, twin
            if name in {"Scan", "PartiQL SELECT"}:
                its_twin = listed
                control = Control.NEVER_PARTIQL if who == _LIST else Control.NEVER_SCAN
            yield _cell(service, client, name, target, who, call, its_twin, control)
    for function in ("invite_user", "suspend_tenant"):
        who = Who("", function)
        yield _cell(
            service, client, "GetItem", "any tenant", who, get, twin, Control.NOT_GRANTED, known_limit=_ALL_TENANTS
        )


def _export(operation: str, **more: Any) -> _ServiceCall:
    return lambda s3, world: getattr(s3, operation)(Bucket=world.stage.export_bucket_name, **more)


_OBJECT = "globex/attack"
_EXPORTS: dict[str, _ServiceCall] = {
    "GetObject": _export("get_object", Key=_OBJECT),
    "GetObject of the own": _export("get_object", Key=f"{ATTACKER}/attack"),
    "GetObject, a version": _export("get_object", Key=_OBJECT, VersionId="attack"),
    "PutObject": _export("put_object", Key=_OBJECT, Body=b""),
    "DeleteObject": _export("delete_object", Key=_OBJECT),
    "ListObjectsV2": _export("list_objects_v2"),
    "ListObjectsV2, own prefix": _export("list_objects_v2", Prefix=f"{ATTACKER}/"),
    "ListObjectVersions": _export("list_object_versions"),
}
_MAY_EXPORT = {"GetObject", "GetObject of the own", "PutObject", "ListObjectsV2", "ListObjectsV2, own prefix"}


def export_cells(strategy: str) -> Iterator[Cell]:
    """Return every attack on the exports of offboarded tenants."""
    service, client = Service.EXPORTS, "s3"
    twin = Twin("ListObjectsV2 by offboard_tenant", _act(_OFFBOARD, client, _EXPORTS["ListObjectsV2"]))
    for who in (*sessions(ATTACKER, strategy), _LAMBDA, *_FUNCTIONS):
        for name, call in _EXPORTS.items():
            if who == _OFFBOARD and name in _MAY_EXPORT:
                continue
            yield _cell(service, client, name, "globex's prefix", who, call, twin, Control.NOT_GRANTED)
    yield _cell(
        service,
        client,
        "GetObject",
        "any tenant's prefix",
        _OFFBOARD,
        _EXPORTS["GetObject"],
        twin,
        Control.NOT_GRANTED,
        known_limit=_ALL_EXPORTS,
    )
