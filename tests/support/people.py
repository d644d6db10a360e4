"""Signed-in users, who call the API as the page does."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from stage.http_api import Answer, Api


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
