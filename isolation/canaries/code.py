"""Canaries of the code that the API runs: each is started anew with one piece of it replaced."""

from __future__ import annotations

from typing import TYPE_CHECKING

from chalicelib.tenancy.tenant import Role
from isolation.attack.controls import Control
from isolation.attack.http_elsewhere import IN_BODY, IN_HEADERS, IN_QUERY
from isolation.attack.http_keys import AFTER_ITS_OWNER, THE_OTHERS_ROW
from isolation.attack.http_routes import AFTER_THE_OTHER, BEYOND_THE_ROLE, SEEN_NEVER
from isolation.attack.outcomes import Service
from isolation.attack.verdicts import Verdict
from isolation.canaries.model import Canary

if TYPE_CHECKING:
    from collections.abc import Callable

    from isolation.attack.cells import Cell
    from isolation.canaries.model import Weaken

_BY_KEY = "a list that takes a whole primary key, as `by_key` of its probe"
_LIST, _BODY, _ROLE, _IF_MATCH = (
    "a list of the pooled table",
    "a route with a body",
    "a route that a role may not call",
    "If-Match on a PATCH",
)
_TOKENS, _VENDING = "chalicelib/tenancy/tokens.py", "chalicelib/vending/strategies.py"
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
    return Canary(f"tenant from {place}", weaken, Service.HTTP, Control.TENANT_FROM_TOKEN, _begins(target))


_CACHED_FOR_ALL = _code(
    "chalicelib/vending/clients.py", "return tenant.tenant_id, tenant.role", 'return "", tenant.role'
)
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
    Canary("token: tenants outside the grammar",
           _code("chalicelib/tenancy/tenant.py", "if not is_tenant_id(self.tenant_id):", "if False:"),
           Service.HTTP, Control.TOKEN, _targets("tenant in capitals", "tenant with a delimiter"),
           Verdict.WRONG_CONTROL),
    Canary("authorizer: every role opens every route",
           _code(_AUTHORIZER, "PERMISSIONS[tenant.role]", "tuple(set().union(*PERMISSIONS.values()))"),
           Service.HTTP, Control.AUTHORIZER_POLICY, _targets(BEYOND_THE_ROLE), Verdict.WRONG_CONTROL, _ROLE),
    Canary("authorizer: an unregistered tenant is let in",
           _code(_AUTHORIZER, "if not is_active(tenant.tenant_id):", "if False:"),
           Service.HTTP, Control.AUTHORIZER_POLICY, _targets("of a tenant that is not registered")),
    _elsewhere("a header", "request.headers", IN_HEADERS),
    _elsewhere("the query", "(request.query_params or {})", IN_QUERY),
    _elsewhere("the body", '__import__("json").loads(request.raw_body or b"{}")', IN_BODY),
    Canary("request model: unknown fields are taken",
           _code("chalicelib/http/requests.py", 'extra="forbid"', 'extra="ignore"'),
           Service.HTTP, Control.REQUEST_MODEL, _begins(IN_BODY), Verdict.WRONG_CONTROL, _BODY),
    Canary("If-Match unheeded",
           _code("chalicelib/http/preconditions.py", "    return versions(request)\n", "    return None\n"),
           Service.HTTP, Control.PRECONDITION, _targets(SEEN_NEVER), Verdict.WRONG_CONTROL, _IF_MATCH),
    Canary("credentials: kept without the tenant", _CACHED_FOR_ALL,
           Service.HTTP, Control.LEADING_KEYS_BY_SESSION_POLICY,
           lambda cell: cell.target == AFTER_ITS_OWNER and cell.who.role == Role.VIEWER, needs=_BY_KEY),
    Canary("credentials: kept without the tenant, as a list tells", _CACHED_FOR_ALL,
           Service.HTTP, Control.TENANT_FROM_TOKEN,
           lambda cell: cell.target == AFTER_THE_OTHER and cell.who.role == Role.VIEWER, Verdict.WRONG_CONTROL, _LIST),
    Canary("credentials: the Lambda role's where STS refuses",
           _code(_VENDING, "        raise ScopedCredentialsError from error\n",
                 "        import boto3, datetime\n"
                 "        own = boto3.Session().get_credentials().get_frozen_credentials()\n"
                 '        return {"AccessKeyId": own.access_key, "SecretAccessKey": own.secret_key,\n'
                 '                "SessionToken": own.token,\n'
                 '                "Expiration": datetime.datetime.now(datetime.UTC) + datetime.timedelta(hours=1)}\n'),
           Service.HTTP, Control.NO_FALLBACK, verdict=Verdict.WRONG_CONTROL, needs=_LIST),
    Canary("session policy: none is passed", _code(_VENDING, ", Policy=self._policy(tenant))", ")"),
           Service.HTTP, Control.LEADING_KEYS_BY_SESSION_POLICY, _targets(THE_OTHERS_ROW), needs=_BY_KEY),
    Canary("session policy: #* becomes *", _code("chalicelib/tenancy/tenant.py", '{DELIMITER}*"', '*"'),
           Service.HTTP, Control.LEADING_KEYS_BY_SESSION_POLICY, _begins("acme1#"), Verdict.WRONG_CONTROL, _BY_KEY),
    Canary("session policy: no leading keys at all",
           _code(_VENDING, '"ForAllValues:StringLike": {"dynamodb:LeadingKeys": [leading_keys(tenant)]},', ""),
           Service.HTTP, Control.LEADING_KEYS_BY_SESSION_POLICY, _targets(THE_OTHERS_ROW), needs=_BY_KEY),
)  # fmt: skip
