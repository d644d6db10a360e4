"""The condition keys of a request, and what a policy finds when it asks for one.

"Condition key names are not case-sensitive" (https://docs.aws.amazon.com/IAM/latest/UserGuide/
reference_policies_elements_condition.html), nor are the tag keys in them, which may hold any letter. Two keys that
differ in the case of letters beyond ASCII may or may not be the same to AWS: there is doubt (see `comparisons`).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING

from bulkhead_iam.folding import ASCII_NAMES, ascii_lower, broad_fold

if TYPE_CHECKING:
    from bulkhead_iam.variables import Context, ContextValue


class DoubtfulKeyError(Exception):
    """A policy asks for a key that the request has in a spelling which may or may not be the same."""


class SpelledContext(Mapping[str, "ContextValue"]):
    """A context that knows the spellings of its keys; `exact` is the context without this knowledge.

    To look up a key raises DoubtfulKeyError where the request has another key that may be the same.
    """

    __slots__ = ("_spellings", "exact")

    def __init__(self, exact: Context) -> None:
        """Take a context with keys in lower case, as `ascii_lower` has it."""
        self.exact = exact
        self._spellings: dict[str, set[str]] = {}
        for key in exact:
            self._spellings.setdefault(broad_fold(key), set()).add(key)

    def __getitem__(self, key: str) -> ContextValue:
        """Return the value of a key; raises KeyError, or DoubtfulKeyError."""
        if self._spellings.get(broad_fold(key), set()) - {key}:
            raise DoubtfulKeyError(key)
        return self.exact[key]

    def __iter__(self) -> Iterator[str]:
        """Iterate over the keys."""
        return iter(self.exact)

    def __len__(self) -> int:
        """Count the keys."""
        return len(self.exact)


def lower_keys(context: Mapping[str, ContextValue]) -> Context:
    """Return the context with keys in lower case; raises ValueError where two keys become one."""
    names = {ASCII_NAMES[key]: value for key, value in context.items()}
    lowered: Context = names  # type: ignore[assignment]  # if None is among them, they are made anew
    if None in names:
        lowered = SpelledContext({ascii_lower(key): value for key, value in context.items()})
    if len(lowered) < len(context):
        raise ValueError("the request context holds one key in two spellings")
    return lowered


def spelled(context: Context) -> Context:
    """Return the context for a policy that asks for keys beyond ASCII, whatever the request has."""
    return context if isinstance(context, SpelledContext) else SpelledContext(context)


def exact(context: Context) -> Context:
    """Return the context for people to read: every key as it is spelled."""
    return context.exact if isinstance(context, SpelledContext) else context
