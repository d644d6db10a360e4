"""Whom the account knows: what the gate asks of the emulator's IAM."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from bulkhead_localaws.gate.authentication import KeyStore

if TYPE_CHECKING:
    from bulkhead_localaws.gate.callers import Caller, OidcProvider, Role


class Directory(KeyStore, Protocol):
    """The users, roles, keys, identity providers and managed policies of one account, as they are now."""

    def caller(self, owner: object) -> Caller:
        """Return who a key's owner is now, with the policies that now apply.

        Raises:
            SessionEndedError: the user or role is gone.
            PolicyError: a policy that applies cannot be understood, so that nothing can be decided.
        """

    def role(self, name: str) -> Role | None:
        """Return the role of that name, with its trust policy."""

    def oidc_provider(self, issuer: str) -> OidcProvider | None:
        """Return the OpenID Connect provider of that issuer's URL."""

    def managed_policy(self, arn: str) -> str | None:
        """Return the default version of a managed policy's document."""
