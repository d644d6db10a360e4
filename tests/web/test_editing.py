"""The form in which a thing is made or changed: what it sends, what it says, and what it keeps."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import expect

from tests.web.actions import delete, fill, make_item

if TYPE_CHECKING:
    from collections.abc import Callable

    from playwright.sync_api import Route

    from tests.support.people import Person
    from tests.web.conftest import Visit

pytestmark = pytest.mark.evidence

_SERIAL = 12345678901234567890123
_AMBIGUOUS = {
    "serial": _SERIAL,
    "a:b": "x",
    "line": "line1\nk2: v2",
    " sp ": " pad ",
    "digits": "12",
    '"q"': '"',
    "e": "",
}


def test_what_was_not_edited_stays_as_it_is(visit: Visit, person: Callable[..., Person]) -> None:
    """Renamed first, then one attribute more: no digit, blank, colon or line break of the others is lost."""
    member = person("acme", "member")
    made = member.call("POST", "/items", body={"name": "Exact", "price": 1, "attributes": _AMBIGUOUS}).body
    path, sent = f"/items/{made['product_id']}", []
    page = visit.sign_in("acme", "member")
    page.on("request", lambda request: sent.append(request.post_data) if request.method == "PATCH" else None)
    page.get_by_role("button", name="Edit Exact").click()
    fill(page, Name="Exactly")
    expect(page.get_by_role("button", name="Edit Exactly")).to_be_visible()
    assert [json.loads(each) for each in sent] == [{"name": "Exactly"}]
    page.get_by_role("button", name="Edit Exactly").click()
    lines = page.get_by_role("dialog").get_by_label("Attributes").input_value()
    fill(page, Attributes=f"{lines}\nnew: 0.10000000000000000000001")
    expect(page.get_by_role("dialog")).to_have_count(0)

    assert f'"serial":{_SERIAL}' in sent[-1]
    assert '"new":0.10000000000000000000001' in sent[-1]
    attributes = member.call("GET", path).body["attributes"]
    assert {name: each for name, each in attributes.items() if name != "new"} == _AMBIGUOUS
    member.call("DELETE", path)


def test_a_line_that_somebody_else_changed_keeps_their_change(visit: Visit, person: Callable[..., Person]) -> None:
    """Only the changed price is sent; a line that was deleted meanwhile leaves the list."""
    member = person("acme", "member")
    body = {"description": "Shared", "price": 1, "quantity": 1}
    assert member.call("PUT", "/cart/1-shared", body=body).status == 201
    page = visit.sign_in("acme", "member", "cart")
    page.get_by_role("button", name="Edit Shared").click()
    assert person("acme", "admin").call("PATCH", "/cart/1-shared", body={"quantity": 50}).status == 200
    fill(page, Price_of_one="3")
    expect(page.get_by_role("listitem").filter(has_text="Shared")).to_contain_text("150.00")
    page.get_by_role("button", name="Edit Shared").click()
    assert member.call("DELETE", "/cart/1-shared").status == 204
    fill(page, Price_of_one="4")
    expect(page.get_by_role("dialog").get_by_role("alert")).to_contain_text("has deleted this line")
    page.get_by_role("dialog").get_by_role("button", name="Cancel").click()

    expect(page.get_by_role("button", name="Edit Shared")).to_have_count(0)
    expect(page.get_by_text("No line yet.")).to_be_visible()


def test_keeping_theirs_is_not_called_saved(visit: Visit, person: Callable[..., Person]) -> None:
    """The page says what became of one's own change."""
    item = make_item(person("acme", "member"), "Kept theirs")
    path = f"/items/{item['product_id']}"
    page = visit.sign_in("acme", "member")
    page.get_by_role("button", name="Edit Kept theirs").click()
    person("acme", "admin").call("PATCH", path, body={"price": 99}, headers={"If-Match": '"1"'})
    fill(page, Price="7")
    page.get_by_role("button", name="Keep theirs").click()

    expect(page.get_by_text("Nothing of yours was saved")).to_be_visible()
    expect(page.get_by_role("listitem").filter(has_text="Kept theirs")).to_contain_text("99.00")
    person("acme", "member").call("DELETE", path)


def test_a_change_whose_answer_was_lost_is_found_saved(visit: Visit, person: Callable[..., Person]) -> None:
    """Tried again it meets its own new version, which is no conflict."""
    item = make_item(person("acme", "member"), "Lost answer")
    page = visit.sign_in("acme", "member")

    def lose(route: Route) -> None:
        if route.request.method != "PATCH":
            route.continue_()
            return
        assert route.fetch().status == 200
        route.abort()

    page.route(f"{visit.stage.api_url}/items/*", lose)
    page.get_by_role("button", name="Edit Lost answer").click()
    fill(page, Price="7")
    page.get_by_role("dialog").get_by_role("button", name="Try again").wait_for()
    page.unroute_all()
    page.get_by_role("dialog").get_by_role("button", name="Try again").click()

    expect(page.get_by_text("Saved “Lost answer”.")).to_be_visible()
    expect(page.get_by_role("dialog")).to_have_count(0)
    person("acme", "member").call("DELETE", f"/items/{item['product_id']}")


def test_new_lines_stand_where_they_will_stand_after_a_reload(visit: Visit) -> None:
    """At the end of the cart; two made in one millisecond are two."""
    page = visit.sign_in("globex", "member", "cart")
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
    page.get_by_role("link", name="Items").click()
    page.get_by_role("link", name="Cart").click()
    expect(page.get_by_role("listitem").last).to_contain_text("Last")
    expect(page.get_by_role("listitem")).to_have_count(3)
    delete(page, "Last")
    for left in (2, 1):
        expect(page.get_by_role("button", name="Delete Twin")).to_have_count(left)
        page.get_by_role("button", name="Delete Twin").first.click()
        page.get_by_role("dialog").get_by_role("button", name="Delete", exact=True).click()
    expect(page.get_by_text("No line yet.")).to_be_visible()


def test_what_was_typed_is_not_dropped_without_asking(visit: Visit) -> None:
    """By Escape, or by the browser's Back; a form that nothing was typed into just closes."""
    page = visit.sign_in("acme", "member", "cart")
    page.get_by_role("link", name="Items").click()
    page.get_by_role("button", name="New item").click()
    page.get_by_role("dialog").get_by_label("Name", exact=True).fill("Draft")
    page.keyboard.press("Escape")
    page.get_by_role("button", name="Keep typing").click()
    page.evaluate("history.back()")
    page.get_by_role("button", name="Keep typing").click()
    expect(page.get_by_role("dialog").get_by_label("Name", exact=True)).to_have_value("Draft")
    expect(page).to_have_url(f"{visit.stage.web_url}/#/items")
    page.evaluate("history.back()")
    page.get_by_role("button", name="Give it up").click()

    expect(page.get_by_role("dialog")).to_have_count(0)
    expect(page.get_by_role("heading", name="Cart", level=1)).to_be_visible()
    page.get_by_role("button", name="New line").click()
    page.keyboard.press("Escape")
    expect(page.get_by_role("dialog")).to_have_count(0)


def test_the_field_to_mend_has_the_focus_and_says_so(visit: Visit) -> None:
    """For what the page refuses, and for what the API refuses."""
    page = visit.sign_in("acme", "member")
    page.get_by_role("button", name="New item").click()
    price = page.get_by_role("dialog").get_by_label("Price", exact=True)
    for typed in ("dear", "1234567890123"):
        fill(page, Name="Odd", Price=typed)
        expect(price).to_be_focused()
        expect(price).to_have_attribute("aria-invalid", "true")
    expect(page.get_by_role("dialog").get_by_label("Name", exact=True)).to_have_attribute("aria-invalid", "false")
