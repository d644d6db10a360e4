"""Tables of an example account, and the mapping of requests to them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from bulkhead_localaws.services.dynamodb import KeyAttribute, KeySchema, TableSchema, dynamodb_checks

if TYPE_CHECKING:
    from collections.abc import Mapping

    from bulkhead_localaws.protocol.checks import AuthorizationCheck, ContextValue

ACCOUNT = "111122223333"
REGION = "eu-central-1"
ARN = f"arn:aws:dynamodb:{REGION}:{ACCOUNT}:table/"

ITEMS = TableSchema(
    name="items",
    key=KeySchema(KeyAttribute("pk", "S"), KeyAttribute("sk", "S")),
    indexes={
        "by_owner": KeySchema(KeyAttribute("owner", "S"), KeyAttribute("sk", "S")),
        "by_age": KeySchema(KeyAttribute("pk", "S"), KeyAttribute("age", "N")),
    },
    stream_label="2026-01-01T00:00:00.000",
)
TABLES = {
    "items": ITEMS,
    "numbers": TableSchema(name="numbers", key=KeySchema(KeyAttribute("id", "N"))),
    "blobs": TableSchema(name="blobs", key=KeySchema(KeyAttribute("id", "B"))),
    "odd": TableSchema(name="odd", key=KeySchema(KeyAttribute("#p:1", "S"), KeyAttribute("select", "S"))),
}
# What these do is not mapped: S3 with permissions of its own, other Regions, vectors.
REFUSED = {
    "CancelBulkOperation",
    "DescribeBulkOperation",
    "ExportTableToPointInTime",
    "ImportTable",
    "ListBulkOperations",
    "SearchVectors",
    "StartBulkPutItems",
    "UpdateGlobalTable",
    "UpdateGlobalTableSettings",
    "UpdateTableReplicaAutoScaling",
}


class ExampleCatalog:
    """The tables above."""

    def table(self, name: str) -> TableSchema | None:
        """Return a table by its name."""
        return TABLES.get(name)


def mapped(operation: str, body: Mapping[str, Any]) -> tuple[AuthorizationCheck, ...]:
    """Map a request to the example account."""
    return dynamodb_checks(operation, body, catalog=ExampleCatalog(), region=REGION, account=ACCOUNT)


def only(operation: str, body: Mapping[str, Any]) -> AuthorizationCheck:
    """Map a request that needs exactly one permission."""
    (check,) = mapped(operation, body)
    return check


def leading_keys(operation: str, body: Mapping[str, Any]) -> ContextValue | None:
    """Map a request that needs exactly one permission, and return its leading keys; None when they are absent."""
    return only(operation, body).context.get("dynamodb:LeadingKeys")


def key(pk: str = "acme#cart#1", sk: str = "a") -> dict[str, dict[str, str]]:
    """Return a key of the table `items`."""
    return {"pk": {"S": pk}, "sk": {"S": sk}}


def select(statement: str, *parameters: dict[str, Any]) -> dict[str, Any]:
    """Return the body of an ExecuteStatement."""
    return {"Statement": statement, **({"Parameters": list(parameters)} if parameters else {})}


def where(condition: str, table: str = "items") -> str:
    """Return a SELECT of everything with a condition."""
    return f"SELECT * FROM {table} WHERE {condition}"  # noqa: S608 - statements for a parser
