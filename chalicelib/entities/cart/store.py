"""A tenant's cart in the pooled table: `pk = {tenant}#cart#0`, `sk = item_id`."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from chalicelib.data.dynamodb import ConditionFailedError, application_errors, assignments, price_attribute
from chalicelib.data.partitions import SHARDING, Kind, Partitions
from chalicelib.errors import CartLineNotFoundError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from mypy_boto3_dynamodb import DynamoDBClient

    from chalicelib.tenancy.tenant import TenantContext


@dataclass(frozen=True, slots=True)
class CartLine:
    """One line of a cart."""

    item_id: str
    description: str
    price: Decimal
    quantity: int


class CartStore:
    """The cart of one tenant."""

    def __init__(self, dynamodb: DynamoDBClient, table_name: str, tenant: TenantContext) -> None:
        self._dynamodb = dynamodb
        self._table_name = table_name
        (self._pk,) = Partitions(tenant, Kind.CART, SHARDING[Kind.CART]).every()  # a cart fits into one partition

    def page(self, *, limit: int, after: str | None) -> tuple[list[CartLine], str | None]:
        """Return up to `limit` lines by item id, and the id to go on after, or None at the end.

        One Query, strongly consistent, so that a client sees what it has just written. It asks for one line more than
        it returns, which tells whether there is a next page.
        """
        start: dict[str, Any] = {"ExclusiveStartKey": self._key(after)} if after is not None else {}
        with application_errors():
            answer = self._dynamodb.query(
                TableName=self._table_name,
                KeyConditionExpression="pk = :pk",
                ExpressionAttributeValues={":pk": {"S": self._pk}},
                ConsistentRead=True,
                Limit=limit + 1,
                **start,
            )
        lines = [_line(attributes) for attributes in answer["Items"]]
        if len(lines) > limit:
            return lines[:limit], lines[limit - 1].item_id
        # A page also ends at 1 MB, wherever that falls.
        return lines, lines[-1].item_id if "LastEvaluatedKey" in answer else None

    def put(self, line: CartLine) -> bool:
        """Write the line, replacing one of the same id, and return whether it is new."""
        with application_errors():
            answer = self._dynamodb.put_item(
                TableName=self._table_name,
                Item=self._key(line.item_id) | _attributes(line.description, line.price, line.quantity),
                ReturnValues="ALL_OLD",
            )
        return not answer.get("Attributes")

    def change(
        self,
        item_id: str,
        *,
        description: str | None = None,
        price: Decimal | None = None,
        quantity: int | None = None,
    ) -> CartLine:
        """Change the given fields of a line and return it; at least one must be given.

        Raises:
            CartLineNotFoundError: the cart holds no such line; none is created.
        """
        clause, names, values = assignments(_attributes(description, price, quantity))
        try:
            with application_errors():
                answer = self._dynamodb.update_item(
                    TableName=self._table_name,
                    Key=self._key(item_id),
                    UpdateExpression=f"SET {clause}",
                    ConditionExpression="attribute_exists(pk)",
                    ExpressionAttributeNames=names,
                    ExpressionAttributeValues=values,
                    ReturnValues="ALL_NEW",
                )
        except ConditionFailedError as failed:
            raise _not_found() from failed
        return _line(answer["Attributes"])

    def delete(self, item_id: str) -> None:
        """Delete a line.

        Raises:
            CartLineNotFoundError: the cart holds no such line.
        """
        try:
            with application_errors():
                self._dynamodb.delete_item(
                    TableName=self._table_name,
                    Key=self._key(item_id),
                    ConditionExpression="attribute_exists(pk)",
                )
        except ConditionFailedError as failed:
            raise _not_found() from failed

    def _key(self, item_id: str) -> dict[str, dict[str, str]]:
        return {"pk": {"S": self._pk}, "sk": {"S": item_id}}


def _attributes(description: str | None, price: Decimal | None, quantity: int | None) -> dict[str, dict[str, str]]:
    attributes: dict[str, dict[str, str]] = {}
    if description is not None:
        attributes["description"] = {"S": description}
    if price is not None:
        attributes["price"] = price_attribute(price)
    if quantity is not None:
        attributes["quantity"] = {"N": str(quantity)}
    return attributes


def _line(attributes: Mapping[str, Any]) -> CartLine:
    return CartLine(
        item_id=attributes["sk"]["S"],
        description=attributes["description"]["S"],
        price=Decimal(attributes["price"]["S"]),
        quantity=int(attributes["quantity"]["N"]),
    )


def _not_found() -> CartLineNotFoundError:
    return CartLineNotFoundError("There is no such line in the cart.")
