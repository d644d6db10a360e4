"""Markup typed into any field is text, and what got into the page all the same is stopped."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import Error, expect

from tests.web.actions import delete, fill

if TYPE_CHECKING:
    from collections.abc import Callable

    from playwright.sync_api import Page

    from tests.web.conftest import Visit

pytestmark = pytest.mark.evidence

MARKUP = '<img src=x onerror="window.__injected=1;alert(1)"><script>window.__injected=1</script>'


def test_markup_in_every_field_stays_text(visit: Visit) -> None:
    """Nothing executes, wherever it is shown: rows, forms, questions, the live region, the sign-in."""
    visit.page.goto(f"{visit.stage.web_url}/")
    visit.enter(MARKUP, MARKUP)
    expect(visit.page.get_by_role("alert")).not_to_be_empty()
    page = visit.sign_in("acme", "admin")
    _live(page, "item", {"Name": MARKUP, "Price": "1", "Attributes": f"note: {MARKUP}\n{MARKUP}: 1"}, "Price")
    page.get_by_role("link", name="Cart").click()
    _live(page, "line", {"Description": MARKUP, "Price_of_one": "1", "Quantity": "1"}, "Quantity")
    page.get_by_role("link", name="Users").click()
    _live(page, "user", {"Name": MARKUP, "Email": "markup1@acme.example.com"}, "Email")


def _live(page: Page, noun: str, fields: dict[str, str], number: str) -> None:
    """Make an entry of markup, meet a refusal of it, change it, and delete it."""
    page.get_by_role("button", name=f"New {noun}").click()
    fill(page, **{name: "0" if name == "Quantity" else MARKUP for name in fields})
    expect(page.get_by_role("dialog").get_by_role("alert")).not_to_be_empty()
    fill(page, **fields)
    expect(page.get_by_role("listitem").filter(has_text=MARKUP)).to_be_visible()
    page.get_by_role("button", name=f"Edit {MARKUP}").click()
    name = next(iter(fields))
    expect(page.get_by_role("dialog").get_by_label(name, exact=True)).to_have_value(MARKUP)
    fill(page, **{number: fields[number].replace("1", "2")})
    expect(page.get_by_role("dialog")).to_have_count(0)
    delete(page, MARKUP)
    expect(page.get_by_role("button", name=f"Delete {MARKUP}")).to_have_count(0)


@pytest.mark.parametrize("field", ["shard_id", "product_id"])
def test_markup_that_is_asked_for_stays_text(visit: Visit, field: str) -> None:
    """In the picture and in the address."""
    page = visit.sign_in("acme", "viewer", "isolation")
    page.get_by_label(field).fill(MARKUP)
    page.get_by_role("button", name="Ask for it").click()
    expect(page.get_by_role("alert").first.or_(page.get_by_label("What you asked for"))).not_to_be_empty()
    page.get_by_label("Other tenant").fill(MARKUP)
    page.get_by_role("button", name="Run it").click()
    expect(page.get_by_text("other:")).to_be_visible()
    page.evaluate("markup => { location.hash = `#/${markup}`; }", MARKUP)

    expect(page.get_by_role("heading", name="Items", level=1)).to_be_visible()


def test_the_policy_stops_what_got_into_the_page(visits: Callable[..., Visit]) -> None:
    """The canary of the listener: an inline script and a foreign connection are stopped, and noticed."""
    visit = visits()
    page = visit.page
    page.goto(f"{visit.stage.web_url}/")
    page.evaluate("""() => {
      const script = document.createElement('script'); script.append('window.__injected = 1');
      document.body.append(script); return fetch('https://attacker.invalid/').catch(() => {}); }""")
    with pytest.raises(Error, match="requires 'TrustedHTML' assignment"):
        page.evaluate("document.body.innerHTML = '<img>'")

    violations = page.evaluate("window.__violations.splice(0)")
    stopped = {each.split()[0] for each in violations}
    assert stopped == {"connect-src", "require-trusted-types-for"}
    assert len(visit.problems) >= 3
    visit.problems.clear()
