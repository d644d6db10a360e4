"""Tags as condition keys: those that a request sets or removes, and those that a resource has.

Condition keys are compared without regard to case, tag keys with: two tags whose keys differ in case only would be one
condition key with two values. No policy can tell them apart, so such requests and resources are refused; also where the
letters are beyond ASCII, of which AWS does not say which ones are the same.

Source: AWS, "Controlling access to AWS resources using tags"
(https://docs.aws.amazon.com/IAM/latest/UserGuide/access_tags.html).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from bulkhead_iam.folding import broad_fold
from bulkhead_localaws.protocol.checks import MalformedRequestError, UnmappableRequestError
from bulkhead_localaws.services.dynamodb.members import known, required_text

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping

    from bulkhead_localaws.protocol.checks import ContextValue

_RESERVED = "aws:"
_MEMBERS = frozenset({"Key", "Value"})


def requested(tags: Mapping[str, str]) -> dict[str, ContextValue]:
    """Return `aws:RequestTag/…` and `aws:TagKeys` of a request that sets these tags; nothing when it sets none.

    Raises:
        MalformedRequestError: a key that no tag may have.
        UnmappableRequestError: keys that differ in case only.
    """
    context: dict[str, ContextValue] = {f"aws:RequestTag/{key}": value for key, value in tags.items()}
    if tags:
        _check_keys(tags)
        if _differ_in_case_only(tags):
            raise UnmappableRequestError("The request has tags whose keys differ in case only")
        context["aws:TagKeys"] = tuple(tags)
    return context


def removed(keys: Iterable[str]) -> dict[str, ContextValue]:
    """Return `aws:TagKeys` of a request that removes the tags of these keys; nothing when there are none.

    Raises:
        MalformedRequestError: a key that no tag of a customer may have.
    """
    unique = tuple(dict.fromkeys(keys))
    _check_keys(unique)
    return {"aws:TagKeys": unique} if unique else {}


def attached(tags: Mapping[str, str], *prefixes: str) -> dict[str, ContextValue]:
    """Return `PREFIX:ResourceTag/…` of a resource that has these tags, for each prefix.

    Raises:
        UnmappableRequestError: keys that differ in case only.
    """
    if _differ_in_case_only(tags):
        raise UnmappableRequestError("The resource has tags whose keys differ in case only")
    return {f"{prefix}:ResourceTag/{key}": value for prefix in prefixes for key, value in tags.items()}


def check_respelled(requested_keys: Iterable[str], existing: Mapping[str, str]) -> None:
    """Refuse to set a tag that the resource has already in another spelling.

    Where tag keys differ without regard to case, as IAM's do, AWS replaces the tag; moto would keep both.

    Raises:
        UnmappableRequestError: a requested key is an existing one in another case.
    """
    spelled = {broad_fold(key): key for key in existing}
    for key in requested_keys:
        if spelled.get(broad_fold(key), key) != key:
            raise UnmappableRequestError("The resource has one of these tags in another spelling")


def unique_tags(entries: Iterable[object]) -> dict[str, str]:
    """Return the tags of a JSON list of objects with `Key` and `Value`.

    Raises:
        MalformedRequestError: an entry is anything else, or a key occurs twice.
        UnmappableRequestError: an entry has a member that is not known.
    """
    tags: dict[str, str] = {}
    for entry in entries:
        tag = known(entry, _MEMBERS, "A tag")
        key = required_text(tag, "Key")
        if key in tags:
            raise MalformedRequestError("A tag occurs twice")
        tags[key] = required_text(tag, "Value")
    return tags


def _check_keys(keys: Collection[str]) -> None:
    if "" in keys or any(broad_fold(key).startswith(_RESERVED) for key in keys):
        raise MalformedRequestError(f"A tag's key is neither empty nor begins with {_RESERVED}")


def _differ_in_case_only(keys: Collection[str]) -> bool:
    return len(set(map(broad_fold, keys))) != len(keys)
