"""Attacks from outside of the stage's network, where users and whoever gets hold of a session are.

Past the authorizer, suspension, quotas and audit: with a user's own token straight to STS, and with a session that the
API has opened.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from chalicelib.config import Strategy
from chalicelib.tenancy.tenant import Role
from isolation.attack.calls import call_aws
from isolation.attack.cells import Cell, Twin
from isolation.attack.controls import Control
from isolation.attack.dynamodb import sessions
from isolation.attack.opening import exchanges, sts_cell
from isolation.attack.outcomes import ATTACKER, VICTIM, VICTIMS, Service, Who
from isolation.attack.world import PLANTED, partition

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from isolation.attack.world import World

OWN_TOKEN, OWN_SESSION = "own token straight to STS", "own session from outside"
_ENDPOINT, _NAME = Control.TRUST_ENDPOINT, Control.TRUST_SESSION_NAME


def outside_cells(strategy: str) -> Iterator[Cell]:
    """Return the attacks, on a stage whose sessions are opened by this strategy."""
    if strategy == Strategy.WEB_IDENTITY:
        for role in Role:
            yield from _own_token(role)
    for who in sessions(ATTACKER, strategy):
        yield from _own_session(who)


def _own_token(role: Role) -> Iterator[Cell]:
    who, own = Who(ATTACKER, role, Strategy.WEB_IDENTITY), f"{ATTACKER}.{role}"

    def token(world: World) -> str:
        return world.token(ATTACKER, role)

    twin = Twin(f"the token of {who} to STS, in the network", exchanges(token, RoleSessionName=own))
    for name, controls in ((own, (_ENDPOINT,)), (f"{VICTIM}.{role}", (_ENDPOINT, _NAME))):
        act = exchanges(token, outside=True, RoleSessionName=name)
        yield sts_cell(OWN_TOKEN, f"named {name}", who, act, twin, controls)


def _own_session(who: Who) -> Iterator[Cell]:
    calls: dict[str, Callable[[Any, World], Any]] = {
        "GetItem": lambda db, world: db.get_item(TableName=world.stage.table_name, Key=_key(who.tenant)),
        "GetItem of globex": lambda db, world: db.get_item(TableName=world.stage.table_name, Key=_key(VICTIM)),
        "Query": lambda db, world: db.query(
            TableName=world.stage.table_name,
            KeyConditionExpression="pk = :p",
            ExpressionAttributeValues={":p": {"S": partition(who.tenant)}},
        ),
        "PutItem": lambda db, world: db.put_item(
            TableName=world.stage.table_name, Item=_key(who.tenant), ConditionExpression="attribute_not_exists(pk)"
        ),
        "DeleteItem": lambda db, world: db.delete_item(
            TableName=world.stage.table_name, Key=_key(who.tenant), ConditionExpression="attribute_not_exists(pk)"
        ),
        "DescribeTable": lambda db, world: db.describe_table(TableName=world.stage.table_name),
    }
    read = calls["GetItem"]
    twin = Twin(f"GetItem of the own item as {who}, in the network", _within(who, "dynamodb", read))
    for name, call in calls.items():
        yield _cell(Service.DYNAMODB, "dynamodb", who, name, call, twin)
    secret = _secret("reader")
    reads = Twin(f"GetSecretValue of the reader as {who}, in the network", _within(who, "secretsmanager", secret))
    yield _cell(Service.SECRETS, "secretsmanager", who, "GetSecretValue of the reader", secret, reads)
    yield _cell(Service.SECRETS, "secretsmanager", who, "GetSecretValue of the writer", _secret("writer"), reads)


def _secret(login: str) -> Callable[[Any, World], Any]:
    return lambda sm, world: sm.get_secret_value(SecretId=getattr(world.stage.database, f"{login}_secret_arn"))


def _key(tenant: str) -> dict[str, Any]:
    return {"pk": {"S": partition(tenant)}, "sk": {"S": PLANTED}}


def _within(who: Who, client: str, call: Callable[[Any, World], Any]) -> Callable[[World], Any]:
    return lambda world: call_aws(lambda: call(world.client(who, client), world))


def _cell(  # noqa: PLR0913, PLR0917 -- one row of a table
    service: Service, client: str, who: Who, name: str, call: Callable[[Any, World], Any], twin: Twin
) -> Cell:
    def act(world: World) -> Any:
        outside = world.network(outside=True).as_session(client, world.key(who))
        return call_aws(lambda: call(outside, world))

    return Cell(
        service=service,
        attack=f"{OWN_SESSION}: {name}",
        target="by another endpoint, or none",
        who=who,
        refused_by=frozenset({Control.DATA_ENDPOINT}),
        victims=VICTIMS,
        act=act,
        twin=twin,
    )
