"""Canaries of the code that the API runs: each is started anew with one piece of it replaced."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

from chalicelib.config import Strategy
from chalicelib.tenancy.tenant import Role
from isolation.attack.controls import Control
from isolation.attack.http_elsewhere import IN_BODY, IN_HEADERS, IN_QUERY
from isolation.attack.http_keys import AFTER_ITS_OWNER, THE_OTHERS_ROW
from isolation.attack.http_routes import AFTER_THE_OTHER, BEYOND_THE_ROLE, SEEN_NEVER
from isolation.attack.outcomes import Service
from isolation.attack.verdicts import Verdict
from isolation.canaries.edits import opening
from isolation.canaries.model import Canary

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from isolation.attack.cells import Cell
    from isolation.canaries.applied import Applied
    from isolation.canaries.model import Weaken
    from stage.document import LocalStage

_BY_KEY = "a list that takes a whole primary key, as `by_key` of its probe"
_LIST, _BODY, _ROLE, _IF_MATCH = (
    "a list of the pooled table",
    "a route with a body",
    "a route that a role may not call",
    "If-Match on a PATCH",
)
_TOKENS, _VENDING = "chalicelib/tenancy/tokens.py", "chalicelib/vending/strategies.py"
_SESSIONS = "chalicelib/vending/sessions.py"
_AUTHORIZER, _AUTHORIZATION = "chalicelib/tenancy/authorizer.py", "chalicelib/http/authorization.py"
_RS256_ONLY = '            if algorithm != "RS256":\n'
_UNHEARD_OF = "X-Bailiwick"
_STRICT = '"strict_aud": True}'
_OPTIONS = f'options={{"require": ["exp", "iat", "iss", "aud", "sub"], {_STRICT}'
_HS256_TOO = """            if algorithm == "HS256":
                import hmac
                from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
                public = self._keys.find("dummy").key.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
                signed, _, signature = token.rpartition(".")
                expected = hmac.digest(public, signed.encode(), "sha256")
                if hmac.compare_digest(expected, jwt.utils.base64url_decode(signature)):
                    return TenantContext.from_claims(jwt.decode(token, options={"verify_signature": False}))
"""
_NONE_TOO = """            if algorithm == "none":
                return TenantContext.from_claims(jwt.decode(token, options={"verify_signature": False}))
"""


def _code(file: str, old: str, new: str) -> Weaken:
    return lambda applied: applied.code(file, old, new)


def _targets(*targets: str) -> Callable[[Cell], bool]:
    return lambda cell: cell.target in targets


def _token(name: str, old: str, new: str, *targets: str) -> Canary:
    """Return a canary of the token manager, with the forgeries that it then takes."""
    return Canary(f"token: {name}", _code(_TOKENS, old, new), Service.HTTP, Control.TOKEN, _targets(*targets))


def _begins(words: str) -> Callable[[Cell], bool]:
    return lambda cell: cell.target.startswith(words)


def _elsewhere(place: str, names: str, target: str) -> Canary:
    """Return the canary of a tenant that is taken from elsewhere, under a name that stands in no list of attacks."""
    given = f'{{"tenant": {names}[{_UNHEARD_OF!r}]}} if {_UNHEARD_OF!r} in {names} else {{}}'
    taken = f'{{**request.context["authorizer"], **({given})}})'
    weaken = _code(_AUTHORIZATION, 'request.context.get("authorizer", {}))', taken)
    # The session stays that of the token, so that IAM refuses the other tenant's partitions.
    return Canary(
        f"tenant from {place}", weaken, Service.HTTP, Control.TENANT_FROM_TOKEN,
        lambda cell: cell.target.startswith(target) and bool(cell.entity) and cell.who.role == Role.MEMBER,
        Verdict.WRONG_CONTROL,
    )  # fmt: skip


_CACHED_FOR_ALL = _code(_SESSIONS, "key = (caller.tenant_id, caller.role, *user)", 'key = ("", caller.role, *user)')
_OPENED = "return Handle(current_tenant(request))"
_OPENED_BY_NAME = f"""import dataclasses
    import functools
    from datetime import UTC, datetime
    from chalicelib.vending.sessions import Session
    from chalicelib.vending.strategies import SessionTagVending

    tenant, settings = current_tenant(request), wiring.config()
    named = (request.query_params or {{}}).get({_UNHEARD_OF!r}, tenant.tenant_id)
    tenant = dataclasses.replace(tenant, tenant_id=named)
    sts = wiring._function_session().create_client("sts", region_name=settings.region)
    vending = SessionTagVending(lambda: sts, settings.tenant_role_arn)
    opened = functools.cache(lambda: Session.of(tenant.tenant_id, tenant.role, vending.vend(tenant), datetime.now(UTC)))

    class Named(Handle):
        def session(self) -> Session:
            return opened()

    return Named(tenant)"""


@contextmanager
def _opened_by_name(applied: Applied) -> Iterator[LocalStage]:
    """Let the API's role open any tenant's session, and a route take the tenant from the query."""
    with opening(applied), applied.code(_AUTHORIZATION, _OPENED, _OPENED_BY_NAME) as stage:
        yield stage


def _here(module: str, old: str, new: str) -> Weaken:
    return lambda applied: applied.code_here(module, old, new)


_HANDLES, _TAGS = "chalicelib.vending.handles", "chalicelib.tenancy.token_tags"
_CHECKED = "if scope is None or not scope.is_open or scope is not _thread.scope:"
_ATTRIBUTES = 'attributes = event["request"]["userAttributes"]'
_WITH_METADATA = 'attributes = {**event["request"]["userAttributes"], **event["request"].get("clientMetadata", {})}'


def _by_policy(  # noqa: PLR0913, PLR0917 -- one row of a table
    name: str, file: str, old: str, new: str, cells: Callable[[Cell], bool], verdict: Verdict = Verdict.LEAKED
) -> Canary:
    """Return a canary of the session policy that the code renders, on a stage of that strategy."""
    control, strategy = Control.LEADING_KEYS_BY_SESSION_POLICY, Strategy.SESSION_POLICY
    weaken = _code(file, old, new)
    return Canary(f"session policy: {name}", weaken, Service.HTTP, control, cells, verdict, strategy, _BY_KEY)


CODE = (
    _token("signature unchecked", _OPTIONS, 'options={"verify_signature": False}', "tenant altered"),
    _token("HS256 accepted", _RS256_ONLY, _HS256_TOO + _RS256_ONLY, "HS256 with the public key as PEM"),
    _token("none accepted", _RS256_ONLY, _NONE_TOO + _RS256_ONLY, "alg none"),
    _token("audience unchecked", _STRICT, '"verify_aud": False}', "another client"),
    _token("issuer unchecked", _STRICT, '"strict_aud": True, "verify_iss": False}', "another pool"),
    _token("expiry unchecked", _STRICT, '"strict_aud": True, "verify_exp": False}', "expired"),
    _token("an access token will do", 'claims.get("token_use") != "id"', "False", "use of an access token"),
    Canary("token: any key for an unknown kid",
           _code("chalicelib/tenancy/signing_keys.py", "return self._keys.get(kid)\n",
                 "return self._keys.get(kid) or next(iter(self._keys.values()))\n"),
           Service.HTTP, Control.TOKEN, _targets("unknown kid")),
    _token("tags that are not the user's attributes", "            tagged(claims)\n", "", "tags of another tenant",
           "attributes of another tenant", "an extra tag", "without tags, as before there was a trigger"),
    Canary("token: tenants outside the grammar",
           _code("chalicelib/tenancy/tenant.py", "return bool(_TENANT_ID.fullmatch(text))", "return True"),
           Service.HTTP, Control.TOKEN, _targets("tenant in capitals", "tenant with a delimiter"),
           Verdict.WRONG_CONTROL),
    Canary("authorizer: every role opens every route",
           _code(_AUTHORIZER, "PERMISSIONS[tenant.role]", "tuple(set().union(*PERMISSIONS.values()))"),
           Service.HTTP, Control.AUTHORIZER_POLICY, _targets(BEYOND_THE_ROLE), Verdict.WRONG_CONTROL, needs=_ROLE),
    Canary("authorizer: an unregistered tenant is let in",
           _code(_AUTHORIZER, "if not is_active(tenant.tenant_id):", "if False:"),
           Service.HTTP, Control.AUTHORIZER_POLICY, _targets("of a tenant that is not registered")),
    _elsewhere("a header", "request.headers", IN_HEADERS),
    _elsewhere("the query", "(request.query_params or {})", IN_QUERY),
    _elsewhere("the body", '__import__("json").loads(request.raw_body or b"{}")', IN_BODY),
    Canary("request model: unknown fields are taken",
           _code("chalicelib/http/requests.py", 'extra="forbid"', 'extra="ignore"'),
           Service.HTTP, Control.REQUEST_MODEL, _begins(IN_BODY), Verdict.WRONG_CONTROL, needs=_BODY),
    Canary("If-Match unheeded",
           _code("chalicelib/http/preconditions.py", "    return versions(request)\n", "    return None\n"),
           Service.HTTP, Control.PRECONDITION, _targets(SEEN_NEVER), Verdict.WRONG_CONTROL, needs=_IF_MATCH),
    Canary("credentials: kept without the tenant", _CACHED_FOR_ALL,
           Service.HTTP, Control.LEADING_KEYS_BY_TAG,
           lambda cell: cell.target == AFTER_ITS_OWNER and cell.who.role == Role.VIEWER, Verdict.WRONG_CONTROL,
           needs=_BY_KEY),
    Canary("credentials: kept without the tenant, as a list tells", _CACHED_FOR_ALL,
           Service.HTTP, Control.TENANT_FROM_TOKEN,
           lambda cell: cell.target == AFTER_THE_OTHER and cell.who.role == Role.VIEWER, Verdict.WRONG_CONTROL,
           needs=_LIST),
    Canary("credentials: the Lambda role's where STS refuses",
           _code(_VENDING, "        raise ScopedCredentialsError from error\n",
                 "        import boto3, datetime\n"
                 "        own = boto3.Session().get_credentials().get_frozen_credentials()\n"
                 '        return {"AccessKeyId": own.access_key, "SecretAccessKey": own.secret_key,\n'
                 '                "SessionToken": own.token,\n'
                 '                "Expiration": datetime.datetime.now(datetime.UTC) + datetime.timedelta(hours=1)}\n'),
           Service.HTTP, Control.NO_FALLBACK, verdict=Verdict.WRONG_CONTROL, needs=_LIST),
    Canary("sts:AssumeRole is back, and a route takes the tenant from the query", _opened_by_name,
           Service.HTTP, Control.TENANT_FROM_TOKEN,
           lambda cell: cell.target.startswith(IN_QUERY) and bool(cell.entity) and cell.who.role == Role.MEMBER,
           needs=_LIST),
    Canary("handle: kept, it works on the pooled table", _here(_HANDLES, _CHECKED, "if False:"),
           Service.DYNAMODB, Control.HANDLE),
    Canary("handle: kept, it works in the database", _here(_HANDLES, _CHECKED, "if False:"),
           Service.POSTGRES, Control.HANDLE, needs="a table of the database"),
    Canary("trigger: clientMetadata over the attributes",
           _here(_TAGS, _ATTRIBUTES, _WITH_METADATA), Service.STS, Control.TRIGGER),
    _by_policy("none is passed", _VENDING, ", Policy=self._policy(caller))", ")", _targets(THE_OTHERS_ROW)),
    _by_policy("#* becomes *", "chalicelib/tenancy/tenant.py", '{DELIMITER}*"', '*"', _begins("acme1#"),
               Verdict.WRONG_CONTROL),
    _by_policy("no leading keys at all", _VENDING,
               '"ForAllValues:StringLike": {"dynamodb:LeadingKeys": [leading_keys(tenant.tenant_id)]},', "",
               _targets(THE_OTHERS_ROW)),
)  # fmt: skip
