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
        """Create a sample and return it; see own_project."""
        answer = self.call("POST", "/samples", body={"name": name, "price": price})
        assert answer.status == 201, answer
        return answer.body

    def samples(self, limit: int = 100) -> list[Any]:
        """Return all samples, page after page."""
        return self._every("samples", limit)

    def add_contact(self, email: str = "ann@example.com", display_name: str = "Ann") -> Any:
        """Create a contact and return it; see own_project."""
        answer = self.call("POST", "/contacts", body={"email": email, "display_name": display_name})
        assert answer.status == 201, answer
        return answer.body

    def contacts(self, limit: int = 100) -> list[Any]:
        """Return all contacts, page after page."""
        return self._every("contacts", limit)

    def _every(self, entity: str, limit: int) -> list[Any]:
        rows, query = [], f"/{entity}?limit={limit}"
        while True:
            page = self.call("GET", query)
            assert page.status == 200, page
            rows += page.body[entity]
            if page.body["next_cursor"] is None:
                return rows
            query = f"/{entity}?limit={limit}&cursor={page.body['next_cursor']}"
