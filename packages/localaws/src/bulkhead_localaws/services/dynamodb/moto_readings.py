"""Requests that moto reads differently from DynamoDB, refused so that what is enforced is what happens.

The mapping says what DynamoDB would touch. It has to hold for the emulator behind the gate as well, so each rule
here names a reading of moto's (5.2) that would touch something else. PartiQL has its own in `partiql/moto_readings.py`.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from bulkhead_localaws.protocol.checks import UnmappableRequestError

if TYPE_CHECKING:
    from collections.abc import Iterable

    from bulkhead_localaws.services.dynamodb.schema import TableSchema

_LIST_ELEMENT = re.compile(r".+\[[0-9]+\]$", re.DOTALL)
_WHITE_SPACE_BUT_BLANK = re.compile(r"[^\S ]")


def refuse_lookalikes(schema: TableSchema | None, written: Iterable[str]) -> None:
    """Refuse to write an attribute that is called like a partition key but for its case.

    moto's PartiQL keeps items in a dictionary without regard to case. Of an item with both `pk` and `PK` it sees
    one, so `WHERE pk = 'mine'` would find an item of another partition that carries `PK = 'mine'`.

    Raises:
        UnmappableRequestError: there is such an attribute.
    """
    if schema is None:
        return
    folded = schema.folded_partition_keys
    for name in written:
        key_name = folded.get(name.lower())
        if key_name is not None and key_name != name:
            raise UnmappableRequestError(
                f"The attribute {name} differs from the partition key {key_name} only in case: "
                "moto's PartiQL would take one for the other"
            )


def refuse_list_elements(projected: Iterable[str]) -> None:
    """Refuse to project an attribute whose own name ends like a list element, `name[0]`.

    moto resolves the placeholder first and looks for list elements in the result, so it would return an element of
    the attribute `name`, which the request never names.

    Raises:
        UnmappableRequestError: there is such an attribute.
    """
    for name in projected:
        if _LIST_ELEMENT.match(name):
            raise UnmappableRequestError(f"moto would read the attribute name {name} as an element of a list")


def refuse_white_space(key_condition: str) -> None:
    """Refuse line ends and tabs in a KeyConditionExpression.

    moto knows blanks only. It takes `pk = :pk` with a line end and blanks behind it for a comparison with the text
    `:pk` and a line end, and reads that partition in place of the one that was authorized. The gate may forward
    `rewriting.as_moto_reads` of a request to spare the caller this.

    Raises:
        UnmappableRequestError: there is other white space than blanks.
    """
    if _WHITE_SPACE_BUT_BLANK.search(key_condition):
        raise UnmappableRequestError("moto cannot read a KeyConditionExpression over several lines or with tabs")
