"""What people do on the page, in a browser, against the running stage."""

from __future__ import annotations

import re
import time
from typing import TYPE_CHECKING

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import expect

from tests.web.conftest import SCREENSHOTS

if TYPE_CHECKING:
    from collections.abc import Callable

    from playwright.sync_api import Page

    from tests.support.http_api import Person
    from tests.web.conftest import Visit

TENANTS, ROLES = ("acme", "globex"), ("viewer", "member", "admin")
MARKUP = '<img src=x onerror="window.__injected=1;alert(1)"><script>window.__injected=1</script>'


def _item(person: Person, name: str = "Anvil") -> dict[str, object]:
    answer = person.call("POST", "/items", body={"name": name, "price": 12.5, "attributes": {}})
    assert answer.status == 201
    body: dict[str, object] = answer.body
    return body


def _fill(page: Page, **values: str) -> None:
    for label, value in values.items():
        page.get_by_role("dialog").get_by_label(label.replace("_", " "), exact=True).fill(value)
    page.get_by_role("button", name="Save", exact=True).click()


@pytest.mark.parametrize("tenant", TENANTS)
@pytest.mark.parametrize("role", ROLES)
def test_a_role_is_offered_what_it_may_do_and_sees_a_refusal_of_the_rest(visit: Visit, tenant: str, role: str) -> None:
    """What a role may not do is not offered, and asked for anyway it is refused by the API."""
    page = visit.sign_in(tenant, role)

    expect(page.get_by_role("heading", name="Items", level=1)).to_be_visible()
    expect(page.get_by_role("banner")).to_contain_text(tenant)
    expect(page.get_by_role("button", name="New item")).to_have_count(int(role != "viewer"))
    page.get_by_role("link", name="Cart").click()
    expect(page.get_by_role("button", name="New line")).to_have_count(int(role != "viewer"))
    page.get_by_role("link", name="Users").click()
    expect(page.get_by_role("button", name="New user")).to_have_count(int(role == "admin"))
    page.get_by_role("link", name="Isolation").click()
    anyway = page.get_by_role("button", name="POST /users")
    expect(anyway).to_have_count(int(role != "admin"))
    if role != "admin":
        anyway.click()
        expect(page.get_by_text("403 Refused")).to_be_visible()


@pytest.mark.parametrize("tenant", TENANTS)
def test_items_are_created_changed_and_deleted(visit: Visit, tenant: str) -> None:
    """The whole life of an item; its price is written as the locale does."""
    page = visit.sign_in(tenant, "member")
    page.get_by_role("button", name="New item").click()
    _fill(page, Name="Crate", Price="1234.5", Attributes="colour: red")
    row = page.get_by_role("listitem").filter(has_text="Crate")
    expect(row).to_contain_text("1,234.50")
    page.get_by_role("button", name="Edit Crate").click()
    _fill(page, Name="Crate of tea")
    expect(page.get_by_text("Saved “Crate of tea”.")).to_be_visible()
    page.get_by_role("button", name="Delete Crate of tea").click()
    page.get_by_role("dialog").get_by_role("button", name="Cancel").click()
    expect(page.get_by_role("button", name="Delete Crate of tea")).to_be_visible()
    page.get_by_role("button", name="Delete Crate of tea").click()
    page.get_by_role("dialog").get_by_role("button", name="Delete", exact=True).click()

    expect(page.get_by_role("button", name="Delete Crate of tea")).to_have_count(0)


def test_cart_lines_and_users_are_created_changed_and_deleted(visit: Visit) -> None:
    """The same for the other two kinds, as an admin."""
    page = visit.sign_in("globex", "admin", "cart")
    page.get_by_role("button", name="New line").click()
    _fill(page, Description="Rope", Price_of_one="2", Quantity="3")
    expect(page.get_by_role("listitem").filter(has_text="Rope")).to_contain_text("6.00")
    page.get_by_role("button", name="Edit Rope").click()
    _fill(page, Quantity="4")
    expect(page.get_by_role("listitem").filter(has_text="Rope")).to_contain_text("8.00")
    page.get_by_role("button", name="Delete Rope").click()
    page.get_by_role("dialog").get_by_role("button", name="Delete", exact=True).click()
    expect(page.get_by_text("No line yet.")).to_be_visible()
    page.get_by_role("link", name="Users").click()
    page.get_by_role("button", name="New user").click()
    _fill(page, Name="Hank", Email="hank@globex.example.com")
    page.get_by_role("button", name="Edit Hank").click()
    _fill(page, Name="Hank Scorpio")
    page.get_by_role("button", name="Delete Hank Scorpio").click()
    page.get_by_role("dialog").get_by_role("button", name="Delete", exact=True).click()

    expect(page.get_by_role("button", name="Delete Hank Scorpio")).to_have_count(0)


def test_a_change_of_somebody_else_is_shown_beside_ones_own(visit: Visit, person: Callable[..., Person]) -> None:
    """Neither version is lost unless the user says so."""
    item = _item(person("acme", "member"), "Conflicted")
    page = visit.sign_in("acme", "member")
    page.get_by_role("button", name="Edit Conflicted").click()
    path = f"/items/{item['product_id']}"
    assert person("acme", "admin").call("PATCH", path, body={"price": 99}, headers={"If-Match": '"1"'}).status == 200
    _fill(page, Price="7")

    dialog = page.get_by_role("dialog")
    expect(dialog).to_contain_text("Changed meanwhile")
    expect(dialog.get_by_role("row", name="Price")).to_contain_text(re.compile("99.*7"))
    dialog.get_by_role("button", name="Save mine over it").click()
    expect(page.get_by_role("listitem").filter(has_text="Conflicted")).to_contain_text("7.00")
    assert person("acme", "member").call("GET", path).body["version"] == 3
    person("acme", "member").call("DELETE", path)


def test_a_refusal_is_drawn_beside_the_allowed_twin(visit: Visit, person: Callable[..., Person]) -> None:
    """The condition that was not met, in AWS's own sentence, comes from what localaws decided."""
    item = _item(person("acme", "member"))
    page = visit.sign_in("acme", "member", "isolation")
    page.get_by_label("shard_id").fill("globex#item#3")
    page.get_by_role("button", name="Ask for it").click()

    refused, allowed = page.get_by_label("What you asked for"), page.get_by_label("The same for your own")
    for said in ("ImplicitlyDenied", "dynamodb:LeadingKeys", "globex#item#3", "acme#*", "is not authorized to perform"):
        expect(refused).to_contain_text(said)
    expect(refused).to_contain_text("Session tag tenant")
    expect(refused).to_contain_text("GET /items")
    expect(allowed).to_contain_text("Allowed")
    expect(allowed).to_contain_text(re.compile("acme#item#[0-9]"))
    expect(allowed).not_to_contain_text("Condition that was not met")
    person("acme", "member").call("DELETE", f"/items/{item['product_id']}")


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


def test_a_wrong_password_gives_a_plain_sentence_and_no_token_is_stored(visit: Visit) -> None:
    """Tokens are in memory: a reload signs out."""
    page = visit.page
    page.goto(f"{visit.stage.web_url}/")
    visit.enter("acme/member@acme.example.com", "Wrong-password-1")
    expect(page.get_by_role("alert")).to_have_text("The user name or the password is wrong.")
    page = visit.sign_in("acme", "member")
    stored = "JSON.stringify([{...localStorage}, {...sessionStorage}, document.cookie, location.href.includes('eyJ')])"
    assert page.evaluate(stored) == '[{},{},"",false]'
    page.reload()

    expect(page.get_by_role("heading", name="Sign in")).to_be_visible()


def test_an_ended_session_asks_again_and_keeps_what_was_typed(visit: Visit) -> None:
    """The user signed out elsewhere, and the token runs out: the form stays, and is saved after signing in."""
    page = visit.page
    page.clock.install()
    visit.sign_in("acme", "admin")
    page.get_by_role("button", name="New item").click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_label("Name", exact=True).fill("Kept")
    dialog.get_by_label("Price", exact=True).fill("5")
    # The sign-in service refuses to renew, as it does when the user was signed out elsewhere.
    refusal = {
        "status": 400,
        "json": {"__type": "NotAuthorizedException"},
        "headers": {"Access-Control-Allow-Origin": "*"},
    }

    def cognito(route: object) -> None:
        refreshing = "REFRESH_TOKEN_AUTH" in (route.request.post_data or "")  # type: ignore[attr-defined]
        route.fulfill(**refusal) if refreshing else route.continue_()  # type: ignore[attr-defined]

    page.route(f"{visit.stage.aws_endpoint_url}/", cognito)
    page.clock.fast_forward("01:01:00")  # the emulator's tokens live an hour, whatever the client says
    page.get_by_role("button", name="Save", exact=True).click()
    again = page.get_by_role("dialog", name="Your session has ended")
    expect(again.get_by_label("User name")).to_have_value("acme/admin@acme.example.com")
    page.clock.set_system_time(time.time())
    again.get_by_label("Password", exact=True).fill(visit.stage.user("acme", "admin").password)
    again.get_by_role("button", name="Sign in").click()

    expect(page.get_by_role("button", name="Delete Kept")).to_be_visible()


def test_a_server_that_goes_away_loses_nothing_and_comes_back(visit: Visit) -> None:
    """What was typed stays in the form, and is saved when the server is back."""
    page = visit.sign_in("globex", "member")
    page.get_by_role("button", name="New item").click()
    page.context.set_offline(True)
    _fill(page, Name="Patient", Price="3")
    dialog = page.get_by_role("dialog")
    expect(dialog.get_by_role("alert")).to_contain_text("cannot be reached")
    expect(dialog.get_by_label("Name", exact=True)).to_have_value("Patient")
    page.context.set_offline(False)
    dialog.get_by_role("button", name="Try again").click()

    expect(page.get_by_role("button", name="Delete Patient")).to_be_visible()


def test_a_503_is_tried_again_after_the_time_that_it_names(visit: Visit) -> None:
    """A read is tried again by itself; two refusals are waited out."""
    page = visit.sign_in("acme", "viewer", "cart")
    asked: list[float] = []
    cors = {"Access-Control-Allow-Origin": str(visit.stage.web_url), "Access-Control-Expose-Headers": "Retry-After"}

    def busy(route: object) -> None:
        asked.append(time.monotonic())
        if len(asked) == 1:
            route.fulfill(status=503, headers={**cors, "Retry-After": "1"}, json={"Code": "UnavailableError"})  # type: ignore[attr-defined]
        else:
            route.continue_()  # type: ignore[attr-defined]

    page.route(f"{visit.stage.api_url}/users?*", busy)
    page.get_by_role("link", name="Users").click()
    expect(page.get_by_text("Loading…")).to_be_visible()
    expect(page.get_by_text("Loading…")).to_have_count(0)

    expect(page.get_by_role("button", name="Try again")).to_have_count(0)
    assert len(asked) == 2
    assert asked[1] - asked[0] >= 1


def test_markup_in_every_field_stays_text(visit: Visit) -> None:
    """Nothing executes, wherever it is shown: rows, dialogs, the live region, the picture, the sign-in."""
    visit.page.goto(f"{visit.stage.web_url}/")
    visit.enter(MARKUP, MARKUP)
    expect(visit.page.get_by_role("alert")).not_to_be_empty()
    page = visit.sign_in("acme", "admin")
    page.get_by_role("button", name="New item").click()
    _fill(page, Name=MARKUP, Price="1", Attributes=f"note: {MARKUP}")
    expect(page.get_by_text(MARKUP).first).to_be_visible()
    page.get_by_role("button", name=f"Delete {MARKUP}").click()
    page.get_by_role("dialog").get_by_role("button", name="Delete", exact=True).click()
    page.get_by_role("link", name="Cart").click()
    page.get_by_role("button", name="New line").click()
    _fill(page, Description=MARKUP, Price_of_one="1", Quantity="1")
    expect(page.get_by_text(MARKUP).first).to_be_visible()
    page.get_by_role("link", name="Users").click()
    page.get_by_role("button", name="New user").click()
    _fill(page, Name=MARKUP, Email="markup@acme.example.com")
    expect(page.get_by_text(MARKUP).first).to_be_visible()
    page.get_by_role("button", name=f"Delete {MARKUP}").click()
    page.get_by_role("dialog").get_by_role("button", name="Delete", exact=True).click()
    page.get_by_role("link", name="Isolation").click()
    page.get_by_label("shard_id").fill(MARKUP)
    page.get_by_role("button", name="Ask for it").click()
    expect(page.get_by_role("alert").first).not_to_be_empty()
    page.get_by_label("Other tenant").fill(MARKUP)
    page.get_by_role("button", name="Run it").click()
    expect(page.get_by_text("other:")).to_be_visible()


def test_the_policy_stops_what_got_into_the_page(visits: Callable[..., Visit]) -> None:
    """The canary of the listener: an inline script and a foreign connection are stopped, and noticed."""
    visit = visits()
    page = visit.page
    page.goto(f"{visit.stage.web_url}/")
    page.evaluate("""() => {
      const script = document.createElement('script'); script.textContent = 'window.__injected = 1';
      document.body.append(script); return fetch('https://attacker.invalid/').catch(() => {}); }""")

    violations = page.evaluate("window.__violations.splice(0)")
    assert [each.split()[0] for each in violations] == ["script-src-elem", "connect-src"]
    assert len(visit.problems) >= 2
    visit.problems.clear()


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
    item = _item(person("acme", "member"), "Anvil, drop-forged")
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
