"""One stage with its page for all tests of the page, and a browser; what a page must never do fails its test."""

from __future__ import annotations

import os
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import sync_playwright

from stage.http_api import Api
from stage.local.stack import LocalStack, StackOptions
from stage.progress import Progress
from stage.shell import forget_aws_settings
from stage.sign_in import sign_in
from tests.support.people import Person
from tests.web.browser import provide_browser, this_machine

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from playwright.sync_api import Browser, Page

    from stage.document import LocalStage

PROJECT = Path(__file__).parents[2]
SCREENSHOTS = PROJECT / "build" / "screenshots"
_WATCH = """
window.__violations = []; window.__injected = 0;
document.addEventListener('securitypolicyviolation', (event) =>
  window.__violations.push(`${event.violatedDirective} ${event.blockedURI}`));
"""
forget_aws_settings()


@pytest.fixture(scope="session")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LocalStack]:
    """Return a stack of its own, with the two demo tenants."""
    options = StackOptions(project=PROJECT, folder=tmp_path_factory.mktemp("stage"))
    with LocalStack(options, Progress()) as running:
        yield running


class Served:
    """The API of the stage, which can go away and come back at the same address."""

    def __init__(self, stack: LocalStack, running: ExitStack) -> None:
        self._stack = stack
        self._running = running
        self.url, self._child = running.enter_context(stack.api(stack.folder / "api.log"))

    @contextmanager
    def stopped(self) -> Iterator[None]:
        """Stop it for as long; afterwards another process serves."""
        self._child.stop()
        try:
            yield
        finally:
            port = urlsplit(self.url).port or 0
            _, self._child = self._running.enter_context(self._stack.api(self._stack.folder / "api.log", port=port))


@pytest.fixture(scope="session")
def served(stack: LocalStack) -> Iterator[Served]:
    """Return the running API."""
    with ExitStack() as running:
        yield Served(stack, running)


@pytest.fixture(scope="session")
def stage(stack: LocalStack, served: Served) -> LocalStage:
    """Return the running stage: API and page."""
    running = stack.stage(served.url)
    stack.serve_web(running)
    return running


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """Return the one browser."""
    executable = provide_browser(this_machine())
    with sync_playwright() as playwright:
        sandbox = ["--no-sandbox"] if os.geteuid() == 0 else []  # Chromium's own does not start for root
        running = playwright.chromium.launch(executable_path=executable, args=sandbox)
        yield running
        running.close()


@pytest.fixture(scope="session")
def person(stage: LocalStage) -> Iterator[Callable[[str, str], Person]]:
    """Return a function that gives a user's direct way to the API, past the page."""
    known: dict[tuple[str, str], Person] = {}

    def get(tenant: str, role: str) -> Person:
        if (tenant, role) not in known:
            tokens = sign_in(stage, stage.user(tenant, role))
            known[tenant, role] = Person(Api(stage.api_url), tokens["IdToken"], tokens["AccessToken"])
        return known[tenant, role]

    yield get
    for each in known.values():
        each.api.close()


class Visit:
    """A page of the browser, and what it must not have done."""

    def __init__(self, page: Page, stage: LocalStage) -> None:
        self.page = page
        self.stage = stage
        self.problems: list[str] = []
        page.add_init_script(_WATCH)
        page.on("pageerror", lambda error: self.problems.append(f"script error: {error}"))
        page.on("console", self._console)
        page.on("dialog", self._dialog)

    def _console(self, message: Any) -> None:
        # A refused or failed request is logged by the browser itself; the tests look at what the page makes of it.
        if message.type in {"error", "warning"} and "Failed to load resource" not in message.text:
            self.problems.append(f"console: {message.text}")

    def _dialog(self, dialog: Any) -> None:
        self.problems.append(f"dialog: {dialog.message}")
        dialog.dismiss()

    def sign_in(self, tenant: str, role: str, view: str = "items") -> Page:
        """Open the page and sign the demo user in by its form."""
        user = self.stage.user(tenant, role)
        self.page.goto(f"{self.stage.web_url}/#/{view}")
        self.enter(user.username, user.password)
        self.page.get_by_role("button", name="Sign out").wait_for()
        return self.page

    def enter(self, username: str, password: str) -> None:
        """Fill in the form and send it."""
        self.page.get_by_label("User name").fill(username)
        self.page.get_by_label("Password", exact=True).fill(password)
        self.page.get_by_role("button", name="Sign in").click()

    def check(self) -> None:
        """Fail for a script error, a console error, a dialog, an injected script or a breach of the policy."""
        self.problems += self.page.evaluate("window.__violations ?? []")
        assert self.page.evaluate("window.__injected ?? 0") == 0
        assert self.problems == []


@pytest.fixture
def visits(browser: Browser, stage: LocalStage) -> Iterator[Callable[..., Visit]]:
    """Return a function that opens a page; at the end each must have kept to its policy."""
    opened: list[Visit] = []

    def visit(*, width: int = 1280, scheme: Any = "light") -> Visit:
        context = browser.new_context(viewport={"width": width, "height": 900}, color_scheme=scheme, locale="en-GB")
        context.set_default_timeout(10_000)
        opened.append(Visit(context.new_page(), stage))
        return opened[-1]

    yield visit
    for each in opened:
        each.check()
        each.page.context.close()


@pytest.fixture
def visit(visits: Callable[..., Visit]) -> Visit:
    """Return one page on a wide screen."""
    return visits()
