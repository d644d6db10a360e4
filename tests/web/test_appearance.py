"""What every view looks like, whom it can be used by, and how large the page is."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import expect

from tests.web.conftest import SCREENSHOTS

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from playwright.sync_api import Page

    from tests.support.people import Person
    from tests.web.conftest import Visit

pytestmark = pytest.mark.evidence

_ITEMS = [
    ("Anvil, drop-forged", "149.90", {"colour": "grey", "mass": "90 kg"}),
    ("Rocket skates, pair", "1249.99", {"sizes": "36 to 47"}),
    ("Earthquake pills, 100", "12.5", {}),
    ("Giant rubber band", "8", {"length": "4 m", "tested": True}),
]
_LINES = [
    ("Anvil, drop-forged", "149.90", 2),
    ("Bird seed, free sample", "0", 40),
    ("Rocket skates, pair", "1249.99", 1),
]
# The longest that the API takes, in one word where it may be one.
_LONGEST_ITEM = ("W" * 200, "999999999999.99999999", {"k" * 100: "v" * 200})
_LONGEST_LINE = ("W" * 1000, "999999999999.99999999", 1_000_000)
_USERS = [("Wile E.", "wile@acme.example.com"), ("Marvin Martian", "marvin@acme.example.com")]


def _isolation(page: Page) -> None:
    page.get_by_role("button", name="Ask for it").click()
    expect(page.get_by_label("The same for your own")).to_contain_text("Allowed")
    page.get_by_role("button", name="Run it").click()
    expect(page.get_by_label("Under no tenant")).to_contain_text("No row in sight")


@contextmanager
def _entries(person: Callable[..., Person], items: Sequence[Any], lines: Sequence[Any]) -> Iterator[None]:
    """Fill the lists of acme for as long."""
    member, admin = person("acme", "member"), person("acme", "admin")
    made: list[tuple[Person, str]] = []
    try:
        for name, price, attributes in items:
            item = member.call("POST", "/items", body={"name": name, "price": price, "attributes": attributes})
            made.append((member, f"/items/{item.body['product_id']}"))
        for line, (description, price, quantity) in enumerate(lines):
            where, body = f"/cart/look-{line}", {"description": description, "price": price, "quantity": quantity}
            assert member.call("PUT", where, body=body).status == 201
            made.append((member, where))
        for name, email in _USERS:
            user = admin.call("POST", "/users", body={"display_name": name, "email": email})
            made.append((admin, f"/users/{user.body['user_id']}"))
        yield
    finally:
        left = [where for owner, where in made if owner.call("DELETE", where).status != 204]
    assert left == []


@pytest.mark.parametrize(
    ("width", "scheme"), [(360, "light"), (360, "dark"), (768, "light"), (1280, "light"), (1280, "dark")]
)
def test_every_view_is_accessible_and_fits(
    visits: Callable[..., Visit], person: Callable[..., Person], width: int, scheme: str
) -> None:
    """No serious finding of axe, nothing wider than the window; the screenshots are artefacts."""
    with _entries(person, _ITEMS, _LINES):
        found = _look(visits(width=width, scheme=scheme), width, scheme)

    assert {name: each for name, each in found.items() if each} == {}


@pytest.mark.parametrize(("width", "least"), [(360, 0.35), (768, 0.4)])
def test_the_longest_values_do_not_squeeze_a_row(
    visits: Callable[..., Visit], person: Callable[..., Person], width: int, least: float
) -> None:
    """A number leaves the name this part of the row's width, and on a phone the rest all of it."""
    with _entries(person, [_LONGEST_ITEM], [_LONGEST_LINE]):
        page = visits(width=width).sign_in("acme", "member")
        for name in ("Items", "Cart"):
            page.get_by_role("link", name=name).click()
            row = page.get_by_role("list", name=name).get_by_role("listitem").filter(has_text="WWW")
            part = "(row, part) => row.querySelector(part).clientWidth / row.clientWidth"
            assert row.evaluate(part, ".name") > least, name
            assert width > 360 or row.evaluate(part, ".meta") > 0.8, name
            assert page.evaluate("document.documentElement.scrollWidth") <= width, name
        page.get_by_role("link", name="Isolation").click()
        _isolation(page)
        expect(page.get_by_label("The same for your own")).to_contain_text("WWW")
        assert page.evaluate("document.documentElement.scrollWidth") <= width


def _look(visit: Visit, width: int, scheme: str) -> dict[str, list[str]]:
    page = visit.page
    page.goto(f"{visit.stage.web_url}/")
    page.get_by_role("heading", name="Sign in").wait_for()
    found: dict[str, list[str]] = {}
    for name in ("sign-in", "items", "cart", "users", "unasked", "isolation", "dialog"):
        if name == "items":
            visit.sign_in("acme", "member")
            page.get_by_text("Anvil, drop-forged").first.wait_for()
        elif name == "dialog":
            page.get_by_role("link", name="Items").click()
            page.get_by_role("button", name="New item").click()
        elif name == "unasked":
            page.get_by_role("link", name="Isolation").click()
            expect(page.locator(".picture").get_by_text("Not asked yet")).to_have_count(2)
        elif name != "sign-in":
            page.get_by_role("link", name=name.capitalize()).click()
            page.get_by_role("heading", name=name.capitalize(), level=1).wait_for()
        if name == "isolation":
            _isolation(page)
        else:
            expect(page.get_by_text("Loading…")).to_have_count(0)
        SCREENSHOTS.mkdir(parents=True, exist_ok=True)
        page.screenshot(path=SCREENSHOTS / f"{name}-{width}-{scheme}.png", full_page=(name != "dialog"))
        results = Axe().run(page).response["violations"]
        found[name] = [
            f"{each['id']}: {each['nodes'][0]['html']}" for each in results if each["impact"] in {"serious", "critical"}
        ]
        assert page.evaluate("document.documentElement.scrollWidth") <= width, name
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
    page.get_by_role("button", name="Ask for it").wait_for()
    paint = page.evaluate("performance.getEntriesByName('first-contentful-paint')[0].startTime")
    own = {url: size for url, size in sizes.items() if url.startswith(str(visit.stage.web_url))}
    print(f"transfer {sum(sizes.values())} bytes in {len(sizes)} answers; first view after {paint:.0f} ms")  # noqa: T201

    assert len(own) > 10
    assert 0 < sum(sizes.values()) < 100_000
