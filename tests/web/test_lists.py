"""Lists of rows: what people of each role do with them, in a browser."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import expect

from tests.support.page_actions import ROLES, TENANTS, delete, fill

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.support.page import Visit
    from tests.support.people import Person

pytestmark = pytest.mark.evidence


@pytest.mark.parametrize("tenant", TENANTS)
@pytest.mark.parametrize("role", ROLES)
def test_a_role_is_offered_what_it_may_do_and_sees_a_refusal_of_the_rest(visit: Visit, tenant: str, role: str) -> None:
    """What a role may not do is not offered, and asked for anyway it is refused by the API."""
    page = visit.sign_in(tenant, role)

    expect(page.get_by_role("heading", name="Anvils", level=1)).to_be_visible()
    expect(page.get_by_role("banner")).to_contain_text(tenant)
    expect(page.get_by_role("button", name="New anvil")).to_have_count(int(role != "viewer"))
    page.get_by_role("link", name="Penpals").click()
    expect(page.get_by_role("button", name="New penpal")).to_have_count(int(role == "admin"))
    page.get_by_role("link", name="Isolation").click()
    anyway = page.get_by_role("button", name="POST /penpals")
    expect(anyway).to_have_count(int(role != "admin"))
    if role != "admin":
        anyway.click()
        expect(page.get_by_text("403 Refused")).to_be_visible()


@pytest.mark.parametrize("tenant", TENANTS)
def test_anvils_are_created_changed_and_deleted(visit: Visit, tenant: str) -> None:
    """The whole life of a row of DynamoDB; its price is written as the locale does."""
    page = visit.sign_in(tenant, "member")
    page.get_by_role("button", name="New anvil").click()
    fill(page, Name="Crate", Price="1234.5")
    row = page.get_by_role("listitem").filter(has_text="Crate")
    expect(row).to_contain_text("1,234.50")
    page.get_by_role("button", name="Edit Crate").click()
    fill(page, Name="Crate of tea")
    expect(page.get_by_text("Saved “Crate of tea”.")).to_be_visible()
    page.get_by_role("button", name="Delete Crate of tea").click()
    page.get_by_role("dialog").get_by_role("button", name="Cancel").click()
    expect(page.get_by_role("button", name="Delete Crate of tea")).to_be_visible()
    page.get_by_role("button", name="Delete Crate of tea").click()
    page.get_by_role("dialog").get_by_role("button", name="Delete", exact=True).click()

    expect(page.get_by_role("button", name="Delete Crate of tea")).to_have_count(0)


def test_penpals_are_created_changed_and_deleted(visit: Visit) -> None:
    """The same for a row of PostgreSQL, as an admin."""
    page = visit.sign_in("globex", "admin", "penpals")
    page.get_by_role("button", name="New penpal").click()
    fill(page, Display_name="Hank", Email="hank@globex.example.com")
    page.get_by_role("button", name="Edit Hank").click()
    fill(page, Display_name="Hank Scorpio")
    page.get_by_role("button", name="Delete Hank Scorpio").click()
    page.get_by_role("dialog").get_by_role("button", name="Delete", exact=True).click()

    expect(page.get_by_role("button", name="Delete Hank Scorpio")).to_have_count(0)


def test_a_change_of_somebody_else_is_shown_beside_ones_own(visit: Visit, api_user: Callable[..., Person]) -> None:
    """Neither version is lost unless the user says so."""
    anvil = api_user("acme", "member").create("Conflicted")
    page = visit.sign_in("acme", "member")
    page.get_by_role("button", name="Edit Conflicted").click()
    path = f"/anvils/{anvil['anvil_id']}"
    assert api_user("acme", "admin").call("PATCH", path, body={"price": 99}, headers={"If-Match": '"1"'}).status == 200
    fill(page, Price="7")

    dialog = page.get_by_role("dialog")
    expect(dialog).to_contain_text("Changed meanwhile")
    expect(dialog.get_by_role("row", name="Price")).to_contain_text(re.compile("99.*7"))
    dialog.get_by_role("button", name="Save mine over it").click()
    expect(page.get_by_role("listitem").filter(has_text="Conflicted")).to_contain_text("7.00")
    assert api_user("acme", "member").call("GET", path).body["version"] == 3
    api_user("acme", "member").call("DELETE", path)


def test_what_was_changed_meanwhile_is_not_deleted_unseen(visit: Visit, api_user: Callable[..., Person]) -> None:
    """The list shows what it is now; then it goes."""
    anvil = api_user("acme", "member").create("Almost gone")
    page = visit.sign_in("acme", "member")
    page.get_by_role("button", name="Delete Almost gone").wait_for()
    path, another = f"/anvils/{anvil['anvil_id']}", api_user("acme", "admin")
    assert another.call("PATCH", path, body={"name": "Wanted"}, headers={"If-Match": '"1"'}).status == 200
    delete(page, "Almost gone")
    expect(page.get_by_role("dialog")).to_contain_text("changed meanwhile")
    page.get_by_role("button", name="Show what it is now").click()
    expect(page.get_by_role("button", name="Delete Wanted")).to_be_visible()
    assert another.call("GET", path).status == 200
    delete(page, "Wanted")

    expect(page.get_by_role("button", name="Delete Wanted")).to_have_count(0)
    assert another.call("GET", path).status == 404


@pytest.mark.parametrize(("typed", "shown"), [("123456789012.00000007", "123,456,789,012.00000007"), ("0,1", "0.10")])
def test_a_price_keeps_every_digit(visit: Visit, typed: str, shown: str) -> None:
    """On its way there and back."""
    page = visit.sign_in("acme", "member")
    page.get_by_role("button", name="New anvil").click()
    fill(page, Name="Exact", Price=typed)
    number = page.get_by_role("listitem").filter(has_text="Exact").locator(".number")
    expect(number).to_have_text(shown)
    delete(page, "Exact")

    expect(number).to_have_count(0)


@pytest.mark.parametrize("typed", ["1,234", "1.234,5", "1e3", "-1", "", "NaN"])
def test_what_may_be_another_price_is_not_guessed_at(visit: Visit, typed: str) -> None:
    """A thousand, or a little more than one: the user is asked, and nothing is sent."""
    page = visit.sign_in("acme", "member")
    page.get_by_role("button", name="New anvil").click()
    fill(page, Name="Vague", Price=typed)

    problem = page.get_by_role("dialog").get_by_role("alert")
    expect(problem).to_contain_text("must be a number" if typed else "Price is needed")


def test_a_long_list_comes_in_pages(visit: Visit, api_user: Callable[..., Person]) -> None:
    """Every row once, however many pages it takes."""
    anvils = [api_user("globex", "member").create(f"Paged {number:02}") for number in range(25)]
    page = visit.sign_in("globex", "viewer")
    expect(page.get_by_role("listitem")).to_have_count(20)
    page.get_by_role("button", name="Show more").click()
    expect(page.get_by_role("listitem")).to_have_count(25)
    expect(page.get_by_role("listitem").nth(20)).to_be_focused()
    expect(page.get_by_role("button", name="Show more")).to_have_count(0)
    names = page.get_by_text(re.compile("^Paged [0-9]{2}$")).all_inner_texts()
    for anvil in anvils:
        path = f"/anvils/{anvil['anvil_id']}"
        assert api_user("globex", "member").call("DELETE", path).status == 204

    assert sorted(names) == [f"Paged {number:02}" for number in range(25)]
