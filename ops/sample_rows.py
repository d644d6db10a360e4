"""A few rows of each entity for the demo tenants of `make dev`, so that its page has something to show."""

from __future__ import annotations

import http.client
from typing import TYPE_CHECKING

from chalicelib.entities import ENTITIES
from chalicelib.tenancy.tenant import Role
from stage.errors import CommandError
from stage.http_api import Api
from stage.rows import Creation
from stage.sign_in import sign_in

if TYPE_CHECKING:
    from stage.document import LocalStage
    from stage.progress import Progress

ROWS = 3


def add_sample_rows(stage: LocalStage, progress: Progress) -> None:
    """Add them over the API, as each tenant's administrator and by the entities' probes.

    An entity that does not take them is named and has none: who works on it needs a stage that starts.
    """
    if not ENTITIES:
        return
    api = Api(stage.api_url)
    failures: dict[str, str] = {}
    with progress.step(f"adding {ROWS} sample rows of each entity for each tenant"):
        for user in (user for user in stage.users if user.role == Role.ADMIN):
            headers = {"Authorization": f"Bearer {sign_in(stage, user)['IdToken']}"}
            for entity in ENTITIES:
                try:
                    for number in range(1, ROWS + 1):
                        _add(api, headers, Creation.of(entity, f"Sample-{number}", number=number))
                except (CommandError, ImportError, OSError, http.client.HTTPException) as error:
                    failures[entity.name] = str(error)
    api.close()
    for name, why in failures.items():
        progress.skip(f"sample rows of {name}", why)


def _add(api: Api, headers: dict[str, str], creation: Creation) -> None:
    answer = api.call(creation.method, creation.path, headers=headers, body=creation.body)
    if answer.status != http.HTTPStatus.CREATED:
        raise CommandError(f"{creation.method} {creation.path} answers {answer.status} {answer.text[:200]}")
