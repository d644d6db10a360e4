"""A token vending machine with all that stands around it, but for AWS: a user pool, an STS, and a clock to move."""

from __future__ import annotations

import itertools
import threading
import time
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any, cast

import jwt
from botocore.exceptions import ClientError

from chalicelib.config import SessionPer, Strategy
from chalicelib.errors import InvalidTokenError, SigningKeysUnavailableError, UnknownSigningKeyError
from chalicelib.tenancy.tenant import Role, TenantContext
from chalicelib.tenancy.token_tags import TAGS
from chalicelib.vending.sessions import Sessions
from chalicelib.vending.strategies import SessionTagVending, WebIdentityVending
from tests.unit.user_pool import AUDIENCE, UserPool

if TYPE_CHECKING:
    from mypy_boto3_sts import STSClient

    from chalicelib.vending.sessions import Session

ROLE_ARN = "arn:aws:iam::123456789012:role/TenantRole"
START = datetime.now(UTC).replace(microsecond=0)
#: The pool of the application; one that is somebody else's under the same key id; one that nobody knows here.
POOL, FOREIGN, UNKNOWN = UserPool(), UserPool(), UserPool("key-unknown")
_numbers = itertools.count()


class FakeClock:
    """A clock that stands still until it is moved."""

    def __init__(self) -> None:
        self.now = START

    def __call__(self) -> datetime:
        """Return the time of day."""
        return self.now


def sts_error(code: str) -> ClientError:
    """Return botocore's error for a refusal of STS."""
    return ClientError({"Error": {"Code": code, "Message": f"sts says {code}"}}, "AssumeRole")


class FakeSts:
    """Verifies tokens, and vends credentials that nobody had before and that last as long as they were asked for.

    It knows the keys of the pools in `trusted`, and refuses as told: with `failure` everybody.
    """

    def __init__(self, clock: FakeClock) -> None:
        self.calls: list[dict[str, Any]] = []
        self.trusted = [POOL]
        self.failure: Exception | None = None
        self.lifetime: timedelta | None = None
        self.seconds = 0.0
        self._clock = clock
        self._lock = threading.Lock()

    def assume_role(self, **asked: Any) -> dict[str, Any]:
        """Answer as AssumeRole does."""
        return self._vend(asked, asked["Tags"][0]["Value"])

    def assume_role_with_web_identity(self, **asked: Any) -> dict[str, Any]:
        """Answer as AssumeRoleWithWebIdentity does, by a trust policy that demands tenant and role as session name."""
        claims = self._verified(asked["WebIdentityToken"])
        if claims is None:
            return self._vend(asked, "", sts_error("InvalidIdentityToken"))
        tags = claims[TAGS]["principal_tags"]
        refusal = None
        if claims["exp"] < self._clock().timestamp():
            refusal = sts_error("ExpiredTokenException")
        elif asked["RoleSessionName"] != f"{tags['tenant'][0]}.{tags['role'][0]}":
            refusal = sts_error("AccessDenied")
        return self._vend(asked, tags["tenant"][0], refusal)

    def sessions(self) -> list[str]:
        """Return the session names asked for so far."""
        return [call["RoleSessionName"] for call in self.calls]

    def _verified(self, token: str) -> dict[str, Any] | None:
        for pool in self.trusted:
            try:
                return _decoded(token, pool)
            except jwt.InvalidTokenError:
                pass
        return None

    def _vend(self, asked: dict[str, Any], tenant: str, refusal: Exception | None = None) -> dict[str, Any]:
        with self._lock:
            self.calls.append(asked)
            number = len(self.calls)
        time.sleep(self.seconds)
        lifetime = timedelta(seconds=asked["DurationSeconds"]) if self.lifetime is None else self.lifetime
        if error := self.failure or refusal:
            raise error
        return {
            "Credentials": {
                "AccessKeyId": f"ASIA{tenant}{number}",
                "SecretAccessKey": f"secret-{tenant}-{number}",
                "SessionToken": f"token-{tenant}-{number}",
                "Expiration": self._clock() + lifetime,
            }
        }


class FakeVerifier:
    """Verifies signatures as the token manager does, but for times, by the key of the application's pool."""

    def __init__(self) -> None:
        self.asked: list[str] = []
        self.are_keys_available = True

    def __call__(self, token: str) -> TenantContext:
        """Return whom the token proves to be calling."""
        self.asked.append(token)
        if not self.are_keys_available:
            raise SigningKeysUnavailableError("no keys")
        if jwt.get_unverified_header(token)["kid"] != POOL.kid:
            raise UnknownSigningKeyError("unknown key")
        try:
            return TenantContext.from_claims(_decoded(token, POOL))
        except jwt.InvalidTokenError as error:
            raise InvalidTokenError(str(error)) from error


def _decoded(token: str, pool: UserPool) -> dict[str, Any]:
    if jwt.get_unverified_header(token)["kid"] != pool.kid:
        raise jwt.InvalidTokenError
    of_no_time = {"verify_exp": False, "verify_iat": False, "verify_nbf": False}
    claims: dict[str, Any] = jwt.decode(
        token, jwt.PyJWK.from_dict(pool.jwk()), algorithms=["RS256"], audience=AUDIENCE, options=cast("Any", of_no_time)
    )
    return claims


class VendingMachine:
    """The machine, and its surroundings."""

    def __init__(
        self, strategy: Strategy = Strategy.WEB_IDENTITY, *, per: SessionPer = SessionPer.TENANT, capacity: int = 512
    ) -> None:
        self.clock = FakeClock()
        self.sts = FakeSts(self.clock)
        self.verifier = FakeVerifier()
        vending = WebIdentityVending if strategy is Strategy.WEB_IDENTITY else SessionTagVending
        self.sessions = Sessions(
            vending(lambda: cast("STSClient", self.sts), ROLE_ARN),
            self.verifier,
            per=per,
            capacity=capacity,
            now=self.clock,
        )

    def token(
        self,
        tenant: str = "acme",
        role: Role = Role.MEMBER,
        user: str = "user-1",
        *,
        pool: UserPool = POOL,
        lives: timedelta = timedelta(days=1),
        **claims: Any,
    ) -> str:
        """Return a new token that is issued now; no two are alike."""
        issued_at = int(self.clock.now.timestamp())
        expires_at = issued_at + int(lives.total_seconds())
        named = {"custom:tenantID": tenant, "custom:role": role.value, "sub": user, "jti": f"{next(_numbers)}"}
        return pool.token({**named, "iat": issued_at, "exp": expires_at, **claims})

    def of(self, tenant: str = "acme", role: Role = Role.MEMBER, user: str = "user-1", **token: Any) -> Session:
        """Return the session of a new token."""
        return self.sessions.of(self.token(tenant, role, user, **token))

    def pass_time(self, **time_passed: float) -> None:
        """Let so much time pass, as timedelta takes it."""
        self.clock.now += timedelta(**time_passed)


def key_of(session: Session) -> str:
    """Return the access key of a session, which names the tenant and the number of STS's answer."""
    assert session.credentials is not None
    return str(session.credentials.access_key)
