"""The directory of users in a browser."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import expect

from tests.support.page_actions import MARKUP, delete, fill, live_as_markup
from tests.support.page_look import look

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.support.page import Visit
    from tests.support.people import Person

pytestmark = pytest.mark.evidence


@pytest.fixture
def visit(visits: Callable[..., Visit]) -> Visit:
    """Return a page that shows the users."""
    return visits(entities=("users",))


def test_a_user_is_made_changed_and_deleted(visit: Visit) -> None:
    """By an admin; the row says who it is, and since when."""
    page = visit.sign_in("globex", "admin")
    page.get_by_role("button", name="New user").click()
    fill(page, Name="Hank", Email="hank@globex.example.com")
    page.get_by_role("button", name="Edit Hank").click()
    fill(page, Name="Hank Scorpio")
    expect(page.get_by_role("listitem").filter(has_text="Hank Scorpio")).to_contain_text("hank@globex.example.com")
    delete(page, "Hank Scorpio")

    expect(page.get_by_role("button", name="Delete Hank Scorpio")).to_have_count(0)


@pytest.mark.parametrize("role", ["viewer", "member"])
def test_who_is_no_admin_reads_the_directory(visit: Visit, role: str) -> None:
    """What is not offered is refused by the API; its twin is the admin above."""
    page = visit.sign_in("acme", role)
    expect(page.get_by_text(f"Your role, {role}, reads here.")).to_be_visible()
    page.get_by_role("link", name="Isolation").click()
    page.get_by_role("button", name="POST /users").click()

    expect(page.get_by_text("403 Refused")).to_be_visible()


def test_markup_in_every_field_stays_text(visit: Visit) -> None:
    """A name is any text."""
    page = visit.sign_in("acme", "admin")
    live_as_markup(page, "user", {"Name": MARKUP, "Email": "markup1@acme.example.com"}, "Email")


@pytest.mark.parametrize(("width", "scheme"), [(360, "light"), (1280, "dark")])
def test_the_directory_is_accessible_and_fits(
    visits: Callable[..., Visit], api_user: Callable[..., Person], width: int, scheme: str
) -> None:
    """On a phone and on a desk."""
    admin = api_user("acme", "admin")
    made = admin.call("POST", "/users", body={"display_name": "Wile E.", "email": "wile@acme.example.com"})
    page = visits(entities=("users",), width=width, scheme=scheme).sign_in("acme", "admin")
    page.get_by_text("Wile E.").wait_for()
    found = look(page, "users", width, scheme)
    admin.call("DELETE", f"/users/{made.body['user_id']}")

    assert found == []
