"""Pre-token triggers: which function a pool names, the event that it gets, and what its answer changes.

Source: Amazon Cognito Developer Guide, "Pre token generation Lambda trigger" and "Customizing user pool workflows with
Lambda triggers"; the messages of errors are those that AWS sends.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from bulkhead_localaws.protocol.checks import MalformedRequestError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

AUTHENTICATION = "TokenGeneration_Authentication"
NEW_PASSWORD = "TokenGeneration_NewPasswordChallenge"  # noqa: S105 -- the name of an occasion
REFRESH = "TokenGeneration_RefreshTokens"
PRE_TOKEN = frozenset({"PreTokenGeneration", "PreTokenGenerationConfig"})
"""The members of LambdaConfig that name a pre-token trigger."""

_VERSIONS = {"V1_0": "1", "V2_0": "2", "V3_0": "3"}
_CODE = "InvalidParameterException"
_FLAT = frozenset({"address", "email_verified", "phone_number_verified", "updated_at"})
"""Claims that take no object: "you can populate complex objects to the values of claims except for" these."""


class TriggerError(Exception):
    """A trigger failed, so nobody is signed in; `code` is the error code of Cognito."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code


@dataclass(frozen=True, slots=True)
class Trigger:
    """The function that a pool runs before it issues tokens; version is V1_0, V2_0 or V3_0."""

    arn: str
    version: str


def trigger_of(lambda_config: Any) -> Trigger | None:
    """Return the pre-token trigger of a pool's LambdaConfig.

    Raises:
        MalformedRequestError: it cannot be read, or names two functions.
    """
    config = {} if lambda_config is None else lambda_config
    if not isinstance(config, dict):
        raise MalformedRequestError("LambdaConfig is not an object", code=_CODE)
    plain, versioned = config.get("PreTokenGeneration"), config.get("PreTokenGenerationConfig")
    if versioned is None:
        if plain is None:
            return None
        versioned = {"LambdaArn": plain, "LambdaVersion": "V1_0"}
    if not isinstance(versioned, dict):
        raise MalformedRequestError("PreTokenGenerationConfig is not an object", code=_CODE)
    arn, version = versioned.get("LambdaArn"), versioned.get("LambdaVersion")
    if not isinstance(arn, str) or not arn or version not in _VERSIONS:
        raise MalformedRequestError("PreTokenGenerationConfig needs a LambdaArn and a LambdaVersion", code=_CODE)
    if plain not in {None, arn}:
        raise MalformedRequestError("PreTokenGeneration and PreTokenGenerationConfig name two functions", code=_CODE)
    return Trigger(arn, version)


def check_triggers(structure: Mapping[str, Any]) -> None:
    """Refuse a pool, as it is created or updated, whose pre-token trigger Cognito would refuse.

    Raises:
        MalformedRequestError: it would.
    """
    trigger = trigger_of(structure.get("LambdaConfig"))
    if trigger is not None and trigger.version != "V1_0" and structure.get("UserPoolTier") == "LITE":
        message = f"A pre token generation trigger of version {trigger.version} needs the tier ESSENTIALS or PLUS"
        raise MalformedRequestError(message, code="FeatureUnavailableInTierException")


@dataclass(frozen=True, slots=True)
class SigningIn:
    """Who signs in where, and why tokens are issued; `client_metadata` is None where Cognito passes none on."""

    region: str
    pool_id: str
    user_name: str
    client_id: str
    source: str
    attributes: Mapping[str, str]
    groups: Mapping[str, Any]
    scopes: Sequence[str]
    client_metadata: Mapping[str, str] | None


def event_of(signing_in: SigningIn, trigger: Trigger) -> dict[str, Any]:
    """Return the event of a trigger's function."""
    is_first = trigger.version == "V1_0"
    request: dict[str, Any] = {
        "userAttributes": dict(signing_in.attributes),
        "groupConfiguration": dict(signing_in.groups),
    }
    if not is_first:
        request["scopes"] = list(signing_in.scopes)
    if signing_in.client_metadata is not None:
        request["clientMetadata"] = dict(signing_in.client_metadata)
    return {
        "version": _VERSIONS[trigger.version],
        "triggerSource": signing_in.source,
        "region": signing_in.region,
        "userPoolId": signing_in.pool_id,
        "userName": signing_in.user_name,
        "callerContext": {"awsSdkVersion": "aws-sdk-unknown-unknown", "clientId": signing_in.client_id},
        "request": request,
        "response": {"claimsOverrideDetails" if is_first else "claimsAndScopeOverrideDetails": None},
    }


@dataclass(frozen=True, slots=True)
class ClaimChanges:
    """Claims of one token that are set and dropped, and scopes likewise."""

    added: Mapping[str, Any] = field(default_factory=dict)
    suppressed: frozenset[str] = frozenset()
    scopes_added: tuple[str, ...] = ()
    scopes_suppressed: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Changes:
    """What a trigger makes of the tokens; `groups` replace the user's, None leaves them."""

    id: ClaimChanges = ClaimChanges()
    access: ClaimChanges = ClaimChanges()
    groups: Mapping[str, Any] | None = None


def changes_of(answer: Any, trigger: Trigger) -> Changes:
    """Return what a function's answer changes.

    Raises:
        TriggerError: it is not what Cognito understands.
    """
    is_first = trigger.version == "V1_0"
    response = _object(_object(answer).get("response"))
    details = response.get("claimsOverrideDetails" if is_first else "claimsAndScopeOverrideDetails")
    if details is None:
        return Changes()
    details = _object(details)
    groups = _groups(details["groupOverrideDetails"]) if "groupOverrideDetails" in details else None
    if is_first:
        return Changes(_claims(details, strings=True), groups=groups)
    id_token = _object({} if details.get("idTokenGeneration") is None else details["idTokenGeneration"])
    access = _object({} if details.get("accessTokenGeneration") is None else details["accessTokenGeneration"])
    changes = Changes(_claims(id_token), _claims(access), groups)
    if any(isinstance(value, dict | list) for name, value in changes.id.added.items() if name in _FLAT):
        raise _unrecognizable()
    return changes


def _claims(given: dict[str, Any], *, strings: bool = False) -> ClaimChanges:
    added = _object({} if given.get("claimsToAddOrOverride") is None else given["claimsToAddOrOverride"])
    if any(value is None or (strings and not isinstance(value, str)) for value in added.values()):
        raise _unrecognizable()
    return ClaimChanges(
        added,
        frozenset(_strings(given.get("claimsToSuppress"))),
        tuple(_strings(given.get("scopesToAdd"))),
        frozenset(_strings(given.get("scopesToSuppress"))),
    )


def _groups(given: Any) -> Mapping[str, Any]:
    """Return the groups that replace the user's: "if you provide an empty or null object, Cognito suppresses them"."""
    groups = _object({} if given is None else given)
    preferred = groups.get("preferredRole")
    if not isinstance(preferred, str | None):
        raise _unrecognizable()
    return {
        "groupsToOverride": _strings(groups.get("groupsToOverride")),
        "iamRolesToOverride": _strings(groups.get("iamRolesToOverride")),
        "preferredRole": preferred,
    }


def _object(value: Any) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise _unrecognizable()
    return value


def _strings(value: Any) -> list[str]:
    given = [] if value is None else value
    if not isinstance(given, list) or not all(isinstance(each, str) for each in given):
        raise _unrecognizable()
    return given


def _unrecognizable() -> TriggerError:
    return TriggerError("InvalidLambdaResponseException", "Unrecognizable lambda output")
