"""The form in which a thing is made or changed: what it sends, what it says, and what it keeps."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import expect

from tests.support.page_actions import fill

if TYPE_CHECKING:
    from collections.abc import Callable

    from playwright.sync_api import Route

    from tests.support.page import Visit
    from tests.support.people import Person

pytestmark = pytest.mark.evidence


def test_only_what_was_changed_is_sent(visit: Visit, api_user: Callable[..., Person]) -> None:
    """The rest may have been changed elsewhere, and stays as it is there."""
    member = api_user("acme", "member")
    path, sent = f"/anvils/{member.create('Exact')['anvil_id']}", []
    page = visit.sign_in("acme", "member")
    page.on("request", lambda request: sent.append(request.post_data_json) if request.method == "PATCH" else None)
    page.get_by_role("button", name="Edit Exact").click()
    fill(page, Name="Exactly")
    expect(page.get_by_role("button", name="Edit Exactly")).to_be_visible()
    member.call("DELETE", path)

    assert sent == [{"name": "Exactly"}]


def test_a_row_that_somebody_else_changed_keeps_their_change(visit: Visit, api_user: Callable[..., Person]) -> None:
    """Where rows have no version: only the changed field is sent; what was deleted meanwhile leaves the list."""
    admin = api_user("acme", "admin")
    path = f"/penpals/{admin.add_penpal('shared@acme.example.com', 'Shared')['penpal_id']}"
    page = visit.sign_in("acme", "admin", "penpals")
    page.get_by_role("button", name="Edit Shared").click()
    assert admin.call("PATCH", path, body={"email": "theirs@acme.example.com"}).status == 200
    fill(page, Display_name="Shared by two")
    expect(page.get_by_role("listitem").filter(has_text="Shared by two")).to_contain_text("theirs@acme.example.com")
    page.get_by_role("button", name="Edit Shared by two").click()
    assert admin.call("DELETE", path).status == 204
    fill(page, Display_name="Nobody's")
    expect(page.get_by_role("dialog").get_by_role("alert")).to_contain_text("has deleted this penpal")
    page.get_by_role("dialog").get_by_role("button", name="Cancel").click()

    expect(page.get_by_role("button", name="Edit Shared by two")).to_have_count(0)
    expect(page.get_by_text("No penpal yet.")).to_be_visible()


def test_keeping_theirs_is_not_called_saved(visit: Visit, api_user: Callable[..., Person]) -> None:
    """The page says what became of one's own change."""
    anvil = api_user("acme", "member").create("Kept theirs")
    path = f"/anvils/{anvil['anvil_id']}"
    page = visit.sign_in("acme", "member")
    page.get_by_role("button", name="Edit Kept theirs").click()
    api_user("acme", "admin").call("PATCH", path, body={"price": 99}, headers={"If-Match": '"1"'})
    fill(page, Price="7")
    page.get_by_role("button", name="Keep theirs").click()

    expect(page.get_by_text("Nothing of yours was saved")).to_be_visible()
    expect(page.get_by_role("listitem").filter(has_text="Kept theirs")).to_contain_text("99.00")
    api_user("acme", "member").call("DELETE", path)


def test_a_change_whose_answer_was_lost_is_found_saved(visit: Visit, api_user: Callable[..., Person]) -> None:
    """Tried again it meets its own new version, which is no conflict."""
    anvil = api_user("acme", "member").create("Lost answer")
    page = visit.sign_in("acme", "member")

    def lose(route: Route) -> None:
        if route.request.method != "PATCH":
            route.continue_()
            return
        assert route.fetch().status == 200
        route.abort()

    page.route(f"{visit.stage.api_url}/anvils/*", lose)
    page.get_by_role("button", name="Edit Lost answer").click()
    fill(page, Price="7")
    page.get_by_role("dialog").get_by_role("button", name="Try again").wait_for()
    page.unroute_all()
    page.get_by_role("dialog").get_by_role("button", name="Try again").click()

    expect(page.get_by_text("Saved “Lost answer”.")).to_be_visible()
    expect(page.get_by_role("dialog")).to_have_count(0)
    api_user("acme", "member").call("DELETE", f"/anvils/{anvil['anvil_id']}")


def test_what_was_typed_is_not_dropped_without_asking(visit: Visit) -> None:
    """By Escape, or by the browser's Back; a form that nothing was typed into just closes."""
    page = visit.sign_in("acme", "admin", "penpals")
    page.get_by_role("link", name="Anvils").click()
    page.get_by_role("button", name="New anvil").click()
    page.get_by_role("dialog").get_by_label("Name", exact=True).fill("Draft")
    page.keyboard.press("Escape")
    page.get_by_role("button", name="Keep typing").click()
    page.evaluate("history.back()")
    page.get_by_role("button", name="Keep typing").click()
    expect(page.get_by_role("dialog").get_by_label("Name", exact=True)).to_have_value("Draft")
    expect(page).to_have_url(f"{visit.stage.web_url}/#/anvils")
    page.evaluate("history.back()")
    page.get_by_role("button", name="Give it up").click()

    expect(page.get_by_role("dialog")).to_have_count(0)
    expect(page.get_by_role("heading", name="Penpals", level=1)).to_be_visible()
    page.get_by_role("button", name="New penpal").click()
    page.keyboard.press("Escape")
    expect(page.get_by_role("dialog")).to_have_count(0)


def test_the_field_to_mend_has_the_focus_and_says_so(visit: Visit) -> None:
    """For what the page refuses, and for what the API refuses."""
    page = visit.sign_in("acme", "member")
    page.get_by_role("button", name="New anvil").click()
    price = page.get_by_role("dialog").get_by_label("Price", exact=True)
    for typed in ("dear", "1234567890123"):
        fill(page, Name="Odd", Price=typed)
        expect(price).to_be_focused()
        expect(price).to_have_attribute("aria-invalid", "true")
    expect(page.get_by_role("dialog").get_by_label("Name", exact=True)).to_have_attribute("aria-invalid", "false")
