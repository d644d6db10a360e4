"""Signing in and out, and what is left when a session ends."""

from __future__ import annotations

import re
import time
from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import expect

from tests.support.page_actions import delete, let_tokens_age, sign_out

if TYPE_CHECKING:
    from collections.abc import Callable

    from playwright.sync_api import Route

    from stage.local.stack import LocalStack
    from tests.support.page import Visit
    from tests.support.people import Person

pytestmark = pytest.mark.evidence


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


def test_an_ended_session_asks_again_and_keeps_what_was_typed(visit: Visit, api_user: Callable[..., Person]) -> None:
    """The user signed out elsewhere, and the token runs out: the form stays, and is saved after signing in."""
    page = visit.page
    page.clock.install()
    visit.sign_in("acme", "admin")
    page.get_by_role("button", name="New anvil").click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_label("Name", exact=True).fill("Kept")
    dialog.get_by_label("Price", exact=True).fill("5")
    page.evaluate(
        """([url, token]) => fetch(url, {method: "POST", body: JSON.stringify({AccessToken: token}), headers: {
            "Content-Type": "application/x-amz-json-1.1",
            "X-Amz-Target": "AWSCognitoIdentityProviderService.GlobalSignOut"}})""",
        [f"{visit.stage.aws_endpoint_url}/", api_user("acme", "admin").access_token],
    )
    let_tokens_age(page, left=-60)
    page.get_by_role("button", name="Save", exact=True).click()
    again = page.get_by_role("dialog", name="Your session has ended")
    expect(again.get_by_label("User name")).to_have_value("acme/admin@acme.example.com")
    page.clock.set_system_time(time.time())
    again.get_by_label("Password", exact=True).fill(visit.stage.user("acme", "admin").password)
    again.get_by_role("button", name="Sign in").click()

    delete(page, "Kept")
    expect(page.get_by_role("button", name="Delete Kept")).to_have_count(0)


@pytest.mark.parametrize("way", ["button", "closed by the browser"])
def test_an_ended_session_can_be_left(visit: Visit, way: str) -> None:
    """Escape does not close the question, however often; who does not answer it is signed out."""
    page = visit.page
    page.clock.install()
    visit.sign_in("acme", "viewer")
    page.route(f"{visit.stage.aws_endpoint_url}/", lambda route: answer_cognito(route, 400, "NotAuthorizedException"))
    let_tokens_age(page, left=-60)
    page.get_by_role("link", name="Penpals").click()
    again = page.get_by_role("dialog", name="Your session has ended")
    again.wait_for()
    for _ in range(3):
        page.keyboard.press("Escape")
    expect(again).to_be_visible()
    if way == "button":
        again.get_by_role("button", name="Sign out").click()
    else:
        again.evaluate("dialog => dialog.close()")

    expect(page.get_by_role("heading", name="Sign in")).to_be_visible()
    expect(page.get_by_role("dialog")).to_have_count(0)
    expect(page.get_by_text("Loading…")).to_have_count(0)


def test_signing_out_takes_the_rows_away_before_the_server_knows(visit: Visit, api_user: Callable[..., Person]) -> None:
    """A sign-in service that does not answer leaves nothing of the tenant on the screen."""
    anvil = api_user("acme", "member").create("Confidential")
    page = visit.sign_in("acme", "member")
    page.get_by_text("Confidential").wait_for()
    held: list[Route] = []
    page.route(f"{visit.stage.aws_endpoint_url}/", lambda route: held.append(route))  # noqa: PLW0108 -- Playwright wraps no builtin
    sign_out(page)

    expect(page.get_by_text("Confidential")).to_have_count(0)
    held[0].abort()
    api_user("acme", "member").call("DELETE", f"/anvils/{anvil['anvil_id']}")


def test_a_sign_out_that_is_refused_revokes_the_refresh_token(visit: Visit) -> None:
    """The access token may have expired; the token that lives for a day is made worthless all the same."""
    page, asked = visit.sign_in("acme", "member"), []

    def answer(route: Route) -> None:
        operation = route.request.headers["x-amz-target"].rpartition(".")[2]
        asked.append((operation, (route.request.post_data_json or {}).keys()))
        refused = operation == "GlobalSignOut"
        answer_cognito(route, 400 if refused else 200, "NotAuthorizedException" if refused else "")

    page.route(f"{visit.stage.aws_endpoint_url}/", answer)
    sign_out(page)

    expect(page.get_by_text("You are signed out here.")).to_be_visible()
    assert asked == [("GlobalSignOut", {"AccessToken"}), ("RevokeToken", {"Token", "ClientId"})]


@pytest.mark.parametrize("token", ["none", "a.%%%.c", "a.bm8.c", "a.bnVsbA.c"])
def test_a_token_that_cannot_be_read_gets_a_sentence(visit: Visit, token: str) -> None:
    """No parts, no base64, no JSON, no claims: nobody is signed in, and the form can be sent again."""
    page = visit.page
    page.goto(f"{visit.stage.web_url}/")
    result = {"IdToken": token, "AccessToken": "a", "RefreshToken": "r", "ExpiresIn": 3600}
    page.route(
        f"{visit.stage.aws_endpoint_url}/", lambda route: answer_cognito(route, 200, AuthenticationResult=result)
    )
    visit.enter("acme/member@acme.example.com", "Some-password-1")

    expect(page.get_by_role("alert")).to_contain_text("Try again in a moment")
    expect(page.get_by_role("button", name="Sign in")).to_be_enabled()


def test_an_answer_that_is_no_answer_gets_a_sentence(visit: Visit) -> None:
    """Something in between answered 200, with half a document."""
    page = visit.page
    page.goto(f"{visit.stage.web_url}/")
    headers = {"Access-Control-Allow-Origin": "*"}
    page.route(f"{visit.stage.aws_endpoint_url}/", lambda route: route.fulfill(body='{"Authent', headers=headers))
    visit.enter("acme/member@acme.example.com", "Some-password-1")

    expect(page.get_by_role("alert")).to_contain_text("Try again in a moment")
    expect(page.get_by_role("button", name="Sign in")).to_be_enabled()


def test_a_choice_of_password_that_came_too_late_begins_again(visit: Visit) -> None:
    """The step that is over does not stay on the screen; how long a password must be is said beforehand."""
    page = visit.page
    page.goto(f"{visit.stage.web_url}/")

    def answer(route: Route) -> None:
        if "RespondToAuthChallenge" in route.request.headers["x-amz-target"]:
            answer_cognito(route, 400, "NotAuthorizedException")
        else:
            answer_cognito(route, 200, ChallengeName="NEW_PASSWORD_REQUIRED", Session="s")

    page.route(f"{visit.stage.aws_endpoint_url}/", answer)
    visit.enter("acme/late@acme.example.com", "Aa1-invited-for-once")
    expect(page.get_by_label("New password")).to_have_accessible_description(re.compile("At least 14 characters"))
    page.get_by_label("New password").fill("Aa1-chosen-by-myself")
    page.get_by_role("button", name="Set password and sign in").click()

    expect(page.get_by_role("alert")).to_contain_text("has run out")
    expect(page.get_by_label("New password")).to_have_count(0)
    expect(page.get_by_role("button", name="Sign in", exact=True)).to_be_enabled()


def answer_cognito(route: Route, status: int, code: str = "", **document: object) -> None:
    """Answer in Cognito's place."""
    body = {"__type": code} if code else document
    route.fulfill(status=status, json=body, headers={"Access-Control-Allow-Origin": "*"})


def test_an_invited_user_chooses_a_password(visit: Visit, page_stack: LocalStack) -> None:
    """The one that came with the invitation opens nothing but the choice of another."""
    username, invited, chosen = "acme/newcomer@acme.example.com", "Aa1-invited-for-once", "Aa1-chosen-by-myself"
    attributes = {"custom:tenantID": "acme", "custom:role": "member", "email": "newcomer@acme.example.com"}
    page_stack.client("cognito-idp").admin_create_user(
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


def test_signing_in_and_adding_an_anvil_need_no_mouse(visit: Visit) -> None:
    """By Tab, Enter and typing alone; Escape closes the form again, and the focus is where it was."""
    user, page = visit.stage.user("acme", "member"), visit.page
    page.goto(f"{visit.stage.web_url}/#/anvils")
    expect(page.get_by_label("User name")).to_be_focused()
    page.keyboard.type(user.username)
    page.keyboard.press("Tab")
    page.keyboard.type(user.password)
    page.keyboard.press("Enter")
    new = page.get_by_role("button", name="New anvil")
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

    delete(page, "By hand")
    expect(page.get_by_role("button", name="Delete By hand")).to_have_count(0)
