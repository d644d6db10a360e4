"""The picture of a refusal, and the same SQL under two tenants."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import expect

from tests.web.actions import TENANTS, make_item

if TYPE_CHECKING:
    from collections.abc import Callable

    from playwright.sync_api import Route

    from tests.support.people import Person
    from tests.web.conftest import Served, Visit

pytestmark = pytest.mark.evidence

_SLOW = {"offline": False, "latency": 700, "downloadThroughput": -1, "uploadThroughput": -1}  # milliseconds
# What moves within half a second of a click counts as the click's.
_WATCH_SHIFTS = """() => {
  window.__shift = 0; window.__moved = 0;
  window.__observer = new PerformanceObserver((seen) => window.__count(seen.getEntries()));
  window.__count = (entries) => {
    for (const each of entries.filter((entry) => !entry.hadRecentInput)) {
      window.__shift += each.value;
      const ways = each.sources.map(({ previousRect: from, currentRect: to }) => Math.abs(to.top - from.top));
      window.__moved = Math.max(window.__moved, ...ways);
    }
  };
  window.__observer.observe({ type: "layout-shift" });
}"""
_SHIFTS = """() => new Promise((resolve) => requestAnimationFrame(() => requestAnimationFrame(() => {
  window.__count(window.__observer.takeRecords());
  resolve([window.__shift, window.__moved]);
})))"""


def test_a_refusal_is_drawn_beside_the_allowed_twin(visit: Visit, person: Callable[..., Person]) -> None:
    """The condition that was not met, in AWS's own sentence, comes from what localaws decided."""
    item = make_item(person("acme", "member"))
    page = visit.sign_in("acme", "member", "isolation")
    page.get_by_label("shard_id").fill("globex#item#3")
    page.get_by_role("button", name="Ask for it").click()

    refused, allowed = page.get_by_label("What you asked for"), page.get_by_label("The same for your own")
    for said in ("ImplicitlyDenied", "dynamodb:LeadingKeys", "globex#item#3", "acme#*", "is not authorized to perform"):
        expect(refused).to_contain_text(said)
    for said in ("Allowed", "Condition that was met", "acme#*", str(item["shard_id"]), str(item["product_id"])):
        expect(allowed).to_contain_text(said)
    expect(allowed).not_to_contain_text("Condition that was not met")
    shared = page.get_by_label("The same for both requests")
    for said in ("Session tag tenant", "acme.member", "Tenant in context"):
        expect(shared).to_contain_text(said)
    expect(shared.get_by_text("GET /items", exact=True)).to_be_hidden()
    shared.get_by_text("Routes").click()
    expect(shared.get_by_text("GET /items", exact=True)).to_be_visible()
    expect(shared).to_contain_text("when it runs once more, for this picture")
    person("acme", "member").call("DELETE", f"/items/{item['product_id']}")


def test_a_screen_reader_hears_the_verdicts_only(visit: Visit) -> None:
    """The picture is long: it is there to be read, not to be announced."""
    page = visit.sign_in("acme", "member", "isolation")
    page.get_by_label("shard_id").fill("globex#item#3")
    page.get_by_role("button", name="Ask for it").click()

    heard = page.get_by_role("status").filter(has_text="globex#item#3")
    expect(heard).to_have_text(re.compile(r"^globex#item#3: Refused\. acme#item#[0-9]: Allowed[^.]*\.$"))
    assert page.locator(".picture").evaluate("(element) => element.closest('[aria-live], [role=status]')") is None
    assert page.locator(".picture").locator("[aria-live], [role=status], [role=alert]").count() == 0


@pytest.mark.parametrize("width", [360, 768, 1280])
def test_an_answer_moves_nothing(visits: Callable[..., Visit], person: Callable[..., Person], width: int) -> None:
    """However late it comes: the picture's place is kept. The window is so high that everything is in sight."""
    item = make_item(person("acme", "member"))
    visit = visits(width=width)
    page = visit.sign_in("acme", "member", "isolation")
    page.set_viewport_size({"width": width, "height": 4000})
    page.context.new_cdp_session(page).send("Network.emulateNetworkConditions", _SLOW)
    page.evaluate(_WATCH_SHIFTS)
    page.get_by_role("button", name="Ask for it").click()
    expect(page.get_by_label("The same for your own")).to_contain_text("Condition that was met")
    page.get_by_role("button", name="Run it").click()
    expect(page.get_by_label("Under no tenant")).to_contain_text("No row in sight")
    shift, moved = page.evaluate(_SHIFTS)
    person("acme", "member").call("DELETE", f"/items/{item['product_id']}")

    assert shift < 0.1
    assert moved < 24  # pixels: a line, where another machine's fonts are wider than the place that is kept


def test_a_request_without_an_answer_leaves_the_picture_empty(visit: Visit) -> None:
    """It says what to do, and draws nothing of what it does not know."""
    page = visit.sign_in("acme", "member", "isolation")
    page.route("**/items?*", lambda route: route.abort())
    page.get_by_role("button", name="Ask for it").click()

    expect(page.get_by_role("alert").filter(has_text="cannot be reached")).to_be_visible(timeout=20_000)
    expect(page.locator(".picture").get_by_text("Not asked yet")).to_have_count(2)
    expect(page.get_by_label("What you asked for")).to_have_count(0)


def test_a_session_is_opened_once_and_then_reused(visit: Visit, served: Served) -> None:
    """A process that has just started assumes the role for the first request, and for no other of this tenant."""
    page = visit.sign_in("globex", "member", "isolation")
    with served.stopped():
        pass
    page.get_by_role("button", name="Ask for it").click()

    expect(page.get_by_label("What you asked for")).to_contain_text("a new session for this request")
    expect(page.get_by_label("The same for your own")).to_contain_text("Session reused")


def test_a_deployed_stage_shows_what_its_api_answers(visit: Visit) -> None:
    """Without a development stage's answers the picture makes nothing up, and asks for nothing that is not there."""
    page, asked = visit.page, []
    page.on("request", lambda request: asked.append(request.url))

    def deployed(route: Route) -> None:
        answer = route.fetch()
        config = {name: value for name, value in answer.json().items() if name != "trace_url"}
        route.fulfill(response=answer, json=config)

    page.route("**/config.json", deployed)
    visit.sign_in("acme", "viewer", "isolation")
    page.get_by_label("shard_id").fill("globex#item#3")
    page.get_by_role("button", name="Ask for it").click()

    refused = page.get_by_label("What you asked for")
    expect(refused).to_contain_text("403: IAM does not let this tenant do that.")
    expect(page.get_by_label("The same for both requests")).to_contain_text("A deployed stage does not show it here")
    for words in ("ImplicitlyDenied", "Condition that was"):
        expect(page.locator(".picture")).not_to_contain_text(words)
    expect(page.get_by_label("The same for your own")).to_contain_text("Allowed")
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


def test_the_same_sql_sees_other_rows_under_another_tenant(visit: Visit, person: Callable[..., Person]) -> None:
    """And none under no tenant."""
    made = [
        person(tenant, "admin").call(
            "POST", "/users", body={"email": f"rls@{tenant}.example.com", "display_name": "Rls"}
        )
        for tenant in TENANTS
    ]
    assert [answer.status for answer in made] == [201, 201]
    page = visit.sign_in("acme", "viewer", "isolation")
    page.get_by_role("button", name="Run it").click()

    expect(page.get_by_label("Under acme").get_by_role("listitem")).to_have_text([re.compile("^acme")])
    expect(page.get_by_label("Under globex").get_by_role("listitem")).to_have_text([re.compile("^globex")])
    expect(page.get_by_label("Under no tenant")).to_contain_text("No row in sight")
    for tenant, answer in zip(TENANTS, made, strict=True):
        person(tenant, "admin").call("DELETE", f"/users/{answer.body['user_id']}")
