"""A server that goes away, or that is busy."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import expect

from tests.support.page_actions import delete, fill

if TYPE_CHECKING:
    from playwright.sync_api import Route

    from tests.support.page import Served, Visit

pytestmark = pytest.mark.evidence


def test_a_server_that_goes_away_loses_nothing_and_comes_back(visit: Visit, served: Served) -> None:
    """What was typed stays in the form, and is saved when another process answers at the same address."""
    page = visit.sign_in("globex", "member")
    page.get_by_role("button", name="New anvil").click()
    dialog = page.get_by_role("dialog")
    with served.stopped():
        fill(page, Name="Patient", Price="3")
        expect(dialog.get_by_role("alert")).to_contain_text("cannot be reached", timeout=30_000)
        expect(dialog.get_by_label("Name", exact=True)).to_have_value("Patient")
    dialog.get_by_role("button", name="Try again").click()

    delete(page, "Patient")
    expect(page.get_by_role("button", name="Delete Patient")).to_have_count(0)


def test_a_503_is_tried_again_after_the_time_that_it_names(visit: Visit) -> None:
    """A read is tried again by itself, and not before: the time is longer than the page's own would be."""
    page = visit.sign_in("acme", "viewer", "anvils")
    expect(page.get_by_text("Loading…")).to_have_count(0)
    asked: list[float] = []

    def busy(route: Route) -> None:
        asked.append(time.monotonic())
        _busy(visit, route, 3) if len(asked) == 1 else route.continue_()

    page.route(f"{visit.stage.api_url}/penpals?*", busy)
    page.get_by_role("link", name="Penpals").click()
    expect(page.get_by_text("Loading…")).to_be_visible()
    expect(page.get_by_text("Loading…")).to_have_count(0)

    expect(page.get_by_role("button", name="Try again")).to_have_count(0)
    assert len(asked) == 2
    assert asked[1] - asked[0] >= 3


def test_a_change_is_never_sent_twice_by_itself(visit: Visit) -> None:
    """It may have been done: the page says so, and the user decides."""
    page = visit.sign_in("acme", "member")
    sent: list[str] = []

    def busy(route: Route) -> None:
        sent.append(route.request.method)
        _busy(visit, route, 1)

    page.route(lambda url: url == f"{visit.stage.api_url}/anvils", busy)
    page.get_by_role("button", name="New anvil").click()
    fill(page, Name="Once", Price="1")
    problem = page.get_by_role("dialog").get_by_role("alert")
    expect(problem).to_contain_text("may have been saved")
    page.wait_for_timeout(3000)  # longer than the page waits before it reads again

    assert [method for method in sent if method == "POST"] == ["POST"]
    expect(problem.get_by_role("button", name="Try again")).to_be_visible()


def test_a_list_that_does_not_answer_can_be_tried_again(visit: Visit) -> None:
    """Every request is given up after 35 seconds, here at once; what is added meanwhile does not pass for the whole."""
    page, held = visit.page, []
    page.add_init_script(
        """AbortSignal.timeout = (milliseconds) => { const giving = new AbortController();
          (window.__patience ??= new Set()).add(milliseconds);
          window.__giveUp = () => giving.abort(new DOMException("", "TimeoutError")); return giving.signal; }"""
    )
    page.route(f"{visit.stage.api_url}/anvils?*", lambda route: held.append(route))  # noqa: PLW0108 -- Playwright wraps no builtin
    visit.sign_in("acme", "member", "penpals")
    expect(page.get_by_text("Loading…")).to_have_count(0)
    with page.expect_request(f"{visit.stage.api_url}/anvils?*"):
        page.get_by_role("link", name="Anvils").click()
    page.evaluate("window.__giveUp()")
    expect(page.get_by_role("alert")).to_contain_text("did not answer in time")
    page.get_by_role("button", name="New anvil").click()
    fill(page, Name="Only one", Price="1")
    page.get_by_role("button", name="Delete Only one").wait_for()
    page.unroute_all()
    page.get_by_role("button", name="Try again").click()
    expect(page.get_by_role("listitem").filter(has_text="Only one")).to_be_focused()
    delete(page, "Only one")

    expect(page.get_by_text("No anvil yet.")).to_be_visible()
    assert page.evaluate("[...window.__patience]") == [35_000]


def _busy(visit: Visit, route: Route, seconds: int) -> None:
    cors = {
        "Access-Control-Allow-Origin": str(visit.stage.web_url),
        "Access-Control-Allow-Headers": "authorization, content-type",
        "Access-Control-Expose-Headers": "Retry-After",
    }
    status = 200 if route.request.method == "OPTIONS" else 503
    route.fulfill(status=status, headers={**cors, "Retry-After": str(seconds)}, json={"Code": "UnavailableError"})
