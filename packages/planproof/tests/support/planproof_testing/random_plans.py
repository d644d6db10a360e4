"""Random plans of one tenant role, its opener and a table: the sound plan of the fixtures with other policies.

Of some, the role's sessions are opened by tokens of a user pool.
"""

from __future__ import annotations

import copy
import json
import re
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from bulkhead_iam import Policy, PolicyKind, PolicySet, Principal, Request, evaluate
from planproof_testing import vocabulary as words
from planproof_testing.random_policies import PolicyMaker
from planproof_testing.random_trusts import opened, statements
from planproof_testing.web_identities import web_identity

if TYPE_CHECKING:
    from bulkhead_iam import ContextValue
    from planproof_testing.dice import Dice
    from planproof_testing.random_policies import Document

_TAG_VALUE = re.compile(r"[\w .:/=+@-]{0,256}")
#: Of ids of tenants; a trust policy may let in others.
GRAMMAR = "[a-z0-9](?:[a-z0-9-]{0,30}[a-z0-9])?"
_ROLE_ARN = f"arn:aws:iam::{words.ACCOUNT}:role/app-TenantRole"
_OPENER = Principal.from_arn(f"arn:aws:sts::{words.ACCOUNT}:assumed-role/app-LambdaRole/f")
_TAG = "aws:RequestTag/tenant"
_SOUND: Document = json.loads((Path(__file__).parents[2] / "plans" / "sound.json").read_text(encoding="utf-8"))
_SOUND_TRUST = {"StringLike": {_TAG: "?*"}, "ForAllValues:StringEquals": {"aws:TagKeys": ["tenant"]}}
#: Under which conditions sessions are opened.
_TRUSTS: tuple[Document, ...] = (
    *(_SOUND_TRUST,) * 6,
    {"StringEquals": {_TAG: ["acme", "acme-eu"]}},
    {"StringEquals": {_TAG: ["acme", "ACME"]}},
    {"StringEquals": {_TAG: ["acme", "b", ""]}},
    {"StringEquals": {_TAG: "acme"}},
    {"StringLike": {_TAG: "a*"}},
    {"StringLike": {_TAG: "*"}},
    {"StringLike": {_TAG: "?*"}, "StringNotLike": {_TAG: ["*/*", "*:*", "-*", "*-"]}},
    {"StringLikeIfExists": {_TAG: "?*"}},
    {"ForAnyValue:StringLike": {_TAG: "?*"}},
    {"Null": {_TAG: "false"}},
    {"StringNotEquals": {_TAG: "b"}},
)
#: How keys begin, and what follows the tenant in them.
_FORMS = (*(("", "#"),) * 7, ("TENANT#", "#"), ("TENANT#", "#"), ("", "-"), ("", "/"))


@dataclass(frozen=True, slots=True)
class RandomPlan:
    """A plan as Terraform shows it, what the policies in it are to the evaluator, and how keys name their tenant."""

    source: Document
    documents: tuple[Document, ...]
    attached: PolicySet
    opening: PolicySet
    trust: Document
    prefix: str
    delimiter: str

    def opens(self, tag: str | None) -> bool:
        """Tell whether the evaluator lets the opener, or a token, open a session with this tag, None for without."""
        if not _TAG_VALUE.fullmatch(tag or ""):
            return False  # STS takes no such tag, whatever the trust policy says
        context: dict[str, ContextValue] = {} if tag is None else {_TAG: tag, "aws:TagKeys": ("tenant",)}
        if any(opened(self.trust, context)):
            return True
        actions = ("sts:AssumeRole",) if tag is None else ("sts:AssumeRole", "sts:TagSession")
        return all(evaluate(Request(_OPENER, action, _ROLE_ARN, context), self.opening).allowed for action in actions)

    def __str__(self) -> str:
        """Return what differs from the sound plan, as JSON."""
        trust = _change(self.source, "aws_iam_role.tenant")["assume_role_policy"]
        form = f"keys {self.prefix!r} tenant {self.delimiter!r}"
        return "\n".join([form, json.dumps(json.loads(trust)["Statement"]), *map(json.dumps, self.documents)])


def make_plan(dice: Dice) -> RandomPlan:
    """Return a plan whose tenant role has a policy or two, and at times another trust policy or form of keys."""
    maker = PolicyMaker(dice)
    prefix, delimiter = dice.one(_FORMS)
    pattern = words.SOUND_PATTERN.replace("#*", f"{delimiter}*")
    texts = [
        json.dumps(maker.document(most=2, wild=0.12)).replace(words.SOUND_PATTERN, prefix + pattern)
        for _ in range(1 + dice.chance(0.25))
    ]
    by_token, conditions = dice.chance(0.3), dice.one(_TRUSTS)
    source = web_identity() if by_token else copy.deepcopy(_SOUND)
    role = _change(source, "aws_iam_role.tenant")
    trust: Document = json.loads(role["assume_role_policy"])
    if by_token:
        trust["Statement"] = statements(dice, conditions)
    else:
        trust["Statement"][0]["Condition"] = conditions
    role["assume_role_policy"] = json.dumps(trust)
    _change(source, "aws_iam_role_policy.tenant")["policy"] = texts[0]
    for text in texts[1:]:
        _attach(source, text)
    opener = Policy.parse(_change(source, "aws_iam_role_policy.lambda")["policy"])
    trusting = Policy.parse(trust, kind=PolicyKind.TRUST)
    return RandomPlan(
        source,
        tuple(json.loads(each) for each in texts),
        PolicySet(tuple(Policy.parse(each) for each in texts)),
        PolicySet((opener,), resource=trusting, resource_account=words.ACCOUNT),
        trust,
        prefix,
        delimiter,
    )


def _change(source: Document, address: str) -> Document:
    (found,) = (each for each in source["resource_changes"] if each["address"] == address)
    after: Document = found["change"]["after"]
    return after


def _attach(source: Document, policy: str) -> None:
    for resources in (source["resource_changes"], source["configuration"]["root_module"]["resources"]):
        (like,) = (each for each in resources if each["address"] == "aws_iam_role_policy.tenant")
        resources.append({**copy.deepcopy(like), "address": "aws_iam_role_policy.more", "name": "more"})
    _change(source, "aws_iam_role_policy.more").update(name="More", policy=policy)
