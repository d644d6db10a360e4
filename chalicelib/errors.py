"""Every deliberate error and its HTTP status.

Importing this module must stay cheap: the authorizer's cold start pays for it.
"""

from __future__ import annotations

from chalice.app import ChaliceViewError


class AppError(ChaliceViewError):
    """Base of every deliberate error: Chalice renders it with its status, its class name as `Code`, and CORS headers.

    No other header: `Retry-After` and the request id come from one middleware.
    Anything else that escapes a view is a bug and becomes an opaque 500.
    """


class ConfigError(RuntimeError):
    """The environment lacks a setting or holds one that cannot be right; nothing starts with it."""


class InvalidTenantError(ValueError):
    """A value that should be a tenant id or a role is not one."""


class InvalidKeyError(ValueError):
    """A value that should be a partition key does not have the form of one."""


class ControlPlaneError(Exception):
    """Base of what the control plane refuses: the message says why, and nothing was changed."""


class InvalidEventError(ControlPlaneError):
    """The event is not what the function takes; the message names the field."""


class TenantExistsError(ControlPlaneError):
    """The tenant id is taken, or was once."""


class TenantNotFoundError(ControlPlaneError):
    """The registry knows no such tenant."""


class TenantStateError(ControlPlaneError):
    """What was asked does not fit the tenant's status."""


class TenantChangedError(Exception):
    """Somebody else has changed the tenant while this ran: what it did before stays, and it can be run again."""


class PoolUserNotFoundError(ControlPlaneError):
    """The tenant has no such user who can sign in."""


class PoolUserExistsError(ControlPlaneError):
    """The tenant has a user of this email already."""


class InvalidTokenError(AppError):
    """The token does not prove who is calling.

    Its text is the one word that makes API Gateway answer 401 when an authorizer raises it; `reason` is for the log and
    never goes to the caller.

    Source: AWS, "Use API Gateway Lambda authorizers" (https://docs.aws.amazon.com/apigateway/latest/developerguide/
    apigateway-use-lambda-authorizer.html).
    """

    STATUS_CODE = 401

    def __init__(self, reason: str) -> None:
        super().__init__("Unauthorized")
        self.reason = reason


class UnknownSigningKeyError(InvalidTokenError):
    """The token is signed with a key that is not known here."""


class InvalidRequestError(AppError):
    """The caller's request is not one this API understands; the message names the field."""

    STATUS_CODE = 400


class TenantAccessDeniedError(AppError):
    """IAM or PostgreSQL refused what was asked for with the tenant's own credentials."""

    STATUS_CODE = 403


class HandleClosedError(AppError):
    """What was opened for one request is used in another: code has kept it, and it does nothing."""

    STATUS_CODE = 403


class RowNotFoundError(AppError):
    """Base of the entities' errors: the caller's tenant has no such row, whoever else may have one of this id."""

    STATUS_CODE = 404


class PreconditionFailedError(AppError):
    """What the caller wants to change is no longer what the caller has seen."""

    STATUS_CODE = 412


class PreconditionRequiredError(AppError):
    """The change must say which version of the resource it is meant for."""

    STATUS_CODE = 428


class UnavailableError(AppError):
    """Something this request needs cannot be reached in time; the caller may try again."""

    STATUS_CODE = 503


class SigningKeysUnavailableError(UnavailableError):
    """The user pool's signing keys could not be fetched, so no token can be judged."""


class ScopedCredentialsError(UnavailableError):
    """STS would not vend, or could not be reached; never replaced by other credentials."""

    def __init__(self) -> None:
        super().__init__("The credentials for this request cannot be had right now; try again shortly.")


class DatabaseUnavailableError(UnavailableError):
    """The database or its credentials cannot be had in time; nothing was half-written."""


class StoreUnavailableError(UnavailableError):
    """The data store could not be reached or is throttling; nothing was half-written."""
