"""A tenant's cart in the pooled table, on a real client and an emulated DynamoDB.

The emulator enforces no IAM here: what keeps tenants apart in these tests is the store's own keys.
"""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Any

import pytest
from botocore.exceptions import ClientError
from botocore.stub import Stubber
from hypothesis import given, settings
from hypothesis import strategies as st

from chalicelib.entities.cart.store import CartLine, CartStore
from chalicelib.errors import CartLineNotFoundError, StoreUnavailableError, TenantAccessDeniedError
from chalicelib.tenancy.tenant import Role, TenantContext
from tests.support.emulated_dynamodb import make_client

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

TENANTS = ("acme", "acme-eu", "acme1", "acme10")
ANVIL = CartLine("1700000000000", "anvil", Decimal("1.10"), 2)


def cart_of(dynamodb: DynamoDBClient, table_name: str, tenant_id: str) -> CartStore:
    """Make a tenant's cart."""
    return CartStore(dynamodb, table_name, TenantContext(tenant_id, Role.MEMBER, "user-1", "a@example.com"))


@pytest.fixture
def cart(dynamodb: DynamoDBClient, table_name: str) -> CartStore:
    """The empty cart of acme."""
    return cart_of(dynamodb, table_name, "acme")


def line(item_id: str, description: str = "anvil") -> CartLine:
    """Make a line in which only what matters varies."""
    return CartLine(item_id, description, Decimal("1.10"), 1)


def ids(lines: list[CartLine]) -> list[str]:
    """Return the item ids."""
    return [each.item_id for each in lines]


def test_put_says_whether_the_line_is_new(cart: CartStore) -> None:
    """The route makes 201 or 200 of it."""
    assert cart.put(ANVIL) is True
    assert cart.put(ANVIL) is False


def test_put_replaces_the_whole_line(cart: CartStore) -> None:
    """Nothing of the old line stays."""
    cart.put(ANVIL)
    rope = CartLine(ANVIL.item_id, "rope", Decimal("0.00"), 7)
    cart.put(rope)
    assert cart.page(limit=10, after=None) == ([rope], None)


def test_a_line_lies_under_the_tenants_key_in_the_form_of_the_design(
    cart: CartStore, dynamodb: DynamoDBClient, table_name: str
) -> None:
    """`pk = {tenant}#cart#0`, `sk = item_id`; the price is text, since a number would forget a zero."""
    cart.put(ANVIL)
    assert dynamodb.scan(TableName=table_name)["Items"] == [
        {
            "pk": {"S": "acme#cart#0"},
            "sk": {"S": "1700000000000"},
            "description": {"S": "anvil"},
            "price": {"S": "1.10"},
            "quantity": {"N": "2"},
        }
    ]


PRICES = ["0", "0.00", "1.10", "0.00000001", "0.00000000", "100000000000.00000001", "999999999999.99999999"]


@pytest.mark.parametrize("price", PRICES)
def test_a_price_comes_back_exactly_as_it_went_in(
    cart: CartStore, dynamodb: DynamoDBClient, table_name: str, price: str
) -> None:
    """To the last zero, after a put and after a change; in the table it lies in plain digits."""
    cart.put(CartLine("a", "anvil", Decimal(price), 1))
    cart.put(line("b"))
    changed = cart.change("b", price=Decimal(price))

    found, _ = cart.page(limit=10, after=None)

    assert [format(each.price, "f") for each in [*found, changed]] == [price] * 3
    assert {item["price"]["S"] for item in dynamodb.scan(TableName=table_name)["Items"]} == {price}


@settings(max_examples=40)
@given(price=st.from_regex(r"\A(0|[1-9][0-9]{0,11})(\.[0-9]{1,8})?\Z"))
def test_every_price_of_the_api_survives_the_table(cart: CartStore, price: str) -> None:
    """No digit is lost between put and page."""
    cart.put(CartLine("a", "anvil", Decimal(price), 1))
    assert format(cart.page(limit=1, after=None)[0][0].price, "f") == price


@pytest.mark.parametrize("description", ["a", "Ämboß ⚒ 😀", "a\nb\0c", "#pk = :pk", "{}", " "])
def test_a_description_comes_back_as_it_went_in(cart: CartStore, description: str) -> None:
    """Whatever text it is; expressions carry it as a value."""
    cart.put(line("a", description))
    assert cart.change("a", description=description[::-1]).description == description[::-1]


def test_a_page_is_ordered_by_item_id(cart: CartStore) -> None:
    """By the bytes of the id, so millisecond timestamps come oldest first."""
    for item_id in ("1700000000002", "b", "1700000000001", "B", "A.", "A-"):
        cart.put(line(item_id))
    assert ids(cart.page(limit=10, after=None)[0]) == ["1700000000001", "1700000000002", "A-", "A.", "B", "b"]


def test_an_empty_cart_is_one_empty_page(cart: CartStore) -> None:
    """There is nothing to go on after."""
    assert cart.page(limit=1, after=None) == ([], None)


@pytest.mark.parametrize(
    ("count", "limit", "pages"),
    [
        (1, 1, [1]),
        (2, 1, [1, 1]),
        (3, 2, [2, 1]),
        (4, 2, [2, 2]),
        (4, 4, [4]),
        (4, 5, [4]),
        (5, 4, [4, 1]),
        (101, 100, [100, 1]),
        (100, 100, [100]),
    ],
)
def test_pages_are_full_and_the_last_one_names_no_next(
    cart: CartStore, count: int, limit: int, pages: list[int]
) -> None:
    """No line is left out or shown twice, and a page that ends exactly at the last line leads to no empty one."""
    written = [f"{number:03}" for number in range(count)]
    for item_id in written:
        cart.put(line(item_id))

    read: list[list[str]] = []
    after: str | None = None
    while not read or after is not None:
        lines, after = cart.page(limit=limit, after=after)
        read.append(ids(lines))

    assert [len(page) for page in read] == pages
    assert [item_id for page in read for item_id in page] == written


def test_a_page_begins_after_an_id_that_is_not_there_any_more(cart: CartStore) -> None:
    """A line that was deleted between two pages does not break the paging."""
    for item_id in ("a", "c", "d"):
        cart.put(line(item_id))
    assert cart.page(limit=1, after="b") == ([line("c")], "c")
    assert cart.page(limit=2, after="b") == ([line("c"), line("d")], None)
    assert cart.page(limit=2, after="d") == ([], None)


def test_a_page_that_dynamodb_cuts_at_its_size_limit_names_its_next(cart: CartStore) -> None:
    """A Query ends at 1 MB: fewer lines than asked for come back, but none is lost."""
    written = ["a", "b", "c", "d", "e"]
    for item_id in written:
        cart.put(line(item_id, "x" * 300_000))

    first, after = cart.page(limit=10, after=None)
    assert 0 < len(first) < 5
    assert after == first[-1].item_id
    rest, end = cart.page(limit=10, after=after)
    assert ids(first) + ids(rest) == written
    assert end is None


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        pytest.param({"description": "rope"}, CartLine("a", "rope", Decimal("1.10"), 2), id="description"),
        pytest.param({"price": Decimal("0.00")}, CartLine("a", "anvil", Decimal("0.00"), 2), id="price, even zero"),
        pytest.param({"quantity": 9}, CartLine("a", "anvil", Decimal("1.10"), 9), id="quantity"),
        pytest.param(
            {"description": "rope", "price": Decimal("2.50"), "quantity": 1},
            CartLine("a", "rope", Decimal("2.50"), 1),
            id="all three",
        ),
    ],
)
def test_change_changes_the_given_fields_only(cart: CartStore, changes: dict[str, Any], expected: CartLine) -> None:
    """It returns the whole line as it is now, and so does the next page."""
    cart.put(CartLine("a", "anvil", Decimal("1.10"), 2))
    assert cart.change("a", **changes) == expected
    assert cart.page(limit=2, after=None) == ([expected], None)


def test_changing_a_line_that_is_not_there_creates_none(cart: CartStore) -> None:
    """An update without its condition would."""
    cart.put(line("b"))
    with pytest.raises(CartLineNotFoundError) as missing:
        cart.change("a", quantity=1)
    assert missing.value.STATUS_CODE == 404
    assert cart.page(limit=2, after=None) == ([line("b")], None)


def test_delete_takes_the_line_away_once(cart: CartStore) -> None:
    """The second time there is nothing to delete; other lines stay."""
    cart.put(line("a"))
    cart.put(line("b"))
    cart.delete("a")
    with pytest.raises(CartLineNotFoundError):
        cart.delete("a")
    assert cart.page(limit=2, after=None) == ([line("b")], None)


@pytest.mark.parametrize("owner", TENANTS)
def test_tenants_with_the_same_item_ids_do_not_meet(dynamodb: DynamoDBClient, table_name: str, owner: str) -> None:
    """Not even those whose names begin alike: each operation reaches the own line only."""
    carts = {tenant_id: cart_of(dynamodb, table_name, tenant_id) for tenant_id in TENANTS}
    for tenant_id, cart in carts.items():
        assert cart.put(line("a", f"of {tenant_id}")) is True
        cart.put(line("b", f"of {tenant_id}"))

    carts[owner].change("a", quantity=5)
    carts[owner].delete("b")

    for tenant_id, cart in carts.items():
        lines, after = cart.page(limit=10, after=None)
        untouched = [line("a", f"of {tenant_id}"), line("b", f"of {tenant_id}")]
        changed = [CartLine("a", f"of {tenant_id}", Decimal("1.10"), 5)]
        assert (lines, after) == (changed if tenant_id == owner else untouched, None)


@pytest.mark.parametrize("tenant_id", TENANTS)
def test_the_last_page_does_not_run_on_into_the_next_tenant(
    dynamodb: DynamoDBClient, table_name: str, tenant_id: str
) -> None:
    """Paging ends with the tenant's partition, wherever it began."""
    for name in TENANTS:
        for item_id in ("a", "b", "c"):
            cart_of(dynamodb, table_name, name).put(line(item_id, f"of {name}"))
    lines, after = cart_of(dynamodb, table_name, tenant_id).page(limit=2, after="a")
    assert lines == [line("b", f"of {tenant_id}"), line("c", f"of {tenant_id}")]
    assert after is None


def test_every_operation_is_one_call_of_dynamodb(cart: CartStore, calls: list[tuple[str, dict[str, Any]]]) -> None:
    """Nothing is read before it is written, so nothing can change in between; and no operation is a Scan."""
    cart.put(line("a"))
    cart.put(line("a"))
    cart.page(limit=1, after=None)
    cart.page(limit=1, after="a")
    cart.change("a", quantity=2)
    cart.delete("a")
    with pytest.raises(CartLineNotFoundError):
        cart.change("a", quantity=2)
    with pytest.raises(CartLineNotFoundError):
        cart.delete("a")

    assert [name for name, _ in calls] == [
        *("PutItem", "PutItem", "Query", "Query"),
        *("UpdateItem", "DeleteItem", "UpdateItem", "DeleteItem"),
    ]


def test_a_page_is_asked_for_consistently_and_with_one_line_more(
    cart: CartStore, calls: list[tuple[str, dict[str, Any]]]
) -> None:
    """What AWS does otherwise and the emulator does not.

    It would answer with what was there before the client's last write, and would announce a next page after the last.
    """
    cart.page(limit=1, after=None)
    assert calls[0][1]["ConsistentRead"] is True
    assert calls[0][1]["Limit"] == 2


OPERATIONS = {
    "Query": lambda cart: cart.page(limit=1, after=None),
    "PutItem": lambda cart: cart.put(line("a")),
    "UpdateItem": lambda cart: cart.change("a", quantity=1),
    "DeleteItem": lambda cart: cart.delete("a"),
}
METHODS = {"Query": "query", "PutItem": "put_item", "UpdateItem": "update_item", "DeleteItem": "delete_item"}


@pytest.mark.parametrize("operation", OPERATIONS)
@pytest.mark.parametrize(
    ("code", "status", "error"),
    [
        ("AccessDeniedException", 400, TenantAccessDeniedError),
        ("ThrottlingException", 400, StoreUnavailableError),
        ("InternalServerError", 500, StoreUnavailableError),
        ("ValidationException", 400, ClientError),
    ],
)
def test_every_operation_reports_refusals_and_failures_as_the_applications(
    operation: str, code: str, status: int, error: type[Exception]
) -> None:
    """A refusal by IAM in particular, or a bug, is never taken for a line that is not there."""
    client = make_client()
    with Stubber(client) as stub:
        stub.add_client_error(METHODS[operation], code, http_status_code=status)
        with pytest.raises(error):
            OPERATIONS[operation](cart_of(client, "bulkhead", "acme"))
