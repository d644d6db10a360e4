"""All that a tenant holds in the pooled table: read in pages, deleted as it was exported, counted."""

from __future__ import annotations

import itertools
import json
from typing import TYPE_CHECKING, Any

import pytest

from chalicelib.data.holdings import PartitionHolding, holdings_of
from chalicelib.data.partitions import PartitionKey
from chalicelib.data.storage import Kind, Sharding, Storage, TenantTable
from chalicelib.data.table import Partition
from chalicelib.errors import InvalidKeyError
from tests.support.handles import handle_of

if TYPE_CHECKING:
    from concurrent.futures import Executor

    from mypy_boto3_dynamodb import DynamoDBClient

    from chalicelib.data.storage import Storage

PARTITION = "acme#sample#3"
pytestmark = pytest.mark.usefixtures("in_request")
OTHERS = ("acme#sample#2", "acme#sample#33", "acme#other#0", "acme-eu#sample#3", "acm#sample#3")
LARGE = "x" * 300_000  # four make more than the megabyte of a page


@pytest.fixture
def holding(dynamodb: DynamoDBClient, table_name: str, threads: Executor) -> PartitionHolding:
    """One partition, empty, beside others that are not."""
    for other in OTHERS:
        put(dynamodb, table_name, "a", pk=other)
    return PartitionHolding(Partition(dynamodb, table_name, PARTITION), PartitionKey.parse(PARTITION), threads)


def put(dynamodb: DynamoDBClient, table_name: str, sk: str, pk: str = PARTITION, **attributes: Any) -> dict[str, Any]:
    """Write an item and return it."""
    item = {"pk": {"S": pk}, "sk": {"S": sk}, **attributes}
    dynamodb.put_item(TableName=table_name, Item=item)
    return item


def stored(dynamodb: DynamoDBClient, table_name: str) -> list[tuple[str, str]]:
    """Return the keys of the whole table."""
    return sorted((item["pk"]["S"], item["sk"]["S"]) for item in dynamodb.scan(TableName=table_name)["Items"])


def read_all(holding: PartitionHolding) -> list[list[str]]:
    """Return the rows of every chunk."""
    chunks = [holding.read(None)]
    while (after := chunks[-1].after) is not None:
        chunks.append(holding.read(after))
    return [chunk.rows for chunk in chunks]


def test_a_row_is_the_item_in_dynamodbs_own_json_on_one_line(
    holding: PartitionHolding, dynamodb: DynamoDBClient, table_name: str
) -> None:
    """Exact numbers, types, letters of any script; nothing of it can end a line of the export."""
    item = put(
        dynamodb,
        table_name,
        "a",
        weight={"N": "12345678901234567890.123456789"},
        name={"S": 'Ämboß\n"\u2028\x85\U0001f600'},
        new={"BOOL": True},
        none={"NULL": True},
        tags={"SS": ["a", "b"]},
        list={"L": [{"M": {"x": {"N": "1"}}}]},
    )
    ((row,),) = read_all(holding)
    assert json.loads(row) == item
    assert "\n" not in row


def test_a_partition_of_several_megabytes_is_read_in_chunks_each_row_once(
    holding: PartitionHolding, dynamodb: DynamoDBClient, table_name: str
) -> None:
    """A chunk stays below what a Query returns, and none ends before the last row."""
    for number in range(9):
        put(dynamodb, table_name, f"{number}", text={"S": LARGE})
    chunks = read_all(holding)
    assert len(chunks) > 2
    assert all(len("".join(rows)) < 1_300_000 for rows in chunks)
    assert [json.loads(row)["sk"]["S"] for row in itertools.chain(*chunks)] == [f"{number}" for number in range(9)]


def test_counting_goes_through_all_pages_and_through_this_partition_only(
    holding: PartitionHolding, dynamodb: DynamoDBClient, table_name: str
) -> None:
    """A count of the first page would call the rest erased."""
    assert holding.count() == 0
    for number in range(9):
        put(dynamodb, table_name, f"{number}", text={"S": LARGE})
    assert holding.count() == 9


def test_exactly_the_rows_that_were_read_are_erased(
    holding: PartitionHolding, dynamodb: DynamoDBClient, table_name: str
) -> None:
    """Nothing of another shard, kind or tenant, and no row that came meanwhile."""
    for number in range(30):
        put(dynamodb, table_name, f"{number:02}", n={"N": f"{number}"})
    rows = holding.read(None).rows
    put(dynamodb, table_name, "late")

    holding.erase(rows)

    assert stored(dynamodb, table_name) == sorted([*((other, "a") for other in OTHERS), (PARTITION, "late")])
    assert holding.count() == 1


@pytest.mark.parametrize(
    ("before", "after"),
    [
        pytest.param({"n": {"N": "1"}}, {"n": {"N": "2"}}, id="another value"),
        pytest.param({"n": {"N": "1"}}, {"n": {"S": "1"}}, id="another type"),
        pytest.param({"n": {"N": "1"}, "m": {"N": "1"}}, {"n": {"N": "1"}}, id="an attribute less"),
        pytest.param({"m": {"M": {"a": {"L": [{"N": "1"}]}}}}, {"m": {"M": {"a": {"L": []}}}}, id="deep inside"),
        pytest.param(
            {"name": {"S": "a"}, "status": {"S": "b"}}, {"name": {"S": "b"}, "status": {"S": "a"}}, id="mixed"
        ),
    ],
)
def test_a_row_that_changed_after_it_was_exported_stays(
    holding: PartitionHolding, dynamodb: DynamoDBClient, table_name: str, before: Any, after: Any
) -> None:
    """Else what was written last would be in no export; its unchanged neighbour is erased."""
    put(dynamodb, table_name, "changed", **before)
    put(dynamodb, table_name, "unchanged", **before)
    rows = holding.read(None).rows
    put(dynamodb, table_name, "changed", **after)

    holding.erase(rows)

    assert [json.loads(row)["sk"]["S"] for row in holding.read(None).rows] == ["changed"]


def test_erasing_what_is_gone_already_changes_nothing(
    holding: PartitionHolding, dynamodb: DynamoDBClient, table_name: str
) -> None:
    """The run before may have been killed after it had deleted."""
    put(dynamodb, table_name, "a", n={"N": "1"})
    put(dynamodb, table_name, "b")
    rows = holding.read(None).rows
    for _ in range(2):
        holding.erase(rows)
        assert holding.count() == 0


def test_every_read_sees_the_writes_before_it(
    holding: PartitionHolding, dynamodb: DynamoDBClient, table_name: str, calls: list[tuple[str, dict[str, Any]]]
) -> None:
    """An eventually consistent count would prove nothing."""
    put(dynamodb, table_name, "a")
    calls.clear()
    read_all(holding)
    holding.count()
    assert [(name, asked["ConsistentRead"]) for name, asked in calls] == [("Query", True), ("Query", True)]


def test_a_tenants_holdings_are_every_shard_of_a_kind_and_every_tenant_table_once(
    dynamodb: DynamoDBClient, table_name: str, threads: Executor
) -> None:
    """In the order of what is held; each has a name of its own, under which it is exported."""
    nobody: Any = None  # the database is not asked
    storages: list[Storage] = [
        Kind("sample", Sharding(2, others=(3,))),
        TenantTable("samples", key="sample_id"),
        Kind("order_2", Sharding(1)),
    ]
    names = [each.name for each in holdings_of(handle_of("acme"), storages, dynamodb, table_name, nobody, threads)]
    assert names == [
        *("dynamodb/sample-0", "dynamodb/sample-1", "dynamodb/sample-2"),
        "postgresql/samples",
        "dynamodb/order_2-0",
    ]


def test_where_nothing_is_held_there_is_no_holding(
    dynamodb: DynamoDBClient, table_name: str, threads: Executor
) -> None:
    """A product without an entity offboards its tenants too."""
    nobody: Any = None
    assert holdings_of(handle_of("acme"), [], dynamodb, table_name, nobody, threads) == []


def test_the_holdings_of_a_tenant_are_its_own_partitions(
    dynamodb: DynamoDBClient, table_name: str, threads: Executor
) -> None:
    """Of several tenants with rows of one id each reads its own."""
    nobody: Any = None
    for tenant_id in ("acme", "acme-eu"):
        put(dynamodb, table_name, "a", pk=f"{tenant_id}#sample#1", of={"S": tenant_id})
    for tenant_id in ("acme", "acme-eu"):
        held = holdings_of(handle_of(tenant_id), [Kind("sample", Sharding(2))], dynamodb, table_name, nobody, threads)
        rows = [json.loads(row) for holding in held for row in holding.read(None).rows]
        assert [row["of"] for row in rows] == [{"S": tenant_id}]


@pytest.mark.parametrize("kind", ["Sample", "sam-ple", "sample#0", "sam*", "", "1st"])
def test_a_kind_whose_keys_could_be_misread_is_no_holding(
    dynamodb: DynamoDBClient, table_name: str, threads: Executor, kind: str
) -> None:
    """One kind's key could else be read as another's."""
    nobody: Any = None
    with pytest.raises(InvalidKeyError):
        holdings_of(handle_of("acme"), [Kind(kind, Sharding(1))], dynamodb, table_name, nobody, threads)
