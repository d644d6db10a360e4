"""Runs the pre-token trigger of a pool of moto, once for all tokens of one sign-in."""

from __future__ import annotations

import uuid
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from moto.core.exceptions import JsonRESTError

from bulkhead_localaws.functions.process import FunctionError, FunctionTimeoutError
from bulkhead_localaws.functions.registry import Functions, UnknownFunctionError
from bulkhead_localaws.services.cognito_idp.claims import SCOPES
from bulkhead_localaws.services.cognito_idp.triggers import (
    AUTHENTICATION,
    Changes,
    SigningIn,
    Trigger,
    TriggerError,
    changes_of,
    event_of,
    trigger_of,
)

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

_NO_FUNCTIONS = Functions({}, account="")
_functions: ContextVar[Functions] = ContextVar("functions", default=_NO_FUNCTIONS)


@dataclass
class Occasion:
    """Why tokens are issued; the trigger runs once for all of them."""

    source: str = AUTHENTICATION
    client_metadata: Mapping[str, str] | None = None
    event_id: str = field(default_factory=lambda: str(uuid.uuid4()))
    changes: Changes | None = None


_occasion: ContextVar[Occasion | None] = ContextVar("occasion", default=None)


@contextmanager
def functions_of(functions: Functions) -> Iterator[None]:
    """Let triggers find these functions."""
    token = _functions.set(functions)
    try:
        yield
    finally:
        _functions.reset(token)


@contextmanager
def occasion(source: str, client_metadata: Mapping[str, str] | None) -> Iterator[None]:
    """Say why the tokens that are issued in here are."""
    token = _occasion.set(Occasion(source, client_metadata))
    try:
        yield
    finally:
        _occasion.reset(token)


def current_occasion() -> Occasion:
    """Return why tokens are issued now."""
    found = _occasion.get()
    return Occasion() if found is None else found


def groups_of(user: Any) -> dict[str, Any]:
    """Return a user's groups as a trigger is told them, the most preferred one first."""
    groups = sorted(user.groups, key=lambda each: (each.precedence is None, each.precedence or 0, each.group_name))
    roles = [each.role_arn for each in groups if each.role_arn]
    return {
        "groupsToOverride": [each.group_name for each in groups],
        "iamRolesToOverride": roles,
        "preferredRole": roles[0] if roles else None,
    }


def changes_for(pool: Any, client_id: str, user: Any) -> Changes:
    """Return what the pool's trigger changes; it runs at most once for each occasion."""
    now = current_occasion()
    if now.changes is None:
        trigger = trigger_of(pool.extended_config.get("LambdaConfig"))
        now.changes = Changes() if trigger is None else _run(trigger, _signing_in(pool, client_id, user, now))
    return now.changes


def _signing_in(pool: Any, client_id: str, user: Any, now: Occasion) -> SigningIn:
    status = getattr(user.status, "value", user.status)
    return SigningIn(
        region=pool.region,
        pool_id=pool.id,
        user_name=user.username,
        client_id=client_id,
        source=now.source,
        attributes={**user.attribute_lookup, "sub": user.id, "cognito:user_status": status},
        groups=groups_of(user),
        scopes=SCOPES,
        client_metadata=now.client_metadata,
    )


def _run(trigger: Trigger, signing_in: SigningIn) -> Changes:
    """Run a trigger; whoever signs in gets its tokens with what it changes, or none.

    Raises:
        JsonRESTError: it failed, in Cognito's words.
    """
    name = "PreTokenGeneration"
    try:
        return changes_of(_functions.get().invoke(trigger.arn, event_of(signing_in, trigger)), trigger)
    except TriggerError as error:
        raise JsonRESTError(error.code, str(error)) from error
    except FunctionError as error:
        raise JsonRESTError("UserLambdaValidationException", f"{name} failed with error {error}.") from error
    except FunctionTimeoutError as error:
        message = f"{name} invocation failed due to error Socket timeout while invoking Lambda function."
        raise JsonRESTError("UnexpectedLambdaException", message) from error
    except UnknownFunctionError as error:
        message = (
            f"{name} invocation failed due to error ResourceNotFoundException: this local AWS was started without "
            f"--function for {error}"
        )
        raise JsonRESTError("UnexpectedLambdaException", message) from error
