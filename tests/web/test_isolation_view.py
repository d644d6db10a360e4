"""The picture of a refusal, and the same SQL under two tenants."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from playwright.sync_api import expect

from tests.web.actions import TENANTS, make_item

if TYPE_CHECKING:
    from collections.abc import Callable

    from playwright.sync_api import Route

    from tests.support.http_api import Person
    from tests.web.conftest import Served, Visit


def test_a_refusal_is_drawn_beside_the_allowed_twin(visit: Visit, person: Callable[..., Person]) -> None:
    """The condition that was not met, in AWS's own sentence, comes from what localaws decided."""
    item = make_item(person("acme", "member"))
    page = visit.sign_in("acme", "member", "isolation")
    page.get_by_label("shard_id").fill("globex#item#3")
    page.get_by_role("button", name="Ask for it").click()

    refused, allowed = page.get_by_label("What you asked for"), page.get_by_label("The same for your own")
    for said in ("ImplicitlyDenied", "dynamodb:LeadingKeys", "globex#item#3", "acme#*", "is not authorized to perform"):
        expect(refused).to_contain_text(said)
    expect(refused).to_contain_text("Session tag tenant")
    expect(refused).to_contain_text("GET /items")
    expect(allowed).to_contain_text("Allowed")
    expect(allowed).to_contain_text(re.compile("acme#item#[0-9]"))
    expect(allowed).not_to_contain_text("Condition that was not met")
    person("acme", "member").call("DELETE", f"/items/{item['product_id']}")


def test_a_session_is_opened_once_and_then_reused(visit: Visit, served: Served) -> None:
    """A process that has just started assumes the role for the first request, and for no other of this tenant."""
    page = visit.sign_in("globex", "member", "isolation")
    with served.stopped():
        pass
    page.get_by_role("button", name="Ask for it").click()

    expect(page.get_by_label("What you asked for")).to_contain_text("a new session for this request")
    expect(page.get_by_label("The same for your own")).to_contain_text("Session reused")


def test_a_deployed_stage_shows_what_its_api_answers(visit: Visit) -> None:
    """Without a development stage's answers the picture makes nothing up, and asks for nothing that is not there."""
    page, asked = visit.page, []
    page.on("request", lambda request: asked.append(request.url))

    def deployed(route: Route) -> None:
        answer = route.fetch()
        config = {name: value for name, value in answer.json().items() if name != "trace_url"}
        route.fulfill(response=answer, json=config)

    page.route("**/config.json", deployed)
    visit.sign_in("acme", "viewer", "isolation")
    page.get_by_label("shard_id").fill("globex#item#3")
    page.get_by_role("button", name="Ask for it").click()

    refused = page.get_by_label("What you asked for")
    expect(refused).to_contain_text("403: IAM does not let this tenant do that.")
    expect(refused).to_contain_text("A deployed stage does not show it here")
    expect(refused).not_to_contain_text("ImplicitlyDenied")
    expect(page.get_by_label("The same for your own")).to_contain_text("Allowed")
    expect(page.get_by_text("The same SQL under two tenants")).to_have_count(0)
    assert not [url for url in asked if re.search(r"/(trace|policy|row-level-security)(\?|$)", url)]


def test_the_same_sql_sees_other_rows_under_another_tenant(visit: Visit, person: Callable[..., Person]) -> None:
    """And none under no tenant."""
    made = [
        person(tenant, "admin").call(
            "POST", "/users", body={"email": f"rls@{tenant}.example.com", "display_name": "Rls"}
        )
        for tenant in TENANTS
    ]
    assert [answer.status for answer in made] == [201, 201]
    page = visit.sign_in("acme", "viewer", "isolation")
    page.get_by_role("button", name="Run it").click()

    expect(page.get_by_label("Under acme").get_by_role("listitem")).to_have_text([re.compile("^acme")])
    expect(page.get_by_label("Under globex").get_by_role("listitem")).to_have_text([re.compile("^globex")])
    expect(page.get_by_label("Under no tenant")).to_contain_text("No row in sight")
    for tenant, answer in zip(TENANTS, made, strict=True):
        person(tenant, "admin").call("DELETE", f"/users/{answer.body['user_id']}")
