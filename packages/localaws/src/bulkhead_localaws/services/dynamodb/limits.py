"""How much one request may hold, checked before the emulator runs: moto (5.2) carries out some of it before it refuses.

Sources: AWS, "Quotas in Amazon DynamoDB" and the pages of the operations in the API Reference; for an item's size,
"DynamoDB item sizes and formats" in the Developer Guide. Where the reference gives no wording, that of the service's
validation errors is used, without the value, which AWS prints as names of its own classes.

The size of any other item than those of a batch is the emulator's to check, after IAM: it refuses before it has changed
anything.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from bulkhead_localaws.protocol.checks import MalformedRequestError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

_MOST: dict[str, tuple[str, int]] = {
    "BatchExecuteStatement": ("Statements", 25),
    "BatchGetItem": ("RequestItems", 100),
    "BatchWriteItem": ("RequestItems", 25),
    "ExecuteTransaction": ("TransactStatements", 100),
    "TransactGetItems": ("TransactItems", 100),
    "TransactWriteItems": ("TransactItems", 100),
}
"""By operation: the member that holds its keys, requests or statements, and how many it may hold, over all tables."""


def _encoded(text: str) -> int:
    return len(text) if text.isascii() else len(text.encode(errors="replace"))


_LARGEST_ITEM = 400 * 1024  # bytes, names of attributes included
_COLLECTION = 3  # bytes that a list or map takes beside its members
_SIZES: dict[str, Callable[[str], int]] = {
    "S": _encoded,
    "N": lambda text: (sum(map(str.isdigit, text.strip("-0"))) + 1) // 2 + 1,
    "B": lambda text: len(text.rstrip("=")) * 3 // 4,
}


def check_limits(operation: str, body: Mapping[str, Any]) -> None:
    """Refuse a request that holds more than DynamoDB takes; what is no list or object is for others to refuse.

    Raises:
        MalformedRequestError: too many members, or an item that is too large.
    """
    if operation in _MOST:
        member, most = _MOST[operation]
        if _count(body.get(member)) > most:
            raise MalformedRequestError(_too_many(operation, member, most))
    for item in _put_items(operation, body):
        if _item_size(item) > _LARGEST_ITEM:
            raise MalformedRequestError("Item size has exceeded the maximum allowed size")


def _too_many(operation: str, member: str, most: int) -> str:
    if member == "RequestItems":
        return f"Too many items requested for the {operation} call"
    return (
        f"1 validation error detected: Value at '{member[0].lower()}{member[1:]}' failed to satisfy constraint: "
        f"Member must have length less than or equal to {most}"
    )


def _count(held: object) -> int:
    if isinstance(held, dict):
        return sum(len(_list(given.get("Keys") if isinstance(given, dict) else given)) for given in held.values())
    return len(_list(held))


def _put_items(operation: str, body: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    if operation == "BatchWriteItem":
        for requests in _object(body.get("RequestItems")).values():
            for request in _list(requests):
                yield _object(_object(_object(request).get("PutRequest")).get("Item"))


def _item_size(item: dict[str, Any]) -> int:
    """Return how many bytes an item takes, at most those that AWS counts."""
    size = sum(map(_encoded, item))
    waiting = list(item.values())
    while waiting:  # not a recursion: the depth is the sender's choice
        for kind, content in _object(waiting.pop()).items():
            if kind in _SIZES and isinstance(content, str):
                size += _SIZES[kind](content)
            elif kind in {"SS", "NS", "BS"}:
                size += sum(_SIZES[kind[0]](each) for each in _list(content) if isinstance(each, str))
            elif kind == "L":
                size += _COLLECTION + len(_list(content))
                waiting += _list(content)
            elif kind == "M":
                size += _COLLECTION + sum(1 + _encoded(name) for name in _object(content))
                waiting += _object(content).values()
            else:
                size += 1  # a Boolean or null
    return size


def _list(value: object) -> list[Any]:
    return value if isinstance(value, list) else []


def _object(value: object) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}
