"""A moto of its own account, with items of several tenants, that is asked over its WSGI interface."""

from __future__ import annotations

import copy
import json
from typing import TYPE_CHECKING, Any

from moto.backends import get_backend
from moto.moto_server.werkzeug_app import DomainDispatcherApplication, create_backend_app
from werkzeug.test import Client

from bulkhead_localaws.moto.tables import MotoTableCatalog
from bulkhead_localaws.services.dynamodb import as_moto_reads, dynamodb_checks

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from bulkhead_localaws.protocol.checks import AuthorizationCheck

ACCOUNT = "999900001111"
REGION = "eu-central-1"
# Partitions of three tenants, and of nobody: texts that a careless reader could mistake for something else.
PARTITIONS = (
    *("acme#a", "acme#b", "acme#", "acme-eu#a", "acme-eu#b", "globex#a", "globex#b", "acme", "a", "?", ":p", ":p\n"),
    *(":p\nAND", "pk", "#p", "'", '"', "(:p", "b' OR pk = 'acme#a", "1", "true", "None", "*", "S", " AND "),
)
_HASH = {"AttributeName": "pk", "KeyType": "HASH"}
_RANGE = {"AttributeName": "sk", "KeyType": "RANGE"}
_AGE = {"AttributeName": "age", "KeyType": "RANGE"}
_ALL = {"ProjectionType": "ALL"}
TABLES: dict[str, dict[str, Any]] = {
    "items": {
        "KeySchema": [_HASH, _RANGE],
        "GlobalSecondaryIndexes": [
            {"IndexName": "by_owner", "KeySchema": [{"AttributeName": "owner", "KeyType": "HASH"}], "Projection": _ALL}
        ],
        "LocalSecondaryIndexes": [{"IndexName": "by_age", "KeySchema": [_HASH, _AGE], "Projection": _ALL}],
    },
    "plain": {"KeySchema": [_HASH]},
    "odd": {"KeySchema": [{"AttributeName": "#p", "KeyType": "HASH"}, {"AttributeName": "select", "KeyType": "RANGE"}]},
}


class MotoWorld:
    """Tables `items`, `plain` and `odd` with an item or three in every partition, each with marks of its own."""

    def __init__(self) -> None:
        self._client = Client(DomainDispatcherApplication(create_backend_app))
        self._backend = get_backend("dynamodb")[ACCOUNT][REGION]
        self._backend.reset()
        self.catalog = MotoTableCatalog(account=ACCOUNT, region=REGION)
        self.owner_of_mark: dict[str, str] = {}
        for name, settings in TABLES.items():
            indexes = [*settings.get("GlobalSecondaryIndexes", []), *settings.get("LocalSecondaryIndexes", [])]
            schemas = [settings["KeySchema"], *(index["KeySchema"] for index in indexes)]
            keys = {element["AttributeName"] for schema in schemas for element in schema}
            defined = [{"AttributeName": key, "AttributeType": "S"} for key in keys]
            table = {"TableName": name, "BillingMode": "PAY_PER_REQUEST", "AttributeDefinitions": defined}
            self.done("CreateTable", table | settings)
        for partition in PARTITIONS:
            for sort in ("a", "b"):
                self._seed("items", partition, {"pk": partition, "sk": sort, "owner": partition, "age": sort})
            self._seed("odd", partition, {"#p": partition, "select": "a"})
            self._seed("plain", partition, {"pk": partition})
        self._seeded = {name: copy.deepcopy(self._backend.tables[name].items) for name in TABLES}
        self._at_first = self.items()

    def _seed(self, table: str, partition: str, key: dict[str, str]) -> None:
        mark = f"mark-{len(self.owner_of_mark):04}"
        self.owner_of_mark[mark] = partition
        item: dict[str, Any] = {name: {"S": value} for name, value in key.items()}
        item |= {"v": {"S": mark}, "doc": {"M": {"x": {"S": mark}}}, "l": {"L": [{"S": mark}]}, "n": {"N": "5"}}
        self.done("PutItem", {"TableName": table, "Item": item | {"b": {"S": "pk"}}})

    def send(self, operation: str, body: Mapping[str, Any]) -> tuple[int, str]:
        """Send a request to moto as it is, past any gate; return the status and the answer.

        Requests that DynamoDB would refuse make moto fail in many ways, which its server answers with status 500.
        """
        headers = {
            "X-Amz-Target": f"DynamoDB_20120810.{operation}",
            "Content-Type": "application/x-amz-json-1.0",
            "Host": f"dynamodb.{REGION}.amazonaws.com",
            "x-moto-account-id": ACCOUNT,
            # moto takes the service from the credential; it checks no signature.
            "Authorization": f"AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20260101/{REGION}/dynamodb/aws4_request",
        }
        try:
            answer = self._client.post("/", data=json.dumps(body), headers=headers)
        except Exception as failure:  # noqa: BLE001 - whatever moto fails with
            return 500, repr(failure)
        return answer.status_code, answer.get_data(as_text=True)

    def done(self, operation: str, body: Mapping[str, Any]) -> dict[str, Any]:
        """Send a request that must succeed, and return its answer."""
        status, text = self.send(operation, body)
        assert status == 200, text
        return dict(json.loads(text))

    def mapped(self, operation: str, body: Mapping[str, Any]) -> tuple[AuthorizationCheck, ...]:
        """Map a request to the tables that moto has now."""
        return dynamodb_checks(operation, body, catalog=self.catalog, region=REGION, account=ACCOUNT)

    def leading_keys(self, operation: str, body: Mapping[str, Any]) -> object:
        """Return the leading keys of a request's first check, None when they are absent."""
        return self.mapped(operation, as_moto_reads(operation, body))[0].context.get("dynamodb:LeadingKeys")

    def items(self) -> dict[tuple[str, str, str], str]:
        """Return all items, as text by table and key."""
        return {
            (name, item.hash_key.value, item.range_key.value if item.range_key else ""): repr(item.to_json())
            for name in TABLES
            for item in self._backend.tables[name].all_items()
        }

    def changed(self) -> set[tuple[str, str, str]]:
        """Return the table and key of all items that are not as they were at first, new and deleted ones included."""
        return {key for key, _ in self.items().items() ^ self._at_first.items()}

    def marks_outside(self, tenant: str, answer: str) -> set[str]:
        """Return the partitions that are not the tenant's and whose items an answer shows something of."""
        owners = {owner for mark, owner in self.owner_of_mark.items() if mark in answer}
        return {owner for owner in owners if not owner.startswith(f"{tenant}#")}

    def restore(self) -> None:
        """Put all items back as they were at first."""
        for name in TABLES:
            self._backend.tables[name].items = copy.deepcopy(self._seeded[name])


def allowed(checks: Iterable[AuthorizationCheck], tenant: str) -> bool:
    """Decide as IAM does under one policy, written down anew so as not to rest on the evaluator.

    The policy allows everything under `ForAllValues:StringLike dynamodb:LeadingKeys {tenant}#*` and
    `Null dynamodb:LeadingKeys false`.
    """
    for check in checks:
        keys = check.context.get("dynamodb:LeadingKeys")
        if not keys or isinstance(keys, str):
            return False
        if not all(key.startswith(f"{tenant}#") for key in keys):
            return False
    return True
