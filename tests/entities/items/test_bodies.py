"""The items' bodies, primary keys and answers; what they do over HTTP is tested in test_http.py."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from app import app
from chalicelib.data.partitions import PartitionKey
from chalicelib.entities.items.routes import ItemPatch, NewItemBody, _answer, _one, _primary_key
from chalicelib.entities.items.store import Item
from chalicelib.errors import InvalidRequestError
from chalicelib.http.requests import parse_body
from chalicelib.http.row_ids import ROW_ID
from tests.support.bodies import accepted_by_document, is_accepted, refusal, written

if TYPE_CHECKING:
    from collections.abc import Mapping

    from chalicelib.http.requests import Body
    from tests.support.requests import MakeRequest

BODIES: list[tuple[type[Body], str, bool]] = [
    (NewItemBody, '{"name": "anvil", "price": 1.10, "attributes": {"kg": 7.5, "new": true, "of": "iron"}}', True),
    (NewItemBody, '{"name": "anvil", "price": "1.10", "attributes": {}}', True),
    (NewItemBody, '{"name": "anvil", "price": 1, "attributes": {}, "pk": "x"}', False),
    (NewItemBody, '{"name": "a", "price": 1, "attributes": {"": 1}}', False),
    (NewItemBody, '{"name": "a", "price": 1, "attributes": {"a\\n": 1}}', False),
    (NewItemBody, '{"name": "a", "price": 1, "attributes": {"a": null}}', False),
    (NewItemBody, '{"name": "a", "price": 1, "attributes": {"a": []}}', False),
    (NewItemBody, '{"name": "a", "price": 1, "attributes": {"a": 1e126}}', False),
    (NewItemBody, '{"name": "a", "price": 1, "attributes": {"a": 1e-131}}', False),
    (NewItemBody, '{"name": "a", "price": 1, "attributes": {"a": -0.0}}', True),
    (NewItemBody, json.dumps({"name": "a", "price": 1, "attributes": {f"a{n}": n for n in range(50)}}), True),
    (NewItemBody, json.dumps({"name": "a", "price": 1, "attributes": {f"a{n}": n for n in range(51)}}), False),
    (ItemPatch, '{"name": "anvil"}', True),
    (ItemPatch, "{}", False),
    (ItemPatch, '{"price": null}', False),
]
GOOD = {"name": '"anvil"', "price": "1.10", "attributes": '{"kg": 7.5}'}
ID = "0b6f0b3c-52a7-4c3b-8d0f-3f1c1f0c9a11"
KEY = {"shard_id": ["acme#item#3"], "product_id": [ID]}
both = pytest.mark.parametrize("model", [NewItemBody, ItemPatch], ids=["POST", "PATCH"])


def body(**literals: str | None) -> str:
    """Write a body of JSON literals: the good ones, these instead, without those that are None."""
    return written(GOOD | literals)


def item(**changed: Any) -> Item:
    """Make an item in which only what matters varies."""
    fields: dict[str, Any] = {
        "product_id": ID,
        "shard_id": "acme#item#3",
        "name": "anvil",
        "price": Decimal("1.10"),
        "attributes": {"kg": Decimal("7.5")},
        "version": 1,
        "created_at": datetime(2026, 11, 22, 17, 36, tzinfo=UTC),
    }
    return Item(**(fields | changed))


@pytest.mark.parametrize(("model", "text", "accepted"), BODIES)
def test_a_body_is_accepted_exactly_when_the_document_says_so(
    make_request: MakeRequest, model: type[Body], text: str, *, accepted: bool
) -> None:
    """Attributes, unknown fields and nulls."""
    assert accepted_by_document(app, model, text) is is_accepted(make_request, model, text) is accepted


def test_a_whole_item_is_read(make_request: MakeRequest) -> None:
    """The twin of the refusals below."""
    read = parse_body(make_request(body()), NewItemBody)
    assert (read.name, read.price, read.attributes) == ("anvil", Decimal("1.10"), {"kg": Decimal("7.5")})


@both
@pytest.mark.parametrize(
    "name",
    ["x", "x" * 200, "\U0001f600" * 200, "\u00c4mbo\u00df", "\u0645\u0637\u0631\u0642\u0629", "\u91d1\u5e8a", " x "],
)
def test_a_name_of_1_to_200_characters_of_any_script_is_taken_as_it_is(
    make_request: MakeRequest, model: type[NewItemBody | ItemPatch], name: str
) -> None:
    """Characters count, not bytes, and nothing is trimmed or normalised."""
    for literal in (json.dumps(name), json.dumps(name, ensure_ascii=False)):
        assert parse_body(make_request(body(name=literal)), model).name == name


BAD_NAMES = {
    "empty": '""',
    "201 characters": f'"{"x" * 201}"',
    "201 characters of four bytes": json.dumps("\U0001f600" * 201),
    "1 MB": f'"{"x" * 1_000_000}"',
    "NUL": '"a\\u0000"',
    "newline": '"a\\n"',
    "C1 control": '"\\u0085"',
    "lone surrogate": '"\\ud800"',
    "number": "1",
    "boolean": "true",
    "null": "null",
    "list": '["anvil"]',
    "object": '{"name": "anvil"}',
}


@both
@pytest.mark.parametrize("literal", BAD_NAMES.values(), ids=BAD_NAMES.keys())
def test_what_is_no_name_is_refused_by_name(
    make_request: MakeRequest, model: type[NewItemBody | ItemPatch], literal: str
) -> None:
    """The name and no other field is named."""
    message = refusal(make_request, body(name=literal), model)
    assert message.startswith("name: ")
    assert ";" not in message


@both
@pytest.mark.parametrize("literal", ["-1", "true", "null", '"1e3"', "NaN", "0.000000001", "1000000000000", "[]"])
def test_what_is_no_price_is_refused_by_name(
    make_request: MakeRequest, model: type[NewItemBody | ItemPatch], literal: str
) -> None:
    """By the rule for all prices."""
    assert refusal(make_request, body(price=literal), model).startswith("price: must be a number from 0")


@given(st.from_regex(r"\A(0|[1-9][0-9]{0,11})(\.[0-9]{1,8})?\Z"))
@example("1.10")
@example("0.00000001")
@example("0.00")
def test_every_price_accepted_is_answered_as_exactly_its_literal(make_request: MakeRequest, literal: str) -> None:
    """From the request's raw body to the JSON of the answer, given as a string or as a number."""
    for given_as in (literal, f'"{literal}"'):
        price = parse_body(make_request(body(price=given_as)), NewItemBody).price
        assert json.loads(_one(item(price=price)).to_dict()["body"])["price"] == literal


@both
@pytest.mark.parametrize(
    "literal",
    [
        "null",
        "[]",
        '{"a": null}',
        '{"a": [1]}',
        '{"": 1}',
        '{"a": 1e126}',
        '{"a": 123456789012345678901234567890123456789}',
    ],
)
def test_what_are_no_attributes_is_refused_by_name(
    make_request: MakeRequest, model: type[NewItemBody | ItemPatch], literal: str
) -> None:
    """The attributes' own rules are tested beside them."""
    assert refusal(make_request, body(attributes=literal), model).startswith("attributes")


@pytest.mark.parametrize("field", GOOD)
def test_a_new_item_lacks_no_field(make_request: MakeRequest, field: str) -> None:
    """There are no defaults, not even for the attributes."""
    assert refusal(make_request, body(**{field: None}), NewItemBody) == f"{field}: Field required"


@both
@pytest.mark.parametrize(
    "field", ["tenant", "tenant_id", "pk", "sk", "shard_id", "product_id", "version", "created_at", "Name"]
)
def test_a_body_names_nothing_but_name_price_and_attributes(
    make_request: MakeRequest, model: type[NewItemBody | ItemPatch], field: str
) -> None:
    """In particular no tenant, no key and no version."""
    assert refusal(make_request, body(**{field: '"x"'}), model) == f"{field}: Extra inputs are not permitted"


@both
@pytest.mark.parametrize("field", GOOD)
def test_a_name_that_occurs_twice_is_refused(
    make_request: MakeRequest, model: type[NewItemBody | ItemPatch], field: str
) -> None:
    """Also when both say the same."""
    text = body().replace("{", f'{{"{field}": {GOOD[field]}, ', 1)
    assert refusal(make_request, text, model) == "The body is not a JSON document."


@pytest.mark.parametrize(
    ("literals", "changes"),
    [
        ({"name": '"rope"'}, {"name": "rope"}),
        ({"price": "0.00"}, {"price": Decimal("0.00")}),
        ({"attributes": "{}"}, {"attributes": {}}),
        ({"name": '"rope"', "price": '"2"'}, {"name": "rope", "price": Decimal(2)}),
    ],
)
def test_a_patch_holds_the_given_fields_only(
    make_request: MakeRequest, literals: Mapping[str, str], changes: Mapping[str, Any]
) -> None:
    """Those that are left out stay as they are; empty attributes take all away."""
    none: dict[str, str | None] = dict.fromkeys(GOOD)
    patch = parse_body(make_request(body(**(none | dict(literals)))), ItemPatch)
    assert {name: getattr(patch, name) for name in patch.model_fields_set} == changes


def test_an_empty_patch_is_refused(make_request: MakeRequest) -> None:
    """There is nothing to change."""
    assert refusal(make_request, "{}", ItemPatch) == "body: name at least one of name, price, attributes"


@pytest.mark.parametrize("field", GOOD)
def test_a_null_in_a_patch_is_refused(make_request: MakeRequest, field: str) -> None:
    """Null is not "left out"."""
    assert refusal(make_request, f'{{"{field}": null}}', ItemPatch).startswith(f"{field}: ")


@pytest.mark.parametrize("query", [None, {}, {"limit": ["3"], "cursor": ["x"]}, {"Shard_id": ["x"]}])
def test_a_query_without_a_key_asks_for_a_page(make_request: MakeRequest, query: dict[str, list[str]] | None) -> None:
    """Names of parameters are case-sensitive."""
    assert _primary_key(make_request(query=query)) is None


@pytest.mark.parametrize(
    ("shard_id", "key"),
    [
        ("acme#item#0", PartitionKey("acme", "item", 0)),
        ("acme-eu#item#9999", PartitionKey("acme-eu", "item", 9999)),
        ("globex#sample#0", PartitionKey("globex", "sample", 0)),
    ],
)
def test_a_query_with_a_whole_key_asks_for_one_item(
    make_request: MakeRequest, shard_id: str, key: PartitionKey
) -> None:
    """Also another tenant's, or one of no items: to refuse that is for IAM and the store, not for the parser."""
    assert _primary_key(make_request(query=KEY | {"shard_id": [shard_id]})) == (key, ID)


@pytest.mark.parametrize("product_id", ["x", "\u91d1", "#", "x" * 1024, "\u00e9" * 512])
def test_a_sort_key_of_1_to_1024_bytes_is_asked_for_as_it_is(make_request: MakeRequest, product_id: str) -> None:
    """It need not be an id that the application would give."""
    asked = _primary_key(make_request(query=KEY | {"product_id": [product_id]}))
    assert asked is not None
    assert asked[1] == product_id


@pytest.mark.parametrize("product_id", ["", "x" * 1025, "\u00e9" * 513], ids=["empty", "1,025 bytes", "1,026 bytes"])
def test_a_sort_key_that_dynamodb_would_refuse_is_refused_by_name(make_request: MakeRequest, product_id: str) -> None:
    """Bytes count, not characters."""
    with pytest.raises(InvalidRequestError, match=r"\Aproduct_id: must have 1 to 1024 bytes\Z"):
        _primary_key(make_request(query=KEY | {"product_id": [product_id]}))


@pytest.mark.parametrize(
    "shard_id",
    [
        "",
        "3",
        "acme",
        "acme#item",
        "acme#item#",
        "#item#3",
        "acme##3",
        "acme#item#-1",
        "acme#item#03",
        "acme#item#10000",
        "acme#item#3#",
        "acme#item#3\n",
        " acme#item#3",
        "acme#item#\u0663",
        "acme#us-er#3",
        "acme#ITEM#3",
        "ACME#item#3",
        "a*#item#3",
        "acme%23item%233",
        "x" * 100_000,
    ],
    ids=lambda shard_id: ascii(shard_id[:20]),
)
def test_a_shard_id_of_another_form_is_refused_by_name(make_request: MakeRequest, shard_id: str) -> None:
    """Before anything is asked of DynamoDB, and without an echo."""
    with pytest.raises(InvalidRequestError) as refused:
        _primary_key(make_request(query=KEY | {"shard_id": [shard_id]}))
    assert str(refused.value) == "shard_id: must be a whole partition key such as acme#kind#3"


@pytest.mark.parametrize("name", KEY)
def test_half_a_key_is_refused(make_request: MakeRequest, name: str) -> None:
    """Neither half names an item."""
    with pytest.raises(InvalidRequestError, match=r"\Ashard_id, product_id: must be given together\Z"):
        _primary_key(make_request(query={name: KEY[name]}))


@pytest.mark.parametrize("name", ["limit", "cursor"])
def test_a_key_does_not_go_with_a_page(make_request: MakeRequest, name: str) -> None:
    """Whichever of them was meant would be a guess."""
    with pytest.raises(InvalidRequestError, match=rf"\A{name}: does not go with shard_id and product_id\Z"):
        _primary_key(make_request(query={**KEY, name: ["1"]}))


@pytest.mark.parametrize("name", [*KEY, "limit", "cursor"])
def test_a_parameter_of_a_key_is_given_once(make_request: MakeRequest, name: str) -> None:
    """By name."""
    with pytest.raises(InvalidRequestError, match=rf"\A{name}: must be given once\Z"):
        _primary_key(make_request(query={**KEY, name: ["x", "x"]}))


def test_a_product_id_is_a_uuid_in_small_letters() -> None:
    """As the store makes it: one spelling for each item."""
    assert ROW_ID.fullmatch(ID)
    for other in (
        "",
        ID.upper(),
        ID[:-1],
        f"{ID}0",
        f"{ID}\n",
        ID.replace("-", ""),
        f"{{{ID}}}",
        ID.replace("0", "\uff10"),
    ):
        assert not ROW_ID.fullmatch(other)


def test_an_answer_carries_the_item_its_key_and_its_version() -> None:
    """The price as a string, attributes as they are, the time with its zone."""
    assert _answer(item()) == {
        "product_id": ID,
        "shard_id": "acme#item#3",
        "name": "anvil",
        "price": "1.10",
        "attributes": {"kg": Decimal("7.5")},
        "version": 1,
        "created_at": "2026-11-22T17:36:00+00:00",
    }


def test_an_answer_with_one_item_has_its_entity_tag() -> None:
    """A strong one, made of the version, beside whatever else the route says."""
    answer = _one(item(version=7), 201, {"Location": f"/items/{ID}"}).to_dict()
    assert answer["statusCode"] == 201
    assert answer["headers"] == {"Content-Type": "application/json", "ETag": '"7"', "Location": f"/items/{ID}"}


@pytest.mark.parametrize("literal", ["12345678901234567890123456789012345678", "0.1", "-1E-130", "100"])
def test_an_attributes_number_is_answered_with_all_its_digits(make_request: MakeRequest, literal: str) -> None:
    """From the request's raw body to the JSON of the answer."""
    read = parse_body(make_request(body(attributes=f'{{"x": {literal}}}')), NewItemBody)
    answered = json.loads(_one(item(attributes=read.attributes)).to_dict()["body"], parse_float=Decimal)
    assert Decimal(answered["attributes"]["x"]) == Decimal(literal)
