"""One resource of a plan, and what is known of its attributes.

A plan tells of an attribute only that it is not known yet: because nobody set it and the provider will, or because it
was set to something that is not known. The first is harmless where the attribute grants something. Which resources an
expression mentions the plan tells as well, but not what it makes of them (`replace(aws_iam_policy.safe.arn, …)`), and
of blocks that Terraform generates (`dynamic`) nothing at all: that is in the files which the plan was made of
(`sources.py`).
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

from bulkhead_planproof.languages import ProofError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from bulkhead_planproof.sources import Sources

_HOPS = 5
_NAME = re.compile(r"[A-Za-z0-9_+=,.@-]{1,128}")


class Surroundings(Protocol):
    """What a resource must know of the plan that it stands in: `resources.Resources`."""

    sources: Sources | None
    by_address: dict[str, Resource]

    def expressions(self, address: str) -> Mapping[str, Any]:
        """Return the expressions of a resource's attributes."""

    def enforced_buckets(self) -> frozenset[str]:
        """Return the buckets of which the plan turns access control lists off."""

    def role_arns(self) -> frozenset[str]:
        """Return the ARNs of the plan's roles."""


@dataclass(frozen=True, slots=True)
class Resource:
    """A managed resource that there will be: its attributes, and which of them are not known yet."""

    address: str
    type: str
    after: Mapping[str, Any]
    unknown: Mapping[str, Any]
    made: bool  # by this plan; else it is there already
    around: Surroundings

    @property
    def remedy(self) -> str:
        """What to do about an attribute that is not known."""
        return "" if self.around.sources is not None else "name the saved plan in --saved, or apply what it refers to"

    def is_set(self, attribute: str) -> bool:
        """Tell whether the configuration sets an attribute; raises ProofError if it has no such resource."""
        return attribute in self.around.expressions(self.address)

    def constant(self, attribute: str) -> Any:
        """Return what the configuration sets an attribute to, None if that is no constant."""
        expression = self.around.expressions(self.address).get(attribute)
        return expression.get("constant_value") if isinstance(expression, dict) else None

    def text(self, attribute: str) -> str:
        """Return an attribute that must be known; raises ProofError."""
        value = self.after.get(attribute)
        if self.unknown.get(attribute) or not isinstance(value, str) or not value:
            raise self.not_known(attribute)
        return value

    def name(self) -> str:
        """Return the name of a principal, as IAM takes one; raises ProofError."""
        name = self.text("name")
        if not _NAME.fullmatch(name):
            raise ProofError(f"{self.address}: {name!r} is no name that IAM takes")
        return name

    def texts(self, attribute: str) -> list[str]:
        """Return a list of which all must be known; raises ProofError."""
        value = self.after.get(attribute)
        known = isinstance(value, list) and all(isinstance(each, str) for each in value)
        if _holds_true(self.unknown.get(attribute)) or not known:
            raise self.not_known(attribute)
        return list(value or ())

    def optional(self, attribute: str) -> Any:
        """Return an attribute, None if nobody sets it; raises ProofError if it is set to something unknown."""
        unknown = self.unknown.get(attribute)
        if not _holds_true(unknown):
            return self.after.get(attribute)
        if unknown is True and not self.is_set(attribute):
            return None
        raise self.not_known(attribute)

    def blocks(self, name: str) -> list[Mapping[str, Any]]:
        """Return the nested blocks of a name; raises ProofError where nobody knows which there will be.

        The configuration in a plan leaves out blocks that Terraform generates (`dynamic`), as if nobody had set them.
        """
        unknown = self.unknown.get(name)
        if not _holds_true(unknown):
            found = self.after.get(name) or []
            if not isinstance(found, list) or not all(isinstance(each, dict) for each in found):
                raise self.not_known(name)
            return found
        sources = self.around.sources
        if unknown is True and sources is not None and name not in sources.blocks(self.address):
            return []
        raise self.not_known(name)

    def tags(self) -> frozenset[str]:
        """Return the keys of a resource's tags, its provider's included; raises ProofError if they are not known."""
        known: set[str] = set()
        for attribute in ("tags", "tags_all"):
            value, unknown = self.after.get(attribute), self.unknown.get(attribute)
            if value is not None and not isinstance(value, dict):
                raise self.not_known(attribute)
            if unknown is True:
                sources = self.around.sources
                if self.is_set(attribute) or sources is None or sources.default_tags():
                    raise self.not_known(attribute)
                continue
            known |= {*(value or {}), *(unknown if isinstance(unknown, dict) else {})}
        return frozenset(known)

    def reference(self, attribute: str, kind: str, attributes: tuple[str, ...]) -> str | None:
        """Return the address of the resource of a kind that an attribute is exactly one reference to; None for others.

        It must refer to one of the named attributes of it. Without the sources nothing is known.
        """
        sources = self.around.sources
        found = None if sources is None else sources.reference(self.address, attribute)
        if found is None or found.attribute not in attributes or f".{kind}." not in f".{found.address}":
            return None
        return found.address

    def owner(self, kind: str) -> str:
        """Return the name of the role, user or group that this is about; raises ProofError if nobody knows it."""
        return self._name(kind, f"aws_iam_{kind}", ("id", "name"))

    def bucket(self) -> str:
        """Return the name of the bucket that this is about; raises ProofError if nobody knows it."""
        return self._name("bucket", "aws_s3_bucket", ("id", "bucket"))

    def _name(self, attribute: str, kind: str, attributes: tuple[str, ...]) -> str:
        """Return the name of the resource of a kind that an attribute refers to, through others that hand it on."""
        here, wanted = self, attribute
        for _ in range(_HOPS):
            if not here.unknown.get(wanted):
                return here.text(wanted)
            sources = self.around.sources
            found = None if sources is None else sources.reference(here.address, wanted)
            meant = None if found is None else self.around.by_address.get(found.address)
            if found is None or meant is None:
                break
            if meant.type == kind and found.attribute in attributes:
                return meant.text(attributes[-1])
            here, wanted = meant, found.attribute
        raise self.not_known(attribute)

    def about(self, error: ProofError) -> str:
        """Return what an error says of the resource, without its address."""
        return str(error).removeprefix(f"{self.address}: ")

    def not_known(self, what: str) -> ProofError:
        """Return the error that says so."""
        remedy = f": {self.remedy}" if self.remedy else ""
        return ProofError(f"{self.address}: {what} is not known at plan time{remedy}")


def _holds_true(unknown: Any) -> bool:
    """Tell whether anything of an attribute is not known."""
    if isinstance(unknown, dict):
        return any(map(_holds_true, unknown.values()))
    if isinstance(unknown, list):
        return any(map(_holds_true, unknown))
    return bool(unknown)
