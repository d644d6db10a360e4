"""English words: the singular of a plural, an article, and what code and SQL keep for themselves."""

from __future__ import annotations

import builtins
import keyword
import re
import sys

from chalicelib.http.requests import Body

_IRREGULAR = {
    "people": "person",
    "children": "child",
    "men": "man",
    "women": "woman",
    "mice": "mouse",
    "feet": "foot",
    "teeth": "tooth",
    "data": "datum",
    "criteria": "criterion",
    "indices": "index",
    "quizzes": "quiz",
    "lenses": "lens",
    "aliases": "alias",
    "gases": "gas",
    "canvases": "canvas",
    "movies": "movie",
    "cookies": "cookie",
    "caches": "cache",
    "crises": "crisis",
    "menus": "menu",
    "taxis": "taxi",
    "shoes": "shoe",
    "excuses": "excuse",
    "uses": "use",
}
#: Tried in this order.
_RULES = (
    (r"(news|series|species|[sui]s|s)", None),  # no plural, or none that tells its singular
    (r"(.+)(ss|x|ch|sh)es", r"\1\2"),
    (r"(.+[^aeiou].*)ies", r"\1y"),
    (r"(.*)(kn|w|l)ives", r"\1\2ife"),
    (r"(.*(?:l|ea|oa|hie))ves", r"\1f"),
    (r"(.+[^aeo])uses", r"\1us"),
    (r"(.+)yses", r"\1ysis"),
    (r"(.+[^t])oes", r"\1o"),
    (r"(.+(?:a|ta)to)es", r"\1"),
    (r"(.*[^sui])s", r"\1"),
    (r"(.+e)s", r"\1"),
)
_VOWEL = re.compile(r"(?!uni|us[aei]|ut[ei]|eu|one)[aeiou]")
#: Reserved in PostgreSQL, or usable as the name of a function or type only (`pg_get_keywords()`, R and T).
# fmt: off
SQL_RESERVED = frozenset(
    {
        "all", "analyse", "analyze", "and", "any", "array", "as", "asc", "asymmetric", "authorization", "binary",
        "both", "case", "cast", "check", "collate", "collation", "column", "concurrently", "constraint", "create",
        "cross", "current_catalog", "current_date", "current_role", "current_schema", "current_time",
        "current_timestamp", "current_user", "default", "deferrable", "desc", "distinct", "do", "else", "end",
        "except", "false", "fetch", "for", "foreign", "freeze", "from", "full", "grant", "group", "having", "ilike",
        "in", "initially", "inner", "intersect", "into", "is", "isnull", "join", "lateral", "leading", "left", "like",
        "limit", "localtime", "localtimestamp", "natural", "not", "notnull", "null", "offset", "on", "only", "or",
        "order", "outer", "overlaps", "placing", "primary", "references", "returning", "right", "select",
        "session_user", "similar", "some", "symmetric", "table", "tablesample", "then", "to",
        "trailing", "true", "union", "unique", "user", "using", "variadic", "verbose", "when", "where", "window",
        "with",
    }
)
# fmt: on
#: Not to be a variable of a module of the page. Source: ECMA-262, "Keywords and Reserved Words".
KEPT_BY_JAVASCRIPT = frozenset(
    {
        "arguments",
        "await",
        "case",
        "catch",
        "const",
        "debugger",
        "default",
        "delete",
        "do",
        "enum",
        "eval",
        "export",
        "extends",
        "function",
        "implements",
        "instanceof",
        "interface",
        "let",
        "new",
        "null",
        "package",
        "private",
        "protected",
        "public",
        "static",
        "super",
        "switch",
        "this",
        "throw",
        "typeof",
        "var",
        "void",
    }
)  # fmt: skip
#: Every PostgreSQL table has them. Source: PostgreSQL, "System Columns".
SYSTEM_COLUMNS = frozenset({"tableoid", "xmin", "cmin", "xmax", "cmax", "ctid"})


def singular_of(plural: str) -> str | None:
    """Return the singular of the last word, with the words before it; None when there is no other form to be found."""
    before, _, word = plural.rpartition("_")
    found = _IRREGULAR.get(word) or _by_rule(word)
    return "_".join(filter(None, [before, found])) if found else None


def _by_rule(word: str) -> str | None:
    for pattern, replacement in _RULES:
        match = re.fullmatch(pattern, word)
        if match:
            return match.expand(replacement) if replacement else None
    return None


def with_article(noun: str) -> str:
    """Return the noun after `a` or `an`."""
    return f"{'an' if _VOWEL.match(noun) else 'a'} {noun}"


def kept_by_python(name: str) -> str | None:
    """Return what the name is in Python already, None when it is nothing."""
    if keyword.iskeyword(name):
        return "a keyword of Python"
    if hasattr(builtins, name):
        return "a builtin of Python"
    return "a keyword of Python" if keyword.issoftkeyword(name) else None


def is_standard_module(name: str) -> bool:
    """Return whether Python's standard library has a module of this name."""
    return name in sys.stdlib_module_names


def is_of_every_body(name: str) -> bool:
    """Return whether every request body has this attribute already."""
    return hasattr(Body, name) or name.startswith(("model_dump", "model_validate"))  # pydantic keeps what begins so
