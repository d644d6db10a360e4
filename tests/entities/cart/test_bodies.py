"""The cart's bodies and answers; what it does over HTTP is tested in test_http.py."""

from __future__ import annotations

import json
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from app import app
from chalicelib.entities.cart.routes import ITEM_ID, CartLineBody, CartLinePatch, _answer
from chalicelib.entities.cart.store import CartLine
from chalicelib.errors import InvalidRequestError
from chalicelib.http.requests import parse_body
from tests.support.bodies import accepted_by_document, is_accepted, refusal, written

if TYPE_CHECKING:
    from chalicelib.http.requests import Body
    from tests.support.requests import MakeRequest

BODIES: list[tuple[type[Body], str, bool]] = [
    (CartLineBody, '{"description": "anvil", "price": "0", "quantity": 1000000}', True),
    (CartLineBody, '{"description": "anvil", "price": "0", "quantity": 2.0}', True),
    (CartLineBody, '{"description": "anvil", "price": "0", "quantity": 1000001}', False),
    (CartLineBody, '{"description": "anvil", "price": "0", "quantity": 0}', False),
    (CartLinePatch, '{"quantity": true}', False),
]
GOOD = {"description": '"anvil"', "price": "1.10", "quantity": "2"}


def body(**literals: str | None) -> str:
    """Write a body of JSON literals: the good ones, these instead, without those that are None."""
    return written(GOOD | literals)


@pytest.mark.parametrize(("model", "text", "accepted"), BODIES)
def test_a_body_is_accepted_exactly_when_the_document_says_so(
    make_request: MakeRequest, model: type[Body], text: str, *, accepted: bool
) -> None:
    """Limits and whole numbers."""
    assert accepted_by_document(app, model, text) is is_accepted(make_request, model, text) is accepted


def test_a_whole_line_is_read(make_request: MakeRequest) -> None:
    """The twin of the refusals below."""
    line = parse_body(make_request(body()), CartLineBody)
    assert (line.description, line.price, line.quantity) == ("anvil", Decimal("1.10"), 2)


@given(literal=st.from_regex(r"\A(0|[1-9][0-9]{0,11})(\.[0-9]{1,8})?\Z"))
@example("1.10")
@example("0.00")
@example("0.00000001")
@example("0.00000000")
@example("100000000000.00000001")
def test_every_price_accepted_is_answered_as_exactly_its_literal(make_request: MakeRequest, literal: str) -> None:
    """From the request's raw body to the JSON of the answer, given as a string or as a number."""
    for given_as in (literal, f'"{literal}"'):
        price = parse_body(make_request(body(price=given_as)), CartLineBody).price
        assert type(price) is Decimal
        assert json.loads(json.dumps(_answer(CartLine("a", "anvil", price, 1))))["price"] == literal


@given(number=st.from_regex(r"\A-?(0|[1-9][0-9]{0,14})(\.[0-9]{1,10})?([eE][+-]?[0-9]{1,3})?\Z"))
def test_every_number_accepted_is_answered_without_loss(make_request: MakeRequest, number: str) -> None:
    """Numbers with an exponent included: equal in value, and never a float."""
    try:
        price = parse_body(make_request(body(price=number)), CartLineBody).price
    except InvalidRequestError:
        return
    assert Decimal(_answer(CartLine("a", "anvil", price, 1))["price"]) == Decimal(number)


BAD_PRICES = {
    "NaN": "NaN",
    "Infinity": "Infinity",
    "-Infinity": "-Infinity",
    "1e400": "1e400",
    "an exponent that no decimal holds": "1e999999999999999999999",
    "a negative exponent that no decimal holds": "1e-999999999999999999999",
    "negative": "-1",
    "negative decimal": "-0.01",
    "negative zero": "-0",
    "negative zero with decimals": "-0.00",
    "underscore": '"1_000"',
    "leading space": '" 1"',
    "fullwidth digit": '"\uff11"',
    "escaped newline": '"1\\n"',
    "leading zeros": '"007"',
    "exponent in a string": '"1e2"',
    "NaN in a string": '"NaN"',
    "true": "true",
    "list": "[]",
    "list with a price": '["1"]',
    "object": "{}",
    "null": "null",
    "empty string": '""',
    "13 digits": "1000000000000",
    "13 digits in a string": '"1000000000000"',
    "9 decimals": "0.000000001",
    "9 decimals in a string": '"0.000000001"',
    "9 decimals that are zero": "1.000000000",
    "lone surrogate": '"\\ud800"',
    "1 MB string": f'"{"1" * 1_000_000}"',
    "1 MB number": "1" * 1_000_000,
    "1 MB of decimals": f"1.{'1' * 1_000_000}",
    "deeply nested": "[" * 400 + "]" * 400,
}


@pytest.mark.parametrize("model", [CartLineBody, CartLinePatch], ids=["PUT", "PATCH"])
@pytest.mark.parametrize("literal", BAD_PRICES.values(), ids=BAD_PRICES.keys())
def test_what_is_no_price_is_refused_by_name(
    make_request: MakeRequest, model: type[CartLineBody | CartLinePatch], literal: str
) -> None:
    """The price and no other field is named."""
    assert refusal(make_request, body(price=literal), model) == (
        "price: must be a number from 0, with up to 12 digits before the point and 8 after"
    )


BAD_QUANTITIES = {
    "zero": "0",
    "negative": "-1",
    "negative zero": "-0",
    "decimal": "1.5",
    "zero with decimals": "0.0",
    "negative zero with decimals": "-0.0",
    "almost whole": "1.00000000000000000000000000001",
    "too many with decimals": "1000001.0",
    "huge exponent": "1e999999999",
    "tiny exponent": "1e-999999999",
    "string": '"1"',
    "true": "true",
    "null": "null",
    "list": "[1]",
    "NaN": "NaN",
    "Infinity": "Infinity",
    "too many": "1000001",
    "18 digits": "1" * 18,
    "31 digits": "1" + "0" * 30,
    "5,000 digits": "1" * 5000,
}


@pytest.mark.parametrize("model", [CartLineBody, CartLinePatch], ids=["PUT", "PATCH"])
@pytest.mark.parametrize("literal", BAD_QUANTITIES.values(), ids=BAD_QUANTITIES.keys())
def test_what_is_no_quantity_is_refused_by_name(
    make_request: MakeRequest, model: type[CartLineBody | CartLinePatch], literal: str
) -> None:
    """A whole number from 1 to a million, and nothing that only resembles one."""
    message = refusal(make_request, body(quantity=literal), model)
    assert message.startswith("quantity: Input should be")
    assert ";" not in message


@pytest.mark.parametrize(("literal", "quantity"), [("1.0", 1), ("1e0", 1), ("2.5e1", 25), ("1000000.000", 1_000_000)])
def test_a_whole_number_may_have_a_fraction_of_zeros(make_request: MakeRequest, literal: str, quantity: int) -> None:
    """JSON Schema calls 1.0 an integer (2020-12, section 4.2.3), and so does whoever reads the OpenAPI document."""
    given_as = parse_body(make_request(body(quantity=literal)), CartLineBody).quantity
    assert (type(given_as), given_as) == (int, quantity)


@pytest.mark.parametrize("literal", ["1", "1000000"])
def test_the_least_and_the_greatest_quantity_are_taken(make_request: MakeRequest, literal: str) -> None:
    """The twin of the refusals above."""
    assert parse_body(make_request(body(quantity=literal)), CartLineBody).quantity == int(literal)


BAD_DESCRIPTIONS = {
    "empty": '""',
    "1,001 characters": f'"{"x" * 1001}"',
    "1 MB": f'"{"x" * 1_000_000}"',
    "number": "1",
    "null": "null",
    "list": '["anvil"]',
    "nested object": '{"description": {"description": "anvil"}}',
    "NaN": "NaN",
    "lone surrogate": '"\\ud800"',
}


@pytest.mark.parametrize("model", [CartLineBody, CartLinePatch], ids=["PUT", "PATCH"])
@pytest.mark.parametrize("literal", BAD_DESCRIPTIONS.values(), ids=BAD_DESCRIPTIONS.keys())
def test_what_is_no_description_is_refused_by_name(
    make_request: MakeRequest, model: type[CartLineBody | CartLinePatch], literal: str
) -> None:
    """Text of 1 to 1,000 characters."""
    message = refusal(make_request, body(description=literal), model)
    assert message.startswith("description: ")
    assert ";" not in message


@pytest.mark.parametrize("text", ["x", "x" * 1000, "\u00c4mbo\u00df \u2692 \U0001f600", "a\u0000b"])
def test_any_other_description_is_taken_as_it_is(make_request: MakeRequest, text: str) -> None:
    """Nothing is trimmed or normalised."""
    assert parse_body(make_request(body(description=json.dumps(text))), CartLineBody).description == text


@pytest.mark.parametrize("field", GOOD)
def test_a_whole_line_lacks_no_field(make_request: MakeRequest, field: str) -> None:
    """PUT replaces; a missing field has no default."""
    assert refusal(make_request, body(**{field: None}), CartLineBody) == f"{field}: Field required"


@pytest.mark.parametrize("model", [CartLineBody, CartLinePatch], ids=["PUT", "PATCH"])
@pytest.mark.parametrize("field", ["tenant", "tenant_id", "pk", "sk", "item_id", "Price"])
def test_a_body_names_nothing_but_the_lines_fields(
    make_request: MakeRequest, model: type[CartLineBody | CartLinePatch], field: str
) -> None:
    """In particular no tenant and no key."""
    message = refusal(make_request, body(**{field: '"globex"'}), model)
    assert message == f"{field}: Extra inputs are not permitted"


@pytest.mark.parametrize(
    ("literals", "changes"),
    [
        ({"description": '"rope"'}, {"description": "rope"}),
        ({"price": "0.00"}, {"price": Decimal("0.00")}),
        ({"quantity": "3"}, {"quantity": 3}),
        ({"price": '"2.50"', "quantity": "1"}, {"price": Decimal("2.50"), "quantity": 1}),
    ],
)
def test_a_patch_holds_the_given_fields_only(
    make_request: MakeRequest, literals: dict[str, str], changes: dict[str, Any]
) -> None:
    """Those that are left out stay as they are, so they must not come out as anything."""
    none: dict[str, str | None] = dict.fromkeys(GOOD)
    patch = parse_body(make_request(body(**(none | literals))), CartLinePatch)
    assert patch.model_dump(exclude_unset=True) == changes


def test_an_empty_patch_is_refused(make_request: MakeRequest) -> None:
    """There is nothing to change."""
    assert refusal(make_request, "{}", CartLinePatch) == "body: name at least one of description, price, quantity"


@pytest.mark.parametrize("field", GOOD)
def test_a_null_in_a_patch_is_refused(make_request: MakeRequest, field: str) -> None:
    """Null is not "left out"; a line has no field without a value."""
    assert refusal(make_request, f'{{"{field}": null}}', CartLinePatch).startswith(f"{field}: ")


@pytest.mark.parametrize("item_id", ["1700000000000", "a", "A.b-c_9", "0", "a" * 64])
def test_an_item_id_of_the_grammar_matches(item_id: str) -> None:
    """A letter or digit, then up to 63 of letters, digits, `-`, `_`, `.`."""
    assert ITEM_ID.fullmatch(item_id)


@pytest.mark.parametrize(
    "item_id",
    ["", ".", "..", "-a", "_a", "a" * 65, "a/b", "a b", "a#b", "a*", "a\n", "a\0", "\u00fc", "\uff11", "\u0661", "%41"],
)
def test_an_item_id_outside_the_grammar_does_not_match(item_id: str) -> None:
    """Neither path tricks nor key delimiters nor digits of other scripts."""
    assert not ITEM_ID.fullmatch(item_id)


def test_an_answer_carries_the_line_and_nothing_of_its_key() -> None:
    """The price as a string, since JSON numbers become floats in most clients; no tenant, no partition key."""
    assert _answer(CartLine("a", "anvil", Decimal("1.10"), 2)) == {
        "item_id": "a",
        "description": "anvil",
        "price": "1.10",
        "quantity": 2,
    }
