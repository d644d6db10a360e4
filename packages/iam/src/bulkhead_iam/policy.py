"""A policy document, parsed strictly and compiled once."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Self

from bulkhead_iam.documents import Json, as_list, mapping, members, read_document
from bulkhead_iam.errors import PolicyError
from bulkhead_iam.kinds import PolicyKind
from bulkhead_iam.principals import Grant
from bulkhead_iam.statements import Facts, Statement, StatementRules

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from bulkhead_iam.conditions import UnmetCondition

_ELEMENTS = frozenset(("Version", "Id", "Statement"))
_CURRENT = "2012-10-17"
_VERSIONS = frozenset((_CURRENT, "2008-10-17"))


class Policy:
    """A compiled policy: immutable, and equal to itself only."""

    __slots__ = ("_allows", "_denies", "kind")

    def __init__(self, kind: PolicyKind, statements: tuple[Statement, ...]) -> None:
        """Take compiled statements; callers use `parse`."""
        self.kind = kind
        self._allows = tuple(statement for statement in statements if statement.allows)
        self._denies = tuple(statement for statement in statements if not statement.allows)

    @classmethod
    def parse(
        cls,
        document: str | Mapping[str, Any],
        *,
        kind: PolicyKind = PolicyKind.IDENTITY,
        accept_mistyped_values: bool = False,
    ) -> Self:
        """Read a document (JSON text or the parsed object), check it strictly and compile it.

        Everything that the grammar or the page of the element does not allow is refused, so are duplicate
        keys in a text. Condition values of the wrong type (`"NumericEquals": {"s3:max-keys": "ten"}`) are
        refused as well; AWS stores them and only warns (Access Analyzer, "Type mismatch"). With
        `accept_mistyped_values` they are kept, as values of which it is unknown what they match: an
        Allow statement then does not apply, and a Deny statement does.

        https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_grammar.html

        Raises PolicyError naming element and value; for an unknown operator, UnsupportedConditionError.
        """
        source = read_document(document)
        members(source, _ELEMENTS, "Policy")
        if "Id" in source and (not kind.is_resource_based or not isinstance(source["Id"], str)):
            raise PolicyError("Id", source["Id"], f"cannot stand in {kind.phrase}")
        rules = StatementRules(kind, _version(source) == _CURRENT, accept_mistyped_values)
        if not (sources := as_list(source.get("Statement", []))):
            raise PolicyError("Statement", source.get("Statement"), "is missing or empty")
        statements = tuple(
            Statement(mapping(each, f"Statement[{index}]"), index, rules) for index, each in enumerate(sources)
        )
        _refuse_duplicate_names(statements, kind)
        return cls(kind, statements)

    def denial(self, facts: Facts) -> Statement | None:
        """Return the first Deny statement that applies."""
        for statement in self._denies:
            if statement.applies(facts):
                return statement
        return None

    def allowance(self, facts: Facts) -> Statement | None:
        """Return the first Allow statement that applies."""
        for statement in self._allows:
            if statement.applies(facts):
                return statement
        return None

    def grant(self, facts: Facts) -> tuple[Grant, Statement | None]:
        """Return the strongest grant to the caller in a resource-based policy, and its statement."""
        best, by = Grant.NONE, None
        for statement in self._allows:
            grant = statement.grant(facts.caller)
            if grant > best and statement.applies(facts):
                best, by = grant, statement
        return best, by

    def near_misses(self, facts: Facts) -> Iterator[UnmetCondition]:
        """Yield the conditions that kept Allow statements about this very request from applying."""
        for statement in self._allows:
            if statement.covers(facts):
                for condition in statement.conditions:
                    if not condition.met(facts.context, doubt=False):
                        yield condition.unmet(statement.name, facts.context)


def _version(source: Json) -> str:
    """Return the language version; without the element it is 2008-10-17.

    https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_version.html
    """
    version = source.get("Version", "2008-10-17")
    if not isinstance(version, str) or version not in _VERSIONS:
        raise PolicyError("Version", version, f"is none of {', '.join(sorted(_VERSIONS))}")
    return version


def _refuse_duplicate_names(statements: tuple[Statement, ...], kind: PolicyKind) -> None:
    """Refuse a Sid that stands twice ("in IAM, the Sid value must be unique within a JSON policy")."""
    seen: set[str] = set()
    for statement in statements:
        if statement.name in seen and kind is not PolicyKind.RESOURCE:
            raise PolicyError("Sid", statement.name, "stands twice in the policy")
        seen.add(statement.name)
