"""A cell of the HTTP API: how its request is sent, and what an answer says about it."""

from __future__ import annotations

import http.client
import re
from dataclasses import dataclass
from enum import Enum, auto
from typing import TYPE_CHECKING, TypeAlias

from isolation.attack.cells import Cell, Twin
from isolation.attack.controls import Control
from isolation.attack.outcomes import ATTACKER, VICTIM, Kind, Outcome, Service, Who

if TYPE_CHECKING:
    from collections.abc import Callable

    from isolation.attack.api import ApiAccess
    from isolation.attack.world import World
    from stage.http_api import Answer

Request: TypeAlias = "Callable[[ApiAccess], Answer]"
OK = range(200, 300)
_SERVER_ERROR, _NOT_FOUND = 500, 404
_CODES = {
    (401, "UnauthorizedError"): Control.TOKEN,
    (401, "InvalidTokenError"): Control.TOKEN,
    (403, "ForbiddenError"): Control.AUTHORIZER_POLICY,
    (400, "InvalidRequestError"): Control.REQUEST_MODEL,
    (400, "BadRequestError"): Control.REQUEST_MODEL,
    (404, "NotFoundError"): Control.ROUTES,
    (405, "MethodNotAllowedError"): Control.ROUTES,
    (412, "PreconditionFailedError"): Control.PRECONDITION,
    (428, "PreconditionRequiredError"): Control.PRECONDITION,
}
#: Ids, instants, shards (which are of the ids) and the texts that `calls` makes up: from one answer to the next they
#: differ.
_PASSING = re.compile(
    r"[0-9a-fA-F]{8}-(?:[0-9a-fA-F]{4}-){3}[0-9a-fA-F]{12}"
    r"|\d{4}-\d\d-\d\dT[\d:.]+(?:Z|[+-]\d\d:\d\d)?"
    r"|(?<=#)\d{1,4}(?=\")"
    r"|attack-[0-9a-f]{16}"
    r"|\d{10,}"
)
_BY_IAM = (403, "TenantAccessDeniedError")


class NotOwnError(Exception):
    """What the caller has made is not among the caller's own rows."""


class ToldApartError(Exception):
    """The answer depends on which tenant was named, though it was named where nobody should look."""


class Looks(Enum):
    """What tells whether an answer of 200 is good, or what a refusal came from."""

    AT_ITS_TENANT = auto()  # it must not name the victim
    AT_ITS_EFFECT = auto()  # the same, but for a text that the caller has sent and gets back
    FOR_THE_OWN = auto()  # there must be one, with what is the caller's own
    FOR_NO_ROW = auto()  # there must be none: nobody but the victim has such a row
    AT_NOTHING = auto()  # there must be none, whoever's it is
    AT_IAM = auto()  # it must be a refusal by IAM, during this call


@dataclass(frozen=True, slots=True)
class Reading:
    """How the answer to an attack is to be read.

    Args:
        looks: what tells.
        not_found: the codes of a 404 that says that the caller's tenant has no such row.
        unheeded: whether a 400 says as well that no tenant was taken from it: what it was given for has a form.
        me: whether the caller's own is who the caller is, not a row.
    """

    looks: Looks = Looks.AT_ITS_TENANT
    not_found: frozenset[str] = frozenset()
    unheeded: bool = False
    me: bool = False


_PLAIN = Reading()


def outcome_of(answer: Answer, reading: Reading = _PLAIN, request_id: str = "") -> Outcome:
    """Return the outcome of a call: what is answered without the victim's data came from the caller's own."""
    code = (answer.body or {}).get("Code", "") if isinstance(answer.body, dict) else ""
    content = answer.text
    if answer.status in OK:
        return _answered(answer, reading.looks)
    message = f"{answer.status} {content[:200]}"
    if answer.status >= _SERVER_ERROR:
        return Outcome(Kind.FAILED, code, message, content=content)
    if (answer.status, code) == _BY_IAM:
        return Outcome(Kind.REFUSED, code, message, request_id=request_id, content=content)
    control = _CODES.get((answer.status, code), Control.UNKNOWN)
    if answer.status == _NOT_FOUND and code in reading.not_found:
        if reading.looks is Looks.FOR_THE_OWN:
            return Outcome(Kind.FAILED, code, "the caller no longer gets what is the caller's own", content=content)
        control = Control.TENANT_FROM_TOKEN
    if reading.unheeded and control is Control.REQUEST_MODEL:
        control = Control.TENANT_FROM_TOKEN
    return Outcome(Kind.REFUSED, code, message, controls=frozenset({control}), content=content)


def _answered(answer: Answer, looks: Looks) -> Outcome:
    status, content = str(answer.status), answer.text
    named = looks is not Looks.AT_ITS_EFFECT and (f"{VICTIM}#" in content or f'"{VICTIM}"' in content)
    if named or looks in {Looks.AT_NOTHING, Looks.FOR_NO_ROW}:
        return Outcome(Kind.ALLOWED, status, content=content)
    return Outcome(Kind.CONTAINED, controls=frozenset({Control.TENANT_FROM_TOKEN}), content=content)


def is_own(answer: Answer, secret: str, *, me: bool = False) -> bool:
    """Return whether an answer holds what was planted for the caller, or a page of which it may be beyond.

    Who the caller is, is enough only where that is asked.
    """
    if not isinstance(answer.body, dict):
        return False
    if me:
        return bool(answer.body.get("tenant") == ATTACKER)
    return secret in answer.text or bool(answer.body.get("next_cursor"))


def alike(one: Request, other: Request) -> Request:
    """Return the request that sends both, and answers as the first.

    Raises:
        ToldApartError: they are answered differently, but for new ids, instants and what the attack has made up.
    """

    def call(api: ApiAccess) -> Answer:
        first, second = one(api), other(api)
        if first.status >= _SERVER_ERROR or second.status >= _SERVER_ERROR:
            return max(first, second, key=lambda each: each.status)
        if (first.status, _lasting(first.text)) != (second.status, _lasting(second.text)):
            words = f"{first.status} {first.text[:200]}, and not {second.status} {second.text[:200]}"
            raise ToldApartError(f"the answer tells the named tenant from one that is not there: {words}")
        return first

    return call


def _lasting(text: str) -> str:
    """Return what two answers to the same request have in common."""
    return _PASSING.sub("-", text)


def http_cell(  # noqa: PLR0913, PLR0917 -- one row of a table
    attack: str,
    target: str,
    role: str,
    request: Request,
    twin: Twin,
    control: Control,
    *,
    reading: Reading = _PLAIN,
    entity: str = "",
) -> Cell:
    """Return the cell of a request that a user of the attacker's sends."""
    who = Who(ATTACKER, role)
    return Cell(
        service=Service.HTTP,
        attack=attack,
        target=target,
        who=who,
        refused_by=frozenset({control}),
        victims=(VICTIM,),
        act=lambda world: _send(world, request, who, reading),
        twin=twin,
        entity=entity,
    )


def http_twin(name: str, request: Request, *, own: bool = False, me: bool = False) -> Twin:
    """Return the twin that such a request is: it must be answered, with what is the caller's own if that is asked."""

    def act(world: World) -> Outcome:
        assert world.api is not None  # noqa: S101 -- for the types: these cells run on the local stack only
        try:
            answer = request(world.api)
        except (OSError, http.client.HTTPException, ValueError) as error:
            return Outcome(Kind.FAILED, type(error).__name__, str(error))
        good = answer.status in OK and (not own or is_own(answer, world.secrets[ATTACKER], me=me))
        kind = Kind.ALLOWED if good else Kind.REFUSED
        return Outcome(kind, str(answer.status), answer.text[:200])

    return Twin(name, act)


def _send(world: World, request: Request, who: Who, reading: Reading) -> Outcome:
    assert world.api is not None  # noqa: S101 -- as above
    looks = reading.looks
    before = _refusals(world, who) if looks is Looks.AT_IAM else set()
    try:
        answer = request(world.api)
    except (NotOwnError, ToldApartError) as error:
        return Outcome(Kind.ALLOWED, type(error).__name__, str(error))
    except (OSError, http.client.HTTPException, ValueError) as error:
        return Outcome(Kind.FAILED, type(error).__name__, str(error))
    own = is_own(answer, world.secrets[ATTACKER], me=reading.me)
    if answer.status in OK and looks is Looks.FOR_THE_OWN and not own:
        return Outcome(Kind.FAILED, str(answer.status), "the answer is not the caller's own", content=answer.text)
    refused = _refusals(world, who) - before if looks is Looks.AT_IAM else set()
    return outcome_of(answer, reading, next(iter(refused), "none"))


def _refusals(world: World, who: Who) -> set[str]:
    """Return the ids of the requests to AWS that were refused to the caller's sessions."""
    return {
        decision["request_id"]
        for decision in world.decisions() or []
        if decision["decision"] != "Allowed" and decision["principal"].endswith(f"/{who.tenant}.{who.role}")
    }
