"""What the catalogue makes of its rows: fields, attributes, versions, and its errors; how rows lie is Table's."""

from __future__ import annotations

import uuid
from datetime import UTC, datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chalicelib.data.partitions import PartitionKey, Partitions
from chalicelib.data.table import Table
from chalicelib.entities.items import KIND, ItemNotFoundError
from chalicelib.entities.items.store import Item, ItemStore
from chalicelib.errors import InvalidRequestError, PreconditionFailedError
from chalicelib.tenancy.tenant import Role, TenantContext

if TYPE_CHECKING:
    from concurrent.futures import Executor

    from mypy_boto3_dynamodb import DynamoDBClient

NOON = datetime(2026, 1, 1, 12, tzinfo=UTC)
ANY = None
NOWHERE = str(uuid.UUID(int=0))


@pytest.fixture
def items(dynamodb: DynamoDBClient, table_name: str, threads: Executor) -> ItemStore:
    """The items of acme at noon; there are none yet."""
    acme = TenantContext("acme", Role.MEMBER, "user-1", "a@example.com")
    table = Table(dynamodb, table_name, Partitions(acme, KIND), lambda: threads, versioned=True)
    return ItemStore(table, lambda: NOON)


def create(store: ItemStore, **attributes: Any) -> Item:
    """Create an item in which only what matters varies."""
    return store.create(name="anvil", price=Decimal("1.10"), attributes=attributes)


def test_an_item_lies_under_the_tenants_key_in_the_shard_of_its_id(
    items: ItemStore, dynamodb: DynamoDBClient, table_name: str
) -> None:
    """`pk = {tenant}#item#{shard}`, `sk = product_id`; the price is text, since a number would forget a zero."""
    item = create(items, kg=Decimal("7.5"), new=True, x="")

    assert item.shard_id in {f"acme#item#{shard}" for shard in range(10)}
    assert dynamodb.scan(TableName=table_name)["Items"] == [
        {
            "pk": {"S": item.shard_id},
            "sk": {"S": item.product_id},
            "name": {"S": "anvil"},
            "price": {"S": "1.10"},
            "attributes": {"M": {"kg": {"N": "7.5"}, "new": {"BOOL": True}, "x": {"S": ""}}},
            "version": {"N": "1"},
            "created_at": {"S": "2026-01-01T12:00:00+00:00"},
        }
    ]


def test_an_item_can_be_read_by_id_and_by_primary_key(items: ItemStore) -> None:
    """Both are the item as it was created, in its first version."""
    item = create(items)
    assert items.get(item.product_id) == item
    assert items.get_by_key(PartitionKey.parse(item.shard_id), item.product_id) == item
    assert items.page(limit=10, after=None) == ([item], None)
    assert (item.name, item.price, item.version, item.created_at) == ("anvil", Decimal("1.10"), 1, NOON)


def test_every_item_has_an_id_of_its_own(items: ItemStore) -> None:
    """A random UUID, which nobody can guess; pages are by it."""
    written = sorted((create(items) for _ in range(5)), key=lambda item: item.product_id)
    assert {uuid.UUID(item.product_id).version for item in written} == {4}
    first, after = items.page(limit=3, after=None)
    assert (first, after) == (written[:3], written[2].product_id)
    assert items.page(limit=3, after=after) == (written[3:], None)


NUMBERS = st.decimals(allow_nan=False, allow_infinity=False, min_value=-(10**20), max_value=10**20, places=5)
VALUES = st.one_of(st.booleans(), NUMBERS, st.text(st.characters(exclude_categories=["Cs"]), max_size=20))


@settings(max_examples=50)
@given(attributes=st.dictionaries(st.text("abc#:. é", min_size=1, max_size=9), VALUES, max_size=5))
def test_attributes_come_back_as_they_went_in(items: ItemStore, attributes: dict[str, Any]) -> None:
    """Strings, numbers and booleans, none of which is taken for another."""
    product_id = create(items, **attributes).product_id

    read = items.get(product_id).attributes

    assert read == attributes
    assert {name: type(value) for name, value in read.items()} == {name: type(v) for name, v in attributes.items()}


def test_an_item_that_is_not_there_is_not_found(items: ItemStore) -> None:
    """Neither by id, nor in one's own shard; and no write creates it."""
    item = create(items)
    other_shard = PartitionKey("acme", KIND.name, (PartitionKey.parse(item.shard_id).shard + 1) % 10)
    for attempt in (
        lambda: items.get(NOWHERE),
        lambda: items.get_by_key(other_shard, item.product_id),
        lambda: items.get_by_key(PartitionKey("acme", KIND.name, 9999), item.product_id),
        lambda: items.change(NOWHERE, ANY, name="rope"),
        lambda: items.change(NOWHERE, frozenset({1}), name="rope"),
        lambda: items.delete(NOWHERE, ANY),
        lambda: items.delete(NOWHERE, frozenset({1})),
    ):
        with pytest.raises(ItemNotFoundError) as missing:
            attempt()
        assert missing.value.STATUS_CODE == 404
    assert items.page(limit=10, after=None) == ([item], None)


def test_ones_own_partition_of_another_kind_holds_no_items(
    items: ItemStore, dynamodb: DynamoDBClient, table_name: str
) -> None:
    """Whether something lies there or not, asking for it is the caller's mistake."""
    dynamodb.put_item(TableName=table_name, Item={"pk": {"S": "acme#sample#0"}, "sk": {"S": "a"}})
    for sort_key in ("a", "b"):
        with pytest.raises(InvalidRequestError, match="shard_id"):
            items.get_by_key(PartitionKey("acme", "sample", 0), sort_key)


@pytest.mark.parametrize(
    "changes",
    [
        pytest.param({"name": "rope"}, id="name"),
        pytest.param({"price": Decimal("0.00")}, id="price, even zero"),
        pytest.param({"attributes": {"x": False}}, id="attributes, as a whole"),
        pytest.param({"attributes": {}}, id="no attributes"),
    ],
)
def test_change_changes_the_given_fields_and_the_version(items: ItemStore, changes: dict[str, Any]) -> None:
    """It returns the whole item as it is now."""
    item = create(items, kg=Decimal(7))
    changed = items.change(item.product_id, frozenset({1}), **changes)

    before = {"name": "anvil", "price": Decimal("1.10"), "attributes": {"kg": Decimal(7)}}
    assert {field: getattr(changed, field) for field in before} == before | changes
    assert (changed.version, changed.created_at, changed.shard_id) == (2, NOON, item.shard_id)
    assert items.get(item.product_id) == changed


def test_another_version_than_the_expected_is_neither_changed_nor_deleted(items: ItemStore) -> None:
    """The caller has not seen what would be overwritten; the twin deletes what was seen."""
    item = create(items)
    with pytest.raises(PreconditionFailedError):
        items.change(item.product_id, frozenset({2}), name="wire")
    with pytest.raises(PreconditionFailedError):
        items.delete(item.product_id, frozenset({2}))
    assert items.get(item.product_id) == item
    items.delete(item.product_id, frozenset({1}))
    with pytest.raises(ItemNotFoundError):
        items.get(item.product_id)
