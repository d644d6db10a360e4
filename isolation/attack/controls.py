"""The controls that refuse attacks, and how each is recognised in what a service answered.

On the local stack the decision record says which statement's which condition was not met. AWS says less: the form of
its message tells the kind of policy that refused, so that there a control is recognised by that kind only.

Source of the messages: AWS, "Troubleshoot access denied error messages" (https://docs.aws.amazon.com/IAM/latest/
UserGuide/troubleshoot_access-denied.html).
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Any

from bulkhead_iam.folding import ascii_lower

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence


class Control(StrEnum):
    """What refuses; the value is how reports name it."""

    LEADING_KEYS_BY_TAG = "TenantRole: LeadingKeys ${aws:PrincipalTag/tenant}#*"
    LEADING_KEYS_BY_SESSION_POLICY = "session policy: LeadingKeys TENANT#*"
    LEADING_KEY_GUARD = "Null guard on LeadingKeys"
    ROLE_TAG = "condition on aws:PrincipalTag/role"
    NOT_GRANTED = "no statement of the role allows it"
    NOT_GRANTED_BY_SESSION_POLICY = "no statement of the session policy allows it"
    NEVER_SCAN = "explicit deny NeverScan"
    NEVER_SCAN_OTHER_TABLES = "explicit deny NeverScanOtherTables"
    NEVER_PARTIQL = "explicit deny NeverPartiQL"
    NEVER_OPEN_OTHER_SESSIONS = "explicit deny NeverOpenOtherSessions"
    DATA_ENDPOINT = "explicit deny NeverThroughOtherEndpoints"
    NO_ASSUME = "no statement lets the role assume another"
    TRUST_TENANT_TAG = "trust policy: tag tenant is required"
    TRUST_TENANT_GRAMMAR = "trust policy: tag tenant is outside the grammar"
    TRUST_ROLE_TAG = "trust policy: tag role is a known role"
    TRUST_TAG_KEYS = "trust policy: no tags but tenant and role"
    TRUST_PRINCIPAL = "trust policy: the caller is not trusted"
    TRUST_AUDIENCE = "trust policy: the token is for the user pool's own client"
    TRUST_SESSION_NAME = "trust policy: the session is called as its tags tenant and role"
    TRUST_ENDPOINT = "trust policy: through the stage's own endpoint of STS"
    TRUST_TRANSITIVE_TAGS = "trust policy: no transitive tags"
    STS_PARAMETERS = "STS itself: no such tags or parameters"
    STS_TOKEN = "STS itself: signature, issuer, client, times or tags of the token"  # noqa: S105 -- no password
    KEY_SCHEMA = "DynamoDB itself: no such key or key condition"
    TOKEN = "JWT token manager"  # noqa: S105 -- no password
    AUTHORIZER_POLICY = "authorizer: the role, or an inactive tenant, opens no such route"
    REQUEST_MODEL = "request model: no such field, form or repetition"
    ROUTES = "no such route or method"
    TENANT_FROM_TOKEN = "the tenant comes from the token only"  # noqa: S105 -- as above
    PRECONDITION = "If-Match: not the version seen"
    ROW_POLICY_USING = "row-level security: USING"
    ROW_POLICY_CHECK = "row-level security: WITH CHECK"
    ROW_SECURITY_FORCED = "row-level security cannot be switched off"
    CATALOG = "every table, view, function and login is confined, as the catalog says"
    TRIGGER = "pre-token trigger: tags are the user's attributes (code)"
    HANDLE = "handle: what was opened for one request does nothing in another (code)"
    TRANSACTION_LOCAL = "the setting ends with its transaction"
    NO_FALLBACK = "without a session of the tenant nothing is served"
    DATABASE_PRIVILEGES = "the login's privileges"
    UNKNOWN = "something else"


class Form(StrEnum):
    """The form of AWS's access denied message, or that the service itself refused."""

    IDENTITY = "no identity-based policy allows"
    SESSION = "no session policy allows"
    EXPLICIT = "explicit deny in an identity-based policy"
    TRUST = "not authorized to assume the role"
    SERVICE = "the service's own validation"


FORMS = {
    Control.LEADING_KEYS_BY_TAG: Form.IDENTITY,
    Control.LEADING_KEYS_BY_SESSION_POLICY: Form.SESSION,
    Control.LEADING_KEY_GUARD: Form.IDENTITY,
    Control.ROLE_TAG: Form.IDENTITY,
    Control.NOT_GRANTED: Form.IDENTITY,
    Control.NOT_GRANTED_BY_SESSION_POLICY: Form.SESSION,
    Control.NEVER_SCAN: Form.EXPLICIT,
    Control.NEVER_SCAN_OTHER_TABLES: Form.EXPLICIT,
    Control.NEVER_PARTIQL: Form.EXPLICIT,
    Control.NEVER_OPEN_OTHER_SESSIONS: Form.EXPLICIT,
    Control.DATA_ENDPOINT: Form.EXPLICIT,
    Control.NO_ASSUME: Form.IDENTITY,
    Control.TRUST_TENANT_TAG: Form.TRUST,
    Control.TRUST_TENANT_GRAMMAR: Form.TRUST,
    Control.TRUST_ROLE_TAG: Form.TRUST,
    Control.TRUST_TAG_KEYS: Form.TRUST,
    Control.TRUST_PRINCIPAL: Form.TRUST,
    Control.TRUST_AUDIENCE: Form.TRUST,
    Control.TRUST_SESSION_NAME: Form.TRUST,
    Control.TRUST_ENDPOINT: Form.TRUST,
    Control.TRUST_TRANSITIVE_TAGS: Form.TRUST,
    Control.STS_PARAMETERS: Form.SERVICE,
    Control.STS_TOKEN: Form.SERVICE,
    Control.KEY_SCHEMA: Form.SERVICE,
}

#: Codes of a service's own refusals: IAM had no part in them.
SERVICE_CODES = {
    "ValidationException": Control.KEY_SCHEMA,
    "SerializationException": Control.KEY_SCHEMA,
    "ValidationError": Control.STS_PARAMETERS,
    "InvalidParameterValue": Control.STS_PARAMETERS,
    "MalformedPolicyDocument": Control.STS_PARAMETERS,
    "PackedPolicyTooLarge": Control.STS_PARAMETERS,
    "InvalidIdentityToken": Control.STS_TOKEN,
    "ExpiredTokenException": Control.STS_TOKEN,
    "IDPRejectedClaim": Control.STS_TOKEN,
}
_EXPLICIT = {
    "NeverScan": Control.NEVER_SCAN,
    "NeverScanOtherTables": Control.NEVER_SCAN_OTHER_TABLES,
    "NeverPartiQL": Control.NEVER_PARTIQL,
    "NeverOpenOtherSessions": Control.NEVER_OPEN_OTHER_SESSIONS,
    "NeverThroughOtherEndpoints": Control.DATA_ENDPOINT,
}
_NOTHING_UNMET = {
    "identity": Control.NOT_GRANTED,
    "session": Control.NOT_GRANTED_BY_SESSION_POLICY,
    "trust": Control.TRUST_PRINCIPAL,
}
_UNMET = {
    ("identity", "StringEquals", "aws:principaltag/role"): Control.ROLE_TAG,
    ("identity", "Null", "dynamodb:leadingkeys"): Control.LEADING_KEY_GUARD,
    ("session", "Null", "dynamodb:leadingkeys"): Control.LEADING_KEY_GUARD,
    ("trust", "StringLike", "aws:requesttag/tenant"): Control.TRUST_TENANT_TAG,
    ("trust", "StringNotLike", "aws:requesttag/tenant"): Control.TRUST_TENANT_GRAMMAR,
    ("trust", "StringEquals", "aws:requesttag/role"): Control.TRUST_ROLE_TAG,
    ("trust", "ForAllValues:StringEquals", "aws:tagkeys"): Control.TRUST_TAG_KEYS,
    ("trust", "StringEquals", "aws:sourcevpce"): Control.TRUST_ENDPOINT,
    ("trust", "StringEquals", "sts:rolesessionname"): Control.TRUST_SESSION_NAME,
    ("trust", "Null", "sts:transitivetagkeys"): Control.TRUST_TRANSITIVE_TAGS,
}
#: Of a user pool's tokens, whose issuer is before it.
_AUDIENCE = re.compile(r"cognito-idp\.[a-z0-9-]+\.amazonaws\.com/[a-z0-9_-]+:aud")
_OPENS = "sts:"
_LEADING = {
    "identity": Control.LEADING_KEYS_BY_TAG,
    "session": Control.LEADING_KEYS_BY_SESSION_POLICY,
}
_MESSAGES = (
    (re.compile(r"with an explicit deny in an identity-based policy"), Form.EXPLICIT),
    (re.compile(r"because no identity-based policy allows"), Form.IDENTITY),
    (re.compile(r"because no session policy allows"), Form.SESSION),
    (re.compile(r"is not authorized to perform: sts:|^Not authorized to perform sts:"), Form.TRUST),
)


@dataclass(frozen=True, slots=True)
class Finding:
    """What refused, as far as it can be told: exactly these controls, or the form of the message only."""

    controls: frozenset[Control]
    form: Form | None
    words: str

    def fits(self, expected: frozenset[Control]) -> bool:
        """Return whether exactly the expected controls refused, as far as it can be told."""
        if self.form is None:
            return self.controls == expected
        # One is enough: AWS names one kind of policy where two refuse.
        return self.form in {FORMS.get(control) for control in expected}


def found(*controls: Control, words: str = "") -> Finding:
    """Return the finding that exactly these controls refused."""
    return Finding(frozenset(controls), None, words or " and ".join(sorted(controls)))


def of_decision(decision: Mapping[str, Any]) -> Finding:
    """Return what refused according to a refusal in localaws' decision record."""
    kind, statement, unmet = decision["policy_kind"], decision["statement"], decision["unmet"]
    if decision["decision"] == "ExplicitlyDenied":
        control = _EXPLICIT.get(statement, Control.UNKNOWN) if kind == "identity" else Control.UNKNOWN
        return found(control, words=f"{statement} ({kind} policy, explicit deny)")
    if kind not in _NOTHING_UNMET:
        return found(Control.UNKNOWN, words=decision["message"] or "no policy at all")
    if not unmet:
        refused = _NOTHING_UNMET[kind]
        if refused is Control.NOT_GRANTED and decision["action"].startswith(_OPENS):
            refused = Control.NO_ASSUME
        return found(refused, words=f"no statement of the {kind} policy allows {decision['action']}")
    controls = {_of_unmet(kind, condition, decision["tags"]) for condition in unmet}
    return Finding(frozenset(controls), None, "; ".join(map(_in_words, unmet)))


def _of_unmet(kind: str, condition: Mapping[str, Any], tags: Mapping[str, str]) -> Control:
    key = ascii_lower(condition["key"])
    if (condition["operator"], key) == ("ForAllValues:StringLike", "dynamodb:leadingkeys"):
        # A pattern that is wider than the tenant's own is another control than the one that was asked for.
        own = [f"{tags.get('tenant')}#*"]
        return _LEADING.get(kind, Control.UNKNOWN) if list(condition["wanted"]) == own else Control.UNKNOWN
    if (kind, condition["operator"]) == ("trust", "StringEquals") and _AUDIENCE.fullmatch(key):
        return Control.TRUST_AUDIENCE
    return _UNMET.get((kind, condition["operator"], key), Control.UNKNOWN)


def _in_words(unmet: Mapping[str, Any]) -> str:
    wanted = ", ".join(unmet["wanted"])
    return f"{unmet['statement']}: {unmet['operator']} {unmet['key']} {wanted}"


def of_message(code: str, message: str) -> Finding:
    """Return what refused according to AWS's own words alone."""
    for pattern, form in _MESSAGES:
        if pattern.search(message):
            return Finding(frozenset(), form, form)
    if code in SERVICE_CODES:
        return Finding(frozenset(), Form.SERVICE, f"{code}: {message}")
    return found(Control.UNKNOWN, words=f"{code}: {message}")


def of_decisions(code: str, message: str, decisions: Sequence[Mapping[str, Any]]) -> Finding:
    """Return what refused according to the decisions about one request: the last one, when it is a refusal.

    Without a refusal among them it was the service itself.
    """
    refusals = [decision for decision in decisions if decision["decision"] != "Allowed"]
    if refusals:
        return of_decision(refusals[-1])
    return found(SERVICE_CODES.get(code, Control.UNKNOWN), words=f"{code}: {message}")
