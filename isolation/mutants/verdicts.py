"""What is to be thought of a mutant, after it was attacked with its control off and with every control on."""

from __future__ import annotations

from dataclasses import dataclass
from http import HTTPStatus
from typing import TYPE_CHECKING, Any

from chalicelib.errors import HandleClosedError, InvalidTokenError, TenantAccessDeniedError
from chalicelib.vending.aws_requests import HEADER
from isolation.attack.controls import of_decision
from isolation.mutants.model import Control, Judged, Kind, Refuser, Verdict

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from isolation.mutants.attacker import Tried
    from isolation.mutants.model import Mutant
    from stage.http_api import Answer

_MISSES = {HTTPStatus.OK, HTTPStatus.CREATED, HTTPStatus.NO_CONTENT, HTTPStatus.NOT_FOUND}


@dataclass(frozen=True, slots=True)
class Refusal:
    """Who refused, and in which words."""

    refuser: Refuser
    words: str


def refusal_of(answer: Answer, decisions: Iterable[Mapping[str, Any]], control: Control) -> Refusal | None:
    """Return what refused an attack that leaks when the control is off; None when nothing did.

    Row-level security says nothing of the rows that it hides: what leaks without it, and not with it, is its refusal.

    Args:
        answer: to the attack, with every control on.
        decisions: of IAM, those about the answer's calls among them.
        control: the only one that was off when it leaked.
    """
    code = answer.body.get("Code") if isinstance(answer.body, dict) else ""
    if code == HandleClosedError.__name__:
        return Refusal(Refuser.CODE, "the handle: what was opened for one request does nothing in another")
    if code == InvalidTokenError.__name__:
        return Refusal(Refuser.CODE, "the API: the session is not of the tenant that the authorizer has verified")
    if control is Control.TAGS and answer.status == HTTPStatus.UNAUTHORIZED:
        return Refusal(Refuser.CODE, "the authorizer: the token's tags are not its user's attributes")
    ids = answer.headers.get(HEADER.lower(), "").split(",")
    refused = [each for each in decisions if each["request_id"] in ids and each["decision"] != "Allowed"]
    if refused:
        return Refusal(Refuser.IAM, of_decision(refused[-1]).words)
    if code == TenantAccessDeniedError.__name__:
        return Refusal(Refuser.POSTGRES, "row-level security: WITH CHECK")
    if control is Control.ROW_SECURITY and answer.status in _MISSES:
        return Refusal(Refuser.POSTGRES, "row-level security: USING")
    return None


def judge(
    mutant: Mutant, without: Sequence[Tried], within: Sequence[Tried], decisions: Sequence[Mapping[str, Any]]
) -> Judged:
    """Return the verdict.

    Args:
        mutant: the mutant.
        without: what came of its attacks when its control was off; of one that is open nobody tries that.
        within: what came of the same attacks, in the same order, with every control on.
        decisions: of IAM, those about the latter among them.
    """
    leaked = [f"{each}: {each.leak}" for each in within if each.leak]
    if mutant.open_until:
        return (
            Judged(mutant, Verdict.OPEN, reason=mutant.open_until)
            if leaked
            else Judged(mutant, Verdict.OPEN_GONE, reason="it leaks nothing any more: say so, and expect its control")
        )
    if leaked:
        return Judged(mutant, Verdict.LEAKED, reason="; ".join(leaked))
    if not any(each.leak for each in without):
        answers = ", ".join(f"{each} {each.answer.status} {each.answer.text[:100]}" for each in without)
        return Judged(mutant, Verdict.NO_MUTANT, reason=f"it leaks nothing with the control off: {answers}")
    found: dict[str, Refuser] = {}
    for each in (now for before, now in zip(without, within, strict=True) if before.leak):
        refusal = refusal_of(each.answer, decisions, mutant.control)
        if refusal is None:
            said = f"{each}: {each.answer.status} {each.answer.text[:200]}"
            failed = each.answer.status >= HTTPStatus.INTERNAL_SERVER_ERROR
            return Judged(mutant, Verdict.BROKEN if failed else Verdict.NO_MUTANT, reason=f"nothing refused it: {said}")
        found[refusal.words] = refusal.refuser
    by = "; ".join(found)
    others = [words for words, refuser in found.items() if refuser is not mutant.control.refuser]
    if others:
        return Judged(mutant, Verdict.OTHER_CONTROL, by, f"expected {mutant.control}, and it was {'; '.join(others)}")
    return Judged(mutant, Verdict.REFUSED, by)


def is_expected(judged: Judged, *, by_token: bool) -> bool:
    """Return whether a verdict leaves the evidence green.

    Where the function's own role names the tenant to STS, code can name another one: that is known of those strategies.
    """
    bad = {Verdict.LEAKED, Verdict.OTHER_CONTROL}  # code may refuse what IAM lets through
    known = not by_token and judged.mutant.kind is Kind.VENDING and judged.verdict in bad
    return judged.verdict.is_good or known
