"""The typed values that condition operators compare: numbers, dates, IP ranges, binary values.

Every function returns None for a text that is no such value. Source:
https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_condition_operators.html
"""

from __future__ import annotations

import base64
import binascii
import ipaddress
import re
from datetime import UTC, datetime, timedelta, timezone
from decimal import Decimal
from typing import NamedTuple

_NUMBER = re.compile(r"[+-]?[0-9]{1,100}(?:\.[0-9]{1,100})?", re.ASCII)
_W3C_DATE = re.compile(
    r"([0-9]{4})-([0-9]{2})(?:-([0-9]{2})"
    r"(?:T([0-9]{2}):([0-9]{2})(?::([0-9]{2})(\.[0-9]{1,100})?)?(Z|[+-][0-9]{2}:[0-5][0-9]))?)?",
    re.ASCII,
)
_YEAR = re.compile(r"[0-9]{4}", re.ASCII)
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_LAST_SECOND = Decimal(253402300799)
"""The last second of the year 9999, which no four-digit year exceeds."""
_PREFIX = re.compile(r"[^/%]+(?:/[0-9]{1,3})?", re.ASCII)


_IPV4_MAPPED = 96
"""Length of the prefix ::ffff:0:0, under which IPv4 addresses are mapped into IPv6 (RFC 4291, 2.5.5.2)."""
_IPV4 = 0xFFFFFFFF


class Network(NamedTuple):
    """An address range; `version` is 4 or 6."""

    version: int
    address: int
    mask: int


def parse_number(text: str) -> Decimal | None:
    """Read an integer or decimal number, exactly; AWS documents neither exponents nor other notations."""
    return Decimal(text) if _NUMBER.fullmatch(text) else None


def parse_date(text: str) -> Decimal | None:
    """Read a date as seconds since 1970: a W3C profile of ISO 8601, or epoch time.

    https://www.w3.org/TR/NOTE-datetime demands a time zone wherever a time is given. Two readings on which
    AWS's documentation is silent: four digits alone could be a year or a second of 1970, so they are no
    date; a number that lies beyond the year 9999 as seconds is read as milliseconds.
    """
    if (parts := _W3C_DATE.fullmatch(text)) is not None:
        return _w3c_seconds(parts)
    if _YEAR.fullmatch(text):
        return None
    seconds = parse_number(text)
    if seconds is not None and abs(seconds) > _LAST_SECOND:
        return seconds / 1000
    return seconds


def _w3c_seconds(parts: re.Match[str]) -> Decimal | None:
    year, month, day, hour, minute, second = (
        int(part or default) for part, default in zip(parts.group(1, 2, 3, 4, 5, 6), (0, 0, 1, 0, 0, 0), strict=True)
    )
    zone = parts[8]
    try:
        offset = UTC if zone in (None, "Z") else timezone(_offset(zone))
        moment = datetime(year, month, day, hour, minute, second, tzinfo=offset)
        whole = (moment - _EPOCH) // timedelta(seconds=1)
    except (ValueError, OverflowError):
        return None
    return Decimal(whole) + Decimal(f"0{parts[7] or '.0'}")


def _offset(zone: str) -> timedelta:
    offset = timedelta(hours=int(zone[1:3]), minutes=int(zone[4:6]))
    return -offset if zone[0] == "-" else offset


def parse_network(text: str) -> Network | None:
    """Read an address range in CIDR notation, or one address; bits behind the mask are ignored.

    (Access Analyzer, "Improve IP range": "The non-zero bits in the IP address after the masked bits are
    ignored".) A range of IPv4 addresses mapped into IPv6 is that IPv4 range.
    """
    if not _PREFIX.fullmatch(text):
        return None
    try:
        network = ipaddress.ip_network(text, strict=False)
    except ValueError:
        return None
    address, mask = network.network_address, int(network.netmask)
    if isinstance(address, ipaddress.IPv6Address) and address.ipv4_mapped and network.prefixlen >= _IPV4_MAPPED:
        return Network(4, int(address.ipv4_mapped), mask & _IPV4)
    return Network(network.version, int(address), mask)


def parse_address(text: str) -> tuple[int, int] | None:
    """Read one IP address as (version, number); an IPv4 address mapped into IPv6 is that IPv4 address."""
    try:
        address = ipaddress.ip_address(text)
    except ValueError:
        return None
    if isinstance(address, ipaddress.IPv6Address) and address.ipv4_mapped is not None:
        address = address.ipv4_mapped
    return address.version, int(address)


def parse_binary(text: str) -> bytes | None:
    """Read base64, strictly: the standard alphabet and full padding."""
    try:
        return base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        return None
