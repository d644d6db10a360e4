"""Requests to the tables of `moto_world`, made at random: valid ones, odd ones, and ones with something broken."""

from __future__ import annotations

import copy
import json
import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

from localaws_testing.moto_world import ACCOUNT, PARTITIONS, REGION

if TYPE_CHECKING:
    from collections.abc import Callable
    from random import Random

TENANT = "acme"
_PIECES: dict[str, list[str]] = json.loads(Path(__file__).with_name("pieces.json").read_text(encoding="utf-8"))
_TEXTS = [*PARTITIONS, *_PIECES["texts"]]
_ARN = f"arn:aws:dynamodb:{REGION}:{ACCOUNT}:table/items"
_TABLES = ["items", "items", "items", "items", "plain", "odd", "nowhere", _ARN]


class RequestMaker:
    """Makes requests from a random source; the same source makes the same requests."""

    def __init__(self, random: Random) -> None:
        self._random = random
        self._makers: dict[str, Callable[[], dict[str, Any]]] = {
            "GetItem": lambda: self._keyed() | self._maybe(0.3, self._projected),
            "PutItem": lambda: self._put() | self._maybe(0.4, self._conditional),
            "UpdateItem": lambda: self._keyed() | self._updated(),
            "DeleteItem": lambda: self._keyed() | self._maybe(0.4, self._conditional),
            "Query": self._query,
            "Scan": lambda: {"TableName": self._table()} | self._maybe(0.5, lambda: {"IndexName": "by_owner"}),
            "BatchGetItem": lambda: {"RequestItems": {table: {"Keys": keys} for table, keys in self._batch(self._key)}},
            "BatchWriteItem": lambda: {"RequestItems": dict(self._batch(self._write_request))},
            "TransactGetItems": lambda: {"TransactItems": self._some(lambda: {"Get": self._keyed()})},
            "TransactWriteItems": lambda: {"TransactItems": self._some(self._write)},
            "ExecuteStatement": self._statement,
            "BatchExecuteStatement": lambda: {"Statements": self._some(self._statement)},
            "ExecuteTransaction": lambda: {"TransactStatements": self._some(self._statement)},
        }
        self._weights = [
            {"ExecuteStatement": 6, "Query": 3, "ExecuteTransaction": 2, "BatchExecuteStatement": 2}.get(name, 1)
            for name in self._makers
        ]

    def request(self) -> tuple[str, dict[str, Any]]:
        """Return an operation and a body."""
        (operation,) = self._random.choices(list(self._makers), self._weights)
        body = _without_unused_placeholders(self._makers[operation]())
        return operation, self._broken(body) if self._chance(0.1) else body

    def _chance(self, chance: float) -> bool:
        return self._random.random() < chance

    def _one(self, *values: Any) -> Any:
        return self._random.choice(values)

    def _piece(self, kind: str) -> str:
        return self._random.choice(_PIECES[kind])

    def _some(self, make: Callable[[], dict[str, Any]]) -> list[dict[str, Any]]:
        return [make() for _ in range(self._one(1, 1, 2, 3))]

    def _maybe(self, chance: float, make: Callable[[], dict[str, Any]]) -> dict[str, Any]:
        return make() if self._chance(chance) else {}

    def _partition(self) -> str:
        return self._random.choice(PARTITIONS[:3] if self._chance(0.8) else _TEXTS)

    def _sort(self) -> str:
        return self._random.choice(["a", "b", "1"] if self._chance(0.95) else _TEXTS)

    def _table(self) -> str:
        return self._random.choice(_TABLES)

    def _key(self, table: str) -> dict[str, Any]:
        partition, sort = {"S": self._partition()}, {"S": self._sort()}
        if table == "plain":
            return {"pk": partition}
        return {"#p": partition, "select": sort} if table == "odd" else {"pk": partition, "sk": sort}

    def _keyed(self) -> dict[str, Any]:
        table = self._table()
        return {"TableName": table, "Key": self._key(table)}

    def _put(self) -> dict[str, Any]:
        keyed = self._keyed()
        name = self._random.choice(_TEXTS) or "z"
        return {"TableName": keyed["TableName"], "Item": {name: {"S": "new"}} | keyed["Key"]}

    def _placeholders(self) -> dict[str, Any]:
        values: dict[str, Any] = {name: {"S": self._partition()} for name in (":p", ":q")}
        values |= {":s": {"S": self._sort()}, ":t": {"S": "z"}, ":n": {"N": "1"}, ":l": {"L": []}}
        names = {"#p": self._one(*["pk"] * 5, "#p", "owner"), "#s": self._one(*["sk"] * 5, "select")}
        names["#n"] = self._random.choice(_TEXTS)
        return {"ExpressionAttributeNames": names, "ExpressionAttributeValues": values}

    def _projected(self) -> dict[str, Any]:
        names = self._placeholders()["ExpressionAttributeNames"]
        return {"ProjectionExpression": self._one("pk, v", "#n", "doc.x, l[0]"), "ExpressionAttributeNames": names}

    def _conditional(self) -> dict[str, Any]:
        returned = {"ReturnValuesOnConditionCheckFailure": "ALL_OLD", "ReturnValues": self._one("NONE", "ALL_OLD")}
        return {"ConditionExpression": self._noisy(self._piece("conditions"))} | self._placeholders() | returned

    def _updated(self) -> dict[str, Any]:
        returned = self._maybe(0.5, lambda: {"ReturnValues": self._one("ALL_OLD", "ALL_NEW", "UPDATED_NEW")})
        if self._chance(0.2):
            value = {"Value": {"S": self._partition()}, "Action": self._one("PUT", "DELETE")}
            return {"AttributeUpdates": {self._one("v", "pk", "sk", "owner", "PK"): value}} | returned
        return {"UpdateExpression": self._noisy(self._piece("updates"))} | self._placeholders() | returned

    def _query(self) -> dict[str, Any]:
        body = {"TableName": self._table()} | self._maybe(0.1, lambda: {"IndexName": self._one("by_age", "by_owner")})
        body |= self._maybe(0.3, lambda: {"Limit": self._one(1, 2), "ScanIndexForward": self._one(True, False)})
        if self._chance(0.2):
            condition = {"ComparisonOperator": self._one("EQ", "GE"), "AttributeValueList": [{"S": self._partition()}]}
            return body | {"KeyConditions": {self._one("pk", "pk", "owner"): condition}}
        body |= self._placeholders() | self._maybe(0.2, lambda: {"FilterExpression": self._piece("conditions")})
        body |= self._maybe(0.1, lambda: {"ExclusiveStartKey": self._key(body["TableName"])})
        fillings = {"P": lambda: self._one("pk", "#p"), "S": lambda: self._one("sk", "#s")}
        expression = self._noisy(self._fill(self._piece("key_conditions"), fillings))
        return body | {"KeyConditionExpression": expression}

    def _batch(self, make: Callable[[str], dict[str, Any]]) -> list[tuple[str, list[dict[str, Any]]]]:
        tables = sorted({self._table(), self._table()})
        return [(table, [make(table) for _ in range(self._random.randint(1, 3))]) for table in tables]

    def _write_request(self, table: str) -> dict[str, Any]:
        key = self._key(table)
        return dict(self._one({"PutRequest": {"Item": key | {"v": {"S": "new"}}}}, {"DeleteRequest": {"Key": key}}))

    def _write(self) -> dict[str, Any]:
        update = {"UpdateExpression": self._piece("updates")} | self._placeholders()
        check = {"ConditionExpression": self._piece("conditions")} | self._placeholders()
        check |= {"ReturnValuesOnConditionCheckFailure": "ALL_OLD"}
        kinds = {"Put": self._put(), "Delete": self._keyed(), "Update": self._keyed() | update}
        kinds |= {"ConditionCheck": self._keyed() | check}
        kind = self._one(*kinds)
        return {kind: _without_unused_placeholders(kinds[kind])}

    def _literal(self) -> str:
        quoted = self._partition().replace("'", self._one("'", "''"))
        return f"'{quoted}'" if self._chance(0.92) else self._piece("literals")

    def _where(self) -> str:
        joint = self._piece("joints")
        return joint.join(self._piece("terms") for _ in range(self._random.randint(1, 3)))

    def _statement(self) -> dict[str, Any]:
        fillings: dict[str, Callable[[], str]] = {
            "T": lambda: self._piece("sources"),
            "W": lambda: self._fill(self._where(), fillings),
            "K": lambda: self._fill(self._where() if self._chance(0.2) else self._piece("keys"), fillings),
            "C": lambda: self._piece("columns"),
            "L": self._literal,
        }
        statement = self._noisy(self._fill(self._piece("statements"), fillings))
        parameters = [{"S": self._partition()} for _ in range(statement.count("?") - statement.count("'?'"))]
        return {"Statement": statement} | ({"Parameters": parameters} if parameters else {})

    def _fill(self, text: str, fillings: dict[str, Callable[[], str]]) -> str:
        return re.sub(r"\b[TWKCLPS]\b", lambda place: fillings[place[0]](), text)

    def _noisy(self, text: str) -> str:
        while self._chance(0.1):
            place = self._random.randint(0, len(text))
            changed = text[:place] + self._piece("noise") + text[place + self._one(0, 0, 1) :]
            text = self._one(changed, changed, text.swapcase(), f"{text}\n ")
        return text

    def _broken(self, body: dict[str, Any]) -> dict[str, Any]:
        body = copy.deepcopy(body)
        container, place = self._one(*_places(body))
        change = self._one("replace", "replace", "rename", "drop")
        if change == "replace":
            container[place] = self._one(self._random.choice(_TEXTS), None, {"S": "a", "N": "1"}, [])
        elif change == "rename" and isinstance(container, dict):
            container[self._one(self._random.choice(_TEXTS), place.lower(), place.upper())] = container.pop(place)
        else:
            del container[place]
        return body


def _places(value: Any) -> list[tuple[Any, Any]]:
    inside: list[tuple[Any, Any]] = []
    if isinstance(value, dict | list):
        inside = list(value.items() if isinstance(value, dict) else enumerate(value))
    return [(value, place) for place, _ in inside] + [found for _, inner in inside for found in _places(inner)]


def _without_unused_placeholders(body: dict[str, Any]) -> dict[str, Any]:
    """Drop placeholders that no expression uses: DynamoDB and moto refuse them, and nothing would be executed."""
    expressions = " ".join(str(value) for name, value in body.items() if name.endswith("Expression"))
    kept = dict(body)
    for member in ("ExpressionAttributeNames", "ExpressionAttributeValues"):
        used = {name: value for name, value in body.get(member, {}).items() if name in expressions}
        kept |= {member: used}
        if not used:
            del kept[member]
    return kept
