"""Sign-in as Cognito does it, where moto (5.2) is laxer.

Only by flows that the client has, only with the client that began, in any case of letters where the pool says so; and a
client reads only what it may read of its user.
"""

from __future__ import annotations

import functools
import secrets
import string
from typing import TYPE_CHECKING, Any

from moto.cognitoidp import models
from moto.cognitoidp.models import (
    CognitoIdpBackend,
    CognitoIdpUserPool,
    CognitoIdpUserPoolClient,
    cognitoidp_backends,
)
from moto.cognitoidp.responses import CognitoIdpResponse
from moto.core.exceptions import JsonRESTError

from bulkhead_localaws.moto.tokens import attributes_for, check_refresh_token, issue_tokens_as_cognito
from bulkhead_localaws.moto.triggers import occasion
from bulkhead_localaws.protocol.checks import MalformedRequestError
from bulkhead_localaws.services.cognito_idp.clients import check_flow
from bulkhead_localaws.services.cognito_idp.triggers import AUTHENTICATION, NEW_PASSWORD, REFRESH

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

_LETTERS = string.ascii_lowercase + string.digits
_REFRESHING = frozenset({"REFRESH_TOKEN", "REFRESH_TOKEN_AUTH"})
_SET_ONCE = ("AliasAttributes", "UsernameAttributes", "UsernameConfiguration")
"""What CreateUserPool alone sets; moto forgets it when the pool is updated."""

_get_user_exactly = CognitoIdpUserPool._get_user  # noqa: SLF001 -- wrapped below
_update_extended_config = CognitoIdpUserPool.update_extended_config
_sign_out = CognitoIdpUserPool.sign_out
_answer_get_user = CognitoIdpResponse.get_user


@functools.cache
def keep_user_pools_as_cognito() -> None:
    """Let moto do so, in this process."""
    issue_tokens_as_cognito()
    replaced: list[tuple[type, str, Any]] = [
        (CognitoIdpUserPool, "_get_user", _get_user),
        (CognitoIdpUserPool, "update_extended_config", _update_keeping),
        (CognitoIdpUserPool, "sign_out", _sign_out_by_name),
        (CognitoIdpBackend, "update_user_pool_client", _update_client),
        (CognitoIdpResponse, "get_user", _get_readable),
    ]
    for wrapped, names in (
        (_initiating, ("initiate_auth", "admin_initiate_auth")),
        (_responding, ("respond_to_auth_challenge", "admin_respond_to_auth_challenge")),
    ):
        replaced.extend((CognitoIdpResponse, name, wrapped(getattr(CognitoIdpResponse, name))) for name in names)
    for owner, name, method in replaced:
        setattr(owner, name, method)
    models.__dict__["generate_id"] = _as_long_as_cognitos


def _as_long_as_cognitos(_: str | None, owner: str, name: object, *more: object) -> str:
    """Return the id of a new pool of a name, or of a client: policies name them, and IAM limits a policy's length."""
    del owner, more
    return "".join(secrets.choice(_LETTERS) for _ in range(9 if isinstance(name, str) else 26))


def _get_user(pool: Any, username: str) -> Any:
    """Find a user; a pool distinguishes "Ann" and "ann" unless it was created with CaseSensitive false."""
    found = _get_user_exactly(pool, username)
    sensitive = (pool.extended_config.get("UsernameConfiguration") or {}).get("CaseSensitive", True)
    if found is not None or sensitive or not isinstance(username, str):
        return found
    names = pool.extended_config.get("UsernameAttributes") or []
    for user in list(pool.users.values()):
        spelled = [user.username, *(user.attribute_lookup.get(name, "") for name in names)]
        if username.lower() in map(str.lower, spelled):
            return user
    return None


def _update_keeping(pool: Any, extended_config: dict[str, Any]) -> None:
    before = vars(pool).get("extended_config", {})
    kept = {name: before[name] for name in _SET_ONCE if name in before}
    _update_extended_config(pool, {"UserPoolTier": "ESSENTIALS", **(extended_config or {}), **kept})


def _update_client(backend: Any, user_pool_id: str, client_id: str, extended_config: dict[str, Any]) -> Any:
    """Update a client: "if you don't provide a value for an attribute, Amazon Cognito sets it to its default value"."""
    client = backend.describe_user_pool_client(user_pool_id, client_id)
    given = {"ClientName": client.extended_config.get("ClientName"), **extended_config}
    client.extended_config = CognitoIdpUserPoolClient(user_pool_id, client.generate_secret, given).extended_config
    return client


def _sign_out_by_name(pool: Any, username: str) -> None:
    user = pool._get_user(username)  # noqa: SLF001 -- by name or alias, as moto itself does
    _sign_out(pool, username if user is None else user.username)


def _get_readable(self: Any) -> Any:
    answer: Any = _answer_get_user(self)
    token = self._get_param("AccessToken")
    pool = next(each for each in _pools() if token in each.access_tokens)
    client_id, name = pool.access_tokens[token]
    readable = attributes_for(pool, client_id, pool._get_user(name))  # noqa: SLF001 -- by name
    answer.result["UserAttributes"] = [{"Name": name, "Value": value} for name, value in readable.items()]
    return answer


def _initiating(original: Callable[[Any], Any]) -> Callable[[Any], Any]:
    @functools.wraps(original)
    def initiate(self: Any) -> Any:
        client_id, flow = self._get_param("ClientId"), self._get_param("AuthFlow")
        pool, refreshes = _pool_of(client_id), flow in _REFRESHING
        if pool is not None:
            try:
                check_flow(pool.clients[client_id].extended_config, flow)
            except MalformedRequestError as error:
                raise JsonRESTError(error.code, str(error)) from None
            if refreshes:
                check_refresh_token(pool, client_id, (self._get_param("AuthParameters") or {}).get("REFRESH_TOKEN"))
        with occasion(REFRESH if refreshes else AUTHENTICATION, None):  # "doesn't pass ClientMetadata"
            return _bound(original(self), pool, client_id)

    return initiate


def _responding(original: Callable[[Any], Any]) -> Callable[[Any], Any]:
    @functools.wraps(original)
    def respond(self: Any) -> Any:
        client_id, session = self._get_param("ClientId"), self._get_param("Session")
        pool = _pool_of(client_id)
        if pool is not None and _opened(pool).get(session, client_id) != client_id:
            raise JsonRESTError("NotAuthorizedException", "Invalid session for the user.")
        metadata = self._get_param("ClientMetadata")
        if metadata is not None and not (
            isinstance(metadata, dict) and all(isinstance(v, str) for v in metadata.values())
        ):
            raise JsonRESTError("InvalidParameterException", "ClientMetadata is not a map of strings")
        is_new = self._get_param("ChallengeName") == "NEW_PASSWORD_REQUIRED"
        with occasion(NEW_PASSWORD if is_new else AUTHENTICATION, metadata):
            return _bound(original(self), pool, client_id)

    return respond


def _bound(answer: Any, pool: Any, client_id: str) -> Any:
    """Remember for which client a session was opened, and return the answer."""
    if pool is not None and "Session" in (answer.result or {}):
        _opened(pool)[answer.result["Session"]] = client_id
    return answer


def _opened(pool: Any) -> dict[str, str]:
    """Return the clients that opened sessions, by session."""
    found: dict[str, str] = vars(pool).setdefault("client_of_session", {})
    return found


def _pool_of(client_id: str) -> Any:
    return next((each for each in _pools() if client_id in each.clients), None)


def _pools() -> Iterator[Any]:
    for account in list(cognitoidp_backends.values()):
        for backend in list(account.values()):
            yield from list(backend.user_pools.values())
