"""Every way of naming another tenant's partition key."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from botocore.exceptions import ClientError

from chalicelib.data.storage import Kind
from chalicelib.entities import ENTITIES
from isolation.attack.outcomes import ATTACKER, VICTIMS
from isolation.attack.world import PLANTED, PLANTED_PARTITION, TENANTS, partition

if TYPE_CHECKING:
    from collections.abc import Mapping

_LONGEST = 2048  # bytes of a partition key. Source: AWS, "Quotas in Amazon DynamoDB"


@dataclass(frozen=True, slots=True)
class Naming:
    """A partition key in DynamoDB's notation; one that is not `valid` the table's key schema refuses."""

    name: str
    value: Mapping[str, Any]
    valid: bool = True


def _text(name: str, value: str) -> Naming:
    return Naming(name, {"S": value})


#: Other tenants' keys, letter for letter; most of their names begin with the attacker's.
EXACT = tuple(_text(f"exact, {tenant}", partition(tenant)) for tenant in VICTIMS)

#: Where other tenants' rows of the product's own kinds lie.
_KINDS = tuple(
    _text(f"{kind.name} of {tenant}", f"{tenant}#{kind.name}#{kind.sharding.shards()[-1]}")
    for kind in (entity.storage for entity in ENTITIES)
    if isinstance(kind, Kind)
    for tenant in ("globex", "acme-eu")
)
_DELIMITERS = (
    _text("own id without delimiter", ATTACKER),
    _text("the other's id without delimiter", "globex"),
    _text("'-' for the delimiter", f"{ATTACKER}-{PLANTED_PARTITION}"),
    _text("':' for the delimiter", f"{ATTACKER}:globex#{PLANTED_PARTITION}"),
    _text("'/' for the delimiter", f"{ATTACKER}/globex#{PLANTED_PARTITION}"),
    _text("'.' for the delimiter", f"{ATTACKER}.globex#{PLANTED_PARTITION}"),
    _text("'%23' for the delimiter", f"{ATTACKER}%23{PLANTED_PARTITION}"),
    _text("delimiter first", f"#{ATTACKER}#{PLANTED_PARTITION}"),
    _text("two delimiters first", f"##{ATTACKER}#{PLANTED_PARTITION}"),
    _text("own id behind the other's", f"globex#{ATTACKER}#{PLANTED_PARTITION}"),
    _text("space before", f" {ATTACKER}#{PLANTED_PARTITION}"),
    _text("space before the delimiter", f"{ATTACKER} #{PLANTED_PARTITION}"),
    _text("newline before the delimiter", f"{ATTACKER}\n#{PLANTED_PARTITION}"),
    _text("other's id after a newline", f"globex\n{ATTACKER}#{PLANTED_PARTITION}"),
    _text("NUL before the delimiter", f"{ATTACKER}\x00#{PLANTED_PARTITION}"),
)
_CASE = (
    _text("own id in capitals", f"ACME#{PLANTED_PARTITION}"),
    _text("own id capitalised", f"Acme#{PLANTED_PARTITION}"),
    _text("other's id in capitals", f"GLOBEX#{PLANTED_PARTITION}"),
)
_UNICODE = (
    _text("cyrillic a", f"\u0430cme#{PLANTED_PARTITION}"),
    _text("fullwidth letters", f"\uff41\uff43\uff4d\uff45#{PLANTED_PARTITION}"),
    _text("fullwidth delimiter", f"{ATTACKER}\uff03{PLANTED_PARTITION}"),
    _text("small delimiter", f"{ATTACKER}\ufe5f{PLANTED_PARTITION}"),
    _text("zero-width space", f"{ATTACKER}\u200b#{PLANTED_PARTITION}"),
    _text("combining accent", f"{ATTACKER}\u0301#{PLANTED_PARTITION}"),
    _text("byte order mark", f"\ufeff{ATTACKER}#{PLANTED_PARTITION}"),
    _text("right-to-left override", f"\u202e{ATTACKER}#{PLANTED_PARTITION}"),
    _text("beyond the basic plane", f"{ATTACKER}\U0001d5ba#{PLANTED_PARTITION}"),
)
_WILDCARDS = (
    _text("'*'", "*"),
    _text("'*' behind own id", f"{ATTACKER}*#{PLANTED_PARTITION}"),
    _text("'?' for letters", f"??????#{PLANTED_PARTITION}"),
    _text("policy variable", "${aws:PrincipalTag/tenant}#" + PLANTED_PARTITION),
    _text("SQL wildcard", f"%#{PLANTED_PARTITION}"),
)
_NO_KEYS = (
    Naming("empty", {"S": ""}, valid=False),
    Naming("number", {"N": "0"}, valid=False),
    Naming("binary, the other's", {"B": partition("globex").encode()}, valid=False),
    Naming("binary, own", {"B": partition(ATTACKER).encode()}, valid=False),
    Naming("null", {"NULL": True}, valid=False),
    Naming("string set of own and other's", {"SS": [partition(ATTACKER), partition("globex")]}, valid=False),
    Naming("list", {"L": [{"S": partition("globex")}]}, valid=False),
    Naming("too long", {"S": partition("globex") + "x" * _LONGEST}, valid=False),
)
NAMINGS = (*EXACT, *_KINDS, *_DELIMITERS, *_CASE, *_UNICODE, *_WILDCARDS, *_NO_KEYS)


def exact(attacker: str) -> tuple[Naming, ...]:
    """Return the keys of all tenants but the attacker, letter for letter."""
    return tuple(_text(f"exact, {tenant}", partition(tenant)) for tenant in TENANTS if tenant != attacker)


def sweep(dynamodb: Any, table: str) -> None:
    """Take away what attacks wrote where nothing was planted; what cannot be taken away stays."""
    planted = {partition(tenant) for tenant in TENANTS}
    for naming in NAMINGS:
        if naming.valid and naming.value["S"] not in planted:
            with suppress(ClientError):
                dynamodb.delete_item(TableName=table, Key={"pk": naming.value, "sk": {"S": PLANTED}})
