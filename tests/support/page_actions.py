"""What the tests of the page do again and again."""

from __future__ import annotations

from typing import TYPE_CHECKING

from playwright.sync_api import expect

from tests.support.people import TOKEN_SECONDS

if TYPE_CHECKING:
    from playwright.sync_api import Page

TENANTS, ROLES = ("acme", "globex"), ("viewer", "member", "admin")
#: What must stay text wherever it is typed.
MARKUP = '<img src=x onerror="window.__injected=1;alert(1)"><script>window.__injected=1</script>'


def let_tokens_age(page: Page, left: int) -> None:
    """Turn the page's clock on, from the sign-in, until its tokens live for that many seconds: below 0, no longer."""
    page.clock.fast_forward((TOKEN_SECONDS - left) * 1000)


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


def live_as_markup(
    page: Page, noun: str, fields: dict[str, str], changed: str, *, refused: dict[str, str] | None = None
) -> None:
    """Make an entry of markup, meet a refusal of it, change it, and delete it.

    Args:
        page: shows the list, to a writer.
        noun: what the page calls an entry.
        fields: what is typed, by label; the first is the entry's name.
        changed: the label of the field in which a 1 becomes a 2.
        refused: what is typed first where a field takes no markup.
    """
    page.get_by_role("button", name=f"New {noun}").click()
    fill(page, **{**dict.fromkeys(fields, MARKUP), **(refused or {})})
    expect(page.get_by_role("dialog").get_by_role("alert")).not_to_be_empty()
    fill(page, **fields)
    expect(page.get_by_role("listitem").filter(has_text=MARKUP)).to_be_visible()
    page.get_by_role("button", name=f"Edit {MARKUP}").click()
    name = next(iter(fields))
    expect(page.get_by_role("dialog").get_by_label(name.replace("_", " "), exact=True)).to_have_value(MARKUP)
    fill(page, **{changed: fields[changed].replace("1", "2")})
    expect(page.get_by_role("dialog")).to_have_count(0)
    delete(page, MARKUP)
    expect(page.get_by_role("button", name=f"Delete {MARKUP}")).to_have_count(0)
