"""From an authenticated HTTP request to the operation it calls."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from bulkhead_localaws.gate.routing import JSON_TARGETS, form_parameters
from bulkhead_localaws.protocol.calls import Call
from bulkhead_localaws.protocol.checks import MalformedRequestError, UnmappableRequestError
from bulkhead_localaws.protocol.wire import QUERY_SERVICES
from bulkhead_localaws.services.s3.calls import read_s3_call

if TYPE_CHECKING:
    from bulkhead_localaws.protocol.requests import HttpRequest

_SERIALIZATION = "SerializationException"


def read_call(request: HttpRequest, service: str, *, region: str, account: str) -> Call:
    """Return the call that a request to a service makes.

    Raises:
        MalformedRequestError: the body is not what the protocol says.
        UnmappableRequestError: the service's protocol is not one that this gate reads, or it is a call of S3 that it
            cannot read in one way only.
    """
    if service == "s3":
        return read_s3_call(request, region=region, account=account)
    if "x-amz-target" in request.headers:
        operation = request.headers["x-amz-target"].rpartition(".")[2]
        return Call(service, operation, read_json(request.body), region, account)
    if service in QUERY_SERVICES and service not in JSON_TARGETS:
        form = form_parameters(request)
        operation = form.pop("Action", "")
        form.pop("Version", None)
        if not operation:
            raise MalformedRequestError("The Action parameter is missing.", code="MissingAction")
        return Call(service, operation, form, region, account)
    raise UnmappableRequestError(f"This gate cannot read the calls of {service}")


def read_json(body: bytes) -> dict[str, Any]:
    """Read a JSON protocol's body; an empty one is `{}`.

    A name that occurs twice would give two readers two requests, and NaN is no JSON.

    Raises:
        MalformedRequestError: it is not one JSON object in UTF-8.
    """
    try:
        document = json.loads(body.decode() or "{}", object_pairs_hook=_unique, parse_constant=_no_constant)
    except (ValueError, RecursionError) as error:
        raise MalformedRequestError("The body is not a JSON document.", code=_SERIALIZATION) from error
    if not isinstance(document, dict):
        raise MalformedRequestError("The body is not a JSON object.", code=_SERIALIZATION)
    return document


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    members = dict(pairs)
    if len(members) != len(pairs):
        raise ValueError("a name occurs twice")
    return members


def _no_constant(literal: str) -> Any:
    raise ValueError(f"{literal} is no JSON")
