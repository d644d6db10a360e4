"""Who calls, and the `Principal` and `NotPrincipal` elements that name callers.

Sources: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_principal.html and
https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_notprincipal.html
"""

from __future__ import annotations

import enum
import re
from dataclasses import dataclass
from typing import Any

from bulkhead_iam.documents import as_list, mapping, text
from bulkhead_iam.errors import PolicyError

_ACCOUNT = re.compile(r"[0-9]{12}", re.ASCII)
_ACCOUNT_ARN = re.compile(r"arn:[a-z-]+:iam::([0-9]{12}):root", re.ASCII)
_NAMED_ARN = re.compile(
    r"arn:[a-z-]+:(?:iam::(?:[0-9]{12}|cloudfront):(?:user|role)/[^*?$]+"
    r"|sts::[0-9]{12}:(?:assumed-role/[^/*?$]+/|federated-user/)[^/*?$]+)",
    re.ASCII,
)
_SERVICE = re.compile(r"[a-z0-9][a-z0-9.-]*\.[a-z0-9-]+", re.ASCII)
_SESSION = re.compile(r"arn:([a-z-]+):sts::([0-9]{12}):assumed-role/([^/]+)/[^/]+", re.ASCII)
_CALLER = re.compile(
    r"arn:[a-z-]+:(?:iam::([0-9]{12}):(?:root|user/.+|role/.+)|sts::([0-9]{12}):federated-user/.+)", re.ASCII
)
_PROVIDER = re.compile(r"arn:[a-z-]+:iam::([0-9]{12}):(?:oidc|saml)-provider/[^*?$]+", re.ASCII)
_PROVIDER_DOMAIN = re.compile(r"[a-z0-9-]+(?:\.[a-z0-9-]+)+", re.ASCII)  # of those that IAM has built in
_KINDS = frozenset(("AWS", "Service", "Federated", "CanonicalUser"))


@dataclass(frozen=True, slots=True)
class Principal:
    """Who calls, as policies can name it.

    `arn` is that of a user, of a role session (arn:aws:sts::ACCOUNT:assumed-role/ROLE/SESSION), of a role, or
    of an account's root user. `role_arn` is the IAM ARN of a session's role, path included. A service
    principal has `service`, such as "lambda.amazonaws.com", and its name as `arn`.

    `provider` is the identity provider who vouched for a federated user, as `Federated` names it: an IAM ARN, or a
    domain such as "accounts.google.com". Somebody who has no session yet, and asks for one with the provider's token,
    has the provider for `arn` as well.
    """

    arn: str
    account: str
    role_arn: str | None = None
    service: str | None = None
    provider: str | None = None

    @classmethod
    def from_arn(cls, arn: str) -> Principal:
        """Derive a principal from an ARN alone; raises ValueError for one that cannot call.

        The ARN of a role session lacks the path of its role: the role is taken to have none. Who knows the
        role's real ARN gives it as `role_arn`. The ARN of an identity provider stands for somebody with its token.
        """
        if (session := _SESSION.fullmatch(arn)) is not None:
            partition, account, role = session.groups()
            return cls(arn, account, role_arn=f"arn:{partition}:iam::{account}:role/{role}")
        if (provider := _PROVIDER.fullmatch(arn)) is not None:
            return cls(arn, provider[1], provider=arn)
        if (caller := _CALLER.fullmatch(arn)) is None:
            raise ValueError(f"{arn!r} is not the ARN of a user, role, session, identity provider or account root")
        account = caller[1] or caller[2]
        return cls(arn, account, role_arn=arn if ":role/" in arn else None)

    @classmethod
    def from_service(cls, name: str) -> Principal:
        """Return the principal of a service, such as "lambda.amazonaws.com"; raises ValueError for other names.

        It belongs to no account.
        """
        if not _SERVICE.fullmatch(name):
            raise ValueError(f"{name!r} is not the name of a service principal")
        return cls(name, account="", service=name)

    @property
    def is_root(self) -> bool:
        """Whether this is the root user of its account."""
        return self.arn.endswith(f":iam::{self.account}:root")

    @property
    def is_web_identity(self) -> bool:
        """Whether this is somebody with a provider's token, and nothing else yet."""
        return self.provider is not None and self.arn == self.provider

    @property
    def has_policies(self) -> bool:
        """Whether policies can be attached to it, as to users and roles; services and web identities have none."""
        return self.service is None and not self.is_web_identity


class Grant(enum.IntEnum):
    """How a statement of a resource-based policy names the caller, which decides what else limits it."""

    NONE = 0
    ACCOUNT = 1  # by its account, which delegates to the identity-based policies there
    ROLE = 2  # by its role: limited by permissions boundary and session policies
    DIRECT = 3  # by user, session, service, token or "*": not limited by implicit denies in the same account


class PrincipalElement:
    """A compiled `Principal` or `NotPrincipal`.

    A canonical user ID names a caller that cannot be compared: it matches nobody in an Allow statement, and anybody in
    a Deny statement. A provider names the sessions that it vouched for, which are limited like those of a named role
    (AWS does not say; this is the narrower reading), and whoever has its token. The latter is named by nothing else in
    an Allow statement, not even by "*": AWS is reported to take {"AWS": "*"} for no leave to use a token.
    """

    __slots__ = ("_accounts", "_arns", "_everybody", "_inverted", "_providers", "_services")

    def __init__(self, value: Any, element: str, *, denies: bool, inverted: bool) -> None:
        """Check and compile; raises PolicyError naming `element`."""
        self._arns: set[str] = set()
        self._accounts: set[str] = set()
        self._services: set[str] = set()
        self._providers: set[str] = set()
        self._everybody = value == "*"
        self._inverted = inverted
        if self._everybody:
            return
        if isinstance(value, str):
            raise PolicyError(element, value, 'is neither "*" nor an object such as {"AWS": …}')
        for kind, names in mapping(value, element).items():
            if kind not in _KINDS:
                raise PolicyError(f"{element}.{kind}", kind, "is not a kind of principal")
            for name in as_list(names):
                self._add(kind, text(name, f"{element}.{kind}"), f"{element}.{kind}")
            if kind == "CanonicalUser" and denies and not inverted:
                self._everybody = True

    def _add(self, kind: str, name: str, element: str) -> None:
        if kind == "AWS" and name == "*":
            self._everybody = True
        elif kind == "AWS" and (account := _ACCOUNT_ARN.fullmatch(name)) is not None:
            self._accounts.add(account[1])
        elif kind == "AWS" and _ACCOUNT.fullmatch(name):
            self._accounts.add(name)
        elif kind == "AWS" and _NAMED_ARN.fullmatch(name):
            self._arns.add(name)
        elif kind == "Service" and _SERVICE.fullmatch(name):
            self._services.add(name)
        elif kind == "Federated" and (_PROVIDER.fullmatch(name) or _PROVIDER_DOMAIN.fullmatch(name)):
            self._providers.add(name)
        elif kind != "CanonicalUser" or not name or any(wildcard in name for wildcard in "*?"):
            raise PolicyError(element, name, "does not name a principal")

    def grant(self, caller: Principal) -> Grant:
        """Return how `Principal` names the caller."""
        if caller.is_web_identity:
            return Grant.DIRECT if caller.provider in self._providers else Grant.NONE
        if self._everybody or caller.arn in self._arns or caller.service in self._services:
            return Grant.ROLE if self._names_role_only(caller) else Grant.DIRECT
        if caller.role_arn in self._arns or caller.provider in self._providers:
            return Grant.ROLE
        return Grant.ACCOUNT if caller.account in self._accounts else Grant.NONE

    def _names_role_only(self, caller: Principal) -> bool:
        """Tell whether the caller is a role itself rather than a session of it, and named as such."""
        return not self._everybody and caller.arn == caller.role_arn

    def denies(self, caller: Principal, *, bounded: bool) -> bool:
        """Tell whether a Deny statement with this element is about the caller.

        A `NotPrincipal` spares a caller only if it lists all that AWS may validate in turn: the account, then
        the role, then the user or session. It "will always deny any IAM principal that has a permissions
        boundary policy attached".
        """
        if not self._inverted:
            return self._everybody or self.grant(caller) is not Grant.NONE
        if not caller.has_policies:
            named = caller.service in self._services or caller.provider in self._providers
            return not self._everybody and not named
        listed = self._everybody or (
            caller.account in self._accounts
            and (caller.is_root or caller.arn in self._arns)
            and (caller.role_arn is None or caller.role_arn in self._arns)
        )
        return bounded or not listed
