"""Public calls of Cognito that moto carries out without the proof that Cognito demands.

They need no signature, so each would let anybody sign in as anybody. Where moto does verify, the call is passed on.
"""

from __future__ import annotations

import base64
import time
from typing import TYPE_CHECKING, Any

from moto.cognitoidp.models import cognitoidp_backends

from bulkhead_localaws.gate.calling import read_json
from bulkhead_localaws.protocol.checks import MalformedRequestError, UnmappableRequestError

if TYPE_CHECKING:
    from collections.abc import Iterator

_UNVERIFIED = {
    "ConfirmForgotPassword": "takes any confirmation code",
    "ConfirmSignUp": "takes any confirmation code",
    "DeleteUserAttributes": "lets users delete attributes that their client may not write",
    "SignUp": "signs up whoever asks, with any attributes",
    "UpdateUserAttributes": "lets users write attributes that their client may not write",
    "VerifySoftwareToken": "takes any code",
}
_VERIFIED_FLOWS = frozenset({"USER_PASSWORD_AUTH", "REFRESH_TOKEN", "REFRESH_TOKEN_AUTH"})


def refuse_unverified(operation: str, body: bytes) -> None:
    """Refuse a public call of which moto does not verify that the caller may make it.

    Raises:
        UnmappableRequestError: it is such a call.
        MalformedRequestError: the body is not a JSON object, or its access token is not valid any more.
    """
    parameters = read_json(body)
    if operation in _UNVERIFIED:
        raise UnmappableRequestError(f"{operation} needs a signature here, because moto {_UNVERIFIED[operation]}")
    flow = parameters.get("AuthFlow")
    if operation == "InitiateAuth" and not (isinstance(flow, str) and flow in _VERIFIED_FLOWS):
        raise UnmappableRequestError(
            f"This AuthFlow needs a signature here, because moto takes any answer to its challenge; it verifies "
            f"{', '.join(sorted(_VERIFIED_FLOWS))}"
        )
    if operation == "InitiateAuth":
        _check_credential(parameters)
    if "AccessToken" in parameters:
        _check_access_token(parameters["AccessToken"])
    if operation == "RespondToAuthChallenge" and not _answers_own_challenge(parameters):
        raise UnmappableRequestError(
            "RespondToAuthChallenge needs a signature here unless it is NEW_PASSWORD_REQUIRED for the user whose "
            "session it is, because moto takes any other answer"
        )


def _check_credential(parameters: dict[str, Any]) -> None:
    """Refuse what moto takes for proof: an invited user's missing password."""
    given = parameters.get("AuthParameters")
    credential = "PASSWORD" if parameters["AuthFlow"] == "USER_PASSWORD_AUTH" else "REFRESH_TOKEN"
    value = given.get(credential) if isinstance(given, dict) else None
    if not isinstance(value, str) or not value:
        raise UnmappableRequestError(f"InitiateAuth needs a signature here without a {credential}")


def _check_access_token(token: Any) -> None:
    """Refuse an access token that has expired, or whose user or client is gone, or the user disabled."""
    for backend in _backends():
        for pool in list(backend.user_pools.values()):
            if isinstance(token, str) and (known := pool.access_tokens.get(token)) is not None:
                claims = read_json(base64.urlsafe_b64decode(token.split(".")[1] + "==="))
                if claims["exp"] <= time.time():
                    raise MalformedRequestError("Access Token has expired", code="NotAuthorizedException")
                user = pool._get_user(known[1])  # noqa: SLF001 -- by name or alias, as moto itself does
                if known[0] not in pool.clients or user is None or user.id != claims["sub"] or user.enabled is not True:
                    raise MalformedRequestError("Access Token has been revoked", code="NotAuthorizedException")


def _answers_own_challenge(parameters: dict[str, Any]) -> bool:
    responses, session = parameters.get("ChallengeResponses"), parameters.get("Session")
    if parameters.get("ChallengeName") != "NEW_PASSWORD_REQUIRED" or not isinstance(responses, dict):
        return False
    answered_for = responses.get("USERNAME")
    if not isinstance(session, str) or not isinstance(answered_for, str):
        return False
    for backend in _backends():
        if session in backend.sessions:
            name, pool = backend.sessions[session]
            user = pool._get_user(name)  # noqa: SLF001 -- by name or alias, as moto itself does
            invited = user is not None and user.status == "FORCE_CHANGE_PASSWORD"
            return invited and pool._get_user(answered_for) is user  # noqa: SLF001
    return False


def _backends() -> Iterator[Any]:
    for account in list(cognitoidp_backends.values()):
        yield from list(account.values())
