"""What a view looks like, and by whom it can be used."""

from __future__ import annotations

from typing import TYPE_CHECKING

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import expect

from tests.support.page import SCREENSHOTS

if TYPE_CHECKING:
    from playwright.sync_api import Page


def look(page: Page, name: str, width: int, scheme: str) -> list[str]:
    """Take a screenshot of the view, which is an artefact, and return what is wrong with it.

    That is what axe finds serious, and whether anything is wider than the window.
    """
    expect(page.get_by_text("Loading…")).to_have_count(0)
    SCREENSHOTS.mkdir(parents=True, exist_ok=True)
    whole = page.get_by_role("dialog").count() == 0
    page.screenshot(path=SCREENSHOTS / f"{name}-{width}-{scheme}.png", full_page=whole)
    results = Axe().run(page).response["violations"]
    serious = [each for each in results if each["impact"] in {"serious", "critical"}]
    found = [f"{each['id']}: {each['nodes'][0]['html']}" for each in serious]
    wide = page.evaluate("document.documentElement.scrollWidth")
    return [*found, *([f"{wide} pixels wide"] if wide > width else [])]
