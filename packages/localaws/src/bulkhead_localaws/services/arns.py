"""What the ARNs of a region begin with."""

from __future__ import annotations

import re
from functools import lru_cache

from bulkhead_localaws.protocol.checks import UnmappableRequestError

_REGION = re.compile(r"[a-z]{2,8}(?:-[a-z]+)+-[0-9]{1,2}")
_PARTITIONS = {
    "cn": "aws-cn",
    "us-gov": "aws-us-gov",
    "us-iso": "aws-iso",
    "us-isob": "aws-iso-b",
    "eusc": "aws-eusc",
}


@lru_cache(maxsize=256)
def partition_of(region: str) -> str:
    """Return the partition that the ARNs of a region name.

    Raises:
        UnmappableRequestError: not the name of a region (moto takes a partition's name for one of its regions), or
            one of an isolated partition that moto does not know.
    """
    if not _REGION.fullmatch(region):
        raise UnmappableRequestError(f"{region[:64]!r} is not the name of a region")
    for prefix, partition in _PARTITIONS.items():
        if region.startswith(f"{prefix}-"):
            return partition
    if "-iso" in region:
        raise UnmappableRequestError(f"{region} is in a partition that this gate does not know")
    return "aws"
