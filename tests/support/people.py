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

    def put(self, item_id: str, description: str = "anvil", price: str = "1.10", quantity: int = 1) -> Answer:
        """Put a line into the cart."""
        body = {"description": description, "price": price, "quantity": quantity}
        return self.call("PUT", f"/cart/{item_id}", body=body)

    def create(self, name: str = "anvil", price: str = "1.10", **attributes: Any) -> Any:
        """Create an item and return it."""
        answer = self.call("POST", "/items", body={"name": name, "price": price, "attributes": attributes})
        assert answer.status == 201, answer
        return answer.body

    def items(self, limit: int = 100) -> list[Any]:
        """Return all items, page after page."""
        items, query = [], f"/items?limit={limit}"
        while True:
            page = self.call("GET", query)
            assert page.status == 200, page
            items += page.body["items"]
            if page.body["next_cursor"] is None:
                return items
            query = f"/items?limit={limit}&cursor={page.body['next_cursor']}"

    def cart(self, query: str = "") -> Any:
        """Return a page of the cart."""
        answer = self.call("GET", f"/cart{query}")
        assert answer.status == 200, answer
        return answer.body
