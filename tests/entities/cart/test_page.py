"""The cart in a browser: where its lines stand, what they come to, and how they are sent."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import pytest
from playwright.sync_api import expect

from tests.support.page_actions import MARKUP, delete, fill, live_as_markup
from tests.support.page_look import look

if TYPE_CHECKING:
    from collections.abc import Callable

    from playwright.sync_api import Route

    from tests.support.page import Visit
    from tests.support.people import Person

pytestmark = pytest.mark.evidence

# The longest that the API takes, in one word.
_LONGEST = {"description": "W" * 1000, "price": "999999999999.99999999", "quantity": 1_000_000}


@pytest.fixture
def visit(visits: Callable[..., Visit]) -> Visit:
    """Return a page that shows the cart."""
    return visits(entities=("cart",))


def test_a_line_is_made_changed_and_deleted(visit: Visit) -> None:
    """It comes to its quantity times the price of one."""
    page = visit.sign_in("globex", "member")
    page.get_by_role("button", name="New line").click()
    fill(page, Description="Rope", Price_of_one="2", Quantity="3")
    row = page.get_by_role("listitem").filter(has_text="Rope")
    expect(row).to_contain_text("6.00")
    page.get_by_role("button", name="Edit Rope").click()
    fill(page, Quantity="4")
    expect(row).to_contain_text("8.00")
    delete(page, "Rope")

    expect(page.get_by_text("No line yet.")).to_be_visible()


@pytest.mark.parametrize(
    ("typed", "shown", "thrice"),
    [("123456789012.00000007", "123,456,789,012.00000007", "370,370,367,036.00000021"), ("0,1", "0.10", "0.30")],
)
def test_what_is_worked_out_keeps_every_digit(visit: Visit, typed: str, shown: str, thrice: str) -> None:
    """As the price itself does."""
    page = visit.sign_in("acme", "member")
    page.get_by_role("button", name="New line").click()
    fill(page, Description="Exact", Price_of_one=typed, Quantity="1")
    number = page.get_by_role("listitem").filter(has_text="Exact").locator(".number")
    expect(number).to_have_text(shown)
    page.get_by_role("button", name="Edit Exact").click()
    fill(page, Quantity="3")
    expect(number).to_have_text(thrice)
    delete(page, "Exact")

    expect(number).to_have_count(0)


def test_new_lines_stand_where_they_will_stand_after_a_reload(visit: Visit) -> None:
    """At the end of the cart; two made in one millisecond are two."""
    page = visit.sign_in("globex", "member")
    page.evaluate("Date.now = () => 1732286400000")
    for name in ("Twin", "Twin"):
        page.get_by_role("button", name="New line").click()
        fill(page, Description=name, Price_of_one="1")
        expect(page.get_by_role("dialog")).to_have_count(0)
    expect(page.get_by_role("listitem")).to_have_count(2)
    page.evaluate("Date.now = () => 1732286400001")
    page.get_by_role("button", name="New line").click()
    fill(page, Description="Last", Price_of_one="1")
    expect(page.get_by_role("listitem").last).to_contain_text("Last")
    page.get_by_role("link", name="Isolation").click()
    page.get_by_role("link", name="Cart").click()
    expect(page.get_by_role("listitem").last).to_contain_text("Last")
    expect(page.get_by_role("listitem")).to_have_count(3)
    delete(page, "Last")
    for left in (2, 1):
        expect(page.get_by_role("button", name="Delete Twin")).to_have_count(left)
        page.get_by_role("button", name="Delete Twin").first.click()
        page.get_by_role("dialog").get_by_role("button", name="Delete", exact=True).click()
    expect(page.get_by_text("No line yet.")).to_be_visible()


def test_a_line_that_is_sent_again_is_one_line(visit: Visit, api_user: Callable[..., Person]) -> None:
    """Its answer was lost: the same PUT replaces it, so nobody is told to look for it first."""
    page = visit.sign_in("globex", "member")
    sent: list[tuple[str, str]] = []

    def lose(route: Route) -> None:
        if route.request.method != "PUT":
            route.continue_()
            return
        sent.append((route.request.method, route.request.url))
        if len(sent) > 1:
            route.continue_()
            return
        assert route.fetch().status == 201
        route.abort()

    page.route(f"{visit.stage.api_url}/cart/*", lose)
    page.get_by_role("button", name="New line").click()
    fill(page, Description="Once", Price_of_one="1")
    problem = page.get_by_role("dialog").get_by_role("alert")
    expect(problem.get_by_role("button", name="Try again")).to_be_visible()
    expect(problem).not_to_contain_text("look at the list")
    problem.get_by_role("button", name="Try again").click()
    expect(page.get_by_text("Saved “Once”.")).to_be_visible()
    lines = api_user("globex", "member").call("GET", "/cart").body["lines"]
    delete(page, "Once")
    expect(page.get_by_text("No line yet.")).to_be_visible()

    assert sent == [sent[0], sent[0]]
    assert [line["description"] for line in lines] == ["Once"]


@pytest.mark.parametrize("fails", [False, True])
def test_a_line_that_is_made_before_the_cart_has_come_stays_last(visit: Visit, fails: bool) -> None:  # noqa: FBT001
    """The cart that comes late was read before, and has another line only; so may one that is tried again."""
    page, held = visit.page, []
    visit.sign_in("globex", "member", "isolation")
    page.route(
        lambda url: url.startswith(f"{visit.stage.api_url}/cart?"),
        lambda route: held.append(route) if route.request.method == "GET" else route.continue_(),
    )
    page.get_by_role("link", name="Cart").click()
    page.get_by_role("button", name="New line").click()
    fill(page, Description="Early", Price_of_one="1")
    page.get_by_text("Saved “Early”.").wait_for()
    headers = {"Access-Control-Allow-Origin": "*"}
    if fails:
        held[0].fulfill(status=400, json={"Code": "TestError", "Message": "No."}, headers=headers)
        with page.expect_request(f"{visit.stage.api_url}/cart?*"):
            page.get_by_role("button", name="Try again").click()
    held[-1].fulfill(json={"lines": [_line("Before")], "next_cursor": None}, headers=headers)

    rows = page.get_by_role("listitem")
    expect(rows).to_have_text([re.compile("Before"), re.compile("Early")])
    delete(page, "Early")
    expect(page.get_by_text("Deleted “Early”.")).to_be_visible()


def _line(description: str) -> dict[str, Any]:
    return {"item_id": "0", "description": description, "price": "1.00", "quantity": 1}


def test_markup_in_every_field_stays_text(visit: Visit) -> None:
    """A quantity takes none, and is refused by what it is."""
    page = visit.sign_in("acme", "member")
    fields = {"Description": MARKUP, "Price_of_one": "1", "Quantity": "1"}
    live_as_markup(page, "line", fields, "Quantity", refused={"Quantity": "0"})


@pytest.mark.parametrize(("width", "scheme"), [(360, "light"), (768, "light"), (1280, "dark")])
def test_the_cart_is_accessible_and_fits(
    visits: Callable[..., Visit], api_user: Callable[..., Person], width: int, scheme: str
) -> None:
    """Even a line with the longest values; a phone has the whole width for what stands below a name."""
    member = api_user("acme", "member")
    assert member.call("PUT", "/cart/look", body=_LONGEST).status == 201
    page = visits(entities=("cart",), width=width, scheme=scheme).sign_in("acme", "member")
    row = page.get_by_role("listitem").filter(has_text="WWW")
    row.wait_for()
    found = look(page, "cart", width, scheme)
    part = "(row, part) => row.querySelector(part).clientWidth / row.clientWidth"
    shares = [row.evaluate(part, each) for each in (".name", ".meta")]
    member.call("DELETE", "/cart/look")

    assert found == []
    assert width == 1280 or shares[0] > {360: 0.35, 768: 0.4}[width]
    assert width > 360 or shares[1] > 0.8
