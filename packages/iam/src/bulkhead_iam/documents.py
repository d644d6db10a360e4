"""Reading policy documents: JSON without duplicate keys, and the shapes that the policy grammar allows.

Source: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_grammar.html
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from bulkhead_iam.errors import PolicyError

Json = Mapping[str, Any]


def load_json(text: str) -> Any:
    """Parse JSON; numbers that are not integers become Decimal, so that no digit is lost.

    Raises ValueError for invalid JSON, for a key that stands twice in one object ("Individual elements must
    not contain multiple instances of the same key"), and for NaN and Infinity.
    """
    try:
        return json.loads(text, object_pairs_hook=_unique_keys, parse_float=Decimal, parse_constant=_refuse_constant)
    except RecursionError:
        raise ValueError("the JSON is nested too deeply") from None


def _unique_keys(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    result = dict(pairs)
    if len(result) < len(pairs):
        seen: set[str] = set()
        for key, _ in pairs:
            if key in seen:
                raise ValueError(f"the key {key!r} stands twice in one object")
            seen.add(key)
    return result


def _refuse_constant(name: str) -> Any:
    raise ValueError(f"{name} is not JSON")


def read_document(document: str | Mapping[str, Any]) -> Json:
    """Return the document as an object; raises PolicyError for anything else."""
    if not isinstance(document, str):
        return mapping(document, "Policy")
    try:
        return mapping(load_json(document), "Policy")
    except PolicyError:
        raise
    except ValueError as error:
        raise PolicyError("Policy", document[:40], f"is not a JSON document: {error}") from None


def mapping(value: Any, element: str) -> Json:
    """Return `value` if it is an object with text keys; raises PolicyError otherwise."""
    if not isinstance(value, Mapping) or not all(isinstance(key, str) for key in value):
        raise PolicyError(element, value, "is not an object")
    return value


def members(value: Json, allowed: frozenset[str], element: str) -> None:
    """Refuse every member that the grammar does not know; raises PolicyError."""
    for name in value:
        if name not in allowed:
            raise PolicyError(f"{element}.{name}", name, "is not an element of the policy language")


def as_list(value: Any) -> list[Any]:
    """Return the values of an element that takes one value or a list of them."""
    return list(value) if isinstance(value, list | tuple) else [value]


def text(value: Any, element: str) -> str:
    """Return `value` if it is a string; raises PolicyError otherwise."""
    if not isinstance(value, str):
        raise PolicyError(element, value, "is not a string")
    return value


def text_list(value: Any, element: str) -> tuple[str, ...]:
    """Return one string or a list of strings as a tuple, which may be empty; raises PolicyError otherwise."""
    return tuple(text(item, element) for item in as_list(value))


def scalar_list(value: Any, element: str) -> tuple[str, ...]:
    """Return condition values, which may also be numbers and Booleans, as their text; raises PolicyError.

    ("Quotation marks are optional for numeric and Boolean values.")
    """
    return tuple(_scalar(item, element) for item in as_list(value))


def _scalar(value: Any, element: str) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int | float | Decimal):
        return str(value)
    return text(value, element)
