"""One stage with its page for all tests of the page, and a browser; what a page must never do fails its test.

The page shows the entities that a test is about, whichever others the product has: by default those of the tests' own.
"""

from __future__ import annotations

from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import pytest

from stage.local.stack import LocalStack, StackOptions
from stage.progress import Progress
from stage.shell import forget_aws_settings
from tests.support.own_project import ANVILS, PENPALS
from tests.support.people import signed_in

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from playwright.sync_api import Browser, Page, Route

    from stage.document import LocalStage
    from tests.support.people import Person

SCREENSHOTS = Path(__file__).parents[2] / "build" / "screenshots"
OWN = (ANVILS.name, PENPALS.name)
_WATCH = """
window.__violations = []; window.__injected = 0;
document.addEventListener('securitypolicyviolation', (event) =>
  window.__violations.push(`${event.violatedDirective} ${event.blockedURI}`));
"""


@pytest.fixture(scope="session")
def page_stack(own_project: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[LocalStack]:
    """Return a stack of its own, with the two demo tenants."""
    forget_aws_settings()
    options = StackOptions(project=own_project, folder=tmp_path_factory.mktemp("page"))
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
def served(page_stack: LocalStack) -> Iterator[Served]:
    """Return the running API."""
    with ExitStack() as running:
        yield Served(page_stack, running)


@pytest.fixture(scope="session")
def page_stage(page_stack: LocalStack, served: Served) -> LocalStage:
    """Return the running stage: API and page."""
    running = page_stack.stage(served.url)
    page_stack.serve_web(running)
    return running


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """Return the one browser."""
    from tests.support.browser import running_browser  # noqa: PLC0415 -- half a second, which few tests need

    with running_browser() as running:
        yield running


@pytest.fixture(scope="session")
def api_user(page_stage: LocalStage) -> Iterator[Callable[[str, str], Person]]:
    """Return a function that gives a user's direct way to the API, past the page."""
    with signed_in(page_stage) as get:
        yield get


class Visit:
    """A page of the browser that shows some of the stage's entities, and what it must not have done."""

    def __init__(self, page: Page, stage: LocalStage, entities: tuple[str, ...]) -> None:
        self.page = page
        self.stage = stage
        self._entities = entities
        self._configured: dict[str, Any] = {}
        self.problems: list[str] = []
        page.add_init_script(_WATCH)
        page.on("pageerror", lambda error: self.problems.append(f"script error: {error}"))
        page.on("console", self._console)
        page.on("dialog", self._dialog)
        page.route("**/config.json", self._configuration)

    def configure(self, **configured: Any) -> None:
        """Have the page read this from its configuration, in place of what its stage says."""
        self._configured |= configured

    def _configuration(self, route: Route) -> None:
        real = route.fetch()
        config = real.json()
        shown = [each for name in self._entities for each in config["entities"] if each["name"] == name]
        route.fulfill(response=real, json={**config, "entities": shown, **self._configured})

    def _console(self, message: Any) -> None:
        # A refused or failed request is logged by the browser itself; the tests look at what the page makes of it.
        if message.type in {"error", "warning"} and "Failed to load resource" not in message.text:
            self.problems.append(f"console: {message.text}")

    def _dialog(self, dialog: Any) -> None:
        self.problems.append(f"dialog: {dialog.message}")
        dialog.dismiss()

    def sign_in(self, tenant: str, role: str, view: str = "") -> Page:
        """Open the page and sign the demo user in by its form; without a view, the first entity's comes."""
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
def visits(browser: Browser, page_stage: LocalStage) -> Iterator[Callable[..., Visit]]:
    """Return a function that opens a page; at the end each must have kept to its policy."""
    opened: list[Visit] = []

    def visit(*, width: int = 1280, scheme: Any = "light", entities: tuple[str, ...] = OWN) -> Visit:
        context = browser.new_context(viewport={"width": width, "height": 900}, color_scheme=scheme, locale="en-GB")
        context.set_default_timeout(10_000)
        opened.append(Visit(context.new_page(), page_stage, entities))
        return opened[-1]

    yield visit
    for each in opened:
        each.check()
        each.page.unroute_all(behavior="ignoreErrors")  # a page may still ask for something that nobody waits for
        each.page.context.close()


@pytest.fixture
def visit(visits: Callable[..., Visit]) -> Visit:
    """Return one page on a wide screen."""
    return visits()
