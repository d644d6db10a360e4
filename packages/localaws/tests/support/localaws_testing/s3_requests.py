"""Calls of S3 of which every byte is chosen, and the bucket that they are about."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import TYPE_CHECKING

from localaws_testing.account import Account, policy, statement, trust, user_arn
from localaws_testing.raw_requests import RawRequest
from localaws_testing.signed_requests import HOST, environ_of

if TYPE_CHECKING:
    from collections.abc import Mapping

    from bulkhead_localaws.gate.authentication import AccessKey
    from localaws_testing.account import GateAnswer

BUCKET = "tenant-exports"
ARN = f"arn:aws:s3:::{BUCKET}"
EXPORTER = policy(
    statement("s3:PutObject", f"{ARN}/exports/*"),
    statement("s3:ListBucket", ARN, Condition={"StringEquals": {"s3:prefix": "exports/"}}),
)
"""What the narrow role may do."""


def request(
    method: str, target: str, headers: Mapping[str, str] | None = None, body: bytes = b"", *, host: str = HOST
) -> RawRequest:
    """Return a call of S3 before it is signed."""
    pairs = {"Host": host, "X-Amz-Content-Sha256": hashlib.sha256(body).hexdigest(), **(headers or {})}
    return RawRequest(method, target, tuple(pairs.items()), body, service="s3")


@dataclass(frozen=True)
class Caller:
    """Somebody who calls S3 of an account."""

    account: Account
    key: AccessKey

    def ask(
        self, method: str, target: str, headers: Mapping[str, str] | None = None, body: bytes = b"", *, host: str = HOST
    ) -> GateAnswer:
        """Make a call."""
        wire = request(method, target, headers, body, host=host).signed(self.key, self.account.clock())
        return self.account.answer(environ_of(wire))

    def put(self, key: str, body: bytes = b"content", **headers: str) -> GateAnswer:
        """Write an object; `_` in the name of a header stands for `-`."""
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        return self.ask("PUT", f"/{BUCKET}/{key}", named, body)

    def refused(self, answer: GateAnswer) -> str:
        """Return the action that was refused by a policy, or the reason why the call could not be mapped."""
        assert answer.status == 403
        decision = self.account.decisions(answer)[-1]
        assert decision["decision"] != "Allowed"
        return str(decision["message"] if decision["action"] == "s3:*" else decision["action"])


def administrator(account: Account, *buckets: str) -> Caller:
    """Return the administrator, after he created buckets."""
    caller = Caller(account, account.operator)
    for bucket in buckets:
        location = b'<CreateBucketConfiguration xmlns="http://s3.amazonaws.com/doc/2006-03-01/">'
        location += b"<LocationConstraint>eu-west-1</LocationConstraint></CreateBucketConfiguration>"
        answer = caller.ask("PUT", f"/{bucket}", body=location)
        assert answer.status == 200, answer.text
    return caller


def session_of(account: Account, name: str, *policies: Mapping[str, object]) -> Caller:
    """Return a session of a new role that has these policies."""
    starter = account.user(f"{name}-starter", policy(statement("sts:AssumeRole")))
    arn = account.role(name, trust(user_arn(f"{name}-starter")), *policies)
    return Caller(account, account.session(starter, arn))
