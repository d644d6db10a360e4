"""The names under which a request could name a tenant: customary ones, and every one that the code could read.

Code that reads a header or a parameter holds its name: as a text, as texts that are put together where they stand, such
as `"x-" + "tenant"`, or as a field of a class. One that is made at run time, as by `prefix + "tenant"`, is not found.
"""

from __future__ import annotations

import ast
import re
from typing import TYPE_CHECKING
from urllib.parse import quote_plus

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence
    from pathlib import Path

CUSTOMARY = (
    "X-Tenant-Id", "X-Tenant", "Tenant", "tenantID", "Custom-TenantID", "custom:tenantID", "X-Amzn-Tenant",
    "X-Forwarded-Host", "tenant", "tenant_id", "tenantId", "org", "organization", "organization_id", "account",
    "account_id", "customer", "customer_id", "workspace", "X-Workspace", "pk", "shard_id", "partition", "owner", "user",
)  # fmt: skip
#: What may serve a route: no folder is left out, since code anywhere may be handed a request.
CODE = ("app.py", "chalicelib")
#: Headers that mean something to the connection, to a gateway or to the authorizer: other attacks are about the last.
_TAKEN = frozenset(
    {
        "accept", "authorization", "connection", "content-encoding", "content-length", "content-type", "cookie",
        "expect", "host", "if-match", "keep-alive", "te", "trailer", "transfer-encoding", "upgrade",
    }
)  # fmt: skip
_NAME = re.compile(r"[!-~]{1,63}")
_HEADER = re.compile(r"[A-Za-z0-9!#$%&'*+.^_`|~-]+")  # RFC 9110, section 5.6.2
_HEADERS = 85  # of one request: Python's servers take 100, the attack's own among them
_QUERY_BYTES = _COOKIE_BYTES = 5_000


def names_in(paths: Iterable[Path]) -> tuple[str, ...]:
    """Return every text and field that could be the name of a header or parameter, in these files and folders."""
    found: dict[str, None] = {}
    for path in paths:
        for file in [path] if path.is_file() else sorted(path.rglob("*.py")):
            found |= dict.fromkeys(_names(ast.parse(file.read_text(encoding="utf-8"))))
    return tuple(found)


def _names(tree: ast.Module) -> Iterator[str]:
    for node in ast.walk(tree):
        text = _text(node)
        if text is not None and _NAME.fullmatch(text):
            yield text
        elif isinstance(node, ast.ClassDef):
            yield from (
                each.target.id for each in node.body
                if isinstance(each, ast.AnnAssign) and isinstance(each.target, ast.Name)
            )  # fmt: skip


def _text(node: ast.AST) -> str | None:
    """Return the text that an expression of constants is; None for any other."""
    if isinstance(node, ast.Constant):
        return node.value if isinstance(node.value, str) else None
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Add):
        parts = [_text(node.left), _text(node.right)]
    elif isinstance(node, ast.JoinedStr):
        parts = [_text(each.value if isinstance(each, ast.FormattedValue) else each) for each in node.values]
    else:
        return None
    known = [each for each in parts if each is not None]
    return "".join(known) if len(known) == len(parts) else None


def as_headers(names: Iterable[str], but: Iterable[str]) -> list[list[str]]:
    """Return the names that can be headers, but for these, in as many lists as requests are needed."""
    left_out = _TAKEN | {each.lower() for each in but}
    headers = {each.lower(): each for each in names if _HEADER.fullmatch(each) and each.lower() not in left_out}
    return _in_lists(list(headers.values()), lambda _: 1, _HEADERS)


def as_cookies(names: Iterable[str], value: str) -> list[list[str]]:
    """Return the names that can be cookies, RFC 6265's tokens, in as many lists as requests are needed."""
    cookies = [each for each in dict.fromkeys(names) if _HEADER.fullmatch(each)]
    return _in_lists(cookies, lambda each: len(f"{each}={value}; "), _COOKIE_BYTES)


def as_query(names: Iterable[str], but: Iterable[str], value: str) -> list[list[str]]:
    """Return the names but for these, in as many lists as requests are needed to give each this value."""
    left_out = set(but)
    known = [each for each in dict.fromkeys(names) if each not in left_out]
    return _in_lists(known, lambda each: len(f"&{quote_plus(each)}={value}"), _QUERY_BYTES)


def _in_lists(names: Sequence[str], size: Callable[[str], int], at_most: int) -> list[list[str]]:
    lists: list[list[str]] = []
    left = 0
    for name in names:
        if size(name) > left:
            lists.append([])
            left = at_most
        lists[-1].append(name)
        left -= size(name)
    return lists
