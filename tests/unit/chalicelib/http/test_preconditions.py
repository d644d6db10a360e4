"""Entity tags and If-Match, as RFC 9110 (8.8.3, 13.1.1) has them."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

import jsonschema_rs
import pytest
from hypothesis import given
from hypothesis import strategies as st

from chalicelib.errors import InvalidRequestError, PreconditionRequiredError
from chalicelib.http.preconditions import ETAG, IF_MATCH, entity_tag, required_versions, versions

if TYPE_CHECKING:
    from tests.support.requests import MakeRequest


@given(st.integers(1, 10**18 - 1))
def test_a_versions_tag_matches_that_version_alone(make_request: MakeRequest, version: int) -> None:
    """What an answer's ETag says, If-Match takes back."""
    tag = entity_tag(version)
    request = make_request(headers={"If-Match": tag})

    assert tag == f'"{version}"'
    assert versions(request) == required_versions(request) == frozenset({version})


@pytest.mark.parametrize(
    ("header", "matched"),
    [
        pytest.param('"3"', {3}, id="one"),
        pytest.param(' \t"3" ', {3}, id="space around it"),
        pytest.param('"3","5"', {3, 5}, id="a list"),
        pytest.param('"3" \t,\t "5", "3"', {3, 5}, id="a list with space"),
        pytest.param('"3",,"5"', {3, 5}, id="an empty element"),
        pytest.param(', "3" , ,', {3}, id="empty elements at the ends"),
        pytest.param(", ".join(f'"{n}"' for n in range(1, 21)), set(range(1, 21)), id="20 of them"),
        pytest.param('W/"3"', set(), id="weak"),
        pytest.param('W/"3", "5"', {5}, id="weak beside strong"),
        pytest.param('"5",W/"3"', {5}, id="strong beside weak"),
        pytest.param('""', set(), id="empty tag"),
        pytest.param('"abc"', set(), id="a tag that is no version"),
        pytest.param('"3,5"', set(), id="a comma within a tag"),
        pytest.param('"W/", "5"', {5}, id="a tag that ends like a weak mark"),
        pytest.param('"a","3"', {3}, id="a version after another tag"),
        pytest.param('"03"', set(), id="leading zero"),
        pytest.param('"0"', set(), id="zero"),
        pytest.param('"-3"', set(), id="negative"),
        pytest.param('"+3"', set(), id="plus sign"),
        pytest.param('"3.0"', set(), id="decimal"),
        pytest.param('" 3"', None, id="a space within a tag is malformed"),
        pytest.param('"1000000000000000000"', set(), id="beyond any version"),
        pytest.param('"\xb2"', set(), id="superscript digit"),
        pytest.param('"\xfc"', set(), id="obsolete text"),
    ],
)
def test_if_match_names_versions_by_strong_comparison(
    make_request: MakeRequest, header: str, matched: set[int] | None
) -> None:
    """A weak tag matches nothing, nor does one that no version has: the answer is then 412, not 400."""
    request = make_request(headers={"If-Match": header})
    if matched is None:
        with pytest.raises(InvalidRequestError):
            versions(request)
    else:
        assert versions(request) == required_versions(request) == frozenset(matched)


@pytest.mark.parametrize("header", ["*", " * ", "\t*"])
def test_a_star_admits_any_version(make_request: MakeRequest, header: str) -> None:
    """Also where the header is required: the caller has said that it does not matter."""
    request = make_request(headers={"If-Match": header})
    assert versions(request) is None
    assert required_versions(request) is None


@pytest.mark.parametrize(
    "header",
    [
        pytest.param("", id="empty"),
        pytest.param(" ", id="blank"),
        pytest.param(",", id="nothing but empty elements"),
        pytest.param("3", id="without quotes"),
        pytest.param('"3', id="no closing quote"),
        pytest.param('3"', id="no opening quote"),
        pytest.param("'3'", id="single quotes"),
        pytest.param('"3" "5"', id="no comma"),
        pytest.param('"3";"5"', id="semicolon"),
        pytest.param('w/"3"', id="weak in small letters"),
        pytest.param('W"3"', id="weak without a slash"),
        pytest.param('W/ "3"', id="space in the weak mark"),
        pytest.param("**", id="two stars"),
        pytest.param('*, "3"', id="a star in a list"),
        pytest.param("*,", id="a star and an empty element"),
        pytest.param('"*" *', id="a star after a tag"),
        pytest.param('"3"\n', id="newline"),
        pytest.param('"3\x00"', id="NUL"),
        pytest.param('"3\x7f"', id="DEL"),
        pytest.param('"\u0663"', id="beyond Latin-1"),
        pytest.param('"3"x', id="something after it"),
        pytest.param(", ".join(['"3"'] * 21), id="21 of them"),
        pytest.param('"1"' + "," * 100_000 + "x", id="100,000 commas"),
        pytest.param('"1"' + " " * 100_000 + "x", id="100,000 spaces"),
        pytest.param("x" * 100_000, id="100 kB"),
        pytest.param('"' * 100_000, id="100,000 quotes"),
    ],
)
def test_a_malformed_header_is_refused_at_once(make_request: MakeRequest, header: str) -> None:
    """By name, without an echo, and however long it is in no time worth mentioning."""
    request = make_request(headers={"If-Match": header})
    began = time.process_time()
    for read in (versions, required_versions):
        with pytest.raises(InvalidRequestError, match=r'\AIf-Match: must be \* or up to 20 entity tags such as "3"\Z'):
            read(request)
    assert time.process_time() - began < 1


def test_without_the_header_any_version_is_admitted_unless_it_is_required(make_request: MakeRequest) -> None:
    """428 (RFC 6585, section 3) says which header is missing."""
    assert versions(make_request()) is None
    with pytest.raises(PreconditionRequiredError, match="If-Match") as refused:
        required_versions(make_request())
    assert refused.value.STATUS_CODE == 428


@pytest.mark.parametrize("name", ["if-match", "If-Match", "IF-MATCH"])
def test_the_headers_name_is_read_without_regard_to_case(make_request: MakeRequest, name: str) -> None:
    """As RFC 9110, section 5.1, has it."""
    assert required_versions(make_request(headers={name: '"3"'})) == frozenset({3})


@given(st.text())
def test_any_header_is_read_or_refused_as_the_document_says(make_request: MakeRequest, header: str) -> None:
    """The pattern in the OpenAPI document is the one that is checked, but for space around the value."""
    documented = jsonschema_rs.validator_for(dict(IF_MATCH.schema)).is_valid(header.strip(" \t"))
    try:
        versions(make_request(headers={"If-Match": header}))
    except InvalidRequestError:
        assert not documented
    else:
        assert documented


@given(st.integers(1, 10**18 - 1))
def test_every_tag_has_the_documented_form(version: int) -> None:
    """And the example of If-Match is one."""
    assert jsonschema_rs.validator_for(dict(ETAG.schema)).is_valid(entity_tag(version))
    assert jsonschema_rs.validator_for(dict(IF_MATCH.schema)).is_valid(IF_MATCH.example)
