"""What is under way while the list loads, the dialog wants to close, or somebody else signs in."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import expect

from tests.support.page_actions import delete, fill, sign_out

if TYPE_CHECKING:
    from collections.abc import Callable

    from playwright.sync_api import Page, Route

    from tests.support.page import Visit
    from tests.support.people import Person

pytestmark = pytest.mark.evidence


def _hold(visit: Visit, method: str, path: str) -> list[Route]:
    """Return the requests of that method below that path, as they come; whoever holds them lets them go."""
    held: list[Route] = []
    page, start = visit.page, f"{visit.stage.api_url}{path}"
    page.route(
        lambda url: url.startswith(start),
        lambda route: held.append(route) if route.request.method == method else route.continue_(),
    )
    return held


def _answer(visit: Visit, route: Route, status: int, **headers: str) -> None:
    allowed = {"Access-Control-Allow-Origin": str(visit.stage.web_url), "Access-Control-Expose-Headers": "Retry-After"}
    route.fulfill(status=status, headers=allowed | headers, json={"Code": "TestError", "Message": "No."})


def _asked(page: Page, held: list[Route]) -> Route:
    """Wait for the request that is held."""
    while not held:
        page.wait_for_timeout(20)
    return held[0]


def test_a_delete_that_fails_late_is_not_offered_to_the_next_user(
    visit: Visit, api_user: Callable[..., Person]
) -> None:
    """Its name is another tenant's, and trying it again would be asked in the next user's name."""
    anvil = api_user("acme", "member").create("Acme secret")
    page = visit.sign_in("acme", "member")
    held = _hold(visit, "DELETE", "/anvils/")
    delete(page, "Acme secret")
    late = _asked(page, held)
    sign_out(page)
    visit.enter(visit.stage.user("globex", "member").username, visit.stage.user("globex", "member").password)
    expect(page.get_by_role("banner")).to_contain_text("globex")
    expect(page.get_by_text("Loading…")).to_have_count(0)
    with page.expect_response(lambda response: response.request == late.request):
        _answer(visit, late, 503)
    page.wait_for_timeout(300)  # for a dialog that must not open

    expect(page.get_by_role("dialog")).to_have_count(0)
    expect(page.get_by_text("Acme secret")).to_have_count(0)
    assert len(held) == 1
    assert api_user("acme", "member").call("DELETE", f"/anvils/{anvil['anvil_id']}").status == 204


def test_nobody_leaves_the_form_while_it_is_being_saved(visit: Visit) -> None:
    """Whoever did would not see that it was saved, and type it again."""
    page = visit.sign_in("acme", "member")
    held = _hold(visit, "POST", "/anvils")
    page.get_by_role("button", name="New anvil").click()
    fill(page, Name="Slow", Price="1")
    saving = _asked(page, held)
    dialog = page.get_by_role("dialog")
    expect(dialog.get_by_role("button", name="Cancel")).to_be_disabled()
    page.keyboard.press("Escape")
    page.wait_for_timeout(200)
    expect(dialog).to_have_count(1)
    saving.continue_()

    expect(page.get_by_text("Saved “Slow”.")).to_be_visible()
    delete(page, "Slow")
    expect(page.get_by_role("button", name="Delete Slow")).to_have_count(0)


def test_giving_up_after_an_answer_was_lost_says_what_that_means(visit: Visit) -> None:
    """It may have been saved."""
    page = visit.sign_in("acme", "member")
    held = _hold(visit, "POST", "/anvils")
    page.get_by_role("button", name="New anvil").click()
    fill(page, Name="Lost", Price="1")
    _answer(visit, _asked(page, held), 503)
    page.get_by_role("button", name="Try again").wait_for()
    page.keyboard.press("Escape")

    expect(page.get_by_role("dialog", name="Give up what you typed?")).to_contain_text("It may have been saved")


@pytest.mark.parametrize("fails", [False, True])
@pytest.mark.parametrize(
    ("view", "before", "values"),
    [
        ("penpals", "anvils", {"Display_name": "Early", "Email": "early@globex.example.com"}),
        ("anvils", "penpals", {"Name": "Early", "Price": "1"}),
    ],
)
def test_what_is_made_before_the_list_has_come_stays(
    visit: Visit,
    view: str,
    before: str,
    values: dict[str, str],
    fails: bool,  # noqa: FBT001
) -> None:
    """The list that comes late was read before, and may not have it; so may one that fails and is tried again."""
    page = visit.page
    held = _hold(visit, "GET", f"/{view}?")
    visit.sign_in("globex", "admin", before)
    page.get_by_role("link", name=view.capitalize()).click()
    late = _asked(page, held)
    empty = late.fetch()
    page.get_by_role("button", name=f"New {view[:-1]}").click()
    fill(page, **values)
    page.get_by_text("Saved “Early”.").wait_for()
    if fails:
        _answer(visit, late, 400)
        page.get_by_role("button", name="Try again").click()
        while len(held) == 1:
            page.wait_for_timeout(20)
        held[1].fulfill(response=empty)
    else:
        late.fulfill(response=empty)
    expect(page.get_by_text("Loading…")).to_have_count(0)

    expect(page.get_by_role("button", name="Delete Early")).to_have_count(1)
    expect(page.locator(".waiting")).to_have_count(0)
    delete(page, "Early")
    expect(page.get_by_text("Deleted “Early”.")).to_be_visible()


def test_nobody_waits_unasked_for_the_minutes_that_a_server_names(visit: Visit) -> None:
    """Ten seconds are waited for; else the user decides."""
    page = visit.page
    held = _hold(visit, "GET", "/penpals?")
    visit.sign_in("acme", "member", "anvils")
    page.get_by_role("link", name="Penpals").click()
    _answer(visit, _asked(page, held), 503, **{"Retry-After": "3600"})

    expect(page.get_by_role("button", name="Try again")).to_be_visible()
    assert len(held) == 1


def test_a_refused_delete_is_not_offered_again(visit: Visit, api_user: Callable[..., Person]) -> None:
    """The same question gets the same answer."""
    anvil = api_user("acme", "member").create("Guarded")
    page = visit.sign_in("acme", "member")
    held = _hold(visit, "DELETE", "/anvils/")
    delete(page, "Guarded")
    _answer(visit, _asked(page, held), 403)
    dialog = page.get_by_role("dialog", name="Not deleted")
    expect(dialog).to_contain_text("Refused: No.")
    assert [button.inner_text() for button in dialog.get_by_role("button").all()] == ["Close"]
    dialog.get_by_role("button", name="Close").click()

    expect(page.get_by_role("button", name="Delete Guarded")).to_be_visible()
    assert api_user("acme", "member").call("DELETE", f"/anvils/{anvil['anvil_id']}").status == 204


def test_after_a_delete_the_focus_is_on_the_next_entry(visit: Visit, api_user: Callable[..., Person]) -> None:
    """Who works by keyboard goes on where the entry was."""
    member = api_user("globex", "member")
    member.create("One")
    member.create("Two")
    first, second = [anvil["name"] for anvil in member.anvils()]
    page = visit.sign_in("globex", "member")
    rows = page.get_by_role("listitem")
    delete(page, first)
    expect(rows.filter(has_text=second)).to_be_focused()
    delete(page, second)

    expect(page.get_by_text("No anvil yet.")).to_be_visible()
    expect(page.get_by_role("main")).to_be_focused()
