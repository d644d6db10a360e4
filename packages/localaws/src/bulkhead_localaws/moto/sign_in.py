"""Public calls of Cognito that moto carries out without the proof that Cognito demands.

They need no signature, so each would let anybody sign in as anybody. Where moto does verify, the call is passed on.
"""

from __future__ import annotations

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
        MalformedRequestError: the body is not a JSON object.
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
    if operation == "RespondToAuthChallenge" and not _answers_own_challenge(parameters):
        raise UnmappableRequestError(
            "RespondToAuthChallenge needs a signature here unless it is NEW_PASSWORD_REQUIRED for the user whose "
            "session it is, because moto takes any other answer"
        )


def _check_credential(parameters: dict[str, Any]) -> None:
    """Refuse what moto takes for proof: an invited user's missing password, a disabled user's refresh token."""
    given = parameters.get("AuthParameters")
    credential = "PASSWORD" if parameters["AuthFlow"] == "USER_PASSWORD_AUTH" else "REFRESH_TOKEN"
    value = given.get(credential) if isinstance(given, dict) else None
    if not isinstance(value, str) or not value:
        raise UnmappableRequestError(f"InitiateAuth needs a signature here without a {credential}")
    if credential == "REFRESH_TOKEN" and not _is_refreshable(value):
        raise MalformedRequestError("Refresh Token has been revoked", code="NotAuthorizedException")


def _is_refreshable(token: str) -> bool:
    for backend in _backends():
        for pool in list(backend.user_pools.values()):
            if (known := pool.refresh_tokens.get(token)) is not None:
                user = pool._get_user(known[1])  # noqa: SLF001 -- by name or alias, as moto itself does
                return user is not None and user.enabled is True
    return False


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
