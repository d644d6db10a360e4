"""The page shows the entities that its configuration lists, whichever they are."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
from playwright.sync_api import expect

from chalicelib import PRODUCT_TITLE
from tests.support.page_actions import delete, fill

if TYPE_CHECKING:
    from collections.abc import Callable

    from playwright.sync_api import Page, Route

    from tests.support.page import Served, Visit

pytestmark = pytest.mark.evidence

ANVILS = {"name": "anvils", "title": "Anvils", "writers": ["member", "admin"]}
PENPALS = {"name": "penpals", "title": "Penpals", "writers": ["admin"]}
ORDERS = {"name": "orders", "title": "Orders", "writers": ["member"]}

#: An entity with a field of each kind, and with nothing that it need not have.
ORDERS_MODULE = """
import { formatDate, formatNumber, formatPrice } from "../format.js";
import { date, email, integer, price, text, yesNo } from "../inputs.js";

export const entity = {
  noun: "order",
  id: (order) => order.order_id,
  name: (order) => order.title,
  row: (order) => ({
    main: order.title,
    meta: [formatDate(order.due), order.contact, formatNumber(order.boxes)],
    number: formatPrice(order.price),
  }),
  fields: [
    text("title", "Title"),
    price("price", "Price"),
    integer("boxes", "Boxes", { min: 1, max: 9 }),
    date("due", "Due"),
    email("contact", "Contact"),
    yesNo("paid", "Paid"),
  ],
};
"""
_VALUES = {"Title": "Rope", "Price": "2.50", "Boxes": "3", "Due": "2026-01-31", "Contact": "a@acme.example.com"}


def _links(page: Page) -> list[str]:
    return page.get_by_role("navigation").get_by_role("link").all_inner_texts()


def test_the_navigation_follows_the_configuration(visit: Visit) -> None:
    """Its order and titles; what it does not list is not there, by its address neither; the first is shown."""
    visit.configure(entities=[PENPALS, {**ANVILS, "title": "Smithy"}], product="Warehouse")
    page = visit.sign_in("acme", "member", "orders")

    assert _links(page) == ["Penpals", "Smithy", "Isolation"]
    expect(page.get_by_role("heading", name="Penpals", level=1)).to_be_visible()
    expect(page).to_have_title("Penpals · Warehouse")
    page.get_by_role("link", name="Smithy").click()
    expect(page.get_by_role("heading", name="Smithy", level=1)).to_be_visible()
    page.get_by_role("link", name="Warehouse").click()
    expect(page.get_by_role("heading", name="Penpals", level=1)).to_be_visible()
    assert PRODUCT_TITLE not in page.content()


@pytest.mark.parametrize("writers", [[], ["admin"]])
def test_a_role_that_is_no_writer_sees_no_buttons(visit: Visit, writers: list[str]) -> None:
    """Whatever else it may write; its twin is the entity beside."""
    visit.configure(entities=[{**PENPALS, "writers": writers}, ANVILS])
    page = visit.sign_in("acme", "member", "penpals")
    expect(page.get_by_text("Your role, member, reads here.")).to_be_visible()
    expect(page.get_by_role("main").get_by_role("button")).to_have_count(0)
    page.get_by_role("link", name="Anvils").click()

    expect(page.get_by_role("button", name="New anvil")).to_be_visible()


@pytest.mark.parametrize(
    "module", [None, "export const other = {};", "this is no JavaScript", 'import "./nowhere.js";']
)
def test_an_entity_without_a_sound_module_says_so(visit: Visit, module: str | None) -> None:
    """By the file that is missing, which the browser's console explains; the other views work."""
    visit.configure(entities=[ORDERS, ANVILS])
    if module:
        _serve_module(visit, module)
    page = visit.sign_in("acme", "member", "")
    expect(page.get_by_role("alert")).to_contain_text("js/entities/orders.js is missing, or has an error")
    page.get_by_role("link", name="Isolation").click()
    expect(page.get_by_role("button", name="Ask for them")).to_be_visible()
    page.get_by_role("link", name="Anvils").click()

    expect(page.get_by_role("button", name="New anvil")).to_be_visible()
    assert len(visit.problems) == 1
    assert visit.problems.pop().startswith("console: ")


def test_without_entities_there_is_isolation(visit: Visit) -> None:
    """And a sentence for each of its parts that has nothing to show."""
    visit.configure(entities=[], table=None)
    page = visit.sign_in("acme", "viewer", "anvils")

    assert _links(page) == ["Isolation"]
    expect(page.get_by_role("heading", name="Isolation", level=1)).to_be_visible()
    expect(page.get_by_text("There is no entity to ask for")).to_be_visible()
    expect(page.get_by_text("No entity here is kept in PostgreSQL")).to_be_visible()
    expect(page.get_by_role("main").get_by_role("button")).to_have_count(0)


@pytest.mark.parametrize(
    ("entity", "said"),
    [(ANVILS, ("Query", "acme#anvil#")), (PENPALS, ("Allowed", "200"))],
    ids=["DynamoDB", "PostgreSQL"],
)
@pytest.mark.parametrize("width", [360, 1280])
def test_where_no_row_is_named_by_its_key_ones_own_request_is_drawn(
    visits: Callable[..., Visit], entity: dict[str, Any], said: tuple[str, ...], width: int
) -> None:
    """That of the first entity; why there is no attack is said."""
    visit = visits(width=width)
    visit.configure(entities=[entity], table=None)
    page = visit.sign_in("acme", "viewer", "isolation")
    expect(page.get_by_text("No entity here is read by its whole primary key")).to_be_visible()
    for _ in range(2):  # a second request finds the session, and the key of the database, still there
        page.get_by_role("button", name="Ask for them").click()
        for words in said:
            expect(page.get_by_label("What you asked for")).to_contain_text(words)
    expect(page.get_by_label("The way of the request")).to_contain_text("Tenant in context")
    expect(page.get_by_label("The same for your own")).to_have_count(0)

    assert page.evaluate("document.documentElement.scrollWidth") <= width


def test_a_request_for_rows_of_postgresql_names_what_iam_decided(visit: Visit, served: Served) -> None:
    """A process that has just started reads the login's secret in the tenant's session."""
    visit.configure(entities=[PENPALS])
    page = visit.sign_in("globex", "viewer", "isolation")
    with served.stopped():
        pass
    page.get_by_role("button", name="Ask for them").click()

    for words in ("GetSecretValue", "GET /penpals", "Allowed"):
        expect(page.get_by_label("What you asked for")).to_contain_text(words)
    for words in ("Session tag tenant", "globex.viewer"):
        expect(page.get_by_label("The way of the request")).to_contain_text(words)
    expect(page.get_by_role("button", name="Run it")).to_be_visible()


def test_a_long_navigation_fits_a_phone(visits: Callable[..., Visit]) -> None:
    """It takes more lines, and every link stays in sight."""
    visit = visits(width=360)
    entities = (ANVILS, PENPALS, ORDERS)
    visit.configure(entities=[{**each, "title": f"Considerably longer {each['title']}"} for each in entities])
    _serve_module(visit, ORDERS_MODULE)
    page = visit.sign_in("acme", "viewer", "anvils")

    assert page.evaluate("document.documentElement.scrollWidth") <= 360


def test_an_entity_needs_no_more_than_its_module(visit: Visit) -> None:
    """Its route and the member of the answer follow from its name; each kind of field sends what the API takes."""
    page = visit.page
    sent: list[tuple[str, str, Any]] = []
    visit.configure(entities=[ORDERS])
    _serve_module(visit, ORDERS_MODULE)
    _serve_orders(visit, sent)
    visit.sign_in("acme", "member", "orders")
    page.get_by_role("button", name="New order").click()
    dialog = page.get_by_role("dialog")
    for label, wrong in {"Price": "dear", "Boxes": "10", "Due": ""}.items():
        fill(page, **{**_VALUES, label: wrong})
        expect(dialog.get_by_label(label, exact=True)).to_have_attribute("aria-invalid", "true")
    dialog.get_by_label("Paid", exact=True).select_option("Yes")
    fill(page, **_VALUES)
    row = page.get_by_role("listitem").filter(has_text="Rope")
    for words in ("31 Jan 2026", "2.50", "a@acme.example.com"):
        expect(row).to_contain_text(words)
    page.get_by_role("button", name="Edit Rope").click()
    expect(dialog.get_by_label("Due", exact=True)).to_have_value("2026-01-31")
    expect(dialog.get_by_label("Paid", exact=True)).to_have_value("true")
    dialog.get_by_label("Paid", exact=True).select_option("No")
    fill(page, Due="2026-02-28", Boxes="4")
    expect(row).to_contain_text("28 Feb 2026")
    delete(page, "Rope")
    expect(page.get_by_text("No order yet.")).to_be_visible()

    made = {"title": "Rope", "price": "2.50", "boxes": 3, "due": "2026-01-31", "contact": "a@acme.example.com"}
    assert sent == [
        ("POST", "/orders", {**made, "paid": True}),
        ("PATCH", "/orders/1", {"boxes": 4, "due": "2026-02-28", "paid": False}),
        ("DELETE", "/orders/1", None),
    ]


def _serve_module(visit: Visit, module: str) -> None:
    visit.page.route(
        "**/js/entities/orders.js", lambda route: route.fulfill(content_type="text/javascript", body=module)
    )


def _serve_orders(visit: Visit, sent: list[tuple[str, str, Any]]) -> None:
    """Answer in the API's place, and keep what was sent."""
    headers = {
        "Access-Control-Allow-Origin": str(visit.stage.web_url),
        "Access-Control-Allow-Headers": "authorization, content-type",
        "Access-Control-Allow-Methods": "GET, POST, PATCH, DELETE",
    }
    order: dict[str, Any] = {"order_id": "1"}

    def answer(route: Route) -> None:
        request = route.request
        if request.method in {"OPTIONS", "GET"}:
            route.fulfill(headers=headers, json={"orders": [], "next_cursor": None})
            return
        body = json.loads(request.post_data) if request.post_data else None
        sent.append((request.method, request.url.removeprefix(visit.stage.api_url), body))
        order.update(body or {})
        if request.method == "DELETE":
            route.fulfill(status=204, headers=headers)
        else:
            route.fulfill(status=201, headers=headers, json=order)

    visit.page.route(lambda url: url.startswith(f"{visit.stage.api_url}/orders"), answer)
