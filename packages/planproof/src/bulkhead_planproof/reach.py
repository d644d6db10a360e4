"""Which actions a statement allows, on which resources: within its policy's denials, and beyond what is explained."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from bulkhead_iam.folding import ascii_lower
from bulkhead_planproof.languages import ANY, ANYTHING, Both, Characters, Either, Language, Not, Repeat, Sequence, word
from bulkhead_planproof.patterns import pattern

if TYPE_CHECKING:
    from collections.abc import Iterable

    from bulkhead_planproof.solver import Solver
    from bulkhead_planproof.statements import Statement

Pair = tuple[Language, Language]

_IN_NAMES = Characters(((45, 58), (65, 90), (95, 95), (97, 122)))  # -./0-9:, letters, and _
#: A name or a segment of an ARN: no colon.
_SEGMENT = Repeat(Both((ANY, Not(word(":")))))
_NAME = Repeat(Both((ANY, Not(word(":")))), 1)

#: Every action has this form.
_ACTIONS = Sequence((_NAME, word(":"), _NAME))
#: A region is empty, or called as eu-central-1 is.
_REGION = Either((word(""), Both((_SEGMENT, Sequence((_SEGMENT, word("-"), _SEGMENT))))))
_START = (word("arn:"), _NAME, word(":"))
_DYNAMODB = word("dynamodb")
_WHERE = (word(":"), _REGION, word(":"), _SEGMENT, word(":"))
_OTHERS = Sequence((*_START, Both((_NAME, Not(_DYNAMODB))), *_WHERE, _NAME, ANYTHING))
_ANOTHER_TABLE = Sequence((ANYTHING, word(":table/"), ANYTHING))
_KINDS = Sequence((Repeat(Characters(((45, 45), (97, 122))), 1), word("/"), ANY, ANYTHING))
#: Every resource is an ARN of six segments, or all of them. Those of DynamoDB are called as table/… is, so that what a
#: `*` stands for in a policy's region or account goes no further.
_RESOURCES = Either((_OTHERS, Sequence((*_START, _DYNAMODB, *_WHERE, Both((_KINDS, Not(_ANOTHER_TABLE))))), word("*")))

#: Those that the proof names in counterexamples if it can: AWS's own spelling.
#: Source: https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazondynamodb.html
ITEM_ACTIONS = tuple(
    f"dynamodb:{name}"
    for name in (
        *("GetItem", "Query", "PutItem", "UpdateItem", "DeleteItem", "BatchGetItem", "BatchWriteItem"),
        *("ConditionCheckItem", "Scan", "PartiQLSelect", "PartiQLInsert", "PartiQLUpdate", "PartiQLDelete"),
    )
)
#: Those that reach items without any leading key.
KEYLESS_ACTIONS = (
    *("dynamodb:Scan", "dynamodb:PartiQLSelect", "dynamodb:GetRecords", "dynamodb:ExportTableToPointInTime"),
    *("dynamodb:PartiQLInsert", "dynamodb:PartiQLUpdate", "dynamodb:PartiQLDelete"),
)
#: These first: of two counterexamples, that without a key is the worse.
KEYLESS_FIRST = tuple(dict.fromkeys((*KEYLESS_ACTIONS, *ITEM_ACTIONS)))

#: The calls that DynamoDB refuses without the partition key of a table, so that a request always carries one. Of
#: PartiQL, of which AWS does not say so, and of all others it is not known.
#: Source: https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/specifying-conditions.html
KEYED = Either(
    tuple(word(ascii_lower(each)) for each in ITEM_ACTIONS if each not in KEYLESS_ACTIONS),
)


def data_actions(harmless: Iterable[str]) -> Language:
    """Return all actions of DynamoDB, those that nobody knows yet included, but for the harmless ones."""
    nothing = Either(tuple(pattern(ascii_lower(each)) for each in harmless))
    return Both((Sequence((word("dynamodb:"), _NAME)), Not(nothing)))


def table_arns(names: Iterable[str]) -> Language:
    """Return the ARNs of tables of these names, in any region and account."""
    start = (word("arn:"), _SEGMENT, word(":dynamodb:"), _SEGMENT, word(":"), _SEGMENT, word(":table/"))
    return Either(tuple(Sequence((*start, word(name))) for name in names))


def beyond(tables: Language) -> Language:
    """Return the ARNs of what belongs to tables: indexes, streams, backups, exports, and kinds that nobody knows yet.

    No name of such holds another ":table/", which a `*` for region and account could stand for.
    """
    return Sequence((tables, word("/"), Both((Repeat(_IN_NAMES, 1), Not(_ANOTHER_TABLE)))))


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
                if (found := self.within(statement, word(ascii_lower(action)), wanted)) is not None:
                    return action, found[1]
        return None
