"""A tenant's rows over the partitions of the pooled table, on a real client and an emulated DynamoDB.

The emulator enforces no IAM here: what keeps tenants apart in these tests is the keys that `Partitions` makes.
"""

from __future__ import annotations

import itertools
import json
import threading
import uuid
from typing import TYPE_CHECKING, Any

import pytest
from botocore.exceptions import ClientError
from botocore.stub import Stubber
from hypothesis import given, settings
from hypothesis import strategies as st

from chalicelib.data.dynamodb import attribute_of
from chalicelib.data.partitions import PartitionKey, Partitions
from chalicelib.data.storage import Kind, Sharding
from chalicelib.data.table import Partition, Row, Table
from chalicelib.errors import PreconditionFailedError, StoreUnavailableError, TenantAccessDeniedError
from chalicelib.tenancy.tenant import Role, TenantContext
from tests.support.emulated_dynamodb import make_client

if TYPE_CHECKING:
    from collections.abc import Callable
    from concurrent.futures import ThreadPoolExecutor

    from mypy_boto3_dynamodb import DynamoDBClient

TENANTS = ("acme", "acme-eu", "acme1", "acme10")
TEN, ONE = Sharding(10), Sharding(1)
ANVIL = {"name": {"S": "anvil"}, "weight": {"N": "7"}}
ANY = None
NOWHERE = str(uuid.UUID(int=0))


@pytest.fixture
def table_of(dynamodb: DynamoDBClient, table_name: str, threads: ThreadPoolExecutor) -> Callable[..., Table]:
    """Return a function that makes a tenant's rows, over ten partitions or as it is told."""

    def make(tenant_id: str = "acme", sharding: Sharding = TEN, *, versioned: bool = False) -> Table:
        return table_with(dynamodb, table_name, threads, tenant_id, sharding, versioned=versioned)

    return make


def table_with(
    client: DynamoDBClient,
    table_name: str,
    threads: ThreadPoolExecutor,
    tenant_id: str = "acme",
    sharding: Sharding = TEN,
    *,
    versioned: bool = False,
) -> Table:
    """Make a tenant's rows."""
    partitions = Partitions(TenantContext(tenant_id, Role.MEMBER, "user-1", "a@example.com"), Kind("sample", sharding))
    return Table(client, table_name, partitions, lambda: threads, versioned=versioned)


@pytest.fixture
def table(table_of: Callable[..., Table]) -> Table:
    """The rows of acme; there are none yet."""
    return table_of()


@pytest.fixture
def versioned(table_of: Callable[..., Table]) -> Table:
    """The versioned rows of acme; there are none yet."""
    return table_of(versioned=True)


def add(table: Table, attributes: Row = ANVIL) -> Row:
    """Add a row with a new id."""
    return table.add(str(uuid.uuid4()), attributes)


def id_of(row: Row) -> str:
    """Return a row's id."""
    return str(row["sk"]["S"])


def shard_of(row: Row) -> int:
    """Return the shard in which a row lies."""
    return PartitionKey.parse(row["pk"]["S"]).shard


def in_order(rows: list[Row]) -> list[Row]:
    """Return rows by id."""
    return sorted(rows, key=id_of)


def all_pages(table: Table, limit: int) -> list[list[Row]]:
    """Read page after page to the end."""
    pages: list[list[Row]] = []
    after: str | None = None
    while not pages or after is not None:
        page, after = table.page(limit=limit, after=after)
        pages.append(page)
    return pages


def all_rows(table: Table) -> list[Row]:
    """Read all rows."""
    return [row for page in all_pages(table, 50) for row in page]


def stored(dynamodb: DynamoDBClient, table_name: str) -> list[Row]:
    """Return the whole table, as an operator sees it."""
    return in_order(list(dynamodb.scan(TableName=table_name)["Items"]))


def test_a_row_lies_under_the_tenants_key_in_the_shard_of_its_id(
    table: Table, dynamodb: DynamoDBClient, table_name: str
) -> None:
    """`pk = {tenant}#{kind}#{shard}`, `sk` its id, and its attributes; `add` returns what lies there."""
    row = add(table)
    assert row["pk"]["S"] == f"acme#sample#{TEN.candidates(id_of(row))[0]}"
    assert stored(dynamodb, table_name) == [row] == [{"pk": row["pk"], "sk": row["sk"], **ANVIL}]


def test_a_versioned_row_begins_with_version_1(versioned: Table, dynamodb: DynamoDBClient, table_name: str) -> None:
    """The twin of the row above."""
    row = add(versioned)
    assert row == {"pk": row["pk"], "sk": row["sk"], **ANVIL, "version": {"N": "1"}}
    assert stored(dynamodb, table_name) == [row]


def test_a_row_can_be_read_by_id_and_by_primary_key(table: Table) -> None:
    """Both are the row as it was added."""
    row = add(table)
    assert table.get(id_of(row)) == table.get_by_key(row["pk"]["S"], id_of(row)) == row


def test_a_primary_key_is_asked_for_as_it_is(dynamodb: DynamoDBClient, table_name: str, table: Table) -> None:
    """Nothing here looks whose it is: that is for IAM to judge, and these tests have none."""
    foreign = {"pk": {"S": "globex#other#7"}, "sk": {"S": "a"}}
    dynamodb.put_item(TableName=table_name, Item=foreign)
    assert table.get_by_key("globex#other#7", "a") == foreign
    assert table.get("a") is None


@pytest.mark.parametrize("versions", [ANY, frozenset({1}), frozenset()], ids=str)
def test_a_row_that_is_not_there_is_none_and_no_write_creates_it(versioned: Table, versions: frozenset[int]) -> None:
    """An update without its condition would."""
    row = add(versioned)
    assert versioned.get(NOWHERE) is None
    assert versioned.get_by_key(f"acme#sample#{(shard_of(row) + 1) % 10}", id_of(row)) is None
    assert versioned.change(NOWHERE, ANVIL, versions) is None
    assert versioned.delete(NOWHERE, versions) is False
    assert versioned.page(limit=10, after=None) == ([row], None)


def test_put_says_whether_the_row_is_new_and_replaces_all_of_it(table: Table) -> None:
    """Nothing of the old row stays."""
    assert table.put("a", ANVIL) is True
    assert table.put("a", {"name": {"S": "rope"}}) is False
    row = table.get("a")
    assert row is not None
    assert {name: row[name] for name in row if name not in {"pk", "sk"}} == {"name": {"S": "rope"}}


@pytest.mark.parametrize("is_versioned", [True, False], ids=["versioned", "plain"])
def test_change_sets_the_given_attributes_only(table_of: Callable[..., Table], *, is_versioned: bool) -> None:
    """It returns the whole row as it is now; a versioned one is in its next version."""
    table = table_of(versioned=is_versioned)
    row = add(table)
    changed = table.change(id_of(row), {"name": {"S": "rope"}, "colour": {"S": "red"}})
    version = {"version": {"N": "2"}} if is_versioned else {}
    assert changed == {**row, "name": {"S": "rope"}, "colour": {"S": "red"}, **version}
    assert table.get(id_of(row)) == changed


@settings(max_examples=40)
@given(name=st.text("abcXYZ_0123456789", min_size=1, max_size=9).filter(lambda name: name not in {"pk", "sk"}))
def test_an_attribute_may_have_any_name_of_a_field(table: Table, name: str) -> None:
    """Words that DynamoDB reserves included."""
    table.put("a", ANVIL)
    changed = table.change("a", {name: {"S": "x"}})
    assert changed is not None
    assert changed[name] == {"S": "x"}


@pytest.mark.parametrize("name", ["one", "version0", "version1", "set0", "size"])
def test_no_name_of_an_attribute_changes_the_condition_of_a_write(versioned: Table, name: str) -> None:
    """The statement's own placeholders are not the attribute's."""
    row = add(versioned)
    changed = versioned.change(id_of(row), {name: {"N": "2"}}, frozenset({1, 7}))
    assert changed == {**row, name: {"N": "2"}, "version": {"N": "2"}}
    with pytest.raises(PreconditionFailedError):
        versioned.change(id_of(row), {name: {"N": "1"}}, frozenset({1, 7}))


@pytest.mark.parametrize("versions", [frozenset({2}), frozenset({1, 3}), frozenset()], ids=str)
def test_another_version_than_the_expected_is_neither_changed_nor_deleted(
    versioned: Table, versions: frozenset[int]
) -> None:
    """The caller has not seen what would be overwritten."""
    row: Row | None = add(versioned)
    assert row is not None
    if 1 in versions:
        row = versioned.change(id_of(row), {"name": {"S": "rope"}})
        assert row is not None
    with pytest.raises(PreconditionFailedError) as refused:
        versioned.change(id_of(row), {"name": {"S": "wire"}}, versions)
    assert refused.value.STATUS_CODE == 412
    with pytest.raises(PreconditionFailedError):
        versioned.delete(id_of(row), versions)
    assert versioned.get(id_of(row)) == row


@pytest.mark.parametrize("versions", [ANY, frozenset({1}), frozenset({1, 7})], ids=str)
def test_the_expected_version_is_changed_and_deleted(versioned: Table, versions: frozenset[int] | None) -> None:
    """The twin of the refusals above."""
    changed = versioned.change(id_of(add(versioned)), {"name": {"S": "wire"}}, versions)
    assert changed is not None
    assert (changed["name"], changed["version"]) == ({"S": "wire"}, {"N": "2"})
    row = add(versioned)
    assert versioned.delete(id_of(row), versions) is True
    assert versioned.delete(id_of(row), versions) is False
    assert all_rows(versioned) == [changed]


def test_of_several_callers_with_the_same_version_one_succeeds(versioned: Table, threads: ThreadPoolExecutor) -> None:
    """The version is compared where the row is written, not where it was read."""
    row = add(versioned)

    def change(name: str) -> bool:
        try:
            return versioned.change(id_of(row), {"name": {"S": name}}, frozenset({1})) is not None
        except PreconditionFailedError:
            return False

    assert sum(threads.map(change, "abcdefgh")) == 1


@pytest.mark.parametrize("sharding", [ONE, TEN], ids=["one partition", "ten partitions"])
@pytest.mark.parametrize(
    ("count", "limit", "pages"),
    [
        (1, 1, [1]),
        (2, 1, [1, 1]),
        (4, 2, [2, 2]),
        (4, 5, [4]),
        (5, 4, [4, 1]),
        (100, 7, [7] * 14 + [2]),
        (100, 100, [100]),
        (101, 100, [100, 1]),
    ],
)
def test_pages_hold_every_row_once_in_the_order_of_their_ids(
    table_of: Callable[..., Table], sharding: Sharding, count: int, limit: int, pages: list[int]
) -> None:
    """However the rows lie; full pages, and none that is empty at the end."""
    table = table_of(sharding=sharding)
    written = in_order([add(table) for _ in range(count)])
    read = all_pages(table, limit)
    assert [row for page in read for row in page] == written
    assert [len(page) for page in read] == pages


def test_ids_are_ordered_by_their_bytes(table_of: Callable[..., Table]) -> None:
    """So millisecond timestamps come oldest first, over one partition as over ten."""
    for sharding in (ONE, TEN):
        table = table_of(f"tenant{sharding.count}", sharding)
        for row_id in ("1700000000002", "b", "1700000000001", "B", "A.", "A-", "\u00e9", "\uffff", "\U0001f600"):
            table.put(row_id, ANVIL)
        assert list(map(id_of, all_rows(table))) == [
            *("1700000000001", "1700000000002", "A-", "A.", "B", "b"),
            *("\u00e9", "\uffff", "\U0001f600"),
        ]


@pytest.mark.parametrize("sharding", [ONE, TEN], ids=["one partition", "ten partitions"])
def test_no_rows_are_one_empty_page(table_of: Callable[..., Table], sharding: Sharding) -> None:
    """There is nothing to go on after."""
    assert table_of(sharding=sharding).page(limit=1, after=None) == ([], None)


def test_a_page_is_complete_when_all_of_it_lies_in_one_shard(table_of: Callable[..., Table]) -> None:
    """The shard that is asked for a tenth of the page is asked again until it has given all of it."""
    one_of_ten = table_of(sharding=Sharding(1, others=(10,)))
    written = in_order([add(one_of_ten) for _ in range(60)])
    assert all_pages(one_of_ten, 50) == [written[:50], written[50:]]


def test_a_page_goes_on_after_an_id_that_is_not_there_any_more(table: Table) -> None:
    """A row that was deleted between two pages does not break the paging."""
    written = in_order([add(table) for _ in range(9)])
    first, after = table.page(limit=3, after=None)
    assert first == written[:3]
    assert table.delete(id_of(written[2])) is True
    assert table.page(limit=9, after=after) == (written[3:], None)
    assert table.page(limit=9, after=id_of(written[8])) == ([], None)


@pytest.mark.parametrize(("text", "pages"), [("é" * 45_000, [8, 8, 8, 1]), ("\x01" * 90_000, [8, 8, 8, 1])])
@pytest.mark.parametrize("sharding", [ONE, TEN], ids=["one partition", "ten partitions"])
def test_a_page_ends_before_it_is_too_large_for_lambda_and_none_of_the_rest_is_lost(
    table_of: Callable[..., Table], sharding: Sharding, text: str, pages: list[int]
) -> None:
    """6 MB, in which a control character takes seven bytes; DynamoDB cuts its own pages at 1 MB, too."""
    table = table_of(sharding=sharding)
    written = in_order([add(table, {"text": {"M": {"of": {"L": [{"S": text}]}}}}) for _ in range(25)])
    read = all_pages(table, 100)
    assert [row for page in read for row in page] == written
    assert [len(page) for page in read] == pages
    assert len(json.dumps({"body": json.dumps(read[0])})) < 6_291_556


def test_a_row_that_is_larger_than_a_page_is_a_page(table_of: Callable[..., Table]) -> None:
    """Else the listing would never get past it."""
    table = table_of(sharding=ONE)
    for row_id in "ab":
        table.put(row_id, {"numbers": {"L": [{"S": "x" * 1000}] * 390}, "more": {"S": "x" * 5000}})
    pages = all_pages(table, 5)
    assert [id_of(row) for page in pages for row in page] == ["a", "b"]


def test_a_shard_goes_on_where_dynamodb_stopped_even_if_it_brought_nothing(threads: ThreadPoolExecutor) -> None:
    """What is missing of a page is asked for after LastEvaluatedKey."""
    row = {"pk": {"S": "acme#sample#0"}, "sk": {"S": "b"}, **ANVIL}
    client = make_client()
    with Stubber(client) as stub:
        stub.add_response("query", {"Items": [], "LastEvaluatedKey": {"pk": row["pk"], "sk": {"S": "a"}}})
        stub.add_response("query", {"Items": [row]})
        page = table_with(client, "example", threads, sharding=ONE).page(limit=5, after=None)
    assert page == ([row], None)


@pytest.mark.parametrize("owner", TENANTS)
@pytest.mark.parametrize("sharding", [ONE, TEN], ids=["one partition", "ten partitions"])
def test_tenants_with_the_same_ids_do_not_meet(table_of: Callable[..., Table], owner: str, sharding: Sharding) -> None:
    """Not even those whose names begin alike: each operation reaches the tenant's own row only."""
    tables = {tenant_id: table_of(tenant_id, sharding) for tenant_id in TENANTS}
    for tenant_id, table in tables.items():
        for row_id in "abc":
            table.add(row_id, {"name": {"S": f"of {tenant_id}"}})
        assert table.put("d", {"name": {"S": f"of {tenant_id}"}}) is True

    tables[owner].change("a", {"name": {"S": "changed"}})
    tables[owner].delete("b")
    tables[owner].put("c", {"name": {"S": "replaced"}})

    for tenant_id, table in tables.items():
        own = f"of {tenant_id}"
        expected = (
            [("a", "changed"), ("c", "replaced"), ("d", own)] if tenant_id == owner else [(i, own) for i in "abcd"]
        )
        rows = all_rows(table)
        assert [(id_of(row), row["name"]["S"]) for row in rows] == expected
        assert {row["pk"]["S"].split("#")[0] for row in rows} == {tenant_id}
        last, after = table.page(limit=2, after="b")
        assert ([id_of(row) for row in last], after) == (["c", "d"], None), "does not run on into the next tenant"


def test_after_the_shards_have_grown_no_row_is_lost(table_of: Callable[..., Table]) -> None:
    """Old rows are read, changed, listed and deleted where they are; new ones go to the new places."""
    before = table_of(sharding=TEN, versioned=True)
    after = table_of(sharding=Sharding(16, others=(10,)), versioned=True)
    old = [add(before) for _ in range(60)]
    new = [add(after) for _ in range(60)]

    assert [after.get(id_of(row)) for row in old + new] == old + new
    assert all_rows(after) == in_order(old + new)
    assert {shard_of(row) for row in new} - set(range(10)), "some lie beyond the old shards"
    for row in old + new:
        changed = after.change(id_of(row), {"name": {"S": "grown"}}, frozenset({1}))
        assert changed is not None
        assert changed["pk"] == row["pk"]
        with pytest.raises(PreconditionFailedError):
            after.change(id_of(row), {"name": {"S": "twice"}}, frozenset({1}))
        with pytest.raises(PreconditionFailedError):
            after.delete(id_of(row), frozenset({1}))
        assert after.delete(id_of(row), frozenset({2})) is True
    assert all_pages(after, 50) == [[]]


def test_after_the_shards_have_grown_a_row_is_replaced_where_it_lies(
    table_of: Callable[..., Table], dynamodb: DynamoDBClient, table_name: str
) -> None:
    """Else there would be two rows of one id; a new one goes to the new place."""
    before, after = table_of(sharding=TEN), table_of(sharding=Sharding(16, others=(10, 3)))
    ids = [str(number) for number in range(40)]
    assert all(before.put(row_id, ANVIL) for row_id in ids[:20])

    assert [after.put(row_id, {"name": {"S": "rope"}}) for row_id in ids] == [False] * 20 + [True] * 20

    rows = stored(dynamodb, table_name)
    assert sorted(map(id_of, rows)) == sorted(ids), "each once"
    assert {row["name"]["S"] for row in rows} == {"rope"}
    for row in rows:
        place = TEN if id_of(row) in ids[:20] else Sharding(16)
        assert shard_of(row) == place.candidates(id_of(row))[0]
    assert all_rows(after) == rows


def test_while_a_growth_is_rolled_out_instances_of_both_releases_find_everything(
    table_of: Callable[..., Table],
) -> None:
    """First all learn to read the new places, then they begin to write to them (docs/decisions/0003)."""
    reading, writing = table_of(sharding=Sharding(10, others=(16,))), table_of(sharding=Sharding(16, others=(10,)))
    written = [add(table) for table in (reading, writing) * 30]
    for table in (reading, writing):
        assert [table.get(id_of(row)) for row in written] == written
        assert all_rows(table) == in_order(written)
    for one, other in ((reading, writing), (writing, reading)):
        assert one.put("a", ANVIL) is not other.put("a", ANVIL)
        assert one.delete("a") is True
        assert other.get("a") is None


def test_every_operation_is_one_call_of_dynamodb_and_listing_one_for_each_shard(
    versioned: Table, table: Table, calls: list[tuple[str, dict[str, Any]]]
) -> None:
    """Nothing is read before it is written, so nothing can change in between; and no operation is a Scan."""
    row = add(versioned)
    versioned.get(id_of(row))
    versioned.get_by_key(row["pk"]["S"], id_of(row))
    versioned.change(id_of(row), {"name": {"S": "rope"}})
    versioned.delete(id_of(row), frozenset({2}))
    table.put("a", ANVIL)
    table.put("a", ANVIL)
    assert versioned.change(NOWHERE, ANVIL) is None
    assert versioned.delete(NOWHERE) is False
    assert [name for name, _ in calls] == [
        *("PutItem", "GetItem", "GetItem", "UpdateItem", "DeleteItem"),
        *("PutItem", "PutItem", "UpdateItem", "DeleteItem"),
    ]
    calls.clear()

    versioned.page(limit=50, after=None)

    assert [name for name, _ in calls] == ["Query"] * 10
    assert {parameters["ExpressionAttributeValues"][":pk"]["S"] for _, parameters in calls} == {
        f"acme#sample#{shard}" for shard in range(10)
    }


def test_reads_are_consistent_and_a_shard_is_asked_for_its_share_of_the_page(
    table: Table, calls: list[tuple[str, dict[str, Any]]]
) -> None:
    """Else a client would not see what it has just written; and ten whole pages would be read for each one."""
    table.get(NOWHERE)
    table.page(limit=100, after=None)
    table.page(limit=1, after="a")
    assert all(parameters["ConsistentRead"] is True for _, parameters in calls)
    assert {parameters["Limit"] for _, parameters in calls[1:11]} == {20}
    assert {parameters["Limit"] for _, parameters in calls[11:]} == {2}


def test_one_partition_is_asked_for_one_row_more_than_the_page_and_needs_no_thread(
    dynamodb: DynamoDBClient, table_name: str, calls: list[tuple[str, dict[str, Any]]]
) -> None:
    """One more tells whether there is a next page, which AWS would otherwise announce after the last."""

    def none() -> Any:
        raise AssertionError("a thread was asked for")

    partitions = Partitions(TenantContext("acme", Role.VIEWER, "u", "e"), Kind("sample", ONE))
    Table(dynamodb, table_name, partitions, none).page(limit=7, after=None)
    assert [(name, asked["Limit"]) for name, asked in calls] == [("Query", 8)]


def test_the_shards_are_queried_side_by_side(table: Table, dynamodb: DynamoDBClient) -> None:
    """All four threads of these tests are in a query at the same time, or they would not meet."""
    together = threading.Barrier(4, timeout=10)
    asked = itertools.count()

    def meet(**_: object) -> None:
        if next(asked) < 4:
            together.wait()

    dynamodb.meta.events.register("provide-client-params.dynamodb.Query", meet, unique_id="meet")
    try:
        table.page(limit=50, after=None)
    finally:
        dynamodb.meta.events.unregister("provide-client-params.dynamodb.Query", unique_id="meet")
    assert not together.broken
    assert next(asked) == 10


OPERATIONS: dict[str, tuple[str, Callable[[Table], object]]] = {
    "get": ("get_item", lambda table: table.get(NOWHERE)),
    "get by key": ("get_item", lambda table: table.get_by_key("acme#sample#0", "a")),
    "page": ("query", lambda table: table.page(limit=1, after=None)),
    "add": ("put_item", add),
    "put": ("put_item", lambda table: table.put("a", ANVIL)),
    "change": ("update_item", lambda table: table.change(NOWHERE, ANVIL)),
    "change a version": ("update_item", lambda table: table.change(NOWHERE, ANVIL, frozenset({1}))),
    "delete": ("delete_item", lambda table: table.delete(NOWHERE)),
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
    """A refusal by IAM in particular, or a bug, is never taken for a row that is not there."""
    client = make_client()
    method, call = OPERATIONS[operation]
    with Stubber(client) as stub:
        stub.add_client_error(method, code, http_status_code=status)
        with pytest.raises(error):
            call(table_with(client, "example", threads, sharding=ONE))


def test_after_a_growth_a_refusal_ends_the_search(threads: ThreadPoolExecutor) -> None:
    """It does not mean that the row lies in the next place."""
    client = make_client()
    with Stubber(client) as stub:
        stub.add_client_error("put_item", "AccessDeniedException", http_status_code=400)
        with pytest.raises(TenantAccessDeniedError):
            table_with(client, "example", threads, sharding=Sharding(16, others=(10,))).put("b", ANVIL)


@pytest.mark.parametrize(
    ("code", "error"),
    [("AccessDeniedException", TenantAccessDeniedError), ("ThrottlingException", StoreUnavailableError)],
)
def test_a_list_that_misses_one_shard_is_no_list(
    table: Table, dynamodb: DynamoDBClient, code: str, error: type[Exception]
) -> None:
    """What one of ten queries meets, the caller learns: a page without it would look complete."""
    add(table)

    def fail(params: dict[str, Any], **_: object) -> None:
        if params["ExpressionAttributeValues"][":pk"]["S"] == "acme#sample#7":
            response: Any = {"Error": {"Code": code}, "ResponseMetadata": {"HTTPStatusCode": 400}}
            raise ClientError(response, "Query")

    dynamodb.meta.events.register("provide-client-params.dynamodb.Query", fail, unique_id="fail")
    try:
        with pytest.raises(error):
            table.page(limit=10, after=None)
    finally:
        dynamodb.meta.events.unregister("provide-client-params.dynamodb.Query", unique_id="fail")


def test_a_partition_counts_over_all_pages_of_dynamodb(
    dynamodb: DynamoDBClient, table_name: str, calls: list[tuple[str, dict[str, Any]]]
) -> None:
    """A Query counts what lies in one megabyte; and another partition's rows are none of it."""
    partition = Partition(dynamodb, table_name, "acme#sample#0")
    assert partition.count() == 0
    for row_id in "abcde":
        partition.put(row_id, {"text": attribute_of("x" * 300_000)})
    Partition(dynamodb, table_name, "acme#sample#1").put("f", ANVIL)
    calls.clear()
    assert partition.count() == 5
    assert len(calls) > 1
    assert all((name, asked["ConsistentRead"]) == ("Query", True) for name, asked in calls)


def test_what_would_lose_a_version_or_set_nothing_is_an_error_of_the_code(versioned: Table) -> None:
    """And none that DynamoDB would tell at some later time."""
    versioned.add("a", ANVIL)
    with pytest.raises(TypeError, match="add and change"):
        versioned.put("a", ANVIL)
    with pytest.raises(ValueError, match="at least one attribute"):
        versioned.change("a", {})
