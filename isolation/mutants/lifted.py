"""One control off for as long as a block runs, and all others on: where a mutant must leak."""

from __future__ import annotations

import ast
from contextlib import ExitStack, contextmanager
from typing import TYPE_CHECKING, Any

from chalicelib.config import Strategy
from isolation.attack.database import identifier
from isolation.mutants.edits import MutantError, Source
from isolation.mutants.model import Control
from isolation.mutants.trigger import TRIGGER_FILE

if TYPE_CHECKING:
    from collections.abc import Iterator

    from isolation.attack.served import Served
    from isolation.canaries.applied import Applied
    from isolation.mutants.edits import Edit

_LEADING, _LEADING_KEYS = "ForAllValues:StringLike", "dynamodb:LeadingKeys"
_STRATEGIES, _TOKENS = "chalicelib/vending/strategies.py", "chalicelib/tenancy/tokens.py"
_ASSUMING = ["sts:AssumeRole", "sts:TagSession"]


def code_of(control: Control, served: Served, strategy: Strategy) -> tuple[Edit, ...]:
    """Return the edits by which a control that is code is off; none where it is no code."""
    handles = Source(served.code, "chalicelib/vending/handles.py")
    if control is Control.HANDLE:
        check = handles.first(handles.function("_open_scope", "Handle"), "return self._scope")
        return check, _any_scope(handles)
    if control is Control.TRUST:  # else the code would take no session of another tenant from STS
        return _any_scope(handles), *_any_session(served)
    if control is Control.TAGS:
        return tuple(_believing_the_tags(served))
    if control is Control.LEADING_KEYS and strategy is Strategy.SESSION_POLICY:  # whose policy is rendered by code
        source = Source(served.code, _STRATEGIES)
        (condition,) = source.expressions(
            source.function("session_policy"), f"{{'{_LEADING_KEYS}': [leading_keys(tenant.tenant_id)]}}"
        )
        return (source.replaced(condition, f'{{"{_LEADING_KEYS}": ["*"]}}'),)
    return ()


def _any_scope(handles: Source) -> Edit:
    """Return the edit by which a request may open the scope of another session."""
    (refused,) = handles.expressions(handles.function("request_scope"), "_thread.scope is not None")
    return handles.replaced(refused, "False")


def _any_session(served: Served) -> Iterator[Edit]:
    """Return the edits by which a request's session may be of another tenant than the authorizer has verified."""
    answers = Source(served.code, "chalicelib/http/answers.py")
    for compared in ast.walk(answers.function("_session_of")):
        if isinstance(compared, ast.If):
            yield answers.replaced(compared.test, "False")


def _believing_the_tags(served: Served) -> Iterator[Edit]:
    """Return the edits by which the app takes the tenant from a token's tags, whatever its attributes are."""
    tags, tokens = Source(served.code, TRIGGER_FILE), Source(served.code, _TOKENS)
    compared = next(
        (
            each
            for each in tags.function("tagged").body
            if isinstance(each, ast.If) and "TAGS" in ast.unparse(each.test)
        ),
        None,
    )
    if compared is None:
        raise MutantError(f"{tags.file}: tagged compares no TAGS")
    yield tags.before(
        compared, 'tenant, role = (claims[TAGS]["principal_tags"][each][0] for each in ("tenant", "role"))'
    )
    yield tags.replaced(compared.test, "False")
    (context,) = tokens.expressions(tokens.function("verify", "JwtTokenManager"), "TenantContext.from_claims(claims)")
    form = 'TenantContext.from_claims({**claims, "custom:tenantID": tagged(claims)[0]})'
    yield tokens.replaced(context, form)


@contextmanager
def off(control: Control, applied: Applied, served: Served) -> Iterator[None]:
    """Turn a control of the stack off; one that is code, or that the strategy does not have, stays as it is."""
    strategy = applied.stage.vending_strategy
    by_token = strategy is Strategy.WEB_IDENTITY
    with ExitStack() as running:
        if control is Control.LEADING_KEYS and strategy is not Strategy.SESSION_POLICY:
            running.enter_context(applied.policy("TenantRole", _without_leading_keys))
        if control is Control.ROW_SECURITY:
            for target in served.tables:
                name = identifier(target.table.name) if target.table else ""
                table = f"ALTER TABLE {name}"
                running.enter_context(
                    applied.sql(f"{table} DISABLE ROW LEVEL SECURITY", f"{table} ENABLE ROW LEVEL SECURITY")
                )
        if control is Control.TRUST and by_token:
            running.enter_context(assuming(applied))
        if control is Control.SESSION_NAME and by_token:
            running.enter_context(applied.trust("TenantRole", _without_session_name))
        yield


@contextmanager
def assuming(applied: Applied) -> Iterator[None]:
    """Let the API's role assume the tenants' role with tags, as under the other strategies."""
    stage = applied.stage

    def granted(document: dict[str, Any]) -> None:
        document["Statement"].append({"Effect": "Allow", "Action": _ASSUMING, "Resource": stage.tenant_role_arn})

    def trusted(document: dict[str, Any]) -> None:
        principal = {"AWS": stage.lambda_role_arn}
        document["Statement"].append({"Effect": "Allow", "Principal": principal, "Action": _ASSUMING})

    with applied.policy("LambdaRole", granted), applied.trust("TenantRole", trusted):
        yield


def _without_leading_keys(document: dict[str, Any]) -> None:
    for statement in document["Statement"]:
        conditions = statement.get("Condition", {})
        conditions.get(_LEADING, {}).pop(_LEADING_KEYS, None)
        if not conditions.get(_LEADING, True):
            del conditions[_LEADING]


def _without_session_name(document: dict[str, Any]) -> None:
    for statement in document["Statement"]:
        statement.get("Condition", {}).get("StringEquals", {}).pop("sts:RoleSessionName", None)
