"""AssumeRoleWithWebIdentity, from the form on the wire to the session it opens.

Its caller signs nothing: the token says who it is, and the role's trust policy alone decides. Condition keys of the
token, also in the session that it opens: AWS, "IAM and AWS STS condition context keys" (https://docs.aws.amazon.com/IAM/
latest/UserGuide/reference_policies_iam-condition-keys.html#condition-keys-wif), `aud`, `sub` and `amr` of the provider.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from bulkhead_iam import Principal
from bulkhead_localaws.gate.callers import Caller
from bulkhead_localaws.gate.identity_tokens import IdentityToken, KeySource, invalid, verified
from bulkhead_localaws.gate.role_form import RoleForm
from bulkhead_localaws.gate.session_request import Inherited, Provenance, SessionRequest
from bulkhead_localaws.gate.token_claims import source_identity_of, tags_of

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from bulkhead_localaws.gate.callers import Role
    from bulkhead_localaws.gate.directory import Directory
    from bulkhead_localaws.gate.sessions import RoleSession
    from bulkhead_localaws.protocol.checks import AuthorizationCheck, ContextValue

ACTION = "sts:AssumeRoleWithWebIdentity"
_TOKEN = re.compile(r"[!-~]{4,20000}")
_NOTHING = Inherited({}, None, is_chained=False)


@dataclass(frozen=True, slots=True)
class WebIdentityRequest:
    """A well-formed call whose token holds."""

    wish: SessionRequest
    token: IdentityToken
    provenance: Provenance

    @classmethod
    def read(
        cls, parameters: Mapping[str, str], directory: Directory, keys: KeySource, now: datetime
    ) -> WebIdentityRequest:
        """Read the form's fields and verify the token.

        Raises:
            MalformedRequestError: AWS would refuse the fields.
            UnmappableRequestError: a parameter that this local AWS does not offer.
            IdentityTokenError: the token opens nothing.
        """
        form = RoleForm(parameters, "AssumeRoleWithWebIdentity", plain=frozenset({"WebIdentityToken", "ProviderId"}))
        role_arn, name, seconds = form.role_arn(), form.session_name(), form.seconds()
        policies = form.policies(directory.managed_policy)
        if form.text("ProviderId") is not None:
            raise invalid("ProviderId is for OAuth 2.0 access tokens; an ID token of OpenID Connect names its issuer")
        token = verified(form.matching("WebIdentityToken", _TOKEN), directory, keys, now)
        tags, transitive = tags_of(token.claims)
        wish = SessionRequest(
            role_arn=role_arn,
            session_name=name,
            seconds=seconds,
            tags=tags,
            transitive=transitive,
            policies=policies,
            source_identity=source_identity_of(token.claims),
            packed_percent=form.packed_percent(tags),
        )
        return cls(wish, token, Provenance(token.provider.arn, _provider_keys(token)))

    def caller(self, account: str) -> Caller:
        """Return who asks: somebody of whom only the provider is known.

        What they are to `aws:PrincipalType` and `aws:userid` is reported of AWS, which documents it for users and
        sessions only.
        """
        provider = self.token.provider.arn
        principal = Principal(provider, account, provider=provider)
        return Caller(principal, kind="User", user_id=provider, user_name=None, tags={}, documents=(), identity=())

    def checks(self, role: Role) -> tuple[AuthorizationCheck, ...]:
        """Return what the role's trust policy must allow."""
        return self.wish.checks(ACTION, role, _NOTHING, own={}, shared=self.provenance.keys)

    def session(self, role: Role, account: str) -> RoleSession:
        """Return the session that opens; see SessionRequest. It may outlive the token."""
        return self.wish.session(role, account, _NOTHING, self.provenance)


def _provider_keys(token: IdentityToken) -> dict[str, ContextValue]:
    prefix = token.issuer.removeprefix("https://")
    keys: dict[str, ContextValue] = {f"{prefix}:aud": token.audience, f"{prefix}:sub": token.subject}
    methods = token.claims.get("amr")
    if methods is not None:
        values = methods if isinstance(methods, list) else [methods]
        if not all(isinstance(value, str) for value in values):
            raise invalid("The claim amr is a list of strings")
        keys[f"{prefix}:amr"] = tuple(values)
    return keys
