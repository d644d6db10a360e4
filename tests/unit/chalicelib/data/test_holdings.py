"""All that a tenant holds in the pooled table: read in pages, deleted as it was exported, counted."""

from __future__ import annotations

import itertools
import json
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any

import pytest

from chalicelib.data.holdings import PartitionHolding, holdings_of
from chalicelib.data.partitions import SHARDING
from chalicelib.entities import TENANT_DATA
from chalicelib.errors import InvalidKeyError
from chalicelib.tenancy.tenant import Role, TenantContext

if TYPE_CHECKING:
    from collections.abc import Iterator
    from concurrent.futures import Executor

    from mypy_boto3_dynamodb import DynamoDBClient

PARTITION = "acme#item#3"
OTHERS = ("acme#item#2", "acme#item#33", "acme#cart#0", "acme-eu#item#3", "acm#item#3")
LARGE = "x" * 300_000  # four make more than the megabyte of a page


@pytest.fixture(scope="module")
def threads() -> Iterator[Executor]:
    """The threads that delete."""
    with ThreadPoolExecutor(4) as executor:
        yield executor


@pytest.fixture
def holding(dynamodb: DynamoDBClient, table_name: str, threads: Executor) -> PartitionHolding:
    """One partition, empty, beside others that are not."""
    for other in OTHERS:
        put(dynamodb, table_name, "a", pk=other)
    return PartitionHolding(dynamodb, table_name, PARTITION, threads)


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


def test_a_tenants_holdings_are_every_kind_shard_and_tenant_table_once(
    dynamodb: DynamoDBClient, table_name: str, threads: Executor
) -> None:
    """Each has a name of its own, under which it is exported, and none names another tenant."""
    nobody: Any = None  # the database is not asked
    tenant = TenantContext("acme", Role.ADMIN, "test", "-")
    names = [each.name for each in holdings_of(tenant, TENANT_DATA, dynamodb, table_name, nobody, threads)]
    partitions = [f"dynamodb/{kind}-{shard}" for kind, sharding in SHARDING.items() for shard in sharding.shards()]
    assert names == [*partitions, *(f"postgresql/{table}" for table in TENANT_DATA.tables)]
    assert len(set(names)) == len(names)


def test_what_is_no_partition_key_is_no_holding(dynamodb: DynamoDBClient, table_name: str, threads: Executor) -> None:
    """A whole tenant or a prefix cannot be meant."""
    with pytest.raises(InvalidKeyError):
        PartitionHolding(dynamodb, table_name, "acme#item", threads)
