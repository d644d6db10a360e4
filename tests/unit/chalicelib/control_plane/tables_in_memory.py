"""DynamoDB as far as the registry and the holdings use it, in memory: a hundred times as fast as an emulator.

It knows the very expressions that they send and refuses any other, and a Query returns two items at a time.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from botocore.exceptions import ClientError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

_KEYS = ("tenant_id", "pk", "sk")
_PAGE = 2
_CHANGE = "SET #status = :status, changed_at = :now, revision = :next, progress = :progress"
_REMOVED = ("display_name", "admin_email")


class TablesInMemory:
    """Takes the calls of a DynamoDB client."""

    def __init__(self) -> None:
        self._tables: dict[str, dict[tuple[str, ...], dict[str, Any]]] = {}

    def create_table(self, **_: Any) -> None:
        """Do nothing: a table is there when something is in it."""

    def get_item(self, TableName: str, Key: Any, **_: Any) -> dict[str, Any]:  # noqa: N803 -- as botocore names them
        """Read one item, all of it."""
        found = self._table(TableName).get(_key(Key))
        return {"Item": dict(found)} if found is not None else {}

    def put_item(self, TableName: str, Item: Any, ConditionExpression: str = "") -> dict[str, Any]:  # noqa: N803
        """Write an item, if there is none when told so."""
        assert ConditionExpression in {"", "attribute_not_exists(tenant_id)"}
        if ConditionExpression and _key(Item) in self._table(TableName):
            raise _condition_failed("PutItem")
        self._table(TableName)[_key(Item)] = dict(Item)
        return {}

    def update_item(self, **asked: Any) -> dict[str, Any]:
        """Make the one change that the registry makes, if the revision is the one that was read."""
        change, _, removed = asked["UpdateExpression"].partition(" REMOVE ")
        assert (change, asked["ConditionExpression"]) == (_CHANGE, "revision = :read")
        assert removed in {"", ", ".join(_REMOVED)}
        values, item = asked["ExpressionAttributeValues"], self._table(asked["TableName"]).get(_key(asked["Key"]))
        if item is None or item["revision"] != values[":read"]:
            raise _condition_failed("UpdateItem")
        item |= {"status": values[":status"], "changed_at": values[":now"], "revision": values[":next"]}
        item |= {"progress": values[":progress"]}
        for name in _REMOVED if removed else ():
            item.pop(name, None)
        return {"Attributes": dict(item)}

    def delete_item(self, TableName: str, Key: Any, **condition: Any) -> dict[str, Any]:  # noqa: N803
        """Delete an item, if its attributes are those that the condition names; without one it need not be there."""
        names, values = condition.get("ExpressionAttributeNames", {}), condition.get("ExpressionAttributeValues", {})
        wanted = condition.get("ConditionExpression", "")
        assert wanted == " AND ".join(f"#a{number} = :a{number}" for number in range(len(names)))
        item = self._table(TableName).get(_key(Key), {})
        if any(item.get(names[f"#a{number}"]) != values[f":a{number}"] for number in range(len(names))):
            raise _condition_failed("DeleteItem")
        self._table(TableName).pop(_key(Key), None)
        return {}

    def query(self, **asked: Any) -> dict[str, Any]:
        """Return a page of a partition."""
        values = {name: value["S"] for name, value in asked["ExpressionAttributeValues"].items()}
        assert asked["KeyConditionExpression"] == ("pk = :pk AND sk > :after" if ":after" in values else "pk = :pk")
        table = self._table(asked["TableName"])
        left = sorted(key for key in table if key[0] == values[":pk"] and key[1] > values.get(":after", ""))
        page = [dict(table[key]) for key in left[:_PAGE]]
        more = {"LastEvaluatedKey": {name: page[-1][name] for name in ("pk", "sk")}} if len(left) > _PAGE else {}
        items = {} if asked.get("Select") == "COUNT" else {"Items": page}
        return {"Count": len(page), **items, **more}

    def scan(self, TableName: str) -> dict[str, Any]:  # noqa: N803
        """Return everything."""
        return {"Items": [dict(item) for item in self._table(TableName).values()]}

    def _table(self, name: str) -> dict[tuple[str, ...], dict[str, Any]]:
        return self._tables.setdefault(name, {})


class KillableTables:
    """The same tables by a client that can be killed, before each call and after its answer has come."""

    def __init__(self, tables: TablesInMemory, kill: Callable[[], None]) -> None:
        self._tables = tables
        self._kill = kill

    def __getattr__(self, name: str) -> Any:
        call = getattr(self._tables, name)

        def killable(**asked: Any) -> Any:
            self._kill()
            answer = call(**asked)
            self._kill()
            return answer

        return killable


def _key(item: Mapping[str, Any]) -> tuple[str, ...]:
    return tuple(item[name]["S"] for name in _KEYS if name in item)


def _condition_failed(operation: str) -> ClientError:
    error: Any = {
        "Error": {"Code": "ConditionalCheckFailedException", "Message": "The conditional request failed"},
        "ResponseMetadata": {"HTTPStatusCode": 400, "RetryAttempts": 0},
    }
    return ClientError(error, operation)
