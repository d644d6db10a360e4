"""What `make entity` is told, and the names that follow from it."""

from __future__ import annotations

import pytest

from ops.entity import Specification, words
from stage.errors import CommandError

FIELDS = "number:text,total:price,due:date"


@pytest.mark.parametrize(
    ("plural", "singular"),
    [
        ("invoices", "invoice"),
        ("categories", "category"),
        ("boxes", "box"),
        ("addresses", "address"),
        ("branches", "branch"),
        ("dishes", "dish"),
        ("statuses", "status"),
        ("warehouses", "warehouse"),
        ("causes", "cause"),
        ("licenses", "license"),
        ("databases", "database"),
        ("purchases", "purchase"),
        ("analyses", "analysis"),
        ("sizes", "size"),
        ("caches", "cache"),
        ("movies", "movie"),
        ("companies", "company"),
        ("days", "day"),
        ("ties", "tie"),
        ("heroes", "hero"),
        ("potatoes", "potato"),
        ("shoes", "shoe"),
        ("notes", "note"),
        ("shelves", "shelf"),
        ("knives", "knife"),
        ("leaves", "leaf"),
        ("archives", "archive"),
        ("moves", "move"),
        ("drives", "drive"),
        ("people", "person"),
        ("children", "child"),
        ("menus", "menu"),
        ("purchase_orders", "purchase_order"),
        ("sales_people", "sales_person"),
    ],
)
def test_a_plural_has_its_singular(plural: str, singular: str) -> None:
    """By the rules of English, and by a list of what has none."""
    assert words.singular_of(plural) == singular


@pytest.mark.parametrize("word", ["stock", "news", "series", "species", "status", "address", "analysis", "s", "sheep"])
def test_where_no_other_form_is_found_there_is_none(word: str) -> None:
    """So that no word is cut."""
    assert words.singular_of(word) is None


@pytest.mark.parametrize(
    ("noun", "article"),
    [
        ("invoice", "an"),
        ("order", "an"),
        ("box", "a"),
        ("user", "a"),
        ("unit", "a"),
        ("umbrella", "an"),
        ("event", "an"),
    ],
)
def test_a_noun_has_its_article(noun: str, article: str) -> None:
    """By its sound, as far as letters tell."""
    assert words.with_article(noun) == f"{article} {noun}"


def test_all_names_follow_from_the_plural() -> None:
    """As people, Python and SQL write them."""
    entity = Specification.parse("purchase_orders", "postgres", FIELDS)

    assert (entity.singular, entity.id_name) == ("purchase_order", "purchase_order_id")
    assert (entity.class_name, entity.plural_class) == ("PurchaseOrder", "PurchaseOrders")
    assert (entity.title, entity.nouns, entity.one) == ("Purchase orders", "purchase orders", "a purchase order")


def test_fields_keep_their_order_and_spaces_do_not_matter() -> None:
    """They may be typed as a list is."""
    entity = Specification.parse("invoices", "dynamodb", " number : text, due:date ,paid: boolean")

    assert [field.name for field in entity.fields] == ["number", "due", "paid"]


@pytest.mark.parametrize("name", ["stock", "licenses", "classes", "types_of_paper"])
def test_a_singular_can_be_said(name: str) -> None:
    """Where none is found, or the one that is found is no good."""
    entity = Specification.parse(name, "dynamodb", FIELDS, "thing")

    assert entity.id_name == "thing_id"


@pytest.mark.parametrize(
    ("name", "sentence"),
    [
        ("", "NAME= is missing"),
        ("Invoices", "small letters, digits and single underscores"),
        ("1invoices", "small letters, digits and single underscores"),
        ("_invoices", "small letters, digits and single underscores"),
        ("invoices_", "small letters, digits and single underscores"),
        ("purchase__orders", "small letters, digits and single underscores"),
        ("in-voices", "small letters, digits and single underscores"),
        ("../invoices", "small letters, digits and single underscores"),
        ("invoices\n", "small letters, digits and single underscores"),
        ("\u00fcbungen", "small letters, digits and single underscores"),
        ("class", "is a keyword of Python"),
        ("match", "is a keyword of Python"),
        ("list", "is a builtin of Python"),
        ("types", "is a module of Python"),
        ("numbers", "is a module of Python"),
        ("table", "is a reserved word of SQL"),
        ("references", "is a reserved word of SQL"),
        ("pg_locks", "is a table of PostgreSQL's, or of its migrations"),
        ("alembic_version", "is a table of PostgreSQL's, or of its migrations"),
        ("a" * 30 + "s", "has 31 letters; 30 are the most"),
        ("stock", "has no singular that can be told; say it, as in SINGULAR="),
        ("classes", "SINGULAR=class: is a keyword of Python; say another"),
        ("formats", "SINGULAR=format: is a builtin of Python; say another"),
        ("tokens", "SINGULAR=token: is a module of Python; say another"),
    ],
)
def test_a_name_that_cannot_be_is_refused(name: str, sentence: str) -> None:
    """With a sentence that says why."""
    with pytest.raises(CommandError, match=sentence):
        Specification.parse(name, "dynamodb", FIELDS)


@pytest.mark.parametrize(
    ("singular", "sentence"),
    [
        ("invoices", "must differ from NAME"),
        ("One", "small letters"),
        ("def", "is a keyword of Python"),
        ("id", "is a builtin of Python"),
        ("a" * 31, "has 31 letters; 30 are the most"),
    ],
)
def test_a_singular_that_cannot_be_is_refused(singular: str, sentence: str) -> None:
    """It becomes a variable, a class and a kind of the pooled table."""
    with pytest.raises(CommandError, match=sentence):
        Specification.parse("invoices", "dynamodb", FIELDS, singular)


@pytest.mark.parametrize("store", ["", "mysql", "DynamoDB", "postgresql"])
def test_a_store_that_is_not_there_is_refused(store: str) -> None:
    """With those that are."""
    with pytest.raises(CommandError, match=f"STORE={store}: .* dynamodb or postgres"):
        Specification.parse("invoices", store, FIELDS)


@pytest.mark.parametrize(
    ("fields", "sentence"),
    [
        ("", "FIELDS= is missing"),
        ("  ", "FIELDS= is missing"),
        ("number", "number is no field"),
        (":text", ":text is no field"),
        ("number:text,", "nothing between two commas is no field"),
        ("number:text,,due:date", "nothing between two commas is no field"),
        ("number:", r"number has the type \(none\); it can be text, price, integer, date, email, boolean"),
        ("number:string", "number has the type string"),
        ("number:text:date", "number has the type text:date"),
        ("number:text,number:date", "names number twice"),
        ("Number:text", "small letters"),
        ("total-sum:price", "small letters"),
        ("invoice_id:text", "invoice_id is the id"),
        ("tenant_id:text", "tenant_id is a name that every row has already"),
        ("pk:text", "pk is a name that every row has already"),
        ("sk:text", "sk is a name that every row has already"),
        ("version:integer", "version is a name that every row has already"),
        ("ctid:text", "ctid is a name that every row has already"),
        ("class:text", "class is a keyword of Python"),
        ("type:text", "type is a builtin of Python; take another name, such as invoice_type"),
        ("order:integer", "order is a reserved word of SQL"),
        ("json:text", "json is an attribute that every request body has"),
        ("model_dump_x:text", "model_dump_x is an attribute that every request body has"),
        ("uuid:text", "uuid is a name that its store needs"),
        ("a" * 31 + ":text", "has 31 letters; 30 are the most"),
        (",".join(f"f{number}:text" for number in range(51)), "names 51 fields; 50 are the most"),
        ("total:price,due:date", "at least one must be a text"),
    ],
)
def test_fields_that_cannot_be_are_refused(fields: str, sentence: str) -> None:
    """With a sentence that says why."""
    with pytest.raises(CommandError, match=sentence):
        Specification.parse("invoices", "dynamodb", fields)
