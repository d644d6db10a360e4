"""Partition keys: `{tenant}#{kind}#{shard}`."""

from __future__ import annotations

import ast
import re
import uuid
from collections import Counter
from fnmatch import fnmatchcase
from itertools import pairwise
from typing import TYPE_CHECKING

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from chalicelib.data.partitions import PartitionKey, Partitions
from chalicelib.data.storage import Kind, Sharding
from chalicelib.errors import InvalidKeyError
from chalicelib.tenancy.tenant import Role, TenantContext, leading_keys

if TYPE_CHECKING:
    from pathlib import Path

TENANT_IDS = st.from_regex(r"\A[a-z0-9](?:[a-z0-9-]{1,30}[a-z0-9])\Z")
SHARDINGS = st.builds(Sharding, st.integers(1, 200), st.lists(st.integers(1, 200), max_size=3).map(tuple))
IDS = st.uuids(version=4).map(str)
TEN = Sharding(10)


def tenant(tenant_id: str) -> TenantContext:
    """Make a tenant context."""
    return TenantContext(tenant_id, Role.VIEWER, "user-1", "a@example.com")


def keys_of(tenant_id: str, sharding: Sharding = TEN) -> Partitions:
    """Return the partitions of a tenant's samples."""
    return Partitions(tenant(tenant_id), Kind("sample", sharding))


def test_a_partition_key_names_tenant_kind_and_shard() -> None:
    """The form on which the tenant role's policy rests."""
    assert keys_of("acme").every() == [f"acme#sample#{shard}" for shard in range(10)]
    assert Partitions(tenant("acme-eu"), Kind("order_2", Sharding(1))).every() == ["acme-eu#order_2#0"]


def test_no_other_module_makes_or_takes_apart_a_partition_key(project: Path) -> None:
    """A key that is put together elsewhere would escape these tests."""
    modules = {path.relative_to(project).as_posix(): path.read_text() for path in project.glob("chalicelib/**/*.py")}
    handling = {path for path, code in modules.items() if _handles_keys(code)}
    # The second one names the delimiter, for the pattern that all keys of a tenant match.
    assert handling == {"chalicelib/data/partitions.py", "chalicelib/tenancy/tenant.py"}


@pytest.mark.parametrize(
    "code",
    ['f"{tenant}#sample#{shard}"', 'f"{tenant}#{kind}"', 'tenant + "#sample#3"', 'key.split("#")', '"acme#sample#3"'],
)
def test_a_key_that_is_handled_elsewhere_would_be_noticed(code: str) -> None:
    """The canary; its twin is an attribute's placeholder in an expression of DynamoDB."""
    assert _handles_keys(code)
    assert not _handles_keys('f"SET #{name} = :{name}"; "#version IN (:a)"')


def _handles_keys(code: str) -> bool:
    tree = ast.parse(code)
    in_joined = {id(part) for node in ast.walk(tree) if isinstance(node, ast.JoinedStr) for part in node.values}
    for node in ast.walk(tree):
        if isinstance(node, ast.JoinedStr):
            for before, part in pairwise(node.values):
                is_text = isinstance(part, ast.Constant) and str(part.value).startswith("#")
                if is_text and isinstance(before, ast.FormattedValue):
                    return True
        elif isinstance(node, ast.Constant) and isinstance(node.value, str):
            in_docstring = "\n" in node.value or "`" in node.value
            if node.value == "#" and id(node) not in in_joined:
                return True
            if re.search(r"#[a-z]+#|[a-z]#", node.value) and not in_docstring:
                return True
    return False


@given(one=TENANT_IDS, other=TENANT_IDS, sharding=SHARDINGS, row_id=IDS)
def test_a_key_matches_its_own_tenants_pattern_and_no_other_tenants(
    one: str, other: str, sharding: Sharding, row_id: str
) -> None:
    """`TENANT#*` is what IAM compares leading keys with; it tells `acme` from `acme-eu` and `acme1` from `acme10`."""
    assume(one != other)
    for key in keys_of(one, sharding).candidates(row_id):
        assert fnmatchcase(key, leading_keys(one))
        assert not fnmatchcase(key, leading_keys(other))


@given(tenant_id=TENANT_IDS.filter(lambda drawn: len(drawn) <= 29), more=st.from_regex(r"\A[a-z0-9-]{0,2}[a-z0-9]\Z"))
def test_a_tenant_whose_name_begins_with_anothers_shares_no_key_with_it(tenant_id: str, more: str) -> None:
    """The case that a prefix without a delimiter gets wrong, made on purpose rather than by luck."""
    assert not any(key.startswith(f"{tenant_id}#") for key in keys_of(tenant_id + more).every())


def test_an_id_falls_into_the_same_shard_in_every_process_and_release() -> None:
    """These are fixed: another hash would lose what is stored."""
    ids = ["00000000-0000-4000-8000-000000000000", "4cf96e9e-be37-4fb1-a1c1-ea2ee80a4106", "é"]
    assert [Sharding(10).candidates(row_id) for row_id in ids] == [[8], [8], [1]]


def test_ids_spread_evenly() -> None:
    """No shard is hot: with 10,000 ids each of the ten has 1,000, give or take six deviations."""
    counts = Counter(Sharding(10).candidates(str(uuid.UUID(int=n)))[0] for n in range(10_000))
    assert counts.keys() == set(range(10))
    assert all(820 <= count <= 1180 for count in counts.values())


@given(sharding=SHARDINGS, row_id=IDS)
def test_a_row_may_be_in_known_shards_only(sharding: Sharding, row_id: str) -> None:
    """Listing, exporting and erasing go over `every()`: whatever a read finds, they find too."""
    candidates = keys_of("acme", sharding).candidates(row_id)
    assert len(candidates) == len(set(candidates))
    assert set(candidates) <= set(keys_of("acme", sharding).every())


@given(old=st.integers(1, 200), new=st.integers(1, 200), row_id=IDS)
def test_after_a_growth_a_row_is_looked_for_where_it_was_written(old: int, new: int, row_id: str) -> None:
    """The new place first, since that is where more and more of them are."""
    (written_to,) = keys_of("acme", Sharding(old)).candidates(row_id)
    grown = keys_of("acme", Sharding(new, others=(old,)))
    assert written_to in grown.candidates(row_id)
    assert grown.candidates(row_id)[0] == keys_of("acme", Sharding(new)).candidates(row_id)[0]


@given(tenant_id=TENANT_IDS, kind=st.from_regex(r"\A[a-z][a-z0-9_]{0,20}\Z"), shard=st.integers(0, 9999))
def test_a_key_that_was_put_together_can_be_taken_apart(tenant_id: str, kind: str, shard: int) -> None:
    """Both ways are each other's inverse."""
    key = PartitionKey(tenant_id, kind, shard)
    assert PartitionKey.parse(str(key)) == key


@pytest.mark.parametrize(
    "text",
    [
        "",
        "acme",
        "#sample#3",
        "acme#sample",
        "acme#sample#",
        "acme##3",
        "acme#or-der#3",
        "acme#SAMPLE#3",
        "acme#sample#03",
        "acme#sample#-1",
        "acme#sample#3#",
        "acme#sample#3#4",
        "acme#sample#3\n",
        " acme#sample#3",
        "acme#sample#\u0663",
        "acme#sample#10000",
        "ACME#sample#3",
        "ac#sample#3",
        "a*#sample#3",
        "*#sample#3",
        "acme/sample/3",
        "acme\uff03sample\uff033",
    ],
)
def test_what_does_not_have_the_form_of_a_key_is_refused(text: str) -> None:
    """One key has one spelling."""
    with pytest.raises(InvalidKeyError, match="must be a whole partition key such as acme#kind#3"):
        PartitionKey.parse(text)
