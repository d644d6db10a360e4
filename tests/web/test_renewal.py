"""Renewing tokens: when, how often, and that no answer of it, or of a late sign-in, reaches another user."""

from __future__ import annotations

import time
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import expect

from tests.support.page_actions import delete, fill, let_tokens_age, sign_out

if TYPE_CHECKING:
    from collections.abc import Callable

    from playwright.sync_api import APIResponse, Page, Request, Route

    from tests.support.page import Visit
    from tests.support.people import Person

pytestmark = pytest.mark.evidence


def is_renewal(request: Request) -> bool:
    """Whether this is a call of Cognito for new tokens by a refresh token."""
    return "REFRESH_TOKEN_AUTH" in (request.post_data or "")


def _hold_renewal(visit: Visit) -> list[tuple[Route, APIResponse]]:
    """Let renewals be answered by Cognito, and keep the answers from the page."""
    held: list[tuple[Route, APIResponse]] = []

    def hold(route: Route) -> None:
        held.append((route, route.fetch())) if is_renewal(route.request) else route.continue_()

    visit.page.route(f"{visit.stage.aws_endpoint_url}/", hold)
    return held


def _begin_renewal(page: Page, held: list[tuple[Route, APIResponse]]) -> None:
    """Let the time of the renewal come, until Cognito has answered it: signing out before would take the token away."""
    with page.expect_request(is_renewal):
        let_tokens_age(page, left=30)
    deadline = time.monotonic() + 10
    while not held:
        assert time.monotonic() < deadline, "Cognito did not answer the renewal"
        page.wait_for_timeout(20)


def _let_through(page: Page, held: list[tuple[Route, APIResponse]]) -> None:
    route, answer = held[0]
    assert answer.status == 200
    with page.expect_response(lambda response: is_renewal(response.request)):
        route.fulfill(response=answer)
    page.evaluate("new Promise((done) => { requestAnimationFrame(() => requestAnimationFrame(done)); })")


def _enter(visit: Visit, tenant: str) -> None:
    user = visit.stage.user(tenant, "member")
    visit.enter(user.username, user.password)
    expect(visit.page.get_by_role("banner")).to_contain_text(tenant)


def test_tokens_are_renewed_before_they_expire(visit: Visit) -> None:
    """Nobody is asked anything, and the next request goes out with another token."""
    page, bearers = visit.page, []
    page.on("request", lambda request: bearers.append(request.headers.get("authorization")))
    page.clock.install()
    visit.sign_in("acme", "member")
    expect(page.get_by_text("Loading…")).to_have_count(0)
    with page.expect_request(is_renewal):
        let_tokens_age(page, left=30)
    page.get_by_role("link", name="Penpals").click()
    expect(page.get_by_text("Loading…")).to_have_count(0)

    expect(page.get_by_role("dialog")).to_have_count(0)
    assert len({bearer for bearer in bearers if bearer}) == 2


def test_a_clock_that_is_ahead_renews_nothing(visit: Visit) -> None:
    """How long a token lives counts, not when it ends by a clock that may be wrong."""
    page, asked = visit.page, []
    page.on("request", lambda request: asked.append(is_renewal(request)))
    page.clock.install(time=datetime.now(UTC) + timedelta(hours=2))
    visit.sign_in("acme", "member")
    page.get_by_role("link", name="Penpals").click()
    expect(page.get_by_text("Loading…")).to_have_count(0)
    page.wait_for_timeout(500)

    assert len(asked) > 4
    assert sum(asked) == 0


def test_a_busy_sign_in_service_does_not_end_a_good_session(visit: Visit) -> None:
    """The token is good for a while yet; once it is not, the list can be tried again, and nobody has to sign in."""
    page = visit.page
    page.clock.install()
    visit.sign_in("acme", "member", "penpals")
    expect(page.get_by_text("Loading…")).to_have_count(0)
    page.route(f"{visit.stage.aws_endpoint_url}/", _throttle_renewal)
    with page.expect_response(lambda response: is_renewal(response.request)):
        let_tokens_age(page, left=40)
    page.get_by_role("link", name="Anvils").click()
    expect(page.get_by_text("Loading…")).to_have_count(0)
    expect(page.get_by_role("dialog")).to_have_count(0)
    expect(page.get_by_text("No anvil yet.")).to_be_visible()
    page.clock.fast_forward("02:00")
    page.get_by_role("button", name="New anvil").click()
    fill(page, Name="Patient", Price="1")

    expect(page.get_by_role("dialog").get_by_role("alert")).to_contain_text("Too many attempts")
    expect(page.get_by_role("dialog")).to_have_count(1)


def _throttle_renewal(route: Route) -> None:
    if not is_renewal(route.request):
        route.continue_()
        return
    headers = {"Access-Control-Allow-Origin": "*"}
    route.fulfill(status=400, json={"__type": "TooManyRequestsException"}, headers=headers)


def test_a_renewal_that_was_under_way_does_not_undo_signing_out(visit: Visit) -> None:
    """Its good answer comes after the user has left: it opens nothing again, neither then nor for the next user."""
    page = visit.page
    page.clock.install()
    visit.sign_in("acme", "member")
    held = _hold_renewal(visit)
    _begin_renewal(page, held)
    expect(page.get_by_text("Loading…")).to_have_count(0)
    sign_out(page)
    _enter(visit, "globex")
    _let_through(page, held)
    page.get_by_role("link", name="Penpals").click()

    expect(page.get_by_role("heading", name="Penpals", level=1)).to_be_visible()
    expect(page.get_by_role("banner")).to_contain_text("globex")


def test_what_waited_for_a_renewal_is_not_sent_for_the_next_user(visit: Visit, api_user: Callable[..., Person]) -> None:
    """Deleted by one tenant while the renewal hangs: the other, who has signed in meanwhile, sends none of it."""
    anvil = api_user("acme", "member").create("Acme pending")
    page, deleted = visit.page, []
    page.on("request", lambda request: deleted.append(request.url) if request.method == "DELETE" else None)
    page.clock.install()
    visit.sign_in("acme", "member")
    expect(page.get_by_text("Loading…")).to_have_count(0)
    held = _hold_renewal(visit)
    _begin_renewal(page, held)
    delete(page, "Acme pending")
    sign_out(page)
    _enter(visit, "globex")
    _let_through(page, held)
    page.wait_for_timeout(500)  # for what must not go out

    assert deleted == []
    assert api_user("acme", "member").call("DELETE", f"/anvils/{anvil['anvil_id']}").status == 204


def test_a_sign_in_that_is_answered_late_does_not_take_over_the_next_users_page(
    visit: Visit, api_user: Callable[..., Person]
) -> None:
    """Acme's hangs in the dialog and is given up; what globex then saves is saved for globex."""
    page, held = visit.page, []
    endpoint = f"{visit.stage.aws_endpoint_url}/"
    page.clock.install()
    visit.sign_in("acme", "member")
    page.route(endpoint, _refuse_renewal)
    let_tokens_age(page, left=-60)
    page.get_by_role("link", name="Penpals").click()
    again = page.get_by_role("dialog", name="Your session has ended")
    again.wait_for()
    page.route(endpoint, lambda route: held.append((route, route.fetch())), times=1)
    with page.expect_request(endpoint):
        again.get_by_label("Password", exact=True).fill(visit.stage.user("acme", "member").password)
        again.get_by_role("button", name="Sign in").click()
    again.get_by_role("button", name="Sign out").click()
    _enter(visit, "globex")
    route, answer = held[0]
    assert answer.status == 200
    with page.expect_response(lambda response: response.request == route.request):
        route.fulfill(response=answer)
    page.get_by_role("link", name="Anvils").click()
    page.get_by_role("button", name="New anvil").click()
    fill(page, Name="Of globex", Price="1")
    page.get_by_text("Saved “Of globex”.").wait_for()

    assert len(_named(api_user("globex", "member"), "Of globex")) == 1
    assert _named(api_user("acme", "member"), "Of globex") == []


def test_another_user_does_not_get_what_the_former_was_doing(visit: Visit, api_user: Callable[..., Person]) -> None:
    """Whoever signs in at the end of somebody else's session begins anew; nothing typed goes to them."""
    page, posted = visit.page, []
    page.on("request", lambda request: posted.append(request.url) if request.method == "POST" else None)
    page.clock.install()
    visit.sign_in("acme", "member")
    page.get_by_role("button", name="New anvil").click()
    page.get_by_role("dialog").get_by_label("Name", exact=True).fill("Secret plan")
    page.get_by_role("dialog").get_by_label("Price", exact=True).fill("5")
    page.route(f"{visit.stage.aws_endpoint_url}/", _refuse_renewal)
    let_tokens_age(page, left=-60)
    page.get_by_role("button", name="Save", exact=True).click()
    page.get_by_role("dialog", name="Your session has ended").wait_for()
    _enter(visit, "globex")

    expect(page.get_by_role("dialog")).to_have_count(0)
    page.wait_for_timeout(500)  # for what must not go out
    assert f"{visit.stage.api_url}/anvils" not in posted
    assert _named(api_user("globex", "member"), "Secret plan") == []


def _refuse_renewal(route: Route) -> None:
    if not is_renewal(route.request):
        route.continue_()
        return
    headers = {"Access-Control-Allow-Origin": "*"}
    route.fulfill(status=400, json={"__type": "NotAuthorizedException"}, headers=headers)


def _named(person: Person, name: str) -> list[object]:
    found = [anvil for anvil in person.anvils() if anvil["name"] == name]
    for anvil in found:
        person.call("DELETE", f"/anvils/{anvil['anvil_id']}")
    return found
