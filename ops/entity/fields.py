"""The types that a field of an entity can have, and what each becomes in Python, SQL, JSON and on the page."""

from __future__ import annotations

import re
from dataclasses import dataclass

PRICES, FIELDS = "chalicelib.http.prices", "chalicelib.http.fields"


@dataclass(frozen=True, slots=True, kw_only=True)
class FieldType:
    """One type.

    Args:
        python: the type of a field of the store.
        body: the type of a request's field, and `module`, where it is imported from.
        answer: the type of an answer's field.
        answered: how the store's value is answered.
        loaded: how the store's value is read from what DynamoDB stores.
        sql: the type of a column.
        page: the field's kind in web/js/inputs.js.
        shown: how the page writes a VALUE beside others, with the field's LABEL.
        formatter: what that imports from web/js/format.js.
        examples: two values as Python writes them, for tests.
        sent: the same as a request and an answer have them.
    """

    python: str
    body: str
    module: str | None = FIELDS
    answer: str
    answered: str = "{}"
    loaded: str
    sql: str
    page: str
    shown: str = "VALUE"
    formatter: str | None = None
    examples: tuple[str, str]
    sent: tuple[str, str]


_TEXTS = ('"first"', '"second"')
_ADDRESSES = ('"first@example.com"', '"second@example.com"')
_NUMBERS = ("1", "2")
_BOOLEANS = ("True", "False")

FIELD_TYPES = {
    "text": FieldType(
        python="str",
        body="Text",
        answer="Text",
        loaded='{}["S"]',
        sql="text",
        page="text",
        examples=_TEXTS,
        sent=_TEXTS,
    ),
    "price": FieldType(
        python="Decimal",
        body="Price",
        module=PRICES,
        answer="PriceText",
        answered="price_text({})",
        loaded='Decimal({}["S"])',
        sql="numeric",
        page="price",
        shown="`LABEL ${formatPrice(VALUE)}`",
        formatter="formatPrice",
        examples=('Decimal("1.10")', 'Decimal("2.50")'),
        sent=('"1.10"', '"2.50"'),
    ),
    "integer": FieldType(
        python="int",
        body="WholeNumber",
        answer="WholeNumber",
        loaded='int({}["N"])',
        sql="bigint",
        page="integer",
        shown="`LABEL ${formatNumber(VALUE)}`",
        formatter="formatNumber",
        examples=_NUMBERS,
        sent=_NUMBERS,
    ),
    "date": FieldType(
        python="dt.date",
        body="Day",
        answer="DayText",
        answered="{}.isoformat()",
        loaded='dt.date.fromisoformat({}["S"])',
        sql="date",
        page="date",
        shown="`LABEL ${formatDate(VALUE)}`",
        formatter="formatDate",
        examples=("dt.date(2026, 1, 31)", "dt.date(2026, 2, 28)"),
        sent=('"2026-01-31"', '"2026-02-28"'),
    ),
    "email": FieldType(
        python="str",
        body="Email",
        answer="Email",
        loaded='{}["S"]',
        sql="text",
        page="email",
        examples=_ADDRESSES,
        sent=_ADDRESSES,
    ),
    "boolean": FieldType(
        python="bool",
        body="bool",
        module=None,
        answer="bool",
        loaded='{}["BOOL"]',
        sql="boolean",
        page="yesNo",
        shown='VALUE ? "LABEL" : "Not SMALL"',
        examples=_BOOLEANS,
        sent=_BOOLEANS,
    ),
}


@dataclass(frozen=True, slots=True)
class Field:
    """One field of an entity."""

    name: str
    type: FieldType

    @property
    def label(self) -> str:
        """What the page calls it."""
        return self.name.replace("_", " ").capitalize()

    def shown(self, row: str) -> str:
        """Return how the page writes it beside the others, of a row in a variable of this name."""
        words = {"VALUE": f"{row}.{self.name}", "LABEL": self.label, "SMALL": self.label.lower()}
        return re.sub("|".join(words), lambda found: words[found[0]], self.type.shown)
