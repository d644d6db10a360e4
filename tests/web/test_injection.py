"""Markup typed into any field is text, and what got into the page all the same is stopped."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import Error, expect

from tests.support.page_actions import MARKUP, live_as_markup

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.support.page import Visit

pytestmark = pytest.mark.evidence


def test_markup_in_every_field_stays_text(visit: Visit) -> None:
    """Nothing executes, wherever it is shown: rows, forms, questions, the live region, the sign-in."""
    visit.page.goto(f"{visit.stage.web_url}/")
    visit.enter(MARKUP, MARKUP)
    expect(visit.page.get_by_role("alert")).not_to_be_empty()
    page = visit.sign_in("acme", "admin")
    live_as_markup(page, "anvil", {"Name": MARKUP, "Price": "1"}, "Price")
    page.get_by_role("link", name="Penpals").click()
    live_as_markup(page, "penpal", {"Display_name": MARKUP, "Email": "markup1@acme.example.com"}, "Email")


def test_markup_that_is_asked_for_stays_text(visit: Visit) -> None:
    """As the name of another tenant, and in the address."""
    page = visit.sign_in("acme", "viewer", "isolation")
    page.get_by_label("Other tenant").fill(MARKUP)
    page.get_by_role("button", name="Run it").click()
    expect(page.get_by_text("other:")).to_be_visible()
    page.evaluate("markup => { location.hash = `#/${markup}`; }", MARKUP)

    expect(page.get_by_role("heading", name="Anvils", level=1)).to_be_visible()


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
