"""What names and fields can be: each refusal says what to give instead."""

from __future__ import annotations

import re

from ops.entity import words
from ops.entity.fields import FIELD_TYPES, Field
from stage.errors import CommandError

#: A PostgreSQL identifier has 63 bytes, and a table's name gets suffixes such as `_pkey`; class names and lines of code
#: must stay readable too.
_LONGEST_NAME, _LONGEST_FIELD, _MOST_FIELDS = 30, 30, 50
_EXAMPLE = "purchase_orders"
_NAME = re.compile(r"[a-z][a-z0-9]*(?:_[a-z0-9]+)*")
_NAMES_OF_STORES = frozenset({"dt", "fields", "self", "uuid"})
_KEPT_FIELDS = frozenset({"tenant_id", "pk", "sk", "version"}) | words.SYSTEM_COLUMNS


def require_name(name: str, of: str) -> None:
    """Require a name of the form that folders, routes, tables and attributes share.

    Raises:
        CommandError: it has another form.
    """
    if not _NAME.fullmatch(name):
        raise CommandError(f"{of}{name}: small letters, digits and single underscores make a name, such as {_EXAMPLE}")


def check_name(name: str) -> None:
    """Require a name that can be an entity's.

    Raises:
        CommandError: it cannot be.
    """
    if not name:
        raise CommandError("NAME= is missing: the plural of what the entity holds, as in NAME=invoices")
    require_name(name, "NAME=")
    if len(name) > _LONGEST_NAME:
        raise CommandError(f"NAME={name}: has {len(name)} letters; {_LONGEST_NAME} are the most")
    kept = words.kept_by_python(name) or ("a module of Python" if words.is_standard_module(name) else None)
    if name in words.SQL_RESERVED:
        kept = "a reserved word of SQL"
    if name.startswith("pg_") or name == "alembic_version":
        kept = "a table of PostgreSQL's, or of its migrations"
    if kept:
        raise CommandError(f"NAME={name}: is {kept}; take another name, such as {name}_entries")


def singular_of(name: str, given: str) -> str:
    """Return the singular that was given, or that of the name.

    Raises:
        CommandError: there is none, or it cannot be one.
    """
    singular = given or words.singular_of(name)
    if singular is None:
        raise CommandError(f"NAME={name}: has no singular that can be told; say it, as in SINGULAR=invoice")
    require_name(singular, "SINGULAR=")
    if singular == name:
        raise CommandError(f"SINGULAR={singular}: must differ from NAME, since one row is not all of them")
    if len(singular) > _LONGEST_NAME:
        raise CommandError(f"SINGULAR={singular}: has {len(singular)} letters; {_LONGEST_NAME} are the most")
    kept = words.kept_by_python(singular)
    if words.is_standard_module(singular):
        kept = "a module of Python"
    if kept:
        raise CommandError(f"SINGULAR={singular}: is {kept}; say another, such as SINGULAR={singular}_entry")
    return singular


def fields_of(text: str, singular: str) -> tuple[Field, ...]:
    """Return the fields of which names and types are listed.

    Raises:
        CommandError: they cannot be an entity's.
    """
    if not text.strip():
        raise CommandError('FIELDS= is missing: names and types, as in FIELDS="number:text,total:price,due:date"')
    fields = [_field(part.strip(), singular) for part in text.split(",")]
    if len(fields) > _MOST_FIELDS:
        raise CommandError(f"FIELDS=: names {len(fields)} fields; {_MOST_FIELDS} are the most")
    names = [field.name for field in fields]
    for name in names:
        if names.count(name) > 1:
            raise CommandError(f"FIELDS=: names {name} twice")
    if all(field.type is not FIELD_TYPES["text"] for field in fields):
        raise CommandError("FIELDS=: at least one must be a text, by which people and the evidence tell rows apart")
    return tuple(fields)


def _field(text: str, singular: str) -> Field:
    name, colon, kind = (part.strip() for part in text.partition(":"))
    if not name or not colon:
        raise CommandError(f"FIELDS=: {text or 'nothing between two commas'} is no field; one is written number:text")
    require_name(name, "FIELDS=: ")
    if kind not in FIELD_TYPES:
        raise CommandError(f"FIELDS=: {name} has the type {kind or '(none)'}; it can be {', '.join(FIELD_TYPES)}")
    if len(name) > _LONGEST_FIELD:
        raise CommandError(f"FIELDS=: {name} has {len(name)} letters; {_LONGEST_FIELD} are the most")
    kept = words.kept_by_python(name)
    if name == f"{singular}_id":
        kept = "the id, which every row has"
    elif name in _KEPT_FIELDS:
        kept = "a name that every row has already"
    elif name in words.SQL_RESERVED:
        kept = "a reserved word of SQL"
    elif words.is_of_every_body(name):
        kept = "an attribute that every request body has"
    elif name in _NAMES_OF_STORES:
        kept = "a name that its store needs for something else"
    if kept:
        raise CommandError(f"FIELDS=: {name} is {kept}; take another name, such as {singular}_{name}")
    return Field(name, FIELD_TYPES[kind])
