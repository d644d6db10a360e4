"""What every view looks like, whom it can be used by, and how large the page is."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import expect

from tests.support.page_look import look

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from playwright.sync_api import Page

    from tests.support.page import Visit
    from tests.support.people import Person

pytestmark = pytest.mark.evidence

_ANVILS = [("Anvil, drop-forged", "149.90"), ("Rocket skates, pair", "1249.99"), ("Giant rubber band", "8")]
_PENPALS = [("Wile E.", "wile@acme.example.com"), ("Marvin Martian", "marvin@acme.example.com")]
# The longest that the API takes, in one word where it may be one.
_LONGEST_ANVIL = ("W" * 200, "999999999999.99999999")
_LONGEST_PENPAL = ("W" * 200, f"{'w' * 64}@{'w' * 60}.example.com")


def _isolation(page: Page) -> None:
    page.get_by_role("button", name="Ask for them").click()
    expect(page.get_by_label("What you asked for")).to_contain_text("Allowed")
    page.get_by_role("button", name="Run it").click()
    expect(page.get_by_label("Under no tenant")).to_contain_text("No row in sight")


@contextmanager
def _entries(
    api_user: Callable[..., Person], anvils: Sequence[tuple[str, str]], penpals: Sequence[tuple[str, str]]
) -> Iterator[None]:
    """Fill the lists of acme for as long."""
    admin = api_user("acme", "admin")
    made: list[str] = []
    try:
        made += [f"/anvils/{admin.create(name, price)['anvil_id']}" for name, price in anvils]
        made += [f"/penpals/{admin.add_penpal(email, name)['penpal_id']}" for name, email in penpals]
        yield
    finally:
        left = [where for where in made if admin.call("DELETE", where).status != 204]
    assert left == []


@pytest.mark.parametrize(
    ("width", "scheme"), [(360, "light"), (360, "dark"), (768, "light"), (1280, "light"), (1280, "dark")]
)
def test_every_view_is_accessible_and_fits(
    visits: Callable[..., Visit], api_user: Callable[..., Person], width: int, scheme: str
) -> None:
    """No serious finding of axe, nothing wider than the window; the screenshots are artefacts."""
    with _entries(api_user, _ANVILS, _PENPALS):
        found = _look(visits(width=width, scheme=scheme), width, scheme)

    assert {name: each for name, each in found.items() if each} == {}


@pytest.mark.parametrize(("width", "least"), [(360, 0.35), (768, 0.4)])
def test_the_longest_values_do_not_squeeze_a_row(
    visits: Callable[..., Visit], api_user: Callable[..., Person], width: int, least: float
) -> None:
    """A number leaves the name this part of the row's width, and on a phone the rest all of it."""
    with _entries(api_user, [_LONGEST_ANVIL], [_LONGEST_PENPAL]):
        page = visits(width=width).sign_in("acme", "member")
        for name in ("Anvils", "Penpals"):
            page.get_by_role("link", name=name).click()
            row = page.get_by_role("list", name=name).get_by_role("listitem").filter(has_text="WWW")
            part = "(row, part) => row.querySelector(part).clientWidth / row.clientWidth"
            assert row.evaluate(part, ".name") > least, name
            assert width > 360 or name == "Anvils" or row.evaluate(part, ".meta") > 0.8
            assert page.evaluate("document.documentElement.scrollWidth") <= width, name


def _look(visit: Visit, width: int, scheme: str) -> dict[str, list[str]]:
    page = visit.page
    page.goto(f"{visit.stage.web_url}/")
    page.get_by_role("heading", name="Sign in").wait_for()
    found: dict[str, list[str]] = {}
    for name in ("sign-in", "anvils", "penpals", "unasked", "isolation", "dialog"):
        if name == "anvils":
            visit.sign_in("acme", "member")
            page.get_by_text("Anvil, drop-forged").first.wait_for()
        elif name == "dialog":
            page.get_by_role("link", name="Anvils").click()
            page.get_by_role("button", name="New anvil").click()
        elif name == "unasked":
            page.get_by_role("link", name="Isolation").click()
            expect(page.locator(".picture").get_by_text("Not asked yet")).to_have_count(1)
        elif name == "isolation":
            _isolation(page)
        elif name != "sign-in":
            page.get_by_role("link", name=name.capitalize()).click()
            page.get_by_role("heading", name=name.capitalize(), level=1).wait_for()
        found[name] = look(page, name, width, scheme)
    return found


def test_the_whole_page_is_small(visit: Visit) -> None:
    """Under 100 kB over the wire, every view included; when the first view came is printed."""
    page = visit.page
    sizes: dict[str, int] = {}

    def note(request: object) -> None:
        size = request.sizes()  # type: ignore[attr-defined]
        sizes[request.url] = size["responseBodySize"] + size["responseHeadersSize"]  # type: ignore[attr-defined]

    page.on("requestfinished", note)
    visit.sign_in("acme", "viewer", "isolation")
    page.get_by_role("button", name="Ask for them").wait_for()
    paint = page.evaluate("performance.getEntriesByName('first-contentful-paint')[0].startTime")
    own = {url: size for url, size in sizes.items() if url.startswith(str(visit.stage.web_url))}
    print(f"transfer {sum(sizes.values())} bytes in {len(sizes)} answers; first view after {paint:.0f} ms")  # noqa: T201

    assert len(own) > 10
    assert 0 < sum(sizes.values()) < 100_000
