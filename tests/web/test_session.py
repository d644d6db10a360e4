"""Signing in and out, and what is left when a session ends."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from playwright.sync_api import expect

if TYPE_CHECKING:
    from collections.abc import Callable

    from playwright.sync_api import Route

    from ops.stack import LocalStack
    from tests.support.http_api import Person
    from tests.web.conftest import Visit


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


def test_an_ended_session_asks_again_and_keeps_what_was_typed(visit: Visit, person: Callable[..., Person]) -> None:
    """The user signed out elsewhere, and the token runs out: the form stays, and is saved after signing in."""
    page = visit.page
    page.clock.install()
    visit.sign_in("acme", "admin")
    page.get_by_role("button", name="New item").click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_label("Name", exact=True).fill("Kept")
    dialog.get_by_label("Price", exact=True).fill("5")
    page.evaluate(
        """([url, token]) => fetch(url, {method: "POST", body: JSON.stringify({AccessToken: token}), headers: {
            "Content-Type": "application/x-amz-json-1.1",
            "X-Amz-Target": "AWSCognitoIdentityProviderService.GlobalSignOut"}})""",
        [f"{visit.stage.aws_endpoint_url}/", person("acme", "admin").access_token],
    )
    page.clock.fast_forward("01:01:00")  # the emulator's tokens live an hour, whatever the client says
    page.get_by_role("button", name="Save", exact=True).click()
    again = page.get_by_role("dialog", name="Your session has ended")
    expect(again.get_by_label("User name")).to_have_value("acme/admin@acme.example.com")
    page.clock.set_system_time(time.time())
    again.get_by_label("Password", exact=True).fill(visit.stage.user("acme", "admin").password)
    again.get_by_role("button", name="Sign in").click()

    expect(page.get_by_role("button", name="Delete Kept")).to_be_visible()


def test_tokens_are_renewed_before_they_expire(visit: Visit) -> None:
    """Nobody is asked anything, and the next request goes out with another token."""
    page, bearers = visit.page, []
    page.on("request", lambda request: bearers.append(request.headers.get("authorization")))
    page.clock.install()
    visit.sign_in("acme", "member")
    expect(page.get_by_text("Loading…")).to_have_count(0)
    with page.expect_request(lambda request: "REFRESH_TOKEN_AUTH" in (request.post_data or "")):
        page.clock.fast_forward("59:30")
    page.get_by_role("link", name="Cart").click()
    expect(page.get_by_text("Loading…")).to_have_count(0)

    expect(page.get_by_role("dialog")).to_have_count(0)
    assert len({bearer for bearer in bearers if bearer}) == 2


def test_a_renewal_that_was_under_way_does_not_undo_signing_out(visit: Visit) -> None:
    """The answer comes after the user has left: it opens nothing again."""
    page, held = visit.page, []
    page.clock.install()
    visit.sign_in("acme", "member")

    def hold(route: Route) -> None:
        held.append(route) if "REFRESH_TOKEN_AUTH" in (route.request.post_data or "") else route.continue_()

    page.route(f"{visit.stage.aws_endpoint_url}/", hold)
    with page.expect_request(lambda request: "REFRESH_TOKEN_AUTH" in (request.post_data or "")):
        page.clock.fast_forward("59:30")
    page.get_by_role("button", name="Sign out").click()
    expect(page.get_by_role("heading", name="Sign in")).to_be_visible()
    with page.expect_response(lambda response: "REFRESH_TOKEN_AUTH" in (response.request.post_data or "")):
        held[0].continue_()
    page.goto(f"{visit.stage.web_url}/#/cart")

    expect(page.get_by_role("heading", name="Sign in")).to_be_visible()


def test_another_user_does_not_get_what_the_former_was_doing(visit: Visit) -> None:
    """Whoever signs in at the end of somebody else's session begins anew; nothing typed goes to them."""
    page = visit.page
    page.clock.install()
    visit.sign_in("acme", "member")
    page.get_by_role("button", name="New item").click()
    page.get_by_role("dialog").get_by_label("Name", exact=True).fill("Secret plan")
    page.get_by_role("dialog").get_by_label("Price", exact=True).fill("5")
    page.route(f"{visit.stage.aws_endpoint_url}/", _refuse_renewal)
    page.clock.fast_forward("01:01:00")
    page.get_by_role("button", name="Save", exact=True).click()
    again = page.get_by_role("dialog", name="Your session has ended")
    page.clock.set_system_time(time.time())
    other = visit.stage.user("globex", "member")
    again.get_by_label("User name").fill(other.username)
    again.get_by_label("Password", exact=True).fill(other.password)
    again.get_by_role("button", name="Sign in").click()

    expect(page.get_by_role("banner")).to_contain_text("globex")
    expect(page.get_by_role("dialog")).to_have_count(0)
    expect(page.get_by_text("Secret plan")).to_have_count(0)


def _refuse_renewal(route: Route) -> None:
    if "REFRESH_TOKEN_AUTH" not in (route.request.post_data or ""):
        route.continue_()
        return
    headers = {"Access-Control-Allow-Origin": "*"}
    route.fulfill(status=400, json={"__type": "NotAuthorizedException"}, headers=headers)


def test_an_invited_user_chooses_a_password(visit: Visit, stack: LocalStack) -> None:
    """The one that came with the invitation opens nothing but the choice of another."""
    username, invited, chosen = "acme/newcomer@acme.example.com", "Aa1-invited-for-once", "Aa1-chosen-by-myself"
    attributes = {"custom:tenantID": "acme", "custom:role": "member", "email": "newcomer@acme.example.com"}
    stack.client("cognito-idp").admin_create_user(
        UserPoolId=visit.stage.user_pool_id,
        Username=username,
        TemporaryPassword=invited,
        MessageAction="SUPPRESS",
        UserAttributes=[{"Name": name, "Value": value} for name, value in attributes.items()],
    )
    page = visit.page
    page.goto(f"{visit.stage.web_url}/")
    visit.enter(username, invited)
    page.get_by_label("New password").fill(chosen)
    page.get_by_role("button", name="Set password and sign in").click()
    page.get_by_role("button", name="Sign out").click()
    visit.enter(username, chosen)

    expect(page.get_by_role("banner")).to_contain_text("newcomer@acme.example.com")


def test_signing_in_and_adding_an_item_need_no_mouse(visit: Visit) -> None:
    """By Tab, Enter and typing alone; Escape closes the form again, and the focus is where it was."""
    user, page = visit.stage.user("acme", "member"), visit.page
    page.goto(f"{visit.stage.web_url}/#/items")
    expect(page.get_by_label("User name")).to_be_focused()
    page.keyboard.type(user.username)
    page.keyboard.press("Tab")
    page.keyboard.type(user.password)
    page.keyboard.press("Enter")
    new = page.get_by_role("button", name="New item")
    new.wait_for()
    for _ in range(12):
        if new.evaluate("each => each === document.activeElement"):
            break
        page.keyboard.press("Tab")
    expect(new).to_be_focused()
    page.keyboard.press("Enter")
    page.get_by_role("dialog").wait_for()
    page.keyboard.press("Escape")
    expect(new).to_be_focused()
    page.keyboard.press("Enter")
    page.keyboard.type("By hand")
    page.keyboard.press("Tab")
    page.keyboard.type("7")
    page.keyboard.press("Enter")

    expect(page.get_by_role("button", name="Delete By hand")).to_be_visible()
