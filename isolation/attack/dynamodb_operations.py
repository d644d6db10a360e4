"""Every DynamoDB operation that names an item, with what could make it show one in spite of a refusal.

The calls are given the item to attack and an item of the attacker's own, which some mix in.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, TypeAlias

Key: TypeAlias = Mapping[str, Any]
#: (client, table, the key under attack, an own key)
Call: TypeAlias = Callable[[Any, str, Key, Key], Any]

_NUMBER = {":one": {"N": "1"}}
_SHOW_OLD = {"ReturnValuesOnConditionCheckFailure": "ALL_OLD"}
_NEVER = {"ConditionExpression": "attribute_not_exists(pk)"}
_EXISTS = {"ConditionExpression": "attribute_exists(pk)"}
#: Holds for what is planted: with `_SHOW_OLD` the reverse of it would show the item.
_NUMBERED = {"ConditionExpression": "#number = :one", "ExpressionAttributeNames": {"#number": "number"}}


@dataclass(frozen=True, slots=True)
class Operation:
    """One form of an operation.

    Args:
        granted: whether the tenant roles' policies have a statement for it at all.
        writes: whether only some roles may.
        own_write_first: whether a write of one's own is authorized before the one under attack.
        plain: whether it is tried by every attacker.
        twin: the call that is its allowed twin, where the same one is granted to nobody or fails on one's own item.
    """

    name: str
    call: Call
    writes: bool = False
    granted: bool = True
    own_write_first: bool = False
    plain: bool = False
    twin: Call | None = None


def _get(**more: Any) -> Call:
    return lambda db, table, key, _: db.get_item(TableName=table, Key=key, **more)


def _put(**more: Any) -> Call:
    return lambda db, table, key, _: db.put_item(TableName=table, Item={**key, "secret": {"S": "mine"}}, **more)


def _update(**more: Any) -> Call:
    change = {"UpdateExpression": "SET stolen = :one", "ExpressionAttributeValues": _NUMBER}
    members = {name: value for name, value in {**change, **more}.items() if value is not None}
    return lambda db, table, key, _: db.update_item(TableName=table, Key=key, **members)


def _delete(**more: Any) -> Call:
    return lambda db, table, key, _: db.delete_item(TableName=table, Key=key, **more)


def _query(**more: Any) -> Call:
    def call(db: Any, table: str, key: Key, _: Key) -> Any:
        values = {":pk": key["pk"], **more.get("ExpressionAttributeValues", {})}
        condition = {"KeyConditionExpression": "pk = :pk"}
        return db.query(**{**condition, **more, "TableName": table, "ExpressionAttributeValues": values})

    return call


def _legacy_query(db: Any, table: str, key: Key, _: Key) -> Any:
    conditions = {"pk": {"ComparisonOperator": "EQ", "AttributeValueList": [key["pk"]]}}
    return db.query(TableName=table, KeyConditions=conditions)


def _named_query(db: Any, table: str, key: Key, _: Key) -> Any:
    return db.query(
        TableName=table,
        KeyConditionExpression="#p = :p AND begins_with(sk, :s)",
        ExpressionAttributeNames={"#p": "pk"},
        ExpressionAttributeValues={":p": key["pk"], ":s": {"S": "planted"}},
    )


def _by_arn(db: Any, table: str, key: Key, _: Key) -> Any:
    region, account = db.meta.region_name, db.account_of_stage
    return db.get_item(TableName=f"arn:aws:dynamodb:{region}:{account}:table/{table}", Key=key)


def _transact_get(*, mixed: bool) -> Call:
    def call(db: Any, table: str, key: Key, own: Key) -> Any:
        keys = [own, key] if mixed else [key]
        return db.transact_get_items(TransactItems=[{"Get": {"TableName": table, "Key": each}} for each in keys])

    return call


def _transact(write: str, *, mixed: bool, **more: Any) -> Call:
    def call(db: Any, table: str, key: Key, own: Key) -> Any:
        target = {"Item": dict(key)} if write == "Put" else {"Key": key}
        items: list[Any] = [{"Put": {"TableName": table, "Item": dict(own)}}] if mixed else []
        return db.transact_write_items(TransactItems=[*items, {write: {"TableName": table, **target, **more}}])

    return call


def _batch_get(*, mixed: bool) -> Call:
    return lambda db, table, key, own: db.batch_get_item(RequestItems={table: {"Keys": [own, key] if mixed else [key]}})


def _batch_write(request: str, *, mixed: bool) -> Call:
    def call(db: Any, table: str, key: Key, own: Key) -> Any:
        target = {"Item": dict(key)} if request == "PutRequest" else {"Key": key}
        own_first = [{"PutRequest": {"Item": dict(own)}}] if mixed else []
        return db.batch_write_item(RequestItems={table: [*own_first, {request: target}]})

    return call


_CHANGE = {"UpdateExpression": "SET stolen = :one", "ExpressionAttributeValues": _NUMBER}

OPERATIONS = (
    Operation("GetItem", _get(), plain=True),
    Operation("GetItem, consistent", _get(ConsistentRead=True)),
    Operation("GetItem, projection", _get(ProjectionExpression="secret", ReturnConsumedCapacity="INDEXES")),
    Operation("GetItem, attributes to get", _get(AttributesToGet=["secret"])),
    Operation("GetItem, table by its ARN", _by_arn),
    Operation("Query", _query(), plain=True),
    Operation("Query, names and begins_with", _named_query),
    Operation("Query, legacy conditions", _legacy_query),
    Operation("Query, count only", _query(Select="COUNT")),
    Operation("Query, backwards, one", _query(ScanIndexForward=False, Limit=1)),
    Operation(
        "Query, filter as an oracle",
        _query(FilterExpression="begins_with(secret, :s)", ExpressionAttributeValues={":s": {"S": "secret-of"}}),
    ),
    Operation("PutItem", _put(), writes=True, plain=True),
    Operation("PutItem, returns the old", _put(ReturnValues="ALL_OLD"), writes=True),
    Operation("PutItem, if there is one", _put(**_EXISTS), writes=True),
    Operation("PutItem, if there is none", _put(**_NEVER, **_SHOW_OLD), writes=True, twin=_put(**_EXISTS, **_SHOW_OLD)),
    Operation("UpdateItem", _update(), writes=True, plain=True),
    *(
        Operation(f"UpdateItem, returns {values}", _update(ReturnValues=values), writes=True)
        for values in ("ALL_OLD", "ALL_NEW", "UPDATED_OLD", "UPDATED_NEW")
    ),
    Operation("UpdateItem, if a number is right", _update(**_NUMBERED, **_SHOW_OLD), writes=True),
    Operation(
        "UpdateItem, if there is none",
        _update(**_NEVER, **_SHOW_OLD),
        writes=True,
        twin=_update(**_EXISTS, **_SHOW_OLD),
    ),
    Operation(
        "UpdateItem, legacy",
        _update(
            UpdateExpression=None,
            ExpressionAttributeValues=None,
            AttributeUpdates={"stolen": {"Action": "PUT", "Value": {"N": "1"}}},
        ),
        writes=True,
    ),
    Operation("DeleteItem", _delete(), writes=True, plain=True),
    Operation("DeleteItem, returns the old", _delete(ReturnValues="ALL_OLD"), writes=True),
    Operation("DeleteItem, if there is one", _delete(**_EXISTS), writes=True),
    Operation(
        "DeleteItem, if there is none",
        _delete(**_NEVER, **_SHOW_OLD),
        writes=True,
        twin=_delete(**_EXISTS, **_SHOW_OLD),
    ),
    Operation("TransactGetItems", _transact_get(mixed=False), plain=True),
    Operation("TransactGetItems, own first", _transact_get(mixed=True), plain=True),
    Operation("TransactWriteItems, Put", _transact("Put", mixed=False), writes=True),
    Operation("TransactWriteItems, Update", _transact("Update", mixed=False, **_CHANGE), writes=True),
    Operation("TransactWriteItems, Delete", _transact("Delete", mixed=False), writes=True),
    Operation("TransactWriteItems, own Put and Put", _transact("Put", mixed=True), writes=True, own_write_first=True),
    Operation(
        "TransactWriteItems, own Put and Update",
        _transact("Update", mixed=True, **_CHANGE),
        writes=True,
        own_write_first=True,
    ),
    Operation(
        "TransactWriteItems, own Put and Delete",
        _transact("Delete", mixed=True),
        writes=True,
        own_write_first=True,
        plain=True,
    ),
    Operation(
        "TransactWriteItems, Delete that shows why not",
        _transact("Delete", mixed=False, **_NEVER, **_SHOW_OLD),
        writes=True,
        twin=_transact("Delete", mixed=False, **_EXISTS, **_SHOW_OLD),
    ),
    Operation(
        "TransactWriteItems, ConditionCheck",
        _transact("ConditionCheck", mixed=False, **_EXISTS, **_SHOW_OLD),
        granted=False,
        twin=_get(),
    ),
    Operation(
        "TransactWriteItems, own Put and ConditionCheck",
        _transact("ConditionCheck", mixed=True, **_EXISTS),
        granted=False,
        writes=True,
        own_write_first=True,
        twin=_put(**_EXISTS),
    ),
    Operation("BatchGetItem", _batch_get(mixed=False), granted=False, twin=_get()),
    Operation("BatchGetItem, own first", _batch_get(mixed=True), granted=False, twin=_transact_get(mixed=True)),
    Operation("BatchWriteItem, Put", _batch_write("PutRequest", mixed=False), granted=False, writes=True, twin=_put()),
    Operation(
        "BatchWriteItem, Delete", _batch_write("DeleteRequest", mixed=False), granted=False, writes=True, twin=_delete()
    ),
    Operation(
        "BatchWriteItem, own Put and Delete",
        _batch_write("DeleteRequest", mixed=True),
        granted=False,
        writes=True,
        twin=_transact("Delete", mixed=True),
    ),
)
