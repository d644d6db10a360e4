"""The items in a browser: their attributes, and the attack on another tenant's item by its whole key."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any

import pytest
from playwright.sync_api import expect

from tests.support.page_actions import MARKUP, delete, fill, live_as_markup
from tests.support.page_look import look

if TYPE_CHECKING:
    from collections.abc import Callable

    from playwright.sync_api import Page

    from tests.support.page import Served, Visit
    from tests.support.people import Person

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
# The longest that the API takes, in one word where it may be one.
_LONGEST: dict[str, Any] = {"name": "W" * 200, "price": "999999999999.99999999", "attributes": {"k" * 100: "v" * 200}}
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


@pytest.fixture
def visit(visits: Callable[..., Visit]) -> Visit:
    """Return a page that shows the items."""
    return _visit(visits)


def _visit(visits: Callable[..., Visit], **window: Any) -> Visit:
    return visits(entities=("items",), **window)


def _make(person: Person, name: str = "Anvil", **fields: Any) -> Any:
    """Make an item by the API, past the page."""
    answer = person.call("POST", "/items", body={"name": name, "price": 12.5, "attributes": {}, **fields})
    assert answer.status == 201, answer
    return answer.body


def test_an_item_is_made_with_attributes_and_deleted(visit: Visit) -> None:
    """They stand in its row."""
    page = visit.sign_in("globex", "member")
    page.get_by_role("button", name="New item").click()
    fill(page, Name="Crate", Price="1234.5", Attributes="colour: red")
    row = page.get_by_role("listitem").filter(has_text="Crate")
    for words in ("1,234.50", "colour: red", "globex#item#", "Version 1"):
        expect(row).to_contain_text(words)
    delete(page, "Crate")

    expect(page.get_by_role("button", name="Delete Crate")).to_have_count(0)


def test_what_was_not_edited_stays_as_it_is(visit: Visit, api_user: Callable[..., Person]) -> None:
    """Renamed first, then one attribute more: no digit, blank, colon or line break of the others is lost."""
    member = api_user("acme", "member")
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


def test_a_refusal_is_drawn_beside_the_allowed_twin(visit: Visit, api_user: Callable[..., Person]) -> None:
    """The condition that was not met, in AWS's own sentence, comes from what localaws decided."""
    item = _make(api_user("acme", "member"))
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
    api_user("acme", "member").call("DELETE", f"/items/{item['product_id']}")


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
def test_an_answer_moves_nothing(visits: Callable[..., Visit], api_user: Callable[..., Person], width: int) -> None:
    """However late it comes: the picture's place is kept. The window is so high that everything is in sight."""
    item = _make(api_user("acme", "member"))
    visit = _visit(visits, width=width)
    page = visit.sign_in("acme", "member", "isolation")
    page.set_viewport_size({"width": width, "height": 4000})
    page.context.new_cdp_session(page).send("Network.emulateNetworkConditions", _SLOW)
    page.evaluate(_WATCH_SHIFTS)
    page.get_by_role("button", name="Ask for it").click()
    expect(page.get_by_label("The same for your own")).to_contain_text("Condition that was met")
    page.get_by_role("button", name="Run it").click()
    expect(page.get_by_label("Under no tenant")).to_contain_text("No row in sight")
    shift, moved = page.evaluate(_SHIFTS)
    api_user("acme", "member").call("DELETE", f"/items/{item['product_id']}")

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
    """Of a refusal no more than that; a development stage shows which condition was not met."""
    page = visit.page
    visit.configure(trace_url=None)
    visit.sign_in("acme", "viewer", "isolation")
    page.get_by_label("shard_id").fill("globex#item#3")
    page.get_by_role("button", name="Ask for it").click()

    expect(page.get_by_label("What you asked for")).to_contain_text("403: IAM does not let this tenant do that.")
    expect(page.get_by_label("The same for both requests")).to_contain_text("A deployed stage does not show it here")
    for words in ("ImplicitlyDenied", "Condition that was"):
        expect(page.locator(".picture")).not_to_contain_text(words)
    expect(page.get_by_label("The same for your own")).to_contain_text("Allowed")


def test_markup_in_every_field_stays_text(visit: Visit) -> None:
    """Attributes are a text of their own, with names that are markup too."""
    page = visit.sign_in("acme", "member")
    live_as_markup(page, "item", {"Name": MARKUP, "Price": "1", "Attributes": f"note: {MARKUP}\n{MARKUP}: 1"}, "Price")


@pytest.mark.parametrize("field", ["shard_id", "product_id"])
def test_markup_that_is_asked_for_stays_text(visit: Visit, field: str) -> None:
    """In the picture."""
    page = visit.sign_in("acme", "viewer", "isolation")
    page.get_by_label(field).fill(MARKUP)
    page.get_by_role("button", name="Ask for it").click()

    expect(page.get_by_role("alert").first.or_(page.get_by_label("What you asked for"))).not_to_be_empty()


@pytest.mark.parametrize(("width", "scheme"), [(360, "light"), (768, "light"), (1280, "dark")])
def test_the_items_and_the_attack_are_accessible_and_fit(
    visits: Callable[..., Visit], api_user: Callable[..., Person], width: int, scheme: str
) -> None:
    """Even those with the longest values; a phone has the whole width for what stands below a name."""
    member = api_user("acme", "member")
    made = [_make(member, **_LONGEST), _make(member, "Rocket skates, pair", attributes={"sizes": "36 to 47"})]
    page = _visit(visits, width=width, scheme=scheme).sign_in("acme", "member")
    row = page.get_by_role("listitem").filter(has_text="WWW")
    row.wait_for()
    found = {"items": look(page, "items", width, scheme)}
    part = "(row, part) => row.querySelector(part).clientWidth / row.clientWidth"
    shares = [row.evaluate(part, each) for each in (".name", ".meta")]
    page.get_by_role("button", name="New item").click()
    found["item"] = look(page, "item", width, scheme)
    page.keyboard.press("Escape")
    page.get_by_role("link", name="Isolation").click()
    _ask(page)
    found["attack"] = look(page, "attack", width, scheme)
    for item in made:
        assert member.call("DELETE", f"/items/{item['product_id']}").status == 204

    assert {name: each for name, each in found.items() if each} == {}
    assert width == 1280 or shares[0] > {360: 0.35, 768: 0.4}[width]
    assert width > 360 or shares[1] > 0.8


def _ask(page: Page) -> None:
    page.get_by_role("button", name="Ask for it").click()
    expect(page.get_by_label("The same for your own")).to_contain_text("Allowed")
