"""What the cart makes of its rows: fields, and the error of a line that is not there; how rows lie is Table's."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chalicelib.data.partitions import Partitions
from chalicelib.data.table import Table
from chalicelib.entities.cart import KIND, CartLineNotFoundError
from chalicelib.entities.cart.store import CartLine, CartStore
from chalicelib.tenancy.tenant import Role, TenantContext

if TYPE_CHECKING:
    from concurrent.futures import Executor

    from mypy_boto3_dynamodb import DynamoDBClient

ANVIL: dict[str, Any] = {"description": "anvil", "price": Decimal("1.10"), "quantity": 2}


@pytest.fixture
def cart(dynamodb: DynamoDBClient, table_name: str, threads: Executor) -> CartStore:
    """The empty cart of acme."""
    acme = TenantContext("acme", Role.MEMBER, "user-1", "a@example.com")
    return CartStore(Table(dynamodb, table_name, Partitions(acme, KIND), lambda: threads))


def test_put_returns_the_line_and_whether_it_is_new(cart: CartStore) -> None:
    """The route makes 201 or 200 of it; nothing of the old line stays."""
    assert cart.put("a", **ANVIL) == (CartLine("a", "anvil", Decimal("1.10"), 2), True)
    rope = CartLine("a", "rope", Decimal("0.00"), 7)
    assert cart.put("a", description="rope", price=Decimal("0.00"), quantity=7) == (rope, False)
    assert cart.page(limit=10, after=None) == ([rope], None)


def test_a_line_lies_under_the_tenants_key_in_the_form_of_the_design(
    cart: CartStore, dynamodb: DynamoDBClient, table_name: str
) -> None:
    """`pk = {tenant}#cart#0`, `sk = item_id`; the price is text, since a number would forget a zero."""
    cart.put("1700000000000", **ANVIL)
    assert dynamodb.scan(TableName=table_name)["Items"] == [
        {
            "pk": {"S": "acme#cart#0"},
            "sk": {"S": "1700000000000"},
            "description": {"S": "anvil"},
            "price": {"S": "1.10"},
            "quantity": {"N": "2"},
        }
    ]


@settings(max_examples=40)
@given(price=st.from_regex(r"\A(0|[1-9][0-9]{0,11})(\.[0-9]{1,8})?\Z"))
def test_every_price_of_the_api_survives_the_table(cart: CartStore, price: str) -> None:
    """To the last zero, after a put and after a change."""
    cart.put("a", **ANVIL | {"price": Decimal(price)})
    cart.put("b", **ANVIL)
    changed = cart.change("b", price=Decimal(price))
    assert [format(each.price, "f") for each in [*cart.page(limit=2, after=None)[0], changed]] == [price] * 3


@pytest.mark.parametrize("description", ["a", "Ämboß ⚒ 😀", "a\nb\0c", "#pk = :pk", "{}", " "])
def test_a_description_comes_back_as_it_went_in(cart: CartStore, description: str) -> None:
    """Whatever text it is; expressions carry it as a value."""
    cart.put("a", **ANVIL | {"description": description})
    assert cart.page(limit=1, after=None)[0][0].description == description
    assert cart.change("a", description=description[::-1]).description == description[::-1]


@pytest.mark.parametrize(
    "changes",
    [
        pytest.param({"description": "rope"}, id="description"),
        pytest.param({"price": Decimal("0.00")}, id="price, even zero"),
        pytest.param({"quantity": 9}, id="quantity"),
        pytest.param({"description": "rope", "price": Decimal("2.50"), "quantity": 1}, id="all three"),
    ],
)
def test_change_changes_the_given_fields_only(cart: CartStore, changes: dict[str, Any]) -> None:
    """It returns the whole line as it is now, and so does the next page."""
    cart.put("a", **ANVIL)
    expected = CartLine("a", **ANVIL | changes)
    assert cart.change("a", **changes) == expected
    assert cart.page(limit=2, after=None) == ([expected], None)


def test_a_line_that_is_not_there_is_not_found_and_not_created(cart: CartStore) -> None:
    """Whether it is to be changed or deleted; other lines stay."""
    line, _ = cart.put("b", **ANVIL)
    with pytest.raises(CartLineNotFoundError) as missing:
        cart.change("a", quantity=1)
    assert missing.value.STATUS_CODE == 404
    cart.put("a", **ANVIL)
    cart.delete("a")
    with pytest.raises(CartLineNotFoundError):
        cart.delete("a")
    assert cart.page(limit=2, after=None) == ([line], None)


def test_pages_are_by_item_id(cart: CartStore) -> None:
    """So the page's timestamps come oldest first; the last id is where the next page goes on."""
    for item_id in ("1700000000002", "b", "1700000000001"):
        cart.put(item_id, **ANVIL)
    lines, after = cart.page(limit=2, after=None)
    assert [line.item_id for line in lines] == ["1700000000001", "1700000000002"]
    assert after == "1700000000002"
    assert [line.item_id for line in cart.page(limit=2, after=after)[0]] == ["b"]
