"""What every view looks like, whom it can be used by, and how large the page is."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import expect

from tests.web.actions import make_item
from tests.web.conftest import SCREENSHOTS

if TYPE_CHECKING:
    from collections.abc import Callable

    from playwright.sync_api import Page

    from tests.support.http_api import Person
    from tests.web.conftest import Visit


def _isolation(page: Page) -> None:
    page.get_by_role("button", name="Ask for it").click()
    page.get_by_label("The same for your own").wait_for()
    page.get_by_role("button", name="Run it").click()
    page.get_by_label("Under no tenant").wait_for()


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [360, 1280])
def test_every_view_is_accessible_and_fits(
    visits: Callable[..., Visit], person: Callable[..., Person], width: int, scheme: str
) -> None:
    """No serious finding of axe, nothing wider than the window; the screenshots are artefacts."""
    item = make_item(person("acme", "member"), "Anvil, drop-forged")
    visit = visits(width=width, scheme=scheme)
    page = visit.page
    page.goto(f"{visit.stage.web_url}/")
    page.get_by_role("heading", name="Sign in").wait_for()
    found = {}
    for name in ("sign-in", "items", "cart", "users", "isolation", "dialog"):
        if name == "items":
            visit.sign_in("acme", "member")
            page.get_by_text("Anvil, drop-forged").first.wait_for()
        elif name == "dialog":
            page.get_by_role("link", name="Items").click()
            page.get_by_role("button", name="New item").click()
        elif name != "sign-in":
            page.get_by_role("link", name=name.capitalize()).click()
            page.get_by_role("heading", name=name.capitalize(), level=1).wait_for()
        if name == "isolation":
            _isolation(page)
        else:
            expect(page.get_by_text("Loading…")).to_have_count(0)
        SCREENSHOTS.mkdir(parents=True, exist_ok=True)
        page.screenshot(path=SCREENSHOTS / f"{name}-{width}-{scheme}.png", full_page=True)
        results = Axe().run(page).response["violations"]
        found[name] = [
            f"{each['id']}: {each['nodes'][0]['html']}" for each in results if each["impact"] in {"serious", "critical"}
        ]
        assert page.evaluate("document.documentElement.scrollWidth") <= width, name
    person("acme", "member").call("DELETE", f"/items/{item['product_id']}")

    assert {name: each for name, each in found.items() if each} == {}


def test_the_whole_page_is_small(visit: Visit) -> None:
    """Under 100 kB over the wire, every view included; when the first view came is printed."""
    page = visit.page
    sizes: dict[str, int] = {}

    def note(request: object) -> None:
        size = request.sizes()  # type: ignore[attr-defined]
        sizes[request.url] = size["responseBodySize"] + size["responseHeadersSize"]  # type: ignore[attr-defined]

    page.on("requestfinished", note)
    visit.sign_in("acme", "viewer", "isolation")
    page.get_by_role("button", name="Ask for it").wait_for()
    paint = page.evaluate("performance.getEntriesByName('first-contentful-paint')[0].startTime")
    own = {url: size for url, size in sizes.items() if url.startswith(str(visit.stage.web_url))}
    print(f"transfer {sum(sizes.values())} bytes in {len(sizes)} answers; first view after {paint:.0f} ms")  # noqa: T201

    assert len(own) > 10
    assert 0 < sum(sizes.values()) < 100_000
