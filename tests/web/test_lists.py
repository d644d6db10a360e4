"""Items, cart lines and users: what people of each role do with them, in a browser."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import expect

from tests.web.actions import ROLES, TENANTS, delete, fill, make_item

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.support.people import Person
    from tests.web.conftest import Visit

pytestmark = pytest.mark.evidence


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
    fill(page, Name="Crate", Price="1234.5", Attributes="colour: red")
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


def test_cart_lines_and_users_are_created_changed_and_deleted(visit: Visit) -> None:
    """The same for the other two kinds, as an admin."""
    page = visit.sign_in("globex", "admin", "cart")
    page.get_by_role("button", name="New line").click()
    fill(page, Description="Rope", Price_of_one="2", Quantity="3")
    expect(page.get_by_role("listitem").filter(has_text="Rope")).to_contain_text("6.00")
    page.get_by_role("button", name="Edit Rope").click()
    fill(page, Quantity="4")
    expect(page.get_by_role("listitem").filter(has_text="Rope")).to_contain_text("8.00")
    page.get_by_role("button", name="Delete Rope").click()
    page.get_by_role("dialog").get_by_role("button", name="Delete", exact=True).click()
    expect(page.get_by_text("No line yet.")).to_be_visible()
    page.get_by_role("link", name="Users").click()
    page.get_by_role("button", name="New user").click()
    fill(page, Name="Hank", Email="hank@globex.example.com")
    page.get_by_role("button", name="Edit Hank").click()
    fill(page, Name="Hank Scorpio")
    page.get_by_role("button", name="Delete Hank Scorpio").click()
    page.get_by_role("dialog").get_by_role("button", name="Delete", exact=True).click()

    expect(page.get_by_role("button", name="Delete Hank Scorpio")).to_have_count(0)


def test_a_change_of_somebody_else_is_shown_beside_ones_own(visit: Visit, person: Callable[..., Person]) -> None:
    """Neither version is lost unless the user says so."""
    item = make_item(person("acme", "member"), "Conflicted")
    page = visit.sign_in("acme", "member")
    page.get_by_role("button", name="Edit Conflicted").click()
    path = f"/items/{item['product_id']}"
    assert person("acme", "admin").call("PATCH", path, body={"price": 99}, headers={"If-Match": '"1"'}).status == 200
    fill(page, Price="7")

    dialog = page.get_by_role("dialog")
    expect(dialog).to_contain_text("Changed meanwhile")
    expect(dialog.get_by_role("row", name="Price")).to_contain_text(re.compile("99.*7"))
    dialog.get_by_role("button", name="Save mine over it").click()
    expect(page.get_by_role("listitem").filter(has_text="Conflicted")).to_contain_text("7.00")
    assert person("acme", "member").call("GET", path).body["version"] == 3
    person("acme", "member").call("DELETE", path)


def test_what_was_changed_meanwhile_is_not_deleted_unseen(visit: Visit, person: Callable[..., Person]) -> None:
    """The list shows what it is now; then it goes."""
    item = make_item(person("acme", "member"), "Almost gone")
    page = visit.sign_in("acme", "member")
    page.get_by_role("button", name="Delete Almost gone").wait_for()
    path, another = f"/items/{item['product_id']}", person("acme", "admin")
    assert another.call("PATCH", path, body={"name": "Wanted"}, headers={"If-Match": '"1"'}).status == 200
    delete(page, "Almost gone")
    expect(page.get_by_role("dialog")).to_contain_text("changed meanwhile")
    page.get_by_role("button", name="Show what it is now").click()
    expect(page.get_by_role("button", name="Delete Wanted")).to_be_visible()
    assert another.call("GET", path).status == 200
    delete(page, "Wanted")

    expect(page.get_by_role("button", name="Delete Wanted")).to_have_count(0)
    assert another.call("GET", path).status == 404


@pytest.mark.parametrize(
    ("typed", "shown", "thrice"),
    [("123456789012.00000007", "123,456,789,012.00000007", "370,370,367,036.00000021"), ("0,1", "0.10", "0.30")],
)
def test_a_price_keeps_every_digit(visit: Visit, typed: str, shown: str, thrice: str) -> None:
    """And so does what is worked out from it."""
    page = visit.sign_in("acme", "member", "cart")
    page.get_by_role("button", name="New line").click()
    fill(page, Description="Exact", Price_of_one=typed, Quantity="1")
    number = page.get_by_role("listitem").filter(has_text="Exact").locator(".number")
    expect(number).to_have_text(shown)
    page.get_by_role("button", name="Edit Exact").click()
    fill(page, Quantity="3")
    expect(number).to_have_text(thrice)
    delete(page, "Exact")

    expect(number).to_have_count(0)


@pytest.mark.parametrize("typed", ["1,234", "1.234,5", "1e3", "-1", "", "NaN"])
def test_what_may_be_another_price_is_not_guessed_at(visit: Visit, typed: str) -> None:
    """A thousand, or a little more than one: the user is asked, and nothing is sent."""
    page = visit.sign_in("acme", "member")
    page.get_by_role("button", name="New item").click()
    fill(page, Name="Vague", Price=typed)

    problem = page.get_by_role("dialog").get_by_role("alert")
    expect(problem).to_contain_text("must be a number" if typed else "Price is needed")


def test_a_long_list_comes_in_pages(visit: Visit, person: Callable[..., Person]) -> None:
    """Every item once, however many pages it takes."""
    items = [make_item(person("globex", "member"), f"Paged {number:02}") for number in range(25)]
    page = visit.sign_in("globex", "viewer")
    expect(page.get_by_role("listitem")).to_have_count(20)
    page.get_by_role("button", name="Show more").click()
    expect(page.get_by_role("listitem")).to_have_count(25)
    expect(page.get_by_role("listitem").nth(20)).to_be_focused()
    expect(page.get_by_role("button", name="Show more")).to_have_count(0)
    names = page.get_by_text(re.compile("^Paged [0-9]{2}$")).all_inner_texts()
    for item in items:
        path = f"/items/{item['product_id']}"
        assert person("globex", "member").call("DELETE", path).status == 204

    assert sorted(names) == [f"Paged {number:02}" for number in range(25)]
