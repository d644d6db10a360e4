"""Attacks by way of the HTTP API: forged tokens, and tenants named anywhere but in the token."""

from __future__ import annotations

import base64
import http.client
from enum import Enum, auto
from typing import TYPE_CHECKING, Any, TypeAlias
from urllib.parse import quote

from chalicelib.config import Strategy
from chalicelib.tenancy.tenant import Role
from isolation.attack.api import ATTACKER, LINE, VICTIM
from isolation.attack.cells import Cell, Twin
from isolation.attack.controls import Control
from isolation.attack.forged_tokens import forgeries
from isolation.attack.outcomes import Kind, Outcome, Service, Who

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from isolation.attack.api import ApiAccess
    from isolation.attack.world import World
    from stage.http_api import Answer

_Request: TypeAlias = "Callable[[ApiAccess], Answer]"
_OK = range(200, 300)
_SERVER_ERROR = 500
_CODES = {
    (401, "UnauthorizedError"): Control.TOKEN,
    (403, "ForbiddenError"): Control.AUTHORIZER_POLICY,
    (400, "InvalidRequestError"): Control.REQUEST_MODEL,
    (400, "BadRequestError"): Control.REQUEST_MODEL,
    (404, "NotFoundError"): Control.ROUTES,
    (405, "MethodNotAllowedError"): Control.ROUTES,
    (404, "ItemNotFoundError"): Control.TENANT_FROM_TOKEN,
    (404, "UserNotFoundError"): Control.TENANT_FROM_TOKEN,
    (404, "CartLineNotFoundError"): Control.TENANT_FROM_TOKEN,
    (412, "PreconditionFailedError"): Control.PRECONDITION,
    (428, "PreconditionRequiredError"): Control.PRECONDITION,
}
_BY_IAM = (403, "TenantAccessDeniedError")
_ITEM = {"name": "of the attack", "price": "1", "attributes": {}}
_ROLES = tuple(str(role) for role in Role)


def http_cells(strategy: str) -> Iterator[Cell]:
    """Return every attack by way of the API, whose sessions are opened by this strategy."""
    yield from _tokens()
    for role in _ROLES:
        yield from _named_elsewhere(role)
        yield from _ids(role)
        yield from _raw_keys(role, strategy)
        yield from _malformed(role)
    yield from _beyond_the_role()


def outcome_of(answer: Answer, request_id: str = "") -> Outcome:
    """Return the outcome of a call: what is answered without the victim's data came from the caller's own."""
    code = (answer.body or {}).get("Code", "") if isinstance(answer.body, dict) else ""
    content = answer.text
    if answer.status in _OK:
        if f"{VICTIM}#" in content or f'"{VICTIM}"' in content:
            return Outcome(Kind.ALLOWED, str(answer.status), content=content)
        return Outcome(Kind.CONTAINED, controls=frozenset({Control.TENANT_FROM_TOKEN}), content=content)
    message = f"{answer.status} {content[:200]}"
    if answer.status >= _SERVER_ERROR:
        return Outcome(Kind.FAILED, code, message, content=content)
    if (answer.status, code) == _BY_IAM:
        return Outcome(Kind.REFUSED, code, message, request_id=request_id, content=content)
    control = _CODES.get((answer.status, code), Control.UNKNOWN)
    return Outcome(Kind.REFUSED, code, message, controls=frozenset({control}), content=content)


def _send(world: World, request: _Request, who: Who, looks: Looks) -> Outcome:
    assert world.api is not None  # noqa: S101 -- for the types: these cells run on the local stack only
    before = _refusals(world, who) if looks is Looks.AT_IAM else set()
    try:
        answer = request(world.api)
    except (OSError, http.client.HTTPException, ValueError) as error:
        return Outcome(Kind.FAILED, type(error).__name__, str(error))
    if answer.status in _OK and looks is Looks.AT_NOTHING:
        return Outcome(Kind.ALLOWED, str(answer.status), content=answer.text)
    if answer.status in _OK and looks is Looks.FOR_THE_OWN and not is_own(answer, world.secrets[ATTACKER]):
        return Outcome(Kind.FAILED, str(answer.status), "the answer is not the caller's own", content=answer.text)
    refused = _refusals(world, who) - before if looks is Looks.AT_IAM else set()
    return outcome_of(answer, next(iter(refused), "none"))


def is_own(answer: Answer, secret: str) -> bool:
    """Return whether an answer holds what was planted for the caller, or a page of which it may be beyond."""
    if not isinstance(answer.body, dict):
        return False
    return secret in answer.text or bool(answer.body.get("next_cursor")) or answer.body.get("tenant") == ATTACKER


def _refusals(world: World, who: Who) -> set[str]:
    """Return the ids of the requests to AWS that were refused to the caller's sessions."""
    return {
        decision["request_id"]
        for decision in world.decisions() or []
        if decision["decision"] != "Allowed" and decision["principal"].endswith(f"/{who.tenant}.{who.role}")
    }


class Looks(Enum):
    """What tells whether an answer of 200 is good, or what a refusal came from."""

    AT_ITS_TENANT = auto()  # it must not name the victim
    FOR_THE_OWN = auto()  # it must also hold what is the caller's own
    AT_NOTHING = auto()  # there must be none
    AT_IAM = auto()  # it must be a refusal by IAM, during this call


def _cell(  # noqa: PLR0913 -- one row of a table
    attack: str,
    target: str,
    who: Who,
    request: _Request,
    twin: Twin,
    *controls: Control,
    looks: Looks = Looks.AT_ITS_TENANT,
) -> Cell:
    return Cell(
        service=Service.HTTP,
        attack=attack,
        target=target,
        who=who,
        refused_by=frozenset(controls),
        victims=(VICTIM,),
        act=lambda world: _send(world, request, who, looks),
        twin=twin,
    )


def http_twin(name: str, request: _Request, *, own: bool = False) -> Twin:
    """Return the twin that such a request is: it must be answered, with what is the caller's own if that is asked."""

    def act(world: World) -> Outcome:
        assert world.api is not None  # noqa: S101 -- as above
        try:
            answer = request(world.api)
        except (OSError, http.client.HTTPException, ValueError) as error:
            return Outcome(Kind.FAILED, type(error).__name__, str(error))
        good = answer.status in _OK and (not own or is_own(answer, world.secrets[ATTACKER]))
        kind = Kind.ALLOWED if good else Kind.REFUSED
        return Outcome(kind, str(answer.status), answer.text[:200])

    return Twin(name, act)


def _as(role: str, method: str, path: str, **request: Any) -> _Request:
    return lambda api: api.as_user(ATTACKER, role, method, path, **request)


def _with_token(make: Callable[[ApiAccess], str], path: str = "/cart") -> _Request:
    return lambda api: api.call("GET", path, headers={"Authorization": f"Bearer {make(api)}"})


def _tokens() -> Iterator[Cell]:
    who = Who(ATTACKER, "member")
    unaltered = http_twin("GET /cart with the same token unaltered", _with_token(lambda api: api.forged()))
    for name, make in forgeries().items():
        yield _cell("token", name, who, _with_token(make), unaltered, Control.TOKEN, looks=Looks.AT_NOTHING)
    for name, header in {
        "no scheme": "{token}",
        "scheme Basic": "Basic {token}",
        "scheme twice": "Bearer Bearer {token}",
        "token in quotes": 'Bearer "{token}"',
        "two tokens in one header": "Bearer {token}, Bearer {token}",
        "comma and tenant": "Bearer {token}, tenant=globex",
        "empty": "",
    }.items():
        yield _cell("Authorization", name, who, _with_header(header), unaltered, Control.TOKEN, looks=Looks.AT_NOTHING)
    yield _cell(
        "Authorization",
        "none",
        who,
        lambda api: api.call("GET", "/cart"),
        unaltered,
        Control.TOKEN,
        looks=Looks.AT_NOTHING,
    )
    yield _cell("Authorization", "two headers", who, _two_headers, unaltered, Control.TOKEN, looks=Looks.AT_NOTHING)
    for name, elsewhere in {
        "in the query": "/cart?access_token={}&token={}",
        "as id_token": "/cart?id_token={}",
    }.items():
        yield _cell("token", name, who, _in_the_path(elsewhere), unaltered, Control.TOKEN, looks=Looks.AT_NOTHING)
    unknown: dict[str, Any] = {"custom:tenantID": "never-onboarded"}
    never = _with_token(lambda api: api.forged(**unknown))
    yield _cell(
        "token",
        "of a tenant that is not registered",
        who,
        never,
        unaltered,
        Control.AUTHORIZER_POLICY,
        looks=Looks.AT_NOTHING,
    )


def _with_header(header: str) -> _Request:
    return lambda api: api.call(
        "GET", "/cart", headers={"Authorization": header.format(token=api.token(ATTACKER, "member"))}
    )


def _two_headers(api: ApiAccess) -> Answer:
    lines = [f"Authorization: Bearer {api.token(tenant, 'member')}" for tenant in (ATTACKER, VICTIM)]
    return api.send("\r\n".join(["GET /cart HTTP/1.1", "Host: x", *lines, "Connection: close", "", ""]))


def _in_the_path(path: str) -> _Request:
    return lambda api: api.call("GET", path.replace("{}", api.token(ATTACKER, "member")))


def _named_elsewhere(role: str) -> Iterator[Cell]:
    """Return what names the tenant in a header, query, body or path: it is not looked at, or refused."""
    who, ignored = Who(ATTACKER, role), Control.TENANT_FROM_TOKEN
    twin = http_twin(f"GET /cart as {role}", _as(role, "GET", "/cart"), own=True)
    headers = ("X-Tenant-Id", "X-Tenant", "Tenant", "tenantID", "Custom-TenantID", "X-Amzn-Tenant", "X-Forwarded-Host")
    for name in headers:
        for path in ("/cart", "/items", "/users", "/me"):
            act = _as(role, "GET", path, headers={name: VICTIM})
            yield _cell(f"GET {path}", f"tenant in the header {name}", who, act, twin, ignored, looks=Looks.FOR_THE_OWN)
    cookie = _as(role, "GET", "/cart", headers={"Cookie": f"tenant={VICTIM}; tenantID={VICTIM}"})
    yield _cell("GET /cart", "tenant in a cookie", who, cookie, twin, ignored, looks=Looks.FOR_THE_OWN)
    for name in ("tenant", "tenant_id", "tenantID", "custom:tenantID", "pk"):
        for path in ("/cart", "/items", "/users", "/me"):
            act = _as(role, "GET", f"{path}?{name}={VICTIM}")
            yield _cell(
                f"GET {path}", f"tenant in the query as {name}", who, act, twin, ignored, looks=Looks.FOR_THE_OWN
            )
    for path in ("/globex/cart", "/tenants/globex/cart", "/cart/globex/items", "/../globex/cart", "//globex/items"):
        yield _cell("GET", f"tenant in the path {path}", who, _as(role, "GET", path), twin, Control.ROUTES)
    if role == Role.VIEWER:
        return
    posts = http_twin(f"POST /items as {role}", _posted(role, _ITEM))
    for name in ("tenant", "tenant_id", "tenantID", "pk", "shard_id", "product_id"):
        value = f"{VICTIM}#item#3" if name in {"pk", "shard_id"} else VICTIM
        act = _posted(role, _ITEM | {name: value})
        yield _cell("POST /items", f"tenant in the body as {name}", who, act, posts, Control.REQUEST_MODEL)
    act = _posted(role, _ITEM, headers={"X-Tenant-Id": VICTIM})
    yield _cell("POST /items", "tenant in a header", who, act, posts, ignored)
    doubled = '{"name": "a", "name": "b", "price": "1", "attributes": {}}'
    act = _as(role, "POST", "/items", raw=doubled, headers={"Content-Type": "application/json"})
    yield _cell("POST /items", "a name twice in the body", who, act, posts, Control.REQUEST_MODEL)


def _posted(role: str, body: Any, **request: Any) -> _Request:
    """Add an item and take it away again, and return the answer to the first."""

    def call(api: ApiAccess) -> Answer:
        answer = api.as_user(ATTACKER, role, "POST", "/items", body=body, **request)
        if answer.status in _OK:
            api.as_user(ATTACKER, role, "DELETE", f"/items/{answer.body['product_id']}")
        return answer

    return call


def _ids(role: str) -> Iterator[Cell]:
    """Return what names things of the victim by their ids: the caller's tenant has none such."""
    who, own = Who(ATTACKER, role), Control.TENANT_FROM_TOKEN
    reads = http_twin(f"GET of the own item as {role}", _item(role, "GET", ATTACKER))
    yield _cell("GET /items/{id}", "the other's id", who, _item(role, "GET", VICTIM), reads, own)
    user = http_twin(f"GET of the own user as {role}", _user(role, "GET", ATTACKER))
    yield _cell("GET /users/{id}", "the other's id", who, _user(role, "GET", VICTIM), user, own)
    lists = http_twin(f"GET /items as {role}", _as(role, "GET", "/items"))
    for path, make in {
        "/items": lambda api: api.items[VICTIM]["product_id"],
        "/users": lambda api: api.users[VICTIM]["user_id"],
        "/cart": lambda api: LINE,  # noqa: ARG005 -- all three take the API
    }.items():
        yield _cell(f"GET {path}", "the other's cursor", who, _cursor(role, path, make), lists, own)
    for path in ("/items", "/users", "/cart"):
        key = _cursor(role, path, lambda api: api.items[VICTIM]["shard_id"])
        yield _cell(f"GET {path}", "a key as the cursor", who, key, lists, Control.REQUEST_MODEL)
    if role == Role.VIEWER:
        return
    for method, tag in (("PATCH", '"1"'), ("PATCH", "*"), ("DELETE", '"1"'), ("DELETE", "*")):
        body = {"name": "mine"} if method == "PATCH" else None
        act = _item(role, method, VICTIM, headers={"If-Match": tag}, body=body)
        yield _cell(f"{method} /items/{{id}}", f"the other's id, If-Match {tag}", who, act, reads, own)
    act = _item(role, "PATCH", ATTACKER, headers={"If-Match": '"999"'}, body={"name": "mine"})
    yield _cell("PATCH /items/{id}", "an entity tag that the item never had", who, act, reads, Control.PRECONDITION)
    for method in ("PATCH", "DELETE"):
        control = own if role == Role.ADMIN else Control.AUTHORIZER_POLICY
        body = {"display_name": "mine"} if method == "PATCH" else None
        act = _user(role, method, VICTIM, body=body)
        yield _cell(f"{method} /users/{{id}}", "the other's id", who, act, user, control)


def _item(role: str, method: str, tenant: str, **request: Any) -> _Request:
    return lambda api: api.as_user(ATTACKER, role, method, f"/items/{api.items[tenant]['product_id']}", **request)


def _user(role: str, method: str, tenant: str, **request: Any) -> _Request:
    return lambda api: api.as_user(ATTACKER, role, method, f"/users/{api.users[tenant]['user_id']}", **request)


def _cursor(role: str, path: str, make: Callable[[ApiAccess], str]) -> _Request:
    def call(api: ApiAccess) -> Answer:
        cursor = base64.urlsafe_b64encode(make(api).encode()).decode()
        return api.as_user(ATTACKER, role, "GET", f"{path}?cursor={cursor}")

    return call


def _raw_keys(role: str, strategy: str) -> Iterator[Cell]:
    """Return what names another tenant's primary key, which the route takes and IAM judges."""
    who = Who(ATTACKER, role)
    leading = Control.LEADING_KEYS_BY_TAG
    if strategy == Strategy.SESSION_POLICY:
        leading = Control.LEADING_KEYS_BY_SESSION_POLICY
    own = http_twin(
        f"GET of the own item by its key as {role}", _key(role, lambda api: api.items[ATTACKER]["shard_id"])
    )
    stolen = _key(role, lambda api: api.items[VICTIM]["shard_id"], VICTIM)
    yield _cell("GET /items?shard_id=&product_id=", "the other's item", who, stolen, own, leading, looks=Looks.AT_IAM)
    others = "admin" if role == Role.VIEWER else "viewer"  # so that the attack is the first of its role
    theirs = _key(others, lambda api: api.items[ATTACKER]["shard_id"])
    again = http_twin(f"GET of the own item by its key as {others}", theirs)
    after, act = "the other's item, when the other has just read it", _after_its_owner(role)
    yield _cell("GET /items?shard_id=&product_id=", after, who, act, again, leading, looks=Looks.AT_IAM)
    for shard in ("globex#item#3", "globex#cart#0", "acme-eu#item#0", "acme1#item#3", "acme10#item#9"):
        act = _key(role, lambda _, shard=shard: shard, VICTIM)  # type: ignore[misc]
        yield _cell("GET /items?shard_id=&product_id=", shard, who, act, own, leading, looks=Looks.AT_IAM)
    for shard in (
        "globex", "GLOBEX#item#3", "globex#item", "globex#item#03", "globex#item#3#", "globex#item#3\n", "#item#3",
        "globex#attack#0", "globex#cart#-1", "*#item#3", "globex%23item%233", "\u0261lobex#item#3",
        "acme#globex#item#3",
    ):  # fmt: skip
        act = _key(role, lambda _, shard=shard: shard, VICTIM)  # type: ignore[misc]
        yield _cell("GET /items?shard_id=&product_id=", f"{shard!a}", who, act, own, Control.REQUEST_MODEL)


def _after_its_owner(role: str) -> _Request:
    """Let the victim read its item, then ask for it: what was kept for the victim must not serve the attacker."""

    def call(api: ApiAccess) -> Answer:
        shard, product = quote(api.items[VICTIM]["shard_id"], safe=""), api.items[VICTIM]["product_id"]
        path = f"/items?shard_id={shard}&product_id={product}"
        if api.as_user(VICTIM, role, "GET", path).status not in _OK:
            raise OSError("the victim cannot read its own item")
        return api.as_user(ATTACKER, role, "GET", path)

    return call


def _key(role: str, make: Callable[[ApiAccess], str], tenant: str = ATTACKER) -> _Request:
    def call(api: ApiAccess) -> Answer:
        shard, product = quote(make(api), safe=""), api.items[tenant]["product_id"]
        return api.as_user(ATTACKER, role, "GET", f"/items?shard_id={shard}&product_id={product}")

    return call


def _malformed(role: str) -> Iterator[Cell]:
    """Return repeated and mixed parameters, and methods that are named elsewhere."""
    who, model = Who(ATTACKER, role), Control.REQUEST_MODEL
    twin = http_twin(
        f"GET of the own item by its key as {role}", _key(role, lambda api: api.items[ATTACKER]["shard_id"])
    )
    for name, query in {
        "shard_id twice": "shard_id={own}&shard_id={other}&product_id={id}",
        "shard_id twice, the other's first": "shard_id={other}&shard_id={own}&product_id={id}",
        "product_id twice": "shard_id={own}&product_id={id}&product_id={id}",
        "shard_id alone": "shard_id={other}",
        "product_id alone": "product_id={id}",
        "a key with limit": "shard_id={own}&product_id={id}&limit=1",
        "limit twice": "limit=1&limit=100",
        "cursor twice": "cursor=x&cursor=y",
    }.items():
        yield _cell("GET /items", name, who, _polluted(role, query), twin, model)
    for path in ("/items/globex%23item%233", "/items/..%2F..%2Fglobex", "/items/*", "/items/%2A", "/users/globex"):
        yield _cell("GET", path, who, _as(role, "GET", path), twin, model)
    for header in ("X-HTTP-Method-Override", "X-HTTP-Method", "X-Method-Override"):
        act = _item(role, "GET", VICTIM, headers={header: "DELETE"})
        yield _cell("GET /items/{id}", f"{header}: DELETE", who, act, twin, Control.TENANT_FROM_TOKEN)
    for method in ("POST", "PUT", "TRACE", "PROPFIND"):
        act = _item(role, method, VICTIM, headers={"X-HTTP-Method-Override": "GET"})
        yield _cell(f"{method} /items/{{id}}", "X-HTTP-Method-Override: GET", who, act, twin, Control.ROUTES)


def _polluted(role: str, query: str) -> _Request:
    def call(api: ApiAccess) -> Answer:
        named = query.format(
            own=quote(api.items[ATTACKER]["shard_id"], safe=""),
            other=quote(api.items[VICTIM]["shard_id"], safe=""),
            id=api.items[VICTIM]["product_id"],
        )
        return api.as_user(ATTACKER, role, "GET", f"/items?{named}")

    return call


def _beyond_the_role() -> Iterator[Cell]:
    """Return calls of routes that the role in the token does not open."""
    user = {"email": "x@example.com", "display_name": "x"}
    line = {"description": "x", "price": "1", "quantity": 1}
    viewers: tuple[tuple[str, str, Any], ...] = (
        ("POST", "/items", _ITEM),
        ("PATCH", "/items/00000000-0000-0000-0000-000000000000", {"name": "x"}),
        ("DELETE", "/items/00000000-0000-0000-0000-000000000000", None),
        ("PUT", f"/cart/{LINE}", line),
        ("PATCH", f"/cart/{LINE}", {"quantity": 2}),
        ("DELETE", f"/cart/{LINE}", None),
    )
    members: tuple[tuple[str, str, Any], ...] = (
        ("POST", "/users", user),
        ("PATCH", "/users/00000000-0000-0000-0000-000000000000", {"display_name": "x"}),
        ("DELETE", "/users/00000000-0000-0000-0000-000000000000", None),
    )
    posts = http_twin("POST /items as member", _posted("member", _ITEM))
    for role, calls in (("viewer", (*viewers, *members)), ("member", members)):
        for method, path, body in calls:
            act = _as(role, method, path, body=body, headers={"If-Match": "*"})
            yield _cell(
                f"{method} {path[:7]}", "beyond the role", Who(ATTACKER, role), act, posts, Control.AUTHORIZER_POLICY
            )
