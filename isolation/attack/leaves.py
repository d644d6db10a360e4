"""The texts within a body: in an object of an object, or in a list, as the body's JSON schema describes them."""

from __future__ import annotations

import re
from itertools import islice
from typing import TYPE_CHECKING, Any, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from pydantic import BaseModel

    Schema: TypeAlias = Mapping[str, Any]

_DEPTH, _AT_MOST = 6, 50
#: What a text must not have for any text to be one.
_FORMS = ("format", "enum", "const")
#: The key under which an object that takes any gets one.
_ANY_KEY = "tenant_id"


def nested(model: type[BaseModel], body: Mapping[str, Any], text: str) -> Iterator[tuple[str, str, Any]]:
    """Yield the path of each text below a body's fields, its field, and a value of that field in which it is this text.

    The rest of the value is as in the body, else as small as the schema lets it be.

    Args:
        model: of the body.
        body: one that it takes.
        text: what each is set to, one at a time.
    """
    schema = model.model_json_schema()
    walk = _Walk(schema.get("$defs", {}), text)
    for name, below in schema.get("properties", {}).items():
        seen: dict[str, int] = {}
        for path, value in islice(walk.values(below, body.get(name)), _AT_MOST):
            if path:
                seen[path] = seen.get(path, 0) + 1
                number = f" ({seen[path]})" if seen[path] > 1 else ""
                yield f"{name}{path}{number}", name, value


class _Walk:
    """Goes through a schema whose definitions are these."""

    def __init__(self, definitions: Mapping[str, Schema], text: str) -> None:
        self._definitions = definitions
        self._text = text

    def values(self, schema: Schema, known: Any, depth: int = 0) -> Iterator[tuple[str, Any]]:
        """Yield the path of each text and a value with it; `known` is a value without it, if there is one."""
        schema = self._resolved(schema)
        if depth > _DEPTH:
            return
        for choice in _choices(schema):
            yield from self.values(choice, known, depth + 1)
        if "string" in _types(schema) and self._fits(schema):
            yield "", self._text
        elif schema.get("type") == "array" and isinstance(schema.get("items"), dict):
            first = known[0] if isinstance(known, list) and known else None
            rest = known[1:] if isinstance(known, list) else [self._smallest(schema["items"])] * _more(schema)
            for path, value in self.values(schema["items"], first, depth + 1):
                yield f"[]{path}", [value, *rest]
        elif schema.get("type") == "object":
            yield from self._of_object(schema, known, depth)

    def _of_object(self, schema: Schema, known: Any, depth: int) -> Iterator[tuple[str, Any]]:
        base = known if isinstance(known, dict) else self._smallest(schema)
        fields = dict(schema.get("properties", {}))
        if isinstance(schema.get("additionalProperties"), dict):
            fields[_ANY_KEY] = schema["additionalProperties"]
        for pattern, below in schema.get("patternProperties", {}).items():
            if _matches(pattern, _ANY_KEY):
                fields[_ANY_KEY] = below
        for name, below in fields.items():
            for path, value in self.values(below, base.get(name), depth + 1):
                yield f".{name}{path}", {**base, name: value}

    def _fits(self, schema: Schema) -> bool:
        longest, shortest = schema.get("maxLength", len(self._text)), schema.get("minLength", 0)
        if not shortest <= len(self._text) <= longest or any(each in schema for each in _FORMS):
            return False
        return _matches(schema.get("pattern", ""), self._text)

    def _smallest(self, schema: Schema, depth: int = 0) -> Any:
        """Return a small value; one of another form than it says, where it says it by a pattern."""
        schema = self._resolved(schema)
        for name in ("const", "default"):
            if name in schema:
                return schema[name]
        for name in ("enum", "examples"):
            if schema.get(name):
                return schema[name][0]
        choices = _choices(schema)
        if depth > _DEPTH or (choices and {"type": "null"} in choices):
            return None
        if choices:
            return self._smallest(choices[0], depth + 1)
        return self._of_type(schema, depth)

    def _of_type(self, schema: Schema, depth: int) -> Any:
        match schema.get("type"):
            case "object":
                fields = schema.get("properties", {})
                return {name: self._smallest(fields.get(name, {}), depth + 1) for name in schema.get("required", ())}
            case "array":
                return [self._smallest(schema.get("items", {}), depth + 1)] * schema.get("minItems", 0)
            case "string":
                return "x" * schema.get("minLength", 1)
            case "boolean":
                return True
            case "integer" | "number":
                return schema.get("minimum", 1)
            case _:
                return None

    def _resolved(self, schema: Schema) -> Schema:
        if "$ref" in schema:
            return self._definitions.get(str(schema["$ref"]).rpartition("/")[2], {})
        return schema


def _types(schema: Schema) -> list[str]:
    named = schema.get("type", [])
    return named if isinstance(named, list) else [named]


def _matches(pattern: str, text: str) -> bool:
    try:
        return re.search(pattern, text) is not None
    except re.error:
        return False  # it is ECMAScript's, of a kind that Python has not


def _choices(schema: Schema) -> list[Schema]:
    return [*schema.get("anyOf", ()), *schema.get("oneOf", ()), *schema.get("allOf", ())]


def _more(schema: Schema) -> int:
    """Return how many items a list must have beside the first."""
    return max(int(schema.get("minItems", 0)) - 1, 0)
