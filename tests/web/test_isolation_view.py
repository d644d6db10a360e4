"""The picture of a request for rows of one's own, and the same SQL under two tenants.

The attack on another tenant's row by its whole key is tested with the entity that is read so.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import expect

from tests.support.page_actions import TENANTS

if TYPE_CHECKING:
    from collections.abc import Callable

    from playwright.sync_api import Route

    from tests.support.page import Served, Visit
    from tests.support.people import Person

pytestmark = pytest.mark.evidence


def test_a_request_is_drawn_and_a_screen_reader_hears_the_verdict_only(visit: Visit) -> None:
    """The picture is long: it is there to be read, not to be announced."""
    page = visit.sign_in("acme", "member", "isolation")
    page.get_by_role("button", name="Ask for them").click()

    for said in ("Allowed", "Query", "acme#anvil#"):
        expect(page.get_by_label("What you asked for")).to_contain_text(said)
    shared = page.get_by_label("The way of the request")
    for said in (
        "STS → session",
        "STS verifies the token itself",
        "Session tag tenant",
        "acme.member",
        "Tenant in context",
    ):
        expect(shared).to_contain_text(said)
    expect(shared.get_by_text("GET /me", exact=True)).to_be_hidden()
    shared.get_by_text("Routes").click()
    expect(shared.get_by_text("GET /me", exact=True)).to_be_visible()
    expect(shared).to_contain_text("when it runs once more, for this picture")
    expect(page.get_by_role("status").filter(has_text="GET /anvils")).to_have_text("GET /anvils: Allowed.")
    assert page.locator(".picture").evaluate("(element) => element.closest('[aria-live], [role=status]')") is None
    assert page.locator(".picture").locator("[aria-live], [role=status], [role=alert]").count() == 0


def test_a_request_without_an_answer_leaves_the_picture_empty(visit: Visit) -> None:
    """It says what to do, and draws nothing of what it does not know."""
    page = visit.sign_in("acme", "member", "isolation")
    page.route("**/anvils?*", lambda route: route.abort())
    page.get_by_role("button", name="Ask for them").click()

    expect(page.get_by_role("alert").filter(has_text="cannot be reached")).to_be_visible(timeout=20_000)
    expect(page.locator(".picture").get_by_text("Not asked yet")).to_have_count(1)
    expect(page.get_by_label("What you asked for")).to_have_count(0)


def test_a_session_is_opened_once_and_then_reused(visit: Visit, served: Served) -> None:
    """A process that has just started assumes the role for the first request, and for no other of this tenant."""
    page = visit.sign_in("globex", "member", "isolation")
    with served.stopped():
        pass
    for said in ("a new session for this request", "Session reused"):
        page.get_by_role("button", name="Ask for them").click()
        expect(page.get_by_label("What you asked for")).to_contain_text(said)


def test_a_deployed_stage_shows_what_its_api_answers(visit: Visit) -> None:
    """Without a development stage's answers the picture makes nothing up, and asks for nothing that is not there."""
    page, asked = visit.page, []
    page.on("request", lambda request: asked.append(request.url))
    visit.configure(trace_url=None)
    visit.sign_in("acme", "viewer", "isolation")
    page.get_by_role("button", name="Ask for them").click()

    expect(page.get_by_label("What you asked for")).to_contain_text("Allowed")
    expect(page.get_by_label("The way of the request")).to_contain_text("A deployed stage does not show it here")
    for words in ("ImplicitlyDenied", "Condition that was"):
        expect(page.locator(".picture")).not_to_contain_text(words)
    expect(page.get_by_text("The same SQL under two tenants")).to_have_count(0)
    assert not [url for url in asked if re.search(r"/(trace|policy|row-level-security)(\?|$)", url)]


def test_the_same_sql_runs_once_at_a_time_and_is_heard(visit: Visit) -> None:
    """Asked again meanwhile it asks nothing; a refusal keeps the places; a screen reader hears what is in sight."""
    page, asked = visit.sign_in("acme", "viewer", "isolation"), []

    def hold(route: Route) -> None:
        asked.append(route)

    page.route("**/row-level-security?*", hold)
    run = page.get_by_role("button", name="Run it")
    with page.expect_request("**/row-level-security?*"):
        run.click()
    expect(run).to_be_disabled()
    page.locator("form", has=run).evaluate("(form) => form.dispatchEvent(new Event('submit', {cancelable: true}))")
    headers = {"Access-Control-Allow-Origin": "*"}
    asked[0].fulfill(status=400, json={"Code": "BadRequestError", "Message": "No such tenant."}, headers=headers)
    expect(page.get_by_role("alert").filter(has_text="No such tenant.")).to_be_visible()
    expect(page.get_by_role("region", name="The rows in sight").get_by_role("heading")).to_have_count(3)
    assert len(asked) == 1
    page.unroute("**/row-level-security?*")
    run.click()

    expect(page.get_by_role("status").filter(has_text="Under no tenant: no row.")).to_contain_text("Under acme: ")


def test_the_same_sql_sees_other_rows_under_another_tenant(visit: Visit, api_user: Callable[..., Person]) -> None:
    """And none under no tenant."""
    made = [api_user(tenant, "admin").add_penpal(f"rls@{tenant}.example.com", "Rls") for tenant in TENANTS]
    page = visit.sign_in("acme", "viewer", "isolation")
    page.get_by_role("button", name="Run it").click()

    expect(page.get_by_label("Under acme").get_by_role("listitem")).to_have_text([re.compile("^acme")])
    expect(page.get_by_label("Under globex").get_by_role("listitem")).to_have_text([re.compile("^globex")])
    expect(page.get_by_label("Under no tenant")).to_contain_text("No row in sight")
    for tenant, penpal in zip(TENANTS, made, strict=True):
        api_user(tenant, "admin").call("DELETE", f"/penpals/{penpal['penpal_id']}")
