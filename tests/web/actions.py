"""What the tests of the page do again and again."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from playwright.sync_api import Page

    from tests.support.people import Person

TENANTS, ROLES = ("acme", "globex"), ("viewer", "member", "admin")


def make_item(person: Person, name: str = "Anvil") -> dict[str, object]:
    """Make an item by the API, past the page."""
    answer = person.call("POST", "/items", body={"name": name, "price": 12.5, "attributes": {}})
    assert answer.status == 201
    body: dict[str, object] = answer.body
    return body


def fill(page: Page, **values: str) -> None:
    """Fill in the open dialog's fields, named by their labels with _ for a space, and save."""
    for label, value in values.items():
        page.get_by_role("dialog").get_by_label(label.replace("_", " "), exact=True).fill(value)
    page.get_by_role("button", name="Save", exact=True).click()


def delete(page: Page, name: str) -> None:
    """Delete the entry of that name, and confirm."""
    page.get_by_role("button", name=f"Delete {name}", exact=True).click()
    page.get_by_role("dialog").get_by_role("button", name="Delete", exact=True).click()


def sign_out(page: Page) -> None:
    """Sign out by the header's button, and see the form again."""
    page.get_by_role("button", name="Sign out").click()
    page.get_by_role("heading", name="Sign in").wait_for()
