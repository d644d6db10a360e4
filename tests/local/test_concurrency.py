"""Many callers of two tenants at once."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

from stage.http_api import Api
from tests.support.people import Person

if TYPE_CHECKING:
    from collections.abc import Callable

    from stage.document import LocalStage

CLIENTS, CALLS, OWN = 32, 1_000, 2  # a list is three queries


def test_concurrent_callers_of_two_tenants_never_see_each_others_data(
    acme: Person, globex: Person, stage: LocalStage
) -> None:
    """Changes and lists of 32 clients: all that comes back is the caller's tenant's, and nothing fails."""

    def work(number: int) -> list[str]:
        tenant, who = [("acme", acme), ("globex", globex)][number % 2]
        caller = Person(Api(stage.api_url), who.id_token, who.access_token)
        own = [caller.create(tenant)["anvil_id"] for _ in range(OWN)]
        wrong = []
        for call in range(CALLS // CLIENTS // 2 + 1):
            anvil_id, change = own[call % OWN], {"price": str(call)}
            written = caller.call("PATCH", f"/anvils/{anvil_id}", body=change, headers={"If-Match": "*"})
            listed = caller.call("GET", "/anvils?limit=100")
            if written.status != 200 or listed.status != 200 or written.body["name"] != tenant:
                wrong.append(f"{tenant}: {written} {listed}")
            elif foreign := [anvil for anvil in listed.body["anvils"] if anvil["name"] != tenant]:
                wrong.append(f"{tenant} saw {foreign}")
            elif written.body not in listed.body["anvils"]:
                wrong.append(f"{tenant} does not see its own {written.body}")
        caller.api.close()
        return wrong

    with ThreadPoolExecutor(CLIENTS) as clients:
        wrong = [line for lines in clients.map(work, range(CLIENTS)) for line in lines]

    assert not wrong


def test_concurrent_callers_of_two_tenants_never_see_each_others_rows_of_the_database(
    penpals: Callable[[str], Person], stage: LocalStage
) -> None:
    """Connections go from tenant to tenant; what they show does not."""
    people = {tenant: penpals(tenant) for tenant in ("acme", "globex")}
    for tenant, someone in people.items():
        someone.add_penpal(display_name=tenant)

    def work(number: int) -> set[str]:
        tenant, someone = list(people.items())[number % 2]
        caller = Person(Api(stage.api_url), someone.id_token, "")
        seen = {penpal["display_name"] for _ in range(25) for penpal in caller.penpals()}
        caller.api.close()
        return seen ^ {tenant}

    with ThreadPoolExecutor(16) as clients:
        assert set().union(*clients.map(work, range(16))) == set()
