"""One call of one service's operation, as the gate read it from the wire."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping


@dataclass(frozen=True, slots=True)
class Call:
    """What is called.

    Args:
        service: the signing name of the service that will answer, such as `dynamodb`.
        operation: as the service's API names it, such as `GetItem`.
        parameters: a JSON protocol's body; of the query protocol its form fields, flat and by their wire names
            (`Tags.member.1.Key`), without `Action` and `Version`; of S3 see bulkhead_localaws.services.s3.calls.
        region: where the call goes.
        account: whose resources it is about.
    """

    service: str
    operation: str
    parameters: Mapping[str, Any]
    region: str
    account: str
