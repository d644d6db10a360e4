"""A tenant's items over the shards of the pooled table, on a real client and an emulated DynamoDB.

The emulator enforces no IAM here: what keeps tenants apart in these tests is the store's own keys.
"""

from __future__ import annotations

import itertools
import json
import threading
import uuid
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from decimal import Decimal
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import pytest
from botocore.exceptions import ClientError
from botocore.stub import Stubber
from hypothesis import given, settings
from hypothesis import strategies as st

from chalicelib.data.partitions import SHARDING, Kind, PartitionKey, Partitions, Sharding
from chalicelib.entities.items.store import Item, ItemStore
from chalicelib.errors import (
    InvalidRequestError,
    ItemNotFoundError,
    PreconditionFailedError,
    StoreUnavailableError,
    TenantAccessDeniedError,
)
from chalicelib.tenancy.tenant import Role, TenantContext
from tests.support.emulated_dynamodb import make_client

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from mypy_boto3_dynamodb import DynamoDBClient

TENANTS = ("acme", "acme-eu", "acme1", "acme10")
NOON = datetime(2026, 1, 1, 12, tzinfo=UTC)
ANY = None
NOWHERE = str(uuid.UUID(int=0))


@pytest.fixture(scope="module")
def threads() -> Iterator[ThreadPoolExecutor]:
    """The threads that query shards."""
    with ThreadPoolExecutor(4) as pool:
        yield pool


@pytest.fixture
def items_of(dynamodb: DynamoDBClient, table_name: str, threads: ThreadPoolExecutor) -> Callable[..., ItemStore]:
    """Return a function that makes a tenant's store, with another sharding if given."""

    def make(tenant_id: str, sharding: Sharding = SHARDING[Kind.ITEM]) -> ItemStore:
        return store_with(dynamodb, table_name, threads, tenant_id, sharding)

    return make


def store_with(
    client: DynamoDBClient,
    table_name: str,
    threads: ThreadPoolExecutor,
    tenant_id: str = "acme",
    sharding: Sharding = SHARDING[Kind.ITEM],
) -> ItemStore:
    """Make a tenant's store at noon."""
    tenant = TenantContext(tenant_id, Role.MEMBER, "user-1", "a@example.com")
    return ItemStore(client, table_name, Partitions(tenant, Kind.ITEM, sharding), threads, lambda: NOON)


@pytest.fixture
def items(items_of: Callable[..., ItemStore]) -> ItemStore:
    """The items of acme; there are none yet."""
    return items_of("acme")


def create(store: ItemStore, name: str = "anvil", **attributes: Any) -> Item:
    """Create an item in which only what matters varies."""
    return store.create(name=name, price=Decimal("1.10"), attributes=attributes)


def all_pages(store: ItemStore, limit: int) -> list[list[Item]]:
    """Read page after page to the end."""
    pages: list[list[Item]] = []
    after: str | None = None
    while not pages or after is not None:
        page, after = store.page(limit=limit, after=after)
        pages.append(page)
    return pages


def test_an_item_lies_under_the_tenants_key_in_the_shard_of_its_id(
    items: ItemStore, dynamodb: DynamoDBClient, table_name: str
) -> None:
    """`pk = {tenant}#item#{shard}`, `sk = product_id`; the price is text, since a number would forget a zero."""
    item = items.create(name="anvil", price=Decimal("1.10"), attributes={"kg": Decimal("7.5"), "new": True, "x": ""})

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
    assert (item.name, item.price, item.version, item.created_at) == ("anvil", Decimal("1.10"), 1, NOON)


NUMBERS = st.decimals(allow_nan=False, allow_infinity=False, min_value=-(10**20), max_value=10**20, places=5)
VALUES = st.one_of(st.booleans(), NUMBERS, st.text(st.characters(exclude_categories=["Cs"]), max_size=20))


@settings(max_examples=50)
@given(attributes=st.dictionaries(st.text("abc#:. é", min_size=1, max_size=9), VALUES, max_size=5))
def test_attributes_come_back_as_they_went_in(items: ItemStore, attributes: dict[str, Any]) -> None:
    """Strings, numbers and booleans, none of which is taken for another."""
    product_id = items.create(name="anvil", price=Decimal(1), attributes=attributes).product_id

    read = items.get(product_id).attributes

    assert read == attributes
    assert {name: type(value) for name, value in read.items()} == {name: type(v) for name, v in attributes.items()}


def test_an_item_that_is_not_there_is_not_found(items: ItemStore) -> None:
    """Neither by id, nor in one's own shard; and no write creates it."""
    item = create(items)
    other_shard = PartitionKey("acme", Kind.ITEM, (PartitionKey.parse(item.shard_id).shard + 1) % 10)
    for attempt in (
        lambda: items.get(NOWHERE),
        lambda: items.get_by_key(other_shard, item.product_id),
        lambda: items.get_by_key(PartitionKey("acme", Kind.ITEM, 9999), item.product_id),
        lambda: items.change(NOWHERE, ANY, name="rope"),
        lambda: items.change(NOWHERE, frozenset({1}), name="rope"),
        lambda: items.change(NOWHERE, frozenset(), name="rope"),
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
    dynamodb.put_item(TableName=table_name, Item={"pk": {"S": "acme#cart#0"}, "sk": {"S": "a"}})
    for sort_key in ("a", "b"):
        with pytest.raises(InvalidRequestError, match="shard_id"):
            items.get_by_key(PartitionKey("acme", Kind.CART, 0), sort_key)


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        pytest.param({"name": "rope"}, {"name": "rope"}, id="name"),
        pytest.param({"price": Decimal("0.00")}, {"price": Decimal("0.00")}, id="price, even zero"),
        pytest.param({"attributes": {"x": False}}, {"attributes": {"x": False}}, id="attributes, as a whole"),
        pytest.param({"attributes": {}}, {"attributes": {}}, id="no attributes"),
    ],
)
def test_change_changes_the_given_fields_and_the_version(
    items: ItemStore, changes: dict[str, Any], expected: dict[str, Any]
) -> None:
    """It returns the whole item as it is now."""
    item = create(items, kg=Decimal(7))
    changed = items.change(item.product_id, frozenset({1}), **changes)

    before = {"name": "anvil", "price": Decimal("1.10"), "attributes": {"kg": Decimal(7)}}
    assert {field: getattr(changed, field) for field in before} == before | expected
    assert (changed.version, changed.created_at, changed.shard_id) == (2, NOON, item.shard_id)
    assert items.get(item.product_id) == changed


@pytest.mark.parametrize("versions", [frozenset({2}), frozenset({1, 3}), frozenset()], ids=str)
def test_another_version_than_the_expected_is_neither_changed_nor_deleted(
    items: ItemStore, versions: frozenset[int]
) -> None:
    """The caller has not seen what would be overwritten."""
    item = create(items)
    if 1 in versions:
        item = items.change(item.product_id, ANY, name="rope")
    for attempt in (
        lambda: items.change(item.product_id, versions, name="wire"),
        lambda: items.delete(item.product_id, versions),
    ):
        with pytest.raises(PreconditionFailedError) as refused:
            attempt()
        assert refused.value.STATUS_CODE == 412
    assert items.get(item.product_id) == item


@pytest.mark.parametrize("versions", [ANY, frozenset({1}), frozenset({1, 7})], ids=str)
def test_the_expected_version_is_changed_and_deleted(items: ItemStore, versions: frozenset[int] | None) -> None:
    """The twin of the refusals above."""
    assert items.change(create(items).product_id, versions, name="wire").name == "wire"
    item = create(items)
    items.delete(item.product_id, versions)
    with pytest.raises(ItemNotFoundError):
        items.get(item.product_id)


@pytest.mark.parametrize("limit", [1, 7, 50, 100])
def test_pages_hold_every_item_once_in_the_order_of_their_ids(items: ItemStore, limit: int) -> None:
    """However the items lie in the shards; full pages, and no empty one at the end."""
    written = sorted(create(items, n=Decimal(number)).product_id for number in range(100))

    pages = all_pages(items, limit)

    assert [item.product_id for page in pages for item in page] == written
    assert [len(page) for page in pages] == [limit] * (100 // limit) + ([100 % limit] if 100 % limit else [])


def test_no_items_are_one_empty_page(items: ItemStore) -> None:
    """There is nothing to go on after."""
    assert items.page(limit=1, after=None) == ([], None)


def test_a_page_is_complete_when_all_of_it_lies_in_one_shard(items_of: Callable[..., ItemStore]) -> None:
    """The shard that is asked for a tenth of the page is asked again until it has given all of it."""
    one_of_ten = items_of("acme", Sharding(1, others=(10,)))
    written = sorted(create(one_of_ten).product_id for _ in range(60))
    pages = all_pages(one_of_ten, 50)
    assert [[item.product_id for item in page] for page in pages] == [written[:50], written[50:]]


@pytest.mark.parametrize(("text", "pages"), [("é" * 45_000, [8, 8, 8, 1]), ("\x01" * 90_000, [8, 8, 8, 1])])
def test_a_page_ends_before_it_is_too_large_for_lambda_and_none_of_the_rest_is_lost(
    items: ItemStore, text: str, pages: list[int]
) -> None:
    """6 MB, in which a control character takes seven bytes; DynamoDB cuts its own pages, too."""
    written = sorted(create(items, text=text).product_id for _ in range(25))
    read = all_pages(items, 100)
    assert [item.product_id for page in read for item in page] == written
    assert [len(page) for page in read] == pages
    body = json.dumps([dict(item.attributes) for item in read[0]])
    assert len(json.dumps({"body": body})) < 6_291_556


def test_a_shard_goes_on_where_dynamodb_stopped_even_if_it_brought_nothing(threads: ThreadPoolExecutor) -> None:
    """What is missing of a page is asked for by LastEvaluatedKey."""
    row = {
        "pk": {"S": "acme#item#0"},
        "sk": {"S": "b"},
        "name": {"S": "anvil"},
        "price": {"S": "1"},
        "attributes": {"M": {}},
        "version": {"N": "1"},
        "created_at": {"S": NOON.isoformat()},
    }
    client = make_client()
    with Stubber(client) as stub:
        stub.add_response("query", {"Items": [], "LastEvaluatedKey": {"pk": row["pk"], "sk": {"S": "a"}}})
        stub.add_response("query", {"Items": [row]})
        page, after = store_with(client, "bulkhead", threads, sharding=Sharding(1)).page(limit=5, after=None)
    assert ([item.product_id for item in page], after) == (["b"], None)


def test_a_page_goes_on_after_an_id_that_is_not_there_any_more(items: ItemStore) -> None:
    """An item that was deleted between two pages does not break the paging."""
    written = sorted((create(items) for _ in range(9)), key=lambda item: item.product_id)
    first, after = items.page(limit=3, after=None)
    assert first == written[:3]
    items.delete(written[2].product_id, ANY)
    assert items.page(limit=9, after=after) == (written[3:], None)


@pytest.mark.parametrize("owner", TENANTS)
def test_tenants_with_the_same_product_ids_do_not_meet(
    items_of: Callable[..., ItemStore], monkeypatch: pytest.MonkeyPatch, owner: str
) -> None:
    """Not even those whose names begin alike: each operation reaches the own item only."""
    ids = [uuid.UUID(int=number, version=4) for number in range(4)]
    stores = {tenant_id: items_of(tenant_id) for tenant_id in TENANTS}
    for tenant_id, store in stores.items():
        for product_id in ids:
            monkeypatch.setattr(
                "chalicelib.entities.items.store.uuid", SimpleNamespace(uuid4=lambda drawn=product_id: drawn)
            )
            create(store, f"of {tenant_id}")

    stores[owner].change(str(ids[0]), ANY, name="changed")
    stores[owner].delete(str(ids[1]), ANY)

    for tenant_id, store in stores.items():
        own = f"of {tenant_id}"
        expected = ["changed", own, own] if tenant_id == owner else [own] * 4
        assert [item.name for item in store.page(limit=100, after=None)[0]] == expected
        assert {item.shard_id.split("#")[0] for item in store.page(limit=100, after=None)[0]} == {tenant_id}


def test_after_the_shards_have_grown_no_item_is_lost(items_of: Callable[..., ItemStore]) -> None:
    """Old items are read, changed, listed and deleted where they are; new ones go to the new places."""
    before, after = items_of("acme", Sharding(10)), items_of("acme", Sharding(16, others=(10,)))
    old = [create(before) for _ in range(60)]
    new = [create(after) for _ in range(60)]

    assert [after.get(item.product_id) for item in old + new] == old + new
    everything = sorted(old + new, key=lambda item: item.product_id)
    assert [item for page in all_pages(after, 50) for item in page] == everything
    assert {PartitionKey.parse(item.shard_id).shard for item in new} - set(range(10)), "some lie beyond the old shards"
    for item in old + new:
        changed = after.change(item.product_id, frozenset({1}), name="grown")
        assert changed.shard_id == item.shard_id
        with pytest.raises(PreconditionFailedError):
            after.change(item.product_id, frozenset({1}), name="twice")
        after.delete(item.product_id, frozenset({2}))
    assert all_pages(after, 50) == [[]]


def test_while_a_growth_is_rolled_out_instances_of_both_releases_find_everything(
    items_of: Callable[..., ItemStore],
) -> None:
    """First all learn to read the new places, then they begin to write to them (docs/decisions/0003)."""
    reading, writing = items_of("acme", Sharding(10, others=(16,))), items_of("acme", Sharding(16, others=(10,)))
    written = [create(store) for store in (reading, writing) * 30]
    for store in (reading, writing):
        assert [store.get(item.product_id) for item in written] == written
        assert {item.product_id for page in all_pages(store, 50) for item in page} == {i.product_id for i in written}


def test_every_operation_is_one_call_of_dynamodb_and_listing_one_for_each_shard(
    items: ItemStore, calls: list[tuple[str, dict[str, Any]]]
) -> None:
    """Nothing is read before it is written, so nothing can change in between; and no operation is a Scan."""
    item = create(items)
    items.get(item.product_id)
    items.get_by_key(PartitionKey.parse(item.shard_id), item.product_id)
    items.change(item.product_id, ANY, name="rope")
    items.delete(item.product_id, frozenset({2}))
    assert [name for name, _ in calls] == ["PutItem", "GetItem", "GetItem", "UpdateItem", "DeleteItem"]
    calls.clear()

    items.page(limit=50, after=None)

    assert [name for name, _ in calls] == ["Query"] * 10
    assert {parameters["ExpressionAttributeValues"][":pk"]["S"] for _, parameters in calls} == {
        f"acme#item#{shard}" for shard in range(10)
    }


def test_reads_are_consistent_and_a_shard_is_asked_for_its_share_of_the_page(
    items: ItemStore, calls: list[tuple[str, dict[str, Any]]]
) -> None:
    """Else a client would not see what it has just written; and ten whole pages would be read for each one."""
    with pytest.raises(ItemNotFoundError):
        items.get(NOWHERE)
    items.page(limit=100, after=None)
    items.page(limit=1, after=None)
    assert all(parameters["ConsistentRead"] is True for _, parameters in calls)
    assert {parameters["Limit"] for _, parameters in calls[1:11]} == {20}
    assert {parameters["Limit"] for _, parameters in calls[11:]} == {2}


def test_the_shards_are_queried_side_by_side(items: ItemStore, dynamodb: DynamoDBClient) -> None:
    """All four threads of these tests are in a query at the same time, or they would not meet."""
    together = threading.Barrier(4, timeout=10)
    asked = itertools.count()

    def meet(**_: object) -> None:
        if next(asked) < 4:
            together.wait()

    dynamodb.meta.events.register("provide-client-params.dynamodb.Query", meet, unique_id="meet")
    try:
        items.page(limit=50, after=None)
    finally:
        dynamodb.meta.events.unregister("provide-client-params.dynamodb.Query", unique_id="meet")
    assert not together.broken
    assert next(asked) == 10


OPERATIONS: dict[str, Callable[[ItemStore], object]] = {
    "get_item": lambda items: items.get(NOWHERE),
    "put_item": create,
    "update_item": lambda items: items.change(NOWHERE, ANY, name="rope"),
    "delete_item": lambda items: items.delete(NOWHERE, ANY),
}


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
    threads: ThreadPoolExecutor, operation: str, code: str, status: int, error: type[Exception]
) -> None:
    """A refusal by IAM in particular, or a bug, is never taken for an item that is not there."""
    client = make_client()
    with Stubber(client) as stub:
        stub.add_client_error(operation, code, http_status_code=status)
        with pytest.raises(error):
            OPERATIONS[operation](store_with(client, "bulkhead", threads))


@pytest.mark.parametrize(
    ("code", "error"),
    [("AccessDeniedException", TenantAccessDeniedError), ("ThrottlingException", StoreUnavailableError)],
)
def test_a_list_that_misses_one_shard_is_no_list(
    items: ItemStore, dynamodb: DynamoDBClient, code: str, error: type[Exception]
) -> None:
    """What one of ten queries meets, the caller learns: a page without it would look complete."""
    create(items)

    def fail(params: dict[str, Any], **_: object) -> None:
        if params["ExpressionAttributeValues"][":pk"]["S"] == "acme#item#7":
            response: Any = {"Error": {"Code": code}, "ResponseMetadata": {"HTTPStatusCode": 400}}
            raise ClientError(response, "Query")

    dynamodb.meta.events.register("provide-client-params.dynamodb.Query", fail, unique_id="fail")
    try:
        with pytest.raises(error):
            items.page(limit=10, after=None)
    finally:
        dynamodb.meta.events.unregister("provide-client-params.dynamodb.Query", unique_id="fail")
