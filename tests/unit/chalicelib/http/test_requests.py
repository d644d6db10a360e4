"""Bodies, query parameters and cursors: parsed strictly, refused with a 400 that names the field."""

from __future__ import annotations

import base64
import re
from decimal import Decimal
from typing import TYPE_CHECKING, Annotated, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import Field

from chalicelib.errors import InvalidRequestError
from chalicelib.http.parameters import (
    cursor_after,
    encode_cursor,
    parse_cursor,
    parse_limit,
    parse_parameter,
    parse_path_parameter,
)
from chalicelib.http.requests import Body, Patch, parse_body

if TYPE_CHECKING:
    from tests.support.requests import MakeRequest

POSITION = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")


class Parcel(Body):
    """A body like those of the routes."""

    label: str
    weight: Annotated[Decimal, Field(ge=0)]
    count: int = 1


GOOD = '{"label": "anvil", "weight": 1.10, "count": 2}'


def refusal(make_request: MakeRequest, body: str | bytes | None) -> str:
    """Return why the body is refused; an error of any other class fails the test."""
    with pytest.raises(InvalidRequestError) as refused:
        parse_body(make_request(body), Parcel)
    assert refused.value.STATUS_CODE == 400
    return str(refused.value)


@pytest.mark.parametrize("body", [GOOD, GOOD.encode(), b"\xef\xbb\xbf" + GOOD.encode(), f" {GOOD}\n"])
def test_a_good_body_becomes_the_model(make_request: MakeRequest, body: str | bytes) -> None:
    """Plain or in base64, as API Gateway passes it; every refusal below differs from it in one thing."""
    parcel = parse_body(make_request(body), Parcel)
    assert (parcel.label, str(parcel.weight), parcel.count) == ("anvil", "1.10", 2)


@pytest.mark.parametrize("literal", ["1.10", "0.1", "1e2", "12345678901234567890.123456789", "0.30000000000000004"])
def test_no_number_passes_through_a_float(make_request: MakeRequest, literal: str) -> None:
    """A decimal arrives with all its digits."""
    weight = parse_body(make_request(f'{{"label": "x", "weight": {literal}}}'), Parcel).weight
    assert type(weight) is Decimal
    assert str(weight) == str(Decimal(literal))


class Anything(Body):
    """A body with a field that takes whatever JSON becomes."""

    value: Any


@pytest.mark.parametrize(
    ("literal", "value"),
    [
        ("1.5", "1.5"),
        ("1e2", "1E+2"),
        ("-0", "-0"),
        ("NaN", "NaN"),
        ("Infinity", "Infinity"),
        ("-Infinity", "-Infinity"),
        ("1e999999999999999999999", "Infinity"),
        ("1234567890123456789", "1234567890123456789"),
    ],
)
def test_no_literal_of_json_becomes_a_float(make_request: MakeRequest, literal: str, value: str) -> None:
    """Not even what JSON does not know, or no decimal can hold: the field's own check can then refuse it."""
    parsed = parse_body(make_request(f'{{"value": {literal}}}'), Anything).value
    assert type(parsed) is Decimal
    assert str(parsed) == value


def test_a_whole_number_of_up_to_18_digits_is_an_integer(make_request: MakeRequest) -> None:
    """The twin of the test above."""
    parsed = parse_body(make_request('{"value": -12345678901234567}'), Anything).value
    assert type(parsed) is int


NESTED_LIST = "[" * 100_000 + "]" * 100_000
NESTED_OBJECT = '{"label":' * 100_000 + "1" + "}" * 100_000


@pytest.mark.parametrize(
    "body",
    [
        pytest.param(None, id="absent"),
        pytest.param("", id="empty"),
        pytest.param(" ", id="blank"),
        pytest.param("{", id="cut short"),
        pytest.param(GOOD + GOOD, id="two documents"),
        pytest.param(GOOD + "\0", id="trailing NUL"),
        pytest.param("{'label': 'x'}", id="single quotes"),
        pytest.param("label=anvil", id="form"),
        pytest.param('{"label": "x", "weight": 1.5,}', id="trailing comma"),
        pytest.param('{"label": "x", "weight": 01}', id="leading zero"),
        pytest.param('{"label": "x\n", "weight": 1.5}', id="newline in a string"),
        pytest.param('{"label": "x", "label": "y", "weight": 1.5}', id="a name twice"),
        pytest.param('{"label": "x", "weight": 1.5, "a": {"b": 1, "b": 2}}', id="a name twice further in"),
        pytest.param("\ud800", id="lone surrogate"),
        pytest.param(b"\xff\xfe\xfd", id="bytes that are no text"),
        pytest.param(b'{"label": "\xe9", "weight": 1.5}', id="Latin-1"),
        pytest.param(NESTED_LIST, id="deeply nested lists"),
        pytest.param(NESTED_OBJECT, id="deeply nested objects"),
        pytest.param(b"\0" * 100, id="NULs"),
    ],
)
def test_what_is_no_json_document_is_refused(make_request: MakeRequest, body: str | bytes | None) -> None:
    """However it is broken, and without echoing it."""
    assert refusal(make_request, body) == "The body is not a JSON document."


def test_a_body_in_broken_base64_is_refused(make_request: MakeRequest) -> None:
    """The gateway never sends it; whoever does is told so."""
    request = make_request(GOOD.encode())
    request._body = "a"
    with pytest.raises(InvalidRequestError, match="not a JSON document"):
        parse_body(request, Parcel)


@pytest.mark.parametrize("body", ["[]", "null", "1", "1.5", "true", '"{}"', "NaN", "[{}]"])
def test_a_document_that_is_no_object_is_refused(make_request: MakeRequest, body: str) -> None:
    """There is no field to name in it."""
    assert refusal(make_request, body) == "The body must be a JSON object."


@pytest.mark.parametrize(
    ("body", "message"),
    [
        pytest.param('{"weight": 1.5}', "label: Field required", id="missing"),
        pytest.param("{}", "label: Field required; weight: Field required", id="all missing"),
        pytest.param('{"label": 1, "weight": 1.5}', "label: Input should be a valid string", id="number as text"),
        pytest.param('{"label": null, "weight": 1.5}', "label: Input should be a valid string", id="null"),
        pytest.param('{"label": {}, "weight": 1.5}', "label: Input should be a valid string", id="object"),
        pytest.param('{"label": NaN, "weight": 1.5}', "label: Input should be a valid string", id="NaN as text"),
        pytest.param(
            '{"label": "x", "weight": 1.5, "count": "1"}',
            "count: Input should be a valid integer",
            id="text as integer",
        ),
        pytest.param(
            '{"label": "x", "weight": 1.5, "count": 1.0}', "count: Input should be a valid integer", id="decimal"
        ),
        pytest.param(
            '{"label": "x", "weight": 1.5, "count": 1e0}', "count: Input should be a valid integer", id="exponent"
        ),
        pytest.param(
            '{"label": "x", "weight": 1.5, "count": true}', "count: Input should be a valid integer", id="true"
        ),
        pytest.param('{"label": "x", "weight": 1.5, "count": NaN}', "count: Input should be a valid integer", id="NaN"),
        pytest.param(
            '{"label": "x", "weight": 1.5, "count": -0}', "count: Input should be a valid integer", id="negative zero"
        ),
        pytest.param(
            f'{{"label": "x", "weight": 1.5, "count": {"1" * 1_000_000}}}',
            "count: Input should be a valid integer",
            id="integer of a million digits",
        ),
        pytest.param('{"label": "x", "weight": -0.5}', "weight: Input should be greater than", id="below the limit"),
        pytest.param('{"label": "x", "weight": 1.5, "tenant": "globex"}', "tenant: Extra inputs", id="unknown field"),
        pytest.param('{"label": "x", "weight": 1.5, "Label": "x"}', "Label: Extra inputs", id="name in other letters"),
        pytest.param('{"label": "x", "weight": 1.5, "": 1}', "body: Extra inputs", id="empty name"),
    ],
)
def test_a_wrong_field_is_named(make_request: MakeRequest, body: str, message: str) -> None:
    """Unknown fields are refused and no value is coerced."""
    assert refusal(make_request, body).startswith(message)


def test_every_wrong_field_is_named_at_once(make_request: MakeRequest) -> None:
    """Nobody should have to try three times."""
    message = refusal(make_request, '{"label": 1, "weight": "x", "count": "y", "more": 1}')
    assert [part.split(":")[0] for part in message.split("; ")] == ["label", "weight", "count", "more"]


@pytest.mark.parametrize("name", ['"\\ud800"', '"label\\u0000"'], ids=["lone surrogate", "NUL"])
def test_a_field_with_an_impossible_name_is_refused(make_request: MakeRequest, name: str) -> None:
    """The message can still be written as UTF-8."""
    assert refusal(make_request, f'{{"label": "x", "weight": 1.5, {name}: 1}}').encode()


@pytest.mark.parametrize(
    "body",
    [
        pytest.param(f'{{"label": "x", "weight": "{"9" * 1_000_000}x"}}', id="value"),
        pytest.param(f'{{"label": "x", "weight": 1.5, "{"n" * 1_000_000}": 1}}', id="name"),
        pytest.param("{" + ", ".join(f'"name{number}": 1' for number in range(50_000)) + "}", id="names"),
        pytest.param(f'{{"label": "x", "weight": 1.5, "count": [{"1, " * 100_000}1]}}', id="list"),
        pytest.param("x" * 1_000_000, id="no JSON"),
    ],
)
def test_a_refusal_never_sends_a_large_body_back(make_request: MakeRequest, body: str) -> None:
    """Neither long values nor long names nor long lists of them."""
    assert len(refusal(make_request, body)) < 1000


class ParcelPatch(Patch):
    """Some fields of a parcel."""

    label: str = Field(default=None)  # type: ignore[assignment]
    count: int = Field(default=None)  # type: ignore[assignment]


@pytest.mark.parametrize(
    ("body", "changes"),
    [
        ('{"label": "x"}', {"label": "x"}),
        ('{"count": 0}', {"count": 0}),
        ('{"label": "", "count": 1}', {"label": "", "count": 1}),
    ],
)
def test_a_patch_holds_what_the_body_names(make_request: MakeRequest, body: str, changes: dict[str, Any]) -> None:
    """And knows which fields were left out, whatever their default."""
    patch = parse_body(make_request(body), ParcelPatch)
    assert patch.model_dump(exclude_unset=True) == changes
    assert patch.model_fields_set == changes.keys()


@pytest.mark.parametrize(
    ("body", "message"),
    [
        ("{}", "body: name at least one of label, count"),
        ('{"label": null}', "label: Input should be a valid string"),
        ('{"count": null}', "count: Input should be a valid integer"),
        ('{"weight": 1}', "weight: Extra inputs are not permitted"),
        ('{"label": "x", "pk": "x"}', "pk: Extra inputs are not permitted"),
    ],
)
def test_a_patch_names_a_field_and_no_null(make_request: MakeRequest, body: str, message: str) -> None:
    """The default None stands for a field that is left out, and is no value that a body may give."""
    with pytest.raises(InvalidRequestError) as refused:
        parse_body(make_request(body), ParcelPatch)
    assert str(refused.value) == message


def test_a_patch_is_described_without_its_defaults() -> None:
    """The JSON schema neither offers null nor an empty object."""
    schema = ParcelPatch.model_json_schema()
    assert schema["minProperties"] == 1
    assert not any("default" in field for field in schema["properties"].values())
    assert "required" not in schema


@given(body=st.text() | st.binary())
def test_any_body_is_parsed_or_refused(make_request: MakeRequest, body: str | bytes) -> None:
    """No bytes at all make another error than the one that is answered with 400."""
    assert refusal(make_request, body)


@pytest.mark.parametrize("given_as", ["1", "9", "10", "99", "100"])
def test_a_limit_from_1_to_100_is_taken(make_request: MakeRequest, given_as: str) -> None:
    """Both ends included."""
    assert parse_limit(make_request(query={"limit": [given_as]})) == int(given_as)


@pytest.mark.parametrize("query", [None, {}, {"cursor": ["x"], "Limit": ["3"]}], ids=["no query", "empty", "others"])
def test_a_page_holds_50_lines_unless_told_otherwise(make_request: MakeRequest, query: dict[str, list[str]]) -> None:
    """Names of parameters are case-sensitive."""
    assert parse_limit(make_request(query=query)) == 50


@pytest.mark.parametrize(
    "given_as",
    [
        "",
        "0",
        "00",
        "01",
        "101",
        "1000",
        "9" * 5000,
        "-1",
        "+1",
        "1.0",
        "1e1",
        " 1",
        "1 ",
        "1\n",
        "1_0",
        "\uff11",
        "\u0661",
        "\u00b2",
        "0x1",
        "true",
        "1\0",
    ],
)
def test_a_limit_that_is_no_integer_from_1_to_100_is_refused(make_request: MakeRequest, given_as: str) -> None:
    """The message names the parameter and does not echo it."""
    with pytest.raises(InvalidRequestError) as refused:
        parse_limit(make_request(query={"limit": [given_as]}))
    assert str(refused.value) == "limit: must be an integer from 1 to 100"


@pytest.mark.parametrize("name", ["limit", "cursor"])
def test_a_parameter_that_is_given_twice_is_refused(make_request: MakeRequest, name: str) -> None:
    """Which of the two was meant would be a guess."""
    request = make_request(query={name: ["1", "1"]})
    with pytest.raises(InvalidRequestError) as refused:
        (parse_limit(request) if name == "limit" else parse_cursor(request, POSITION))
    assert str(refused.value) == f"{name}: must be given once"


@given(position=st.from_regex(r"\A[A-Za-z0-9][A-Za-z0-9._-]{0,63}\Z"))
def test_a_cursor_leads_back_to_the_position_it_was_made_of(make_request: MakeRequest, position: str) -> None:
    """It survives a URL unescaped but for `=`, and holds the position alone."""
    cursor = encode_cursor(position)
    assert cursor is not None
    assert re.fullmatch(r"[A-Za-z0-9_-]+=*", cursor)
    assert parse_cursor(make_request(query={"cursor": [cursor]}), POSITION) == position


def test_the_last_page_has_no_cursor() -> None:
    """Null in the answer."""
    assert encode_cursor(None) is None


@pytest.mark.parametrize("query", [None, {}, {"limit": ["1"]}], ids=["no query", "empty", "others"])
def test_without_a_cursor_the_list_begins_at_its_beginning(
    make_request: MakeRequest, query: dict[str, list[str]]
) -> None:
    """The store starts where the partition does."""
    assert parse_cursor(make_request(query=query), POSITION) is None


def test_the_documented_cursor_is_one_that_the_list_takes(make_request: MakeRequest) -> None:
    """The example and the pattern that the OpenAPI document shows."""
    described = cursor_after("a.b-c_1")
    assert described.example is not None
    assert re.search(described.schema["pattern"], described.example)
    assert parse_cursor(make_request(query={"cursor": [described.example]}), POSITION) == "a.b-c_1"


@pytest.mark.parametrize(
    ("query", "value"),
    [
        (None, None),
        ({}, None),
        ({"size": ["x"]}, None),
        ({"Product_id": ["x"]}, None),
        ({"colour": [""]}, ""),
        ({"colour": ["a#b c"], "size": ["x", "y"]}, "a#b c"),
    ],
    ids=["no query", "empty query", "another", "other letters", "empty", "given"],
)
def test_a_parameter_is_what_the_query_says(
    make_request: MakeRequest, query: dict[str, list[str]] | None, value: str | None
) -> None:
    """As it is; empty is not absent, and how often others are given is their own affair."""
    assert parse_parameter(make_request(query=query), "colour") == value


@pytest.mark.parametrize("values", [["x", "x"], ["x", "y"], ["", ""]])
def test_any_parameter_that_is_given_twice_is_refused(make_request: MakeRequest, values: list[str]) -> None:
    """By name, even when both say the same."""
    with pytest.raises(InvalidRequestError) as refused:
        parse_parameter(make_request(query={"colour": values}), "colour")
    assert str(refused.value) == "colour: must be given once"


def cursor_of(text: str) -> str:
    """Encode what no list would."""
    return base64.urlsafe_b64encode(text.encode()).decode()


@pytest.mark.parametrize(
    "cursor",
    [
        pytest.param("", id="empty"),
        pytest.param("a", id="no base64"),
        pytest.param("YQ", id="padding missing"),
        pytest.param("YQ===", id="padding too long"),
        pytest.param("YR==", id="another spelling of the same"),
        pytest.param("YQ==\n", id="trailing newline"),
        pytest.param(" YQ==", id="leading space"),
        pytest.param("Y Q==", id="space inside"),
        pytest.param("%YQ==", id="character outside the alphabet"),
        pytest.param("\u00fc", id="letter outside ASCII"),
        pytest.param("\uff39Q==", id="fullwidth letter"),
        pytest.param(cursor_of("globex#sample#0"), id="another tenant's partition key"),
        pytest.param(cursor_of("globex#sample#0|a"), id="partition key and position"),
        pytest.param(cursor_of('{"pk": {"S": "globex#sample#0"}, "sk": {"S": "a"}}'), id="a whole key"),
        pytest.param(cursor_of("a\n"), id="position and a newline"),
        pytest.param(cursor_of("a" * 65), id="position too long"),
        pytest.param(cursor_of("-a"), id="position outside the grammar"),
        pytest.param(cursor_of("\u00fc"), id="position outside ASCII"),
        pytest.param(cursor_of("a" * 1_000_000), id="1 MB"),
        pytest.param(base64.urlsafe_b64encode(b"\xff\xfe").decode(), id="bytes that are no text"),
        pytest.param("//79", id="standard alphabet"),
    ],
)
def test_a_cursor_that_the_list_did_not_return_is_refused(make_request: MakeRequest, cursor: str) -> None:
    """In particular none that names a partition: a cursor leads into the caller's own list only."""
    with pytest.raises(InvalidRequestError) as refused:
        parse_cursor(make_request(query={"cursor": [cursor]}), POSITION)
    assert str(refused.value) == "cursor: is not one that this list returned"


@given(cursor=st.text())
def test_any_text_as_a_cursor_is_a_position_or_is_refused(make_request: MakeRequest, cursor: str) -> None:
    """No text makes a position outside the grammar or another error."""
    try:
        position = parse_cursor(make_request(query={"cursor": [cursor]}), POSITION)
    except InvalidRequestError:
        return
    assert position is not None
    assert POSITION.fullmatch(position)


@pytest.mark.parametrize(("value", "decoded"), [("a.b-c_1", "a.b-c_1"), ("%61%2Eb", "a.b")])
def test_a_path_parameter_of_the_right_form_is_returned_decoded(value: str, decoded: str) -> None:
    """The twin of the refusals below."""
    assert parse_path_parameter("row_id", value, POSITION) == decoded


@pytest.mark.parametrize(
    "value",
    [
        "",
        "a\n",
        "-a",
        ".",
        "..",
        "a/b",
        "a b",
        "a#b",
        "\u00fc",
        "a" * 65,
        "%2561",
        "a%2Fb",
        "a%23b",
        "%2E",
        "a%0A",
        "%C3%BC",
        "%FF",
        "%",
    ],
)
def test_a_path_parameter_of_another_form_is_refused_by_name(value: str) -> None:
    """The message gives the form and does not echo the value."""
    with pytest.raises(InvalidRequestError) as refused:
        parse_path_parameter("row_id", value, POSITION)
    assert str(refused.value) == f"row_id: must match {POSITION.pattern}"
