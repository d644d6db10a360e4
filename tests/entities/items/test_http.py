"""The items over HTTP, over ten shards, under both vending strategies."""

from __future__ import annotations

import base64
import json
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager, nullcontext
from decimal import Decimal
from functools import partial
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

import pytest

from chalicelib import PRODUCT
from chalicelib.config import Strategy
from stage.decisions import read_decisions
from stage.http_api import Api
from tests.support.people import Person
from tests.support.weakened_policies import weakened, without_leading_keys

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from contextlib import AbstractContextManager

    from mypy_boto3_dynamodb import DynamoDBClient

    from stage.document import LocalStage
    from stage.local.stack import LocalStack

SIMILAR = ("acme", "acme-eu", "acme1", "acme10")


def _create(someone: Person, name: str = "anvil", price: str = "1.10") -> Any:
    answer = someone.call("POST", "/items", body={"name": name, "price": price, "attributes": {}})
    assert answer.status == 201, answer
    return answer.body


def _items(someone: Person, limit: int = 100) -> list[Any]:
    """Return all items, page after page."""
    items, query = [], f"/items?limit={limit}"
    while True:
        page = someone.call("GET", query)
        assert page.status == 200, page
        items += page.body["items"]
        if page.body["next_cursor"] is None:
            return items
        query = f"/items?limit={limit}&cursor={page.body['next_cursor']}"


def _by_key(someone: Person, shard_id: str, product_id: str) -> Any:
    return someone.call("GET", f"/items?shard_id={quote(shard_id, safe='')}&product_id={quote(product_id, safe='')}")


def test_an_item_is_created_read_changed_and_deleted(acme: Person, table: DynamoDBClient, stage: LocalStage) -> None:
    """The whole life of a row, with Location, entity tags, 204 and 404."""
    body = {"name": "anvil", "price": "1.10", "attributes": {"kg": 7.5, "colour": "black", "new": True}}
    created = acme.call("POST", "/items", body=body)
    item = created.body
    path = created.headers["location"]
    key = {"pk": {"S": item["shard_id"]}, "sk": {"S": item["product_id"]}}

    assert (created.status, path, created.headers["etag"]) == (201, f"/items/{item['product_id']}", '"1"')
    assert {name: item[name] for name in body} == body
    assert (item["version"], item["shard_id"][:10]) == (1, "acme#item#")
    assert table.get_item(TableName=stage.table_name, Key=key)["Item"]["name"] == {"S": "anvil"}
    read = acme.call("GET", path)
    assert (read.status, read.body, read.headers["etag"]) == (200, item, '"1"')
    assert _by_key(acme, item["shard_id"], item["product_id"]).body == item
    assert _items(acme) == [item]

    changed = acme.call("PATCH", path, body={"price": 2}, headers={"If-Match": '"1"'})
    assert (changed.status, changed.headers["etag"]) == (200, '"2"')
    assert changed.body == item | {"price": "2", "version": 2}
    stale = acme.call("PATCH", path, body={"price": 3}, headers={"If-Match": '"1"'})
    assert (stale.status, stale.body["Code"]) == (412, "PreconditionFailedError")
    blind = acme.call("PATCH", path, body={"price": 3})
    assert (blind.status, blind.body["Code"]) == (428, "PreconditionRequiredError")
    assert acme.call("GET", path).body == changed.body

    assert acme.call("DELETE", path, headers={"If-Match": '"1"'}).status == 412
    assert acme.call("DELETE", path).status == 204
    for method in ("GET", "PATCH", "DELETE"):
        assert acme.call(method, path, body={"price": 3}, headers={"If-Match": "*"}).status == 404
    assert _by_key(acme, item["shard_id"], item["product_id"]).status == 404


@pytest.mark.parametrize("number", ["12345678901234567890123456789012345678", "-1E-130", "0.1", "9.9E+125", "1E3"])
def test_a_number_comes_back_with_all_its_digits(acme: Person, number: str) -> None:
    """Neither a float nor DynamoDB rounds it on the way."""
    raw = f'{{"name": "n", "price": 1, "attributes": {{"x": {number}}}}}'.encode()
    created = acme.call("POST", "/items", raw=raw)
    read = acme.call("GET", created.headers["location"])

    for answer in (created, read):
        exact = json.loads(answer.content, parse_float=str, parse_int=str)
        text = exact["attributes"]["x"]
        assert _significant(text) == _significant(number)


def _significant(number: str) -> tuple[int, str, int]:
    sign, digits, exponent = Decimal(number).as_tuple()
    text = "".join(map(str, digits))
    stripped = text.rstrip("0")
    return sign, stripped, int(exponent) + len(text) - len(stripped)


def test_another_tenants_item_is_refused_by_iam(acme: Person, globex: Person, stage: LocalStage) -> None:
    """403 by the leading-key condition, whether the item exists or not; the owner's same request is allowed."""
    item = _create(acme)

    for product_id in (item["product_id"], "something-else"):
        answer = _by_key(globex, item["shard_id"], product_id)
        assert (answer.status, answer.body["Code"]) == (403, "TenantAccessDeniedError")
    decision = [each for each in read_decisions(stage.aws_endpoint_url) if each["action"] == "dynamodb:GetItem"][-1]
    assert decision["decision"] == "ImplicitlyDenied"
    assert decision["tags"] == {"tenant": "globex", "role": "member"}
    assert "dynamodb:LeadingKeys" in json.dumps(decision["unmet"])

    assert _by_key(acme, item["shard_id"], item["product_id"]).status == 200
    assert globex.call("GET", f"/items/{item['product_id']}").status == 404


def test_without_the_leading_key_condition_the_same_request_returns_the_item(
    unconfined: Callable[[], AbstractContextManager[Api]], acme: Person, globex: Person
) -> None:
    """So it is that condition in the applied policy, and no code, that keeps the other tenant out."""
    item = _create(acme)

    with unconfined() as api:
        leaked = _by_key(Person(api, globex.id_token, globex.access_token), item["shard_id"], item["product_id"])
    refused = _by_key(globex, item["shard_id"], item["product_id"])

    assert (leaked.status, leaked.body) == (200, item)
    assert (refused.status, refused.body["Code"]) == (403, "TenantAccessDeniedError")


@pytest.fixture
def unconfined(
    stack: LocalStack, stage: LocalStage, strategy: Strategy, api_with: Callable[..., Api]
) -> Callable[[], AbstractContextManager[Api]]:
    """Return a context with an API whose tenants' sessions are not confined to their leading keys."""
    if strategy is Strategy.SESSION_POLICY:  # the app renders the policy that holds the condition
        return lambda: nullcontext(api_with(module="tests.support.unconfined_session_policy_api"))

    @contextmanager
    def weakened_role() -> Iterator[Api]:
        with (
            weakened(stack.client("iam"), f"{PRODUCT}-local-TenantRole", without_leading_keys),
            closing(Api(stage.api_url)) as api,
        ):
            yield api

    return weakened_role


@pytest.mark.parametrize(
    "query",
    [
        "shard_id=acme%23cart%230&product_id=a",
        "shard_id=acme%23order%230&product_id=a",
        "shard_id=acme&product_id=a",
        "shard_id=&product_id=a",
        "shard_id=acme%23item%2303&product_id=a",
        "shard_id=ACME%23item%233&product_id=a",
        "shard_id=acme%23item%233",
        "product_id=a",
        "shard_id=acme%23item%233&product_id=",
        "shard_id=acme%23item%233&shard_id=globex%23item%233&product_id=a",
        "shard_id=acme%23item%233&product_id=a&limit=1",
        "limit=0",
        "limit=101",
        "limit=ten",
        "cursor=x",
        "cursor=" + base64.urlsafe_b64encode(b"globex#item#3").decode(),
    ],
)
def test_a_query_that_is_none_is_refused_with_the_parameters_name(acme: Person, query: str) -> None:
    """400 for one's own other kind and for what is no key, half a key, no limit and no cursor."""
    answer = acme.call("GET", f"/items?{query}")
    assert (answer.status, answer.body["Code"]) == (400, "InvalidRequestError")
    assert answer.body["Message"].partition(":")[0].split(",")[0] in {"shard_id", "product_id", "limit", "cursor"}


@pytest.mark.parametrize("limit", [1, 7, 100])
def test_the_list_holds_every_item_once_in_a_stable_order(acme: Person, limit: int) -> None:
    """However many pages it takes, and whatever shard an item is in."""
    created = {_create(acme, f"item {number}")["product_id"] for number in range(23)}

    listed = [item["product_id"] for item in _items(acme, limit)]

    assert len(listed) == 23
    assert set(listed) == created
    assert listed == [item["product_id"] for item in _items(acme, limit)]


def test_a_foreign_cursor_moves_within_the_callers_own_list_only(acme: Person, globex: Person) -> None:
    """It holds a position and no key: with acme's cursor globex goes on in its own list."""
    for _ in range(5):
        _create(acme, "acme's")
        _create(globex, "globex's")
    page = acme.call("GET", "/items?limit=1").body
    assert b"#" not in base64.urlsafe_b64decode(page["next_cursor"])

    answer = globex.call("GET", f"/items?cursor={page['next_cursor']}")

    assert answer.status == 200
    assert {item["name"] for item in answer.body["items"]} <= {"globex's"}
    beyond = [item for item in _items(globex) if item["product_id"] > page["items"][0]["product_id"]]
    assert answer.body["items"] == beyond


def test_of_concurrent_patches_with_one_version_exactly_one_wins(acme: Person) -> None:
    """The others get 412 and change nothing; so it goes for five versions."""
    path = f"/items/{_create(acme)['product_id']}"

    def patch(version: int, number: int) -> int:
        caller = Person(Api(acme.api.url), acme.id_token, "")
        tag = {"If-Match": f'"{version}"'}
        status = caller.call("PATCH", path, body={"name": f"{version} of {number}"}, headers=tag).status
        caller.api.close()
        return status

    for version in range(1, 6):
        with ThreadPoolExecutor(8) as threads:
            statuses = list(threads.map(partial(patch, version), range(8)))
        assert sorted(statuses) == [200, *[412] * 7]
        item = acme.call("GET", path).body
        assert (item["version"], item["name"]) == (version + 1, f"{version} of {statuses.index(200)}")


LARGEST = {"name": "𒀀" * 200, "price": "999999999999.99999999", "attributes": {"text": "x" * 98_996}}


@pytest.mark.parametrize(
    ("field", "accepted", "refused"),
    [
        ("name", ["a", "Ä ⚒ 漢字 ", "😀" * 200], ["", "a" * 201, "a\nb", None, 1]),
        ("price", ["0", "1.10", 7], ["-1", "1e3", "", None, True, "1.123456789", 10**12]),
        (
            "attributes",
            [{}, {f"a{n}": n for n in range(50)}, {"a": "", "b": False, "c": -0.5}, {"n" * 100: 1}],
            [
                {f"a{n}": n for n in range(51)},
                {"a": None},
                {"a": [1]},
                {"a": {"b": 1}},
                {"": 1},
                {"n" * 101: 1},
                {"text": "x" * 99_001},
                {"a": int("1" * 39)},
                {"a": 10**126},
                [],
                None,
            ],
        ),
    ],
)
def test_a_field_that_is_not_understood_is_refused_by_its_name(
    acme: Person, field: str, accepted: list[Any], refused: list[Any]
) -> None:
    """400 beside the greatest and strangest that is taken; nothing is stored of what is refused."""
    good = {"name": "anvil", "price": "1", "attributes": {}}
    for value in accepted:
        answer = acme.call("POST", "/items", body=good | {field: value})
        assert answer.status == 201, value
        assert acme.call("GET", answer.headers["location"]).body == answer.body
    for value in refused:
        for method, path in (("POST", "/items"), ("PATCH", answer.headers["location"])):
            body = good | {field: value} if method == "POST" else {field: value}
            refusal = acme.call(method, path, body=body, headers={"If-Match": "*"})
            assert (refusal.status, refusal.body["Code"]) == (400, "InvalidRequestError"), value
            assert refusal.body["Message"].startswith(field)
    assert len(_items(acme)) == len(accepted)


def test_the_largest_item_is_stored_and_answered_whole(acme: Person) -> None:
    """As large as an item may be, in every field."""
    created = acme.call("POST", "/items", body=LARGEST)
    assert created.status == 201
    assert {name: created.body[name] for name in LARGEST} == LARGEST
    assert acme.call("GET", created.headers["location"]).body == created.body
    assert _items(acme) == [created.body]


def test_tenants_with_similar_names_and_the_same_product_ids_never_meet(
    newcomer: Callable[[str], Person], table: DynamoDBClient, stage: LocalStage
) -> None:
    """Each reads, lists, changes and deletes its own item of that id."""
    tenants = {name: newcomer(name) for name in SIMILAR}
    original = _create(tenants["acme"], "of acme")
    shard = original["shard_id"].rpartition("#")[2]
    row = table.get_item(
        TableName=stage.table_name, Key={"pk": {"S": original["shard_id"]}, "sk": {"S": original["product_id"]}}
    )["Item"]
    for name in SIMILAR[1:]:
        table.put_item(
            TableName=stage.table_name,
            Item=row | {"pk": {"S": f"{name}#item#{shard}"}, "name": {"S": f"of {name}"}},
        )
    path = f"/items/{original['product_id']}"

    for name, someone in tenants.items():
        assert someone.call("GET", path).body["name"] == f"of {name}"
        assert [item["name"] for item in _items(someone)] == [f"of {name}"]
        for other in SIMILAR:
            status = _by_key(someone, f"{other}#item#{shard}", original["product_id"]).status
            assert status == (200 if other == name else 403)
    assert tenants["acme1"].call("PATCH", path, body={"name": "changed"}, headers={"If-Match": "*"}).status == 200
    assert tenants["acme-eu"].call("DELETE", path).status == 204
    assert {name: [item["name"] for item in _items(someone)] for name, someone in tenants.items()} == {
        "acme": ["of acme"],
        "acme-eu": [],
        "acme1": ["changed"],
        "acme10": ["of acme10"],
    }


def test_a_viewer_reads_items_and_a_member_writes_them(person: Callable[..., Person], acme: Person) -> None:
    """The authorizer refuses the viewer's writes; the member's are the allowed twins."""
    item, viewer = _create(acme), person("acme", "viewer")
    path = f"/items/{item['product_id']}"

    assert viewer.call("GET", path).body == item
    assert _items(viewer) == [item]
    for method, where in (("POST", "/items"), ("PATCH", path), ("DELETE", path)):
        answer = viewer.call(method, where, body={"name": "x", "price": 1, "attributes": {}}, headers={"If-Match": "*"})
        assert answer.status == 403
    assert acme.call("PATCH", path, body={"name": "x"}, headers={"If-Match": "*"}).status == 200


def test_a_warm_request_makes_one_call_of_dynamodb_and_none_of_sts(acme: Person, stage: LocalStage) -> None:
    """Counted where they arrive; listing makes one for each shard."""
    path = f"/items/{_create(acme)['product_id']}"
    acme.call("GET", path)

    def calls_of(method: str, where: str, **request: Any) -> list[str]:
        before = {each["request_id"] for each in read_decisions(stage.aws_endpoint_url)}
        assert acme.call(method, where, **request).status < 300
        decisions = [each for each in read_decisions(stage.aws_endpoint_url) if "Authorizer" not in each["principal"]]
        made = {each["request_id"]: each["action"] for each in decisions}
        return [action for request_id, action in made.items() if request_id not in before]

    assert calls_of("GET", path) == ["dynamodb:GetItem"]
    assert calls_of("PATCH", path, body={"name": "x"}, headers={"If-Match": "*"}) == ["dynamodb:UpdateItem"]
    assert calls_of("POST", "/items", body={"name": "x", "price": 1, "attributes": {}}) == ["dynamodb:PutItem"]
    assert calls_of("GET", "/items") == ["dynamodb:Query"] * 10
    assert calls_of("DELETE", path) == ["dynamodb:DeleteItem"]
