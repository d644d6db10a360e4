"""Partition keys: `{tenant}#{kind}#{shard}`."""

from __future__ import annotations

from fnmatch import fnmatchcase

from hypothesis import assume, given
from hypothesis import strategies as st

from chalicelib.keys import Kind, partition_key
from chalicelib.tenant import Role, TenantContext

TENANT_IDS = st.from_regex(r"\A[a-z0-9](?:[a-z0-9-]{1,30}[a-z0-9])\Z")


def key_of(tenant_id: str, shard: int = 0) -> str:
    """Return the key of a cart partition."""
    return partition_key(TenantContext(tenant_id, Role.VIEWER, "user-1", "a@example.com"), Kind.CART, shard)


def test_a_partition_key_names_tenant_kind_and_shard() -> None:
    """The form on which the tenant role's policy rests."""
    assert key_of("acme") == "acme#cart#0"
    assert key_of("acme-eu", 12) == "acme-eu#cart#12"


def test_no_kind_holds_the_delimiter_or_a_wildcard() -> None:
    """Else one kind's key could be read as another's."""
    assert all(kind.value.isascii() and kind.value.isalpha() for kind in Kind)


@given(one=TENANT_IDS, other=TENANT_IDS, shard=st.integers(0, 99))
def test_a_key_matches_its_own_tenants_pattern_and_no_other_tenants(one: str, other: str, shard: int) -> None:
    """`TENANT#*` is what IAM compares leading keys with; it tells `acme` from `acme-eu` and `acme1` from `acme10`."""
    assume(one != other)
    assert fnmatchcase(key_of(one, shard), f"{one}#*")
    assert not fnmatchcase(key_of(one, shard), f"{other}#*")


@given(tenant_id=TENANT_IDS.filter(lambda drawn: len(drawn) <= 29), more=st.from_regex(r"\A[a-z0-9-]{0,2}[a-z0-9]\Z"))
def test_a_tenant_whose_name_begins_with_anothers_shares_no_key_with_it(tenant_id: str, more: str) -> None:
    """The case that a prefix without a delimiter gets wrong, made on purpose rather than by luck."""
    assert not key_of(tenant_id + more).startswith(f"{tenant_id}#")
