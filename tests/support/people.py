"""Signed-in users, who call the API as the page does."""

from __future__ import annotations

import time
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from stage.http_api import Api
from stage.sign_in import sign_in

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from stage.document import LocalStage
    from stage.http_api import Answer

#: How long a user's tokens live, as infra/modules/identity says.
TOKEN_SECONDS = 900
#: When new ones are asked for: a test takes some of their time.
_RENEWED_AFTER_SECONDS = TOKEN_SECONDS - 300


@dataclass
class Person:
    """A signed-in user."""

    api: Api
    id_token: str
    access_token: str

    def call(self, method: str, path: str, **request: Any) -> Answer:
        """Call the API with the id token."""
        headers = {"Authorization": f"Bearer {self.id_token}"} | request.pop("headers", {})
        return self.api.call(method, path, headers=headers, **request)

    def create(self, name: str = "anvil", price: str = "1.10") -> Any:
        """Create an anvil and return it; see own_project."""
        answer = self.call("POST", "/anvils", body={"name": name, "price": price})
        assert answer.status == 201, answer
        return answer.body

    def anvils(self, limit: int = 100) -> list[Any]:
        """Return all anvils, page after page."""
        return self._every("anvils", limit)

    def add_penpal(self, email: str = "ann@example.com", display_name: str = "Ann") -> Any:
        """Create a penpal and return it; see own_project."""
        answer = self.call("POST", "/penpals", body={"email": email, "display_name": display_name})
        assert answer.status == 201, answer
        return answer.body

    def penpals(self, limit: int = 100) -> list[Any]:
        """Return all penpals, page after page."""
        return self._every("penpals", limit)

    def _every(self, entity: str, limit: int) -> list[Any]:
        rows, query = [], f"/{entity}?limit={limit}"
        while True:
            page = self.call("GET", query)
            assert page.status == 200, page
            rows += page.body[entity]
            if page.body["next_cursor"] is None:
                return rows
            query = f"/{entity}?limit={limit}&cursor={page.body['next_cursor']}"


@contextmanager
def signed_in(stage: LocalStage) -> Iterator[Callable[..., Person]]:
    """Yield a function that signs a tenant's user of a role in, once, and again before the tokens expire."""
    known: dict[tuple[str, str], tuple[float, Person]] = {}

    def get(tenant: str, role: str = "member") -> Person:
        since, person = known.get((tenant, role), (0.0, None))
        if person is None or time.monotonic() - since > _RENEWED_AFTER_SECONDS:
            tokens = sign_in(stage, stage.user(tenant, role))
            api = person.api if person else Api(stage.api_url)
            person = Person(api, tokens["IdToken"], tokens["AccessToken"])
            known[tenant, role] = time.monotonic(), person
        return person

    yield get
    for _, person in known.values():
        person.api.close()
