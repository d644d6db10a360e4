"""The cart over HTTP, with tokens from Cognito, down to the row in the table."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable

    from mypy_boto3_dynamodb import DynamoDBClient

    from stage.document import LocalStage
    from stage.http_api import Answer
    from tests.support.people import Person


def _put(someone: Person, item_id: str, description: str = "anvil", price: str = "1.10", quantity: int = 1) -> Answer:
    body = {"description": description, "price": price, "quantity": quantity}
    return someone.call("PUT", f"/cart/{item_id}", body=body)


def _cart(someone: Person, query: str = "") -> Any:
    """Return a page of the cart."""
    answer = someone.call("GET", f"/cart{query}")
    assert answer.status == 200, answer
    return answer.body


def test_a_line_goes_in_and_comes_back_and_the_row_is_the_tenants(
    acme: Person, table: DynamoDBClient, stage: LocalStage
) -> None:
    """A put line is answered, listed and stored under the tenant's partition key."""
    line = {"item_id": "1732286400000", "description": "anvil", "price": "1.10", "quantity": 2}

    created = _put(acme, "1732286400000", quantity=2)
    row = table.get_item(TableName=stage.table_name, Key={"pk": {"S": "acme#cart#0"}, "sk": {"S": "1732286400000"}})[
        "Item"
    ]

    assert (created.status, created.body) == (201, line)
    assert _cart(acme) == {"lines": [line], "next_cursor": None}
    assert row["description"] == {"S": "anvil"}


def test_putting_again_replaces_the_line(acme: Person) -> None:
    """201 for a new line, 200 for a replaced one."""
    _put(acme, "a")
    replaced = _put(acme, "a", description="rocket", quantity=3)

    assert replaced.status == 200
    assert [line["description"] for line in _cart(acme)["lines"]] == ["rocket"]


def test_a_patch_changes_what_it_names_and_nothing_else(acme: Person) -> None:
    """The other fields stay as they are."""
    _put(acme, "a", price="19.990", quantity=1)

    patched = acme.call("PATCH", "/cart/a", body={"quantity": 5})

    assert patched.status == 200
    assert patched.body == {"item_id": "a", "description": "anvil", "price": "19.990", "quantity": 5}


def test_a_deleted_line_is_gone(acme: Person) -> None:
    """204 once, 404 afterwards."""
    _put(acme, "a")

    assert acme.call("DELETE", "/cart/a").status == 204
    assert acme.call("DELETE", "/cart/a").status == 404
    assert _cart(acme)["lines"] == []


def test_patching_a_line_that_is_not_there_creates_none(acme: Person) -> None:
    """404, and the cart stays empty."""
    answer = acme.call("PATCH", "/cart/a", body={"quantity": 5})

    assert (answer.status, answer.body["Code"]) == (404, "CartLineNotFoundError")
    assert _cart(acme)["lines"] == []


@pytest.mark.parametrize("price", ["0", "1.10", "19.990", "0.00000001", "999999999999.99999999"])
@pytest.mark.parametrize("as_number", [True, False], ids=["number", "string"])
def test_prices_come_back_exactly_as_they_went_in(acme: Person, price: str, as_number: bool) -> None:  # noqa: FBT001
    """No float on the way, and a trailing zero survives."""
    written = price if as_number else json.dumps(price)
    acme.call("PUT", "/cart/a", raw=f'{{"description": "x", "price": {written}, "quantity": 1}}'.encode())

    assert _cart(acme)["lines"][0]["price"] == price


def test_pages_hold_every_line_once_and_in_order(acme: Person) -> None:
    """Following the cursor lists the cart by item id; the last page has none."""
    ids = [f"{1732286400000 + number}" for number in range(7)]
    for item_id in reversed(ids):
        _put(acme, item_id)
    pages, query = [], "?limit=3"
    while True:
        page = _cart(acme, query)
        pages.append([line["item_id"] for line in page["lines"]])
        if page["next_cursor"] is None:
            break
        query = f"?limit=3&cursor={page['next_cursor']}"

    assert pages == [ids[:3], ids[3:6], ids[6:]]


def test_tenants_with_alike_names_and_the_same_item_ids_see_their_own_lines(
    newcomer: Callable[[str], Person],
) -> None:
    """Neither acme, acme-eu, acme1 nor acme10 sees another's line."""
    people = {tenant: newcomer(tenant) for tenant in ("acme", "acme-eu", "acme1", "acme10", "globex")}
    for tenant, someone in people.items():
        _put(someone, "twin", description=f"of {tenant}")

    for tenant, someone in people.items():
        assert [line["description"] for line in _cart(someone)["lines"]] == [f"of {tenant}"]


def test_globex_cannot_reach_acmes_line_through_the_same_route(acme: Person, globex: Person) -> None:
    """The same item id is another row; acme's stays as it was."""
    _put(acme, "a", description="acme's")

    assert _cart(globex)["lines"] == []
    assert globex.call("PATCH", "/cart/a", body={"quantity": 9}).status == 404
    assert globex.call("DELETE", "/cart/a").status == 404
    assert _cart(acme)["lines"][0]["description"] == "acme's"


def test_a_cursor_of_another_tenant_only_moves_within_the_own_list(acme: Person, globex: Person) -> None:
    """A cursor holds a position and no partition key."""
    for item_id in ("a", "b", "c"):
        _put(acme, item_id, description="acme's")
        _put(globex, item_id, description="globex's")
    cursor = _cart(acme, "?limit=1")["next_cursor"]

    page = _cart(globex, f"?cursor={cursor}")

    assert [(line["item_id"], line["description"]) for line in page["lines"]] == [("b", "globex's"), ("c", "globex's")]


@pytest.mark.parametrize("smuggled", ["?tenant=globex", "?tenant_id=globex", "?custom:tenantID=globex"])
def test_a_tenant_in_the_query_or_a_header_changes_nothing(acme: Person, globex: Person, smuggled: str) -> None:
    """Only the token names the tenant."""
    _put(globex, "a", description="globex's")
    _put(acme, "b", description="acme's")

    answer = acme.call("GET", f"/cart{smuggled}", headers={"X-Tenant-Id": "globex", "tenant": "globex"})

    assert [line["description"] for line in answer.body["lines"]] == ["acme's"]


def test_a_tenant_in_the_body_is_refused(acme: Person) -> None:
    """An unknown field is a mistake, and this one would be the worst."""
    body = {"description": "x", "price": "1", "quantity": 1, "tenant": "globex"}
    answer = acme.call("PUT", "/cart/a", body=body)

    assert (answer.status, answer.body["Code"]) == (400, "InvalidRequestError")
    assert "tenant" in answer.body["Message"]


def test_a_viewer_reads_and_does_not_write(person: Callable[..., Person], acme: Person) -> None:
    """The authorizer's policy refuses; the member's call is the allowed twin."""
    viewer = person("acme", "viewer")
    _put(acme, "a")

    assert _cart(viewer)["lines"][0]["item_id"] == "a"
    for method in ("PUT", "PATCH", "DELETE"):
        answer = viewer.call(method, "/cart/a", body={"quantity": 2})
        assert (answer.status, answer.body["Code"]) == (403, "ForbiddenError")
    assert acme.call("PATCH", "/cart/a", body={"quantity": 2}).status == 200


@pytest.mark.parametrize("quantity", [0, 1.5, "1", 10**40, None, True], ids=str)
def test_a_quantity_that_is_none_is_refused(acme: Person, quantity: Any) -> None:
    """400 that names the field, and nothing written; 2.0 is 2."""
    refused = acme.call("PUT", "/cart/a", body={"description": "x", "price": "1", "quantity": quantity})

    assert (refused.status, refused.body["Code"]) == (400, "InvalidRequestError")
    assert "quantity" in refused.body["Message"]
    assert _cart(acme)["lines"] == []
    taken = acme.call("PUT", "/cart/a", raw=b'{"description": "x", "price": "1", "quantity": 2.0}')
    assert taken.body["quantity"] == 2


@pytest.mark.parametrize(
    "item_id", ["-a", ".", "..", "a%23b", "a%2Fb", "a%0A", "%C3%A9", "a" * 65, "a%00", "acme%23cart%230", "a;b", "a#b"]
)
def test_an_item_id_outside_its_form_is_refused(acme: Person, item_id: str) -> None:
    """A delimiter, a slash, a newline or a foreign letter never reaches a key; a letter may be percent-encoded."""
    answer = _put(acme, item_id)

    assert (answer.status, answer.body["Code"]) == (400, "InvalidRequestError")
    assert "item_id" in answer.body["Message"]
    assert _put(acme, "%61").body["item_id"] == "a"
