"""What the mappers share: partitions, tags as condition keys, and the query protocol's flat fields."""

from __future__ import annotations

import string
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from moto.core.parse import QueryParser
from moto.core.utils import get_service_model
from moto.utilities.utils import PARTITION_NAMES, get_partition
from werkzeug.datastructures import MultiDict

from bulkhead_localaws.protocol.checks import MalformedRequestError, UnmappableRequestError
from bulkhead_localaws.services import tags
from bulkhead_localaws.services.arns import partition_of
from bulkhead_localaws.services.flat import Fields

FIELDS = frozenset({"RoleName", "Tags", "TagKeys"})
LISTS = frozenset({"Tags", "TagKeys"})


@pytest.mark.parametrize(
    ("region", "partition"),
    [("eu-central-1", "aws"), ("cn-north-1", "aws-cn"), ("us-gov-west-1", "aws-us-gov"), ("us-iso-east-1", "aws-iso")],
)
def test_a_region_has_the_partition_that_the_emulator_says(region: str, partition: str) -> None:
    """The mapper's ARNs and the emulator's begin alike; `make drift` asks so of every region of the SDK."""
    assert partition_of(region) == partition == get_partition(region)


@pytest.mark.parametrize(
    "region", [*PARTITION_NAMES, "eu-isoe-west-1", "us-isof-south-1", "", "global", "us-east-1\n", "../us-east-1", "*"]
)
def test_what_is_no_region_has_no_partition(region: str) -> None:
    """A partition's name is a region of it to moto: two readings, so it is refused."""
    with pytest.raises(UnmappableRequestError):
        partition_of(region)


def test_tags_of_a_request_become_one_key_each_and_the_list_of_all() -> None:
    """aws:RequestTag/… has the value, aws:TagKeys the keys; without tags both are absent."""
    assert tags.requested({"Team": "a", "cost": ""}) == {
        "aws:RequestTag/Team": "a",
        "aws:RequestTag/cost": "",
        "aws:TagKeys": ("Team", "cost"),
    }
    assert tags.requested({}) == tags.removed([]) == tags.attached({}, "aws") == {}
    assert tags.removed(["Team", "Team", "cost"]) == {"aws:TagKeys": ("Team", "cost")}
    assert tags.attached({"Team": "a"}, "aws", "iam") == {"aws:ResourceTag/Team": "a", "iam:ResourceTag/Team": "a"}


def test_tags_that_differ_in_case_only_are_refused() -> None:
    """They would be one condition key with two values, of which a policy sees either."""
    ambiguous = {"tenant": "acme", "Tenant": "globex"}
    with pytest.raises(UnmappableRequestError):
        tags.requested(ambiguous)
    with pytest.raises(UnmappableRequestError):
        tags.attached(ambiguous, "aws")
    with pytest.raises(UnmappableRequestError):
        tags.check_respelled(["Tenant"], {"tenant": "acme"})
    tags.check_respelled(["tenant", "Other"], {"tenant": "acme"})


@pytest.mark.parametrize(("one", "other"), [("task", "tas\u212a"), ("task", "TA\u017fK"), ("\u00e4", "\u00c4")])
def test_tags_that_may_differ_in_case_only_are_refused(one: str, other: str) -> None:
    """AWS does not say which letters beyond ASCII are the same."""
    with pytest.raises(UnmappableRequestError):
        tags.requested({one: "acme", other: "globex"})
    with pytest.raises(UnmappableRequestError):
        tags.attached({one: "acme", other: "globex"}, "aws")
    with pytest.raises(UnmappableRequestError):
        tags.check_respelled([other], {one: "acme"})
    tags.check_respelled([other], {other: "acme"})


@pytest.mark.parametrize("key", ["", "aws:x", "AWS:x", "aw\u017f:x"])
def test_a_key_that_no_tag_may_have_is_malformed(key: str) -> None:
    """AWS reserves the prefix, in any case."""
    with pytest.raises(MalformedRequestError):
        tags.requested({key: "x"})
    with pytest.raises(MalformedRequestError):
        tags.removed([key])


@pytest.mark.parametrize(
    "entries",
    [["x"], [{"Key": "a"}], [{"Value": "a"}], [{"Key": 1, "Value": "a"}], [{"Key": "a", "Value": "b"}] * 2],
)
def test_a_list_of_anything_but_different_tags_is_malformed(entries: list[Any]) -> None:
    """Each tag has a key and a value, both strings."""
    with pytest.raises(MalformedRequestError):
        tags.unique_tags(entries)


_part = st.sampled_from(["Key", "Value", "key", "member", "", "Key.x"])
_index = st.sampled_from(["1", "2", "3", "01", "0", "-1", "x", "10"])
_field = st.one_of(
    st.sampled_from(["Tags", "TagKeys", "Tags.", "Tags.member", "TagKeys.1", "RoleName", "RoleName.member.1"]),
    st.builds("Tags.member.{}.{}".format, _index, _part),
    st.builds("TagKeys.member.{}".format, _index),
    st.builds("Tags.entry.{}.Key".format, _index),
)
_canonical = st.lists(
    st.tuples(st.text(string.ascii_letters, min_size=1, max_size=3), st.text(max_size=3)), max_size=3
).map(
    lambda pairs: {
        f"Tags.member.{index}.{part}": value
        for index, pair in enumerate(pairs, 1)
        for part, value in zip(("Key", "Value"), pair, strict=True)
    }
)


def moto_reads(operation: str, parameters: dict[str, str]) -> dict[str, Any]:
    """Return what moto's parser of the query protocol makes of the fields."""
    request: Any = {"values": MultiDict(parameters)}
    return QueryParser(get_service_model("iam").operation_model(operation)).parse(request)


@given(canonical=_canonical, others=st.dictionaries(_field, st.sampled_from(["", "a", "b"]), max_size=4))
def test_fields_that_are_read_are_read_as_the_emulator_reads_them(
    canonical: dict[str, str], others: dict[str, str]
) -> None:
    """For any fields: refused, or moto's own parser finds the same tags and keys."""
    parameters = canonical | others
    try:
        fields = Fields(parameters, FIELDS, LISTS)
        found, keys = fields.tags(), fields.listed("TagKeys")
    except (MalformedRequestError, UnmappableRequestError):
        return
    read = [{"Key": key, "Value": value} for key, value in found.items()]
    assert read == moto_reads("TagRole", parameters).get("Tags", [])
    assert keys == moto_reads("UntagRole", parameters).get("TagKeys", [])


@given(_canonical)
def test_tags_in_the_canonical_spelling_are_read(parameters: dict[str, str]) -> None:
    """The twin of the above: different tags are never refused."""
    keys = [value for name, value in parameters.items() if name.endswith(".Key")]
    if len(set(keys)) == len(keys):
        assert list(Fields(parameters, FIELDS, LISTS).tags()) == keys


@pytest.mark.parametrize("name", ["Rolename", "RoleName.member.1", "RoleName.", "Action", "", ".RoleName", "Tag"])
def test_an_unknown_field_is_refused(name: str) -> None:
    """What the mapper does not know might widen what the request touches."""
    with pytest.raises(UnmappableRequestError):
        Fields({name: "x"}, FIELDS, LISTS)


def test_an_empty_field_is_malformed_and_not_absent() -> None:
    """An empty UserName is the caller's to moto; AWS refuses it."""
    fields = Fields({"RoleName": ""}, FIELDS, LISTS)
    with pytest.raises(MalformedRequestError):
        fields.text("RoleName")
    with pytest.raises(MalformedRequestError):
        Fields({}, FIELDS, LISTS).required("RoleName")
    assert Fields({"Tags": "", "TagKeys": ""}, FIELDS, LISTS).tags() == {}
