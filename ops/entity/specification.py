"""What an entity is to be: parsed from the words of `make entity`, with the names that follow from them."""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Self

from ops.entity import checks, layout, words
from ops.entity.fields import FIELD_TYPES, FIELDS, Field
from stage.errors import CommandError

_FEW = 5  # parameters, as ruff counts them


class Store(StrEnum):
    """Where an entity's rows can lie."""

    DYNAMODB = "dynamodb"
    POSTGRES = "postgres"


@dataclass(frozen=True, slots=True)
class Specification:
    """An entity that can be written, and all of its names.

    Args:
        name: its folder, route and table, in the plural.
        singular: of which its classes, its id and its kind are named.
    """

    name: str
    store: Store
    fields: tuple[Field, ...]
    singular: str

    @classmethod
    def parse(cls, name: str, store: str, fields: str, singular: str = "") -> Self:
        """Read what `make entity` was given: fields as in `number:text,total:price`.

        Raises:
            CommandError: something is missing or cannot be; the sentence says what to give instead.
        """
        checks.check_name(name)
        if store not in set(Store):
            raise CommandError(f"STORE={store}: there is no such store; it is {' or '.join(Store)}")
        singular = checks.singular_of(name, singular)
        return cls(name, Store(store), checks.fields_of(fields, singular), singular)

    @property
    def id_name(self) -> str:
        """The member and path parameter that names one row."""
        return f"{self.singular}_id"

    @property
    def class_name(self) -> str:
        """What its classes begin with."""
        return _camel(self.singular)

    @property
    def plural_class(self) -> str:
        """What the class of a page of its rows begins with."""
        return _camel(self.name)

    @property
    def noun(self) -> str:
        """What people call one row."""
        return self.singular.replace("_", " ")

    @property
    def one(self) -> str:
        """What people call one row, with an article."""
        return words.with_article(self.noun)

    @property
    def nouns(self) -> str:
        """What people call several rows."""
        return self.name.replace("_", " ")

    @property
    def probed(self) -> Field:
        """The text by which the evidence and the page tell one row from another."""
        return next(field for field in self.fields if field.type is FIELD_TYPES["text"])

    @property
    def parameters(self) -> str:
        """Its fields as a signature has them."""
        return ", ".join(f"{field.name}: {field.type.python}" for field in self.fields)

    @property
    def excuse(self) -> str:
        """Why a function with a parameter for each field has so many."""
        return "  # noqa: PLR0913 -- its fields" if len(self.fields) > _FEW else ""

    @property
    def dictionary(self) -> str:
        """Its fields by name, inside the braces of a dictionary."""
        return ", ".join(f'"{field.name}": {field.name}' for field in self.fields)

    @property
    def quoted_fields(self) -> str:
        """The names of its fields, as a tuple."""
        return str(tuple(field.name for field in self.fields))

    @property
    def shared_types(self) -> list[str]:
        """What its routes import from chalicelib/http/fields.py."""
        types = [field.type for field in self.fields if field.type.module == FIELDS]
        return sorted({name for each in types for name in (each.body, each.answer)})

    @property
    def formatters(self) -> list[str]:
        """What its page imports from web/js/format.js."""
        return sorted({field.type.formatter for field in self.fields if field.type.formatter})

    @property
    def inputs(self) -> list[str]:
        """What its page imports from web/js/inputs.js."""
        return sorted({field.type.page for field in self.fields})

    @property
    def page_name(self) -> str:
        """One row, as a variable of its page."""
        name = f"{self.class_name[0].lower()}{self.class_name[1:]}"
        return "one" if name in words.KEPT_BY_JAVASCRIPT else name

    @property
    def changeable(self) -> str:
        """The columns that may be changed, inside the parentheses of a GRANT."""
        return layout.inside([field.name for field in self.fields], beside=len(self.name) + 60, margin=0, step=4)

    @property
    def meta(self) -> str:
        """How its page writes what stands below a row's name, inside the brackets of an array; may be empty."""
        first = self._first("price")
        shown = [field.shown(self.page_name) for field in self.fields if field not in {self.probed, first}]
        return layout.inside(shown, beside=20, margin=4, step=2, end=",")

    @property
    def number(self) -> str | None:
        """How its page writes what stands at the end of a row: its first price."""
        first = self._first("price")
        return f"formatPrice({self.page_name}.{first.name})" if first else None

    def _first(self, kind: str) -> Field | None:
        return next((field for field in self.fields if field.type is FIELD_TYPES[kind]), None)

    def called(self, name: str, singular: str) -> Self:
        """Return the same under other names."""
        return replace(self, name=name, singular=singular)

    def has(self, kind: str) -> bool:
        """Return whether one of its fields is of this type."""
        return self._first(kind) is not None

    @property
    def title(self) -> str:
        """How the page calls it."""
        return self.nouns.capitalize()


def _camel(name: str) -> str:
    return "".join(part.capitalize() for part in name.split("_"))
