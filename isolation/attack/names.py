"""The names under which a request could name a tenant: customary ones, and every one that the code could read.

Code that reads a header or a parameter holds its name: as a text, or as a field of a class. A name that is put together
at run time, such as `"x-" + "tenant"`, is not found.
"""

from __future__ import annotations

import ast
import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence
    from pathlib import Path

CUSTOMARY = (
    "X-Tenant-Id", "X-Tenant", "Tenant", "tenantID", "Custom-TenantID", "custom:tenantID", "X-Amzn-Tenant",
    "X-Forwarded-Host", "tenant", "tenant_id", "tenantId", "org", "organization", "organization_id", "account",
    "account_id", "customer", "customer_id", "workspace", "X-Workspace", "pk", "shard_id", "partition", "owner", "user",
)  # fmt: skip
#: What serves every route, beside its entity's own folder.
SHARED = ("chalicelib/http", "chalicelib/wiring.py", "chalicelib/tenancy")
#: Headers that mean something to the connection, to a gateway or to the authorizer: other attacks are about the last.
_TAKEN = frozenset(
    {
        "accept", "authorization", "connection", "content-encoding", "content-length", "content-type", "cookie",
        "expect", "host", "if-match", "keep-alive", "te", "trailer", "transfer-encoding", "upgrade",
    }
)  # fmt: skip
_NAME = re.compile(r"[A-Za-z][A-Za-z0-9_.:-]{1,63}")
_HEADER = re.compile(r"[A-Za-z0-9!#$%&'*+.^_`|~-]+")  # RFC 9110, section 5.6.2
_HEADERS, _QUERY_BYTES = 55, 5_000  # of one request, which the attack's own headers and path must go with


def names_in(paths: Iterable[Path]) -> tuple[str, ...]:
    """Return every text and field that could be the name of a header or parameter, in these files and folders."""
    found: dict[str, None] = {}
    for path in paths:
        for file in [path] if path.is_file() else sorted(path.rglob("*.py")):
            found |= dict.fromkeys(_names(ast.parse(file.read_text(encoding="utf-8"))))
    return tuple(found)


def _names(tree: ast.Module) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and _NAME.fullmatch(node.value):
            yield node.value
        elif isinstance(node, ast.ClassDef):
            yield from (
                each.target.id for each in node.body
                if isinstance(each, ast.AnnAssign) and isinstance(each.target, ast.Name)
            )  # fmt: skip


def as_headers(names: Iterable[str], but: Iterable[str]) -> list[list[str]]:
    """Return the names that can be headers, but for these, in as many lists as requests are needed."""
    left_out = _TAKEN | {each.lower() for each in but}
    headers = {each.lower(): each for each in names if _HEADER.fullmatch(each) and each.lower() not in left_out}
    return _in_lists(list(headers.values()), lambda some: len(some) <= _HEADERS)


def as_query(names: Iterable[str], but: Iterable[str], value: str) -> list[list[str]]:
    """Return the names but for these, in as many lists as requests are needed to give each this value."""
    left_out = set(but)
    known = [each for each in dict.fromkeys(names) if each not in left_out]
    return _in_lists(known, lambda some: sum(len(f"&{each}={value}") for each in some) <= _QUERY_BYTES)


def _in_lists(names: Sequence[str], fits: Callable[[list[str]], bool]) -> list[list[str]]:
    lists: list[list[str]] = []
    for name in names:
        if not lists or not fits([*lists[-1], name]):
            lists.append([])
        lists[-1].append(name)
    return lists
