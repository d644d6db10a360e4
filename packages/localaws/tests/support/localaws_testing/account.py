"""A gate in front of a moto of its own, and the people who call it: for tests of the whole gate, without a server."""

from __future__ import annotations

import json
import logging
import re
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import cache
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

from botocore.auth import SigV4Auth
from moto.core.base_backend import BackendDict

from bulkhead_localaws.gate.authentication import AccessKey
from bulkhead_localaws.gate.gate import Gate
from bulkhead_localaws.gate.issuers import IssuerKeys
from bulkhead_localaws.gate.record import DecisionRecord
from bulkhead_localaws.gate.routing import JSON_TARGETS
from bulkhead_localaws.gate.sessions import SessionStore
from bulkhead_localaws.moto.directory import MotoDirectory
from bulkhead_localaws.moto.emulator import ACCOUNT_ID, create_emulator, create_operator
from bulkhead_localaws.moto.mapping import MotoMapper
from bulkhead_localaws.moto.user_pool_keys import user_pool_keys
from bulkhead_localaws.protocol.requests import VPC_ENDPOINT
from localaws_testing.signed_requests import HOST, REGION, WireRequest, signed

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from wsgiref.types import StartResponse, WSGIApplication, WSGIEnvironment

    from bulkhead_localaws.gate.gate import Mapper

NOW = datetime(2026, 5, 17, 12, 0, tzinfo=UTC)
_IAM_VERSION = "2010-05-08"


@dataclass(frozen=True, slots=True)
class GateAnswer:
    """What came back; `headers` by lower-case name."""

    status: int
    headers: Mapping[str, str]
    body: bytes

    @property
    def text(self) -> str:
        """The body as text."""
        return self.body.decode(errors="replace")

    @property
    def code(self) -> str:
        """The error's code, in whatever protocol; empty when it is no error."""
        found = re.search(r"<Code>([^<]*)</Code>", self.text)
        if found is None and self.body.startswith(b"{"):
            return str(json.loads(self.body).get("__type", "")).rpartition("#")[2]
        return found[1] if found else ""

    @property
    def message(self) -> str:
        """The error's message."""
        if self.body.startswith(b"{"):
            document = json.loads(self.body)
            return str(document.get("message") or document.get("Message") or "")
        return self.element("Message")

    @property
    def request_id(self) -> str:
        """The request id that the caller is told."""
        return self.headers.get("x-amzn-requestid", "") or self.headers.get("x-amz-request-id", "")

    def element(self, name: str) -> str:
        """Return the text of the first XML element of this name, without what is escaped."""
        found = re.search(f"<{name}>([^<]*)</{name}>", self.text)
        return "" if found is None else found[1].replace("&amp;", "&").replace("&lt;", "<").replace("&gt;", ">")

    def json(self) -> Any:
        """Return the body, read as JSON."""
        return json.loads(self.body)


@dataclass
class Clock:
    """A clock that stands still until it is moved."""

    now: datetime = NOW

    def __call__(self) -> datetime:
        """Tell the time."""
        return self.now

    def advance(self, **delta: float) -> None:
        """Move on."""
        self.now += timedelta(**delta)


@dataclass
class Witness:
    """An emulator in front of the emulator: it sees what reaches it, and can be made to fail."""

    behind: WSGIApplication
    reached: list[WSGIEnvironment] = field(default_factory=list)
    error: BaseException | None = None

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        """Pass the request on."""
        self.reached.append(environ)
        if self.error is not None:
            raise self.error
        return self.behind(environ, start_response)


class Account:
    """One emptied account of moto behind a gate; its clock stands still."""

    def __init__(self, *, mapper: Mapper | None = None, capacity: int = 1_000) -> None:
        BackendDict.reset()
        logging.getLogger("moto.moto_server.werkzeug_app").setLevel(logging.CRITICAL)
        self.clock = Clock()
        self.sessions = SessionStore()
        self.directory = MotoDirectory(self.sessions, account=ACCOUNT_ID)
        self.record = DecisionRecord(capacity)
        self.issuers: dict[str, str] = {}
        self.emulator = Witness(_emulator())
        self.gate = Gate(
            self.emulator,
            directory=self.directory,
            sessions=self.sessions,
            mapper=mapper or MotoMapper(),
            issuer_keys=IssuerKeys(self.issuers, user_pool_keys),
            record=self.record,
            account=ACCOUNT_ID,
            clock=self.clock,
        )
        key = create_operator()
        self.operator = AccessKey(key.access_key_id, key.secret_access_key, None, None, "operator")

    def answer(self, environ: WSGIEnvironment) -> GateAnswer:
        """Let the gate answer."""
        started: list[tuple[str, list[tuple[str, str]]]] = []

        def start_response(status: str, headers: list[tuple[str, str]], _: object = None) -> Any:
            started.append((status, headers))

        body = b"".join(self.gate(environ, start_response))
        ((status, headers),) = started
        return GateAnswer(int(status[:3]), {name.lower(): value for name, value in headers}, body)

    def signed(self, key: AccessKey, service: str, **pieces: Any) -> WireRequest:
        """Sign a request at the time of this account's clock."""
        return signed(service, key=key, signer=self._signer, **pieces)

    def _signer(self, credentials: Any, service: str, region: str) -> SigV4Auth:
        return SignerAt(self.clock(), credentials, service, region)

    def request(
        self, key: AccessKey, service: str, operation: str, parameters: Mapping[str, Any] | bytes
    ) -> WireRequest:
        """Sign a call in its service's protocol."""
        if service in JSON_TARGETS:
            prefix = next(iter(JSON_TARGETS[service]))
            headers = {"X-Amz-Target": f"{prefix}.{operation}", "Content-Type": "application/x-amz-json-1.0"}
            body = parameters if isinstance(parameters, bytes) else json.dumps(parameters).encode()
        else:
            headers = {"Content-Type": "application/x-www-form-urlencoded"}
            form = {"Action": operation, "Version": _IAM_VERSION, **flat(parameters)}  # type: ignore[arg-type]
            body = urlencode(form).encode()
        return self.signed(key, service, headers=headers, body=body)

    def call(
        self, key: AccessKey, service: str, operation: str, parameters: Mapping[str, Any] | bytes = b"{}"
    ) -> GateAnswer:
        """Make a signed call."""
        if parameters == b"{}" and service not in JSON_TARGETS:
            parameters = {}
        return self.answer(self.request(key, service, operation, parameters).environ())

    def administer(self, service: str, operation: str, **parameters: Any) -> GateAnswer:
        """Make a call as the administrator; it must succeed."""
        answer = self.call(self.operator, service, operation, parameters)
        assert answer.status == 200, answer.text
        return answer

    def user(self, name: str, *policies: Mapping[str, Any] | str, **more: Any) -> AccessKey:
        """Create a user with inline policies, and return a key of theirs."""
        self.administer("iam", "CreateUser", UserName=name, **more)
        for number, policy in enumerate(policies):
            self.put_user_policy(name, policy, f"policy-{number}")
        return self.key_of(name)

    def key_of(self, name: str) -> AccessKey:
        """Return a new key of a user."""
        answer = self.administer("iam", "CreateAccessKey", UserName=name)
        return AccessKey(answer.element("AccessKeyId"), answer.element("SecretAccessKey"), None, None, name)

    def put_user_policy(self, user: str, policy: Mapping[str, Any] | str, name: str = "policy-0") -> None:
        """Set an inline policy, past moto's own check of it."""
        self.directory._iam.users[user].policies[name] = text(policy)

    def role(self, name: str, trust: Mapping[str, Any], *policies: Mapping[str, Any], **more: Any) -> str:
        """Create a role and return its ARN."""
        answer = self.administer("iam", "CreateRole", RoleName=name, AssumeRolePolicyDocument=text(trust), **more)
        for number, policy in enumerate(policies):
            self.put_role_policy(name, policy, f"policy-{number}")
        return answer.element("Arn")

    def put_role_policy(self, role: str, policy: Mapping[str, Any], name: str = "policy-0") -> None:
        """Set an inline policy of a role."""
        self.administer("iam", "PutRolePolicy", RoleName=role, PolicyName=name, PolicyDocument=text(policy))

    def managed_policy(self, name: str, policy: Mapping[str, Any]) -> str:
        """Create a managed policy and return its ARN."""
        return self.administer("iam", "CreatePolicy", PolicyName=name, PolicyDocument=text(policy)).element("Arn")

    def assume(self, key: AccessKey, role_arn: str, **parameters: Any) -> GateAnswer:
        """Call AssumeRole."""
        return self.call(key, "sts", "AssumeRole", {"RoleArn": role_arn, "RoleSessionName": "session", **parameters})

    def session(self, key: AccessKey, role_arn: str, **parameters: Any) -> AccessKey:
        """Assume a role, which must succeed, and return the session's key."""
        return self._key(self.assume(key, role_arn, **parameters), role_arn)

    def _key(self, answer: GateAnswer, role_arn: str) -> AccessKey:
        assert answer.status == 200, answer.text
        return AccessKey(
            answer.element("AccessKeyId"),
            answer.element("SecretAccessKey"),
            answer.element("SessionToken"),
            datetime.fromisoformat(answer.element("Expiration")),
            role_arn,
        )

    def assume_with_token(
        self, token: str, role_arn: str, *, vpc_endpoint: str | None = None, **parameters: Any
    ) -> GateAnswer:
        """Call AssumeRoleWithWebIdentity, which nobody signs."""
        asked = {"RoleArn": role_arn, "RoleSessionName": "session", "WebIdentityToken": token, **parameters}
        form = {"Action": "AssumeRoleWithWebIdentity", "Version": "2011-06-15", **flat(asked)}
        headers = (("Host", HOST), ("Content-Type", "application/x-www-form-urlencoded"))
        environ = WireRequest("POST", "/", headers, urlencode(form).encode()).environ()
        return self.answer(environ if vpc_endpoint is None else {**environ, VPC_ENDPOINT: vpc_endpoint})

    def token_session(self, token: str, role_arn: str, **parameters: Any) -> AccessKey:
        """Take a token to STS, which must open a session, and return the session's key."""
        return self._key(self.assume_with_token(token, role_arn, **parameters), role_arn)

    def decisions(self, answer: GateAnswer) -> list[dict[str, Any]]:
        """Return what was recorded about a request, by the request id in its answer."""
        return [each for each in self.record.as_documents() if each["request_id"] == answer.request_id]

    def create_table(self, name: str = "items", **more: Any) -> str:
        """Create a table with the key `pk` and return its ARN."""
        self.administer(
            "dynamodb",
            "CreateTable",
            TableName=name,
            BillingMode="PAY_PER_REQUEST",
            AttributeDefinitions=[{"AttributeName": "pk", "AttributeType": "S"}],
            KeySchema=[{"AttributeName": "pk", "KeyType": "HASH"}],
            **more,
        )
        return f"arn:aws:dynamodb:{REGION}:{ACCOUNT_ID}:table/{name}"

    def get_item(self, key: AccessKey, partition: str = "acme#1", table: str = "items") -> GateAnswer:
        """Read an item."""
        return self.call(key, "dynamodb", "GetItem", {"TableName": table, "Key": {"pk": {"S": partition}}})


@cache
def _emulator() -> WSGIApplication:
    """Return the one emulator of all tests: it takes long to make, and its state is in the backends."""
    return create_emulator()


class SignerAt(SigV4Auth):
    """Signs as botocore does, at a given time."""

    def __init__(self, now: datetime, *arguments: Any) -> None:
        super().__init__(*arguments)
        self._now = now

    def add_auth(self, request: Any) -> None:
        """Sign."""
        request.context["timestamp"] = self._now.strftime("%Y%m%dT%H%M%SZ")
        self._modify_request_before_signing(request)  # type: ignore[attr-defined]
        canonical = self.canonical_request(request)
        signature = self.signature(self.string_to_sign(request, canonical), request)
        self._inject_signature_to_request(request, signature)  # type: ignore[attr-defined]


def text(document: Mapping[str, Any] | str) -> str:
    """Return a policy's text."""
    return document if isinstance(document, str) else json.dumps(document)


def flat(parameters: Mapping[str, Any]) -> dict[str, str]:
    """Spell parameters as the query protocol does: `Tags=[{"Key": …}]` is `Tags.member.1.Key`."""
    fields: dict[str, str] = {}
    for name, value in parameters.items():
        if isinstance(value, list):
            for number, each in enumerate(value, start=1):
                parts = {f".{part}": inner for part, inner in each.items()} if isinstance(each, dict) else {"": each}
                fields |= {f"{name}.member.{number}{part}": str(inner) for part, inner in parts.items()}
        else:
            fields[name] = str(value)
    return fields


def statement(
    action: str | list[str], resource: str | list[str] = "*", *, effect: str = "Allow", **more: Any
) -> dict[str, Any]:
    """Write a statement."""
    return {"Effect": effect, "Action": action, "Resource": resource, **more}


def policy(*statements: Mapping[str, Any]) -> dict[str, Any]:
    """Write a policy."""
    return {"Version": "2012-10-17", "Statement": list(statements)}


def trust(*principals: str, action: str | list[str] = "sts:AssumeRole", **more: Any) -> dict[str, Any]:
    """Write a trust policy about principals of AWS."""
    return policy({"Effect": "Allow", "Principal": {"AWS": list(principals)}, "Action": action, **more})


def user_arn(name: str) -> str:
    """Return a user's ARN."""
    return f"arn:aws:iam::{ACCOUNT_ID}:user/{name}"


def session_arn(role: str, session: str = "session") -> str:
    """Return a role session's ARN."""
    return f"arn:aws:sts::{ACCOUNT_ID}:assumed-role/{role}/{session}"


def tagged(**tags: str) -> list[dict[str, str]]:
    """Write tags."""
    return [{"Key": key, "Value": value} for key, value in tags.items()]


EVERYTHING = policy(statement("*"))
