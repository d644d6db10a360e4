"""Whether a plan lets anything through, by trying requests: an answer to the proof that knows nothing of the prover."""

from __future__ import annotations

import json
import re
from itertools import product
from typing import TYPE_CHECKING, Any

from bulkhead_iam import Policy, PolicyKind, PolicySet, Principal, Request, evaluate
from tests.infra.plan_tokens import ACCOUNT, Tokens

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from bulkhead_iam import ContextValue
    from tests.infra.plan_tokens import Token

_REGION = "eu-central-1"
_TENANTS = ("acme", "acme-eu", "globex")
_ACTIONS = ("GetItem", "Query", "PutItem", "DeleteItem", "BatchGetItem", "Scan", "PartiQLSelect", "DeleteTable")
_KEYLESS = {"Scan", "PartiQLSelect", "DeleteTable"}
_ROLES = ("viewer", "member", "admin")
_ALLOW_ALL = Policy.parse({"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}]})
#: Who opens sessions of which role, beside whoever has a token; LambdaRole not under web_identity.
_OPENERS = {"TenantRole": "LambdaRole", "TenantPolicyRole": "LambdaRole", "TenantMaintenanceRole": "OffboardTenantRole"}
_ENDPOINT = re.compile(r"vpce-[0-9a-f]+")

Context = dict[str, "ContextValue"]


class Oracle:
    """Reads the policies of roles straight from the JSON of one of our plans."""

    def __init__(self, plan: Mapping[str, Any], name: str) -> None:
        """Take a plan whose names begin with product and stage."""
        self._name = name
        self._trust: dict[str, Policy] = {}
        self._policies: dict[str, list[Policy]] = {}
        self._invokers: list[Mapping[str, Any]] = []
        self._grants: list[Policy] = []
        self._tagged: set[str] = set()
        self._tokens = Tokens()
        self._by_token = plan["variables"]["vending_strategy"]["value"] == "web_identity"
        for change in plan["resource_changes"]:
            after = change["change"]["after"]
            if change["mode"] == "managed" and after is not None:
                self._take(change["type"], after)
                self._tokens.take(change["type"], after)
        self._endpoints = sorted(set(_ENDPOINT.findall(json.dumps(plan["resource_changes"]))))

    def _take(self, kind: str, after: Mapping[str, Any]) -> None:
        if kind == "aws_iam_role":
            self._trust[after["name"]] = Policy.parse(after["assume_role_policy"], kind=PolicyKind.TRUST)
            self._tagged |= {after["name"]} if (after.get("tags") or {}).get("tenant") else set()
        elif kind == "aws_iam_role_policy":
            self._policies.setdefault(after["role"], []).append(Policy.parse(after["policy"]))
        elif kind == "aws_lambda_permission":
            self._invokers.append(after)
        elif kind == "aws_s3_bucket_policy" and isinstance(after.get("policy"), str):
            self._grants.append(Policy.parse(after["policy"], kind=PolicyKind.RESOURCE))
        arns = after.get("policy_arns") or after.get("managed_policy_arns") or []
        if any(each.endswith("AdministratorAccess") for each in arns):
            self._policies.setdefault(str(after.get("role_name") or after.get("name")), []).append(_ALLOW_ALL)

    def leaks(self) -> Iterator[str]:
        """Yield what the plan lets through."""
        for role in self._trust:
            short = role.removeprefix(f"{self._name}-")
            if short in _OPENERS:
                yield from self._openers(role, short)
                yield from self._strangers(role, short)
            if short in {"TenantRole", "TenantMaintenanceRole"}:
                yield from self._sessions(role, short)
            elif short != "TenantPolicyRole":  # which a session policy confines, and no document of the plan
                yield from (f"{role} {each}" for each in self._items(role, {}, None))
            yield from self._secrets(role, short)
        yield from self._callers()

    def _openers(self, role: str, short: str) -> Iterator[str]:
        """Whoever opens a session and is not meant to: the API neither, where a token does."""
        meant = set() if self._by_token and short == "TenantRole" else {_OPENERS[short]}
        for caller in {"AuthorizerRole", "SetRoleRole", "LambdaRole", "OffboardTenantRole"} - meant:
            if any(self._opens(role, f"{self._name}-{caller}", context) for context in _tagged("acme", "admin")):
                yield f"{caller} opens {short}"
        if any(self._opens(role, None, context) for context in _tagged("acme", "admin")):
            yield f"somebody of another account opens {short}"

    def _strangers(self, role: str, short: str) -> Iterator[str]:
        """Whoever opens a session by a token that is not ours, or not from our network."""
        opened = self._opening(role)
        yield from (f"a token opens {short}: {each}" for each in opened if each.is_strange)
        if any(not each.is_strange for each in opened):
            yield from (f"{each}, and tokens open {short}" for each in self._tokens.leaks())

    def _opening(self, role: str) -> list[Token]:
        """Return the tokens that open a session of some tenant, or of none."""
        tagged = [*_tagged("acme", "admin"), *_tagged(None, None)]
        return [
            each for each in self._tokens.attempts() if any(self._opens_by(role, each, context) for context in tagged)
        ]

    def _opens_by(self, role: str, token: Token, context: Context) -> bool:
        principal = Principal.from_arn(token.provider)
        policies = PolicySet((), self._trust[role], resource_account=ACCOUNT)
        name = ".".join(str(context.get(f"aws:RequestTag/{tag}")) for tag in ("tenant", "role"))
        asked: Context = {**context, **token.context, "sts:RoleSessionName": name}
        actions = ("sts:AssumeRoleWithWebIdentity", *(("sts:TagSession",) if context else ()))
        arn = f"arn:aws:iam::{ACCOUNT}:role/{role}"
        return all(evaluate(Request(principal, each, arn, asked), policies).allowed for each in actions)

    def _opens(self, role: str, caller: str | None, context: Context) -> bool:
        account = ACCOUNT if caller else "999999999999"
        principal = Principal.from_arn(f"arn:aws:sts::{account}:assumed-role/{caller or 'stranger'}/s")
        attached = tuple(self._policies.get(caller, ())) if caller else (_ALLOW_ALL,)
        policies = PolicySet(attached, self._trust[role], resource_account=ACCOUNT)
        arn = f"arn:aws:iam::{ACCOUNT}:role/{role}"
        actions = ("sts:AssumeRole", *(("sts:TagSession",) if context else ()))
        return all(evaluate(Request(principal, each, arn, context), policies).allowed for each in actions)

    def _sessions(self, role: str, short: str) -> Iterator[str]:
        if role in self._tagged:
            yield f"every session of {role} has a tenant's tag"
        tokens = self._opening(role)
        for tenant, right in product((*_TENANTS, "ACME", "#", "*", "TENANT", None), (*_ROLES, None)):
            for context in _tagged(tenant, right):
                by_token = any(self._opens_by(role, each, context) for each in tokens)
                if by_token or self._opens(role, f"{self._name}-{_OPENERS[short]}", context):
                    tags = {
                        key.replace("Request", "Principal"): value for key, value in context.items() if "Tag/" in key
                    }
                    yield from (f"a session of {tenant} as {right} {each}" for each in self._items(role, tags, tenant))

    def _items(self, role: str, tags: Context, tenant: str | None) -> Iterator[str]:
        table = f"arn:aws:dynamodb:{_REGION}:{ACCOUNT}:table/{self._name}"
        for action, resource in product(_ACTIONS, (table, f"{table}/index/i", f"{table}/stream/s", f"{table}-x")):
            for keys in self._keys(action, tenant):
                context = {**tags, **({} if keys is None else {"dynamodb:LeadingKeys": keys})}
                if resource != f"{table}-x" and self._allowed(role, f"dynamodb:{action}", resource, context):
                    yield f"may {action} {resource.rpartition(':')[2]} with {keys}"

    def _keys(self, action: str, tenant: str | None) -> list[tuple[str, ...] | None]:
        """Return keys that are none of the tenant's, for one that there is: no key at all where an action has none."""
        if action in _KEYLESS:
            return [None]
        foreign = [f"{each}#items#0" for each in (*_TENANTS, "ACME", "TENANT") if each != tenant]
        own = f"{tenant}#items#0"
        return [*((each,) for each in (*foreign, "#", "x", f"{tenant}-#", f"{tenant}")), (own, foreign[0])]

    def _allowed(self, role: str, action: str, resource: str, context: Context) -> bool:
        session = Principal.from_arn(f"arn:aws:sts::{ACCOUNT}:assumed-role/{role}/s")
        policies = PolicySet(tuple(self._policies.get(role, ())))
        secure: Context = {"aws:SecureTransport": "true", "aws:RequestedRegion": _REGION}
        ways: list[Context] = [{}, secure, *({**secure, "aws:SourceVpce": each} for each in self._endpoints)]
        return any(evaluate(Request(session, action, resource, {**context, **more}), policies).allowed for more in ways)

    def _secrets(self, role: str, short: str) -> Iterator[str]:
        if short in {"MigrateDatabaseRole", "RotateSecretRole"}:
            return
        secret = f"arn:aws:secretsmanager:{_REGION}:{ACCOUNT}:secret:{self._name}/database/master-AbCdEf"
        for action, resource in (
            ("secretsmanager:GetSecretValue", secret),
            ("s3:GetObject", "arn:aws:s3:::somebody-else/x"),
            ("iam:PassRole", f"arn:aws:iam::{ACCOUNT}:role/{self._name}-TenantRole"),
            ("iam:PutRolePolicy", f"arn:aws:iam::{ACCOUNT}:role/{self._name}-TenantRole"),
        ):
            for tags in ({}, {"aws:PrincipalTag/tenant": "acme", "aws:PrincipalTag/role": "admin"}):
                if self._allowed(role, action, resource, tags):  # type: ignore[arg-type]
                    yield f"{role} may {action} {resource}"

    def _callers(self) -> Iterator[str]:
        for each in self._invokers:
            source = str(each.get("source_arn") or "")
            if f":{ACCOUNT}:" not in source and each.get("source_account") != ACCOUNT and "source_arn" in each:
                yield f"anybody's {each['principal']} runs {each['function_name']}"
        stranger = Principal.from_arn("arn:aws:iam::999999999999:user/stranger")
        for policy, action in product(self._grants, ("s3:GetObject", "s3:PutObject")):
            for bucket in ("web", "exports", "package"):
                arn = f"arn:aws:s3:::{self._name}-{bucket}-{ACCOUNT}/x"
                attached = PolicySet((_ALLOW_ALL,), policy, resource_account=ACCOUNT)
                if evaluate(Request(stranger, action, arn, {"aws:SecureTransport": "true"}), attached).allowed:
                    yield f"a stranger may {action} {arn}"


def _tagged(tenant: str | None, right: str | None) -> list[Context]:
    """Return the contexts of AssumeRole with these tags, with and without what else a trust policy may ask for."""
    tags: Context = {}
    if tenant is not None:
        tags["aws:RequestTag/tenant"] = tenant
    if right is not None:
        tags["aws:RequestTag/role"] = right
    if tags:
        tags["aws:TagKeys"] = tuple(key.rpartition("/")[2] for key in tags)
    return [tags]
