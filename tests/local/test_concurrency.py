"""Many callers of two tenants at once."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

from stage.http_api import Api
from tests.support.people import Person

if TYPE_CHECKING:
    from stage.document import LocalStage

CLIENTS, CALLS = 32, 2_000  # of the cart; and a fifth as many of the items, each of which is ten queries


def test_concurrent_callers_of_two_tenants_never_see_each_others_data(
    acme: Person, globex: Person, stage: LocalStage
) -> None:
    """Cart lines and items of 32 clients: all that comes back is the caller's tenant's, and nothing fails."""

    def work(number: int) -> list[str]:
        tenant, who = [("acme", acme), ("globex", globex)][number % 2]
        caller = Person(Api(stage.api_url), who.id_token, who.access_token)
        wrong = []
        for call in range(CALLS // CLIENTS // 2 + 1):
            item_id = f"{number}-{call % 2}"
            written = caller.put(item_id, description=tenant)
            listed = caller.call("GET", "/cart?limit=100")
            if written.status not in {200, 201} or listed.status != 200 or written.body["description"] != tenant:
                wrong.append(f"{tenant}: {written} {listed}")
            elif foreign := [line for line in listed.body["lines"] if line["description"] != tenant]:
                wrong.append(f"{tenant} saw {foreign}")
            elif item_id not in {line["item_id"] for line in listed.body["lines"]}:
                wrong.append(f"{tenant} does not see its own {item_id}")
            if call % 10 == 0:
                wrong += _wrong_items(caller, tenant)
        caller.api.close()
        return wrong

    with ThreadPoolExecutor(CLIENTS) as clients:
        wrong = [line for lines in clients.map(work, range(CLIENTS)) for line in lines]

    assert not wrong


def _wrong_items(caller: Person, tenant: str) -> list[str]:
    created = caller.create(tenant)
    listed = caller.items()
    wrong = [str(item) for item in [created, *listed] if item["name"] != tenant]
    return wrong if created in listed else [*wrong, f"{tenant} does not see its own {created}"]
