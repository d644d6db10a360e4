"""Which actions a statement allows, on which resources: within its policy's denials, and beyond what is explained."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from bulkhead_planproof.languages import ANY, SOMETHING, Both, Either, Language, Not, Repeat, Sequence, word
from bulkhead_planproof.patterns import pattern

if TYPE_CHECKING:
    from collections.abc import Iterable

    from bulkhead_planproof.solver import Solver
    from bulkhead_planproof.statements import Statement

Pair = tuple[Language, Language]

#: Every action has this form, and every resource is one or the other.
_ACTIONS = pattern("?*:?*")
_RESOURCES = Either((pattern("arn:*:?*:*:*:?*"), word("*")))

#: A segment of an ARN: no colon.
_SEGMENT = Repeat(Both((ANY, Not(word(":")))))

#: Those that the proof names in counterexamples if it can: AWS's own spelling.
#: Source: https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazondynamodb.html
ITEM_ACTIONS = tuple(
    f"dynamodb:{name}"
    for name in (
        *("GetItem", "Query", "PutItem", "UpdateItem", "DeleteItem", "BatchGetItem", "BatchWriteItem"),
        *("ConditionCheckItem", "Scan", "PartiQLSelect", "PartiQLInsert", "PartiQLUpdate", "PartiQLDelete"),
    )
)
#: Those that reach items without any leading key, first.
KEYLESS_FIRST = (
    *("dynamodb:Scan", "dynamodb:PartiQLSelect", "dynamodb:GetRecords", "dynamodb:ExportTableToPointInTime"),
    *ITEM_ACTIONS,
)


def data_actions(harmless: Iterable[str]) -> Language:
    """Return all actions of DynamoDB, those that nobody knows yet included, but for the harmless ones."""
    return Both((pattern("dynamodb:?*"), Not(Either(tuple(pattern(each.lower()) for each in harmless)))))


def table_arns(names: Iterable[str]) -> Language:
    """Return the ARNs of tables of these names, in any region and account."""
    start = (word("arn:"), _SEGMENT, word(":dynamodb:"), _SEGMENT, word(":"), _SEGMENT, word(":table/"))
    return Either(tuple(Sequence((*start, word(name))) for name in names))


def beyond(tables: Language) -> Language:
    """Return the ARNs of what belongs to tables: indexes, streams, backups, exports."""
    return Sequence((tables, word("/"), SOMETHING))


@dataclass(frozen=True, slots=True)
class Reach:
    """Asks what a statement allows, but for what Deny statements refuse."""

    solver: Solver
    denied: tuple[Pair, ...]

    def within(self, statement: Statement, actions: Language, resources: Language) -> tuple[str, str] | None:
        """Return an action and a resource out of these languages that the statement allows; None if there are none."""
        return self.solver.find_pair(
            Both((statement.actions, actions)), Both((statement.resources, resources)), self.denied
        )

    def unexplained(
        self, statement: Statement, harmless: Language, explained: Iterable[Pair]
    ) -> tuple[str, str] | None:
        """Return an action and a resource that the statement allows and nothing explains; None if there are none."""
        return self.solver.find_pair(
            Both((statement.actions, _ACTIONS, Not(harmless))),
            Both((statement.resources, _RESOURCES)),
            (*self.denied, *explained),
        )

    def named(
        self, statement: Statement, resources: Language, actions: Iterable[str], account: str
    ) -> tuple[str, str] | None:
        """Return one of the actions that people know, on a resource as people write it, if the statement allows it."""
        written = [each for each in statement.named_resources if "*" not in each and "?" not in each]
        for action in actions:
            for resource in (*written, None):
                wanted = resources if resource is None else Both((resources, word(resource)))
                if resource is None:
                    wanted = Both((resources, pattern(f"arn:aws:dynamodb:eu-central-1:{account}:*")))
                if (found := self.within(statement, word(action.lower()), wanted)) is not None:
                    return action, found[1]
        return None
