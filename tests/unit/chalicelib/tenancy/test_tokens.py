"""The JWT token manager, with real keys and really signed tokens."""

from __future__ import annotations

import hashlib
import hmac
import json
import time
from typing import TYPE_CHECKING, Any

import pytest
from cryptography.hazmat.primitives import hashes
from hypothesis import given
from hypothesis import strategies as st

from chalicelib.errors import InvalidTokenError, SigningKeysUnavailableError
from chalicelib.tenancy.authorizer import authorize
from chalicelib.tenancy.signing_keys import SigningKeys
from chalicelib.tenancy.tenant import Role, TenantContext
from chalicelib.tenancy.token_tags import TAGS
from chalicelib.tenancy.tokens import JwtTokenManager
from tests.unit.user_pool import AUDIENCE, ISSUER, UserPool, base64url, good_claims

if TYPE_CHECKING:
    from collections.abc import Callable

JWKS_URL = "https://issuer.example.com/jwks.json"


def manager_of(pool: UserPool, fetched: list[str] | None = None) -> JwtTokenManager:
    """Make a token manager that trusts this pool, and note which URLs it fetches."""

    def fetch(url: str) -> dict[str, Any]:
        if fetched is not None:
            fetched.append(url)
        return pool.jwks()

    return JwtTokenManager(issuer=ISSUER, audience=AUDIENCE, keys=SigningKeys(JWKS_URL, fetch=fetch))


@pytest.fixture(scope="module")
def tokens(user_pool: UserPool) -> JwtTokenManager:
    """The application's token manager."""
    return manager_of(user_pool)


def refusal(tokens: JwtTokenManager, token: str) -> str:
    """Return why the token is refused; an error of any other class fails the test."""
    with pytest.raises(InvalidTokenError) as refused:
        tokens.verify(token)
    return refused.value.reason


@pytest.mark.parametrize("role", list(Role))
def test_a_good_id_token_proves_tenant_role_and_user(tokens: JwtTokenManager, user_pool: UserPool, role: Role) -> None:
    """The context comes from the verified claims; every refusal below differs from this token in one thing."""
    assert tokens.verify(user_pool.token({"custom:role": role.value})) == TenantContext(
        "acme", role, "b7c5d1c0-0000-4000-8000-000000000001", "member@acme.example.com"
    )


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        pytest.param({"iss": ISSUER + "2"}, "Invalid issuer", id="another pool's issuer"),
        pytest.param({"iss": ISSUER + "/"}, "Invalid issuer", id="issuer with a slash more"),
        pytest.param({"iss": [ISSUER]}, "(iss) must be a string", id="issuer as a list"),
        pytest.param({"aud": "another-client"}, "Audience doesn't match", id="another client's audience"),
        pytest.param({"aud": [AUDIENCE]}, "Invalid claim format", id="audience as a list"),
        pytest.param({"aud": [AUDIENCE, "another-client"]}, "Invalid claim format", id="several audiences"),
        pytest.param({"token_use": "access"}, "not an id token", id="access token"),
        pytest.param({"token_use": ["id"]}, "not an id token", id="token use as a list"),
        pytest.param({"exp": "tomorrow"}, "(exp) must be an integer", id="expiry that is no number"),
        pytest.param({"exp": float("inf")}, "(exp) must be an integer", id="infinite expiry"),
        pytest.param({"exp": float("nan")}, "(exp) must be an integer", id="expiry NaN"),
        pytest.param({"nbf": float("inf")}, "(nbf) must be an integer", id="not before infinity"),
        pytest.param({"iat": []}, "(iat) must be an integer", id="issue time that is no number"),
        pytest.param({"sub": 7}, "Subject must be a string", id="subject that is no string"),
        pytest.param({"sub": ""}, "sub is missing", id="empty subject"),
        pytest.param({"email": ""}, "email is missing", id="empty email"),
        pytest.param({"email": ["a@b.c"]}, "email is missing", id="email as a list"),
        pytest.param({"custom:role": "root"}, "the role is unknown", id="unknown role"),
        pytest.param({"custom:role": "Admin"}, "the role is unknown", id="role in other letters"),
        pytest.param({"custom:role": ["admin"]}, "the role is unknown", id="role as a list"),
        pytest.param({"custom:tenantID": ["acme"]}, "the tenant id is outside the grammar", id="tenant as a list"),
        pytest.param(
            {"custom:tenantID": {"S": "acme"}}, "the tenant id is outside the grammar", id="tenant as an object"
        ),
        pytest.param({"custom:tenantID": 7}, "the tenant id is outside the grammar", id="tenant as a number"),
        pytest.param({"custom:tenantID": None}, "the tenant id is outside the grammar", id="tenant null"),
    ],
)
def test_a_token_with_a_wrong_claim_is_refused(
    tokens: JwtTokenManager, user_pool: UserPool, changes: dict[str, Any], reason: str
) -> None:
    """A good signature does not help; the log says which check refused."""
    assert reason in refusal(tokens, user_pool.token(changes))


@pytest.mark.parametrize(
    ("claim", "reason"),
    [
        ("exp", 'missing the "exp" claim'),
        ("iat", 'missing the "iat" claim'),
        ("iss", 'missing the "iss" claim'),
        ("aud", 'missing the "aud" claim'),
        ("sub", 'missing the "sub" claim'),
        ("token_use", "not an id token"),
        ("custom:tenantID", "tags are missing, or are not its user's"),
        ("custom:role", "tags are missing, or are not its user's"),
        (TAGS, "tags are missing, or are not its user's"),
        ("email", "email is missing"),
    ],
)
def test_a_token_without_a_claim_is_refused(
    tokens: JwtTokenManager, user_pool: UserPool, claim: str, reason: str
) -> None:
    """No claim has a default, least of all the tenant."""
    assert reason in refusal(tokens, user_pool.token(without=[claim]))


@pytest.mark.parametrize(
    "tenant_id",
    [
        pytest.param("", id="empty"),
        pytest.param("ab", id="2 characters"),
        pytest.param("a" * 33, id="33 characters"),
        pytest.param("Acme", id="upper case"),
        pytest.param("-acme", id="leading hyphen"),
        pytest.param("acme-", id="trailing hyphen"),
        pytest.param("acme\n", id="trailing newline"),
        pytest.param(" acme", id="leading space"),
        pytest.param("acme#sample", id="key delimiter"),
        pytest.param("acme*", id="wildcard"),
        pytest.param("acme' OR '1'='1", id="quote"),
        pytest.param("acm\u00e9", id="letter outside ASCII"),
        pytest.param("acme\uff11", id="fullwidth digit"),
        pytest.param("\u0661\u0662\u0663", id="Arabic digits"),
        pytest.param("acme\ud800", id="lone surrogate"),
        pytest.param("acme,globex", id="two tenants"),
    ],
)
def test_a_tenant_outside_the_grammar_is_refused(tokens: JwtTokenManager, user_pool: UserPool, tenant_id: str) -> None:
    """Even a pool that was made to sign such a tenant id cannot bring it in."""
    reason = refusal(tokens, user_pool.token({"custom:tenantID": tenant_id}))
    assert reason == "the tenant id is outside the grammar"


@pytest.mark.parametrize(
    ("claim", "refused_by", "accepted_by", "reason"),
    [
        pytest.param("exp", -11, -5, "Signature has expired", id="expired"),
        pytest.param("nbf", +20, +5, "not yet valid (nbf)", id="not yet valid"),
        pytest.param("iat", +20, +5, "not yet valid (iat)", id="issued in the future"),
    ],
)
def test_times_are_judged_with_ten_seconds_of_leeway(
    tokens: JwtTokenManager, user_pool: UserPool, *, claim: str, refused_by: int, accepted_by: int, reason: str
) -> None:
    """Clocks of AWS services differ a little, but not by more than that."""
    now = int(time.time())

    assert reason in refusal(tokens, user_pool.token({claim: now + refused_by}))
    assert tokens.verify(user_pool.token({claim: now + accepted_by})).tenant_id == "acme"


def test_a_token_that_another_pool_signed_is_refused(
    tokens: JwtTokenManager, user_pool: UserPool, foreign_pool: UserPool
) -> None:
    """It claims the same issuer, audience and key id; only the signature tells."""
    assert refusal(tokens, foreign_pool.token()) == "Signature verification failed"
    assert tokens.verify(user_pool.token()).tenant_id == "acme"


def test_a_tampered_payload_is_refused(tokens: JwtTokenManager, user_pool: UserPool) -> None:
    """Another tenant's name under a good token's signature proves nothing."""
    header, _, signature = user_pool.token().split(".")
    payload = base64url(json.dumps(good_claims() | {"custom:tenantID": "globex"}).encode())

    assert refusal(tokens, f"{header}.{payload}.{signature}") == "Signature verification failed"


@given(data=st.data())
def test_a_token_with_any_one_character_changed_is_refused(
    tokens: JwtTokenManager, user_pool: UserPool, data: st.DataObject
) -> None:
    """Header, payload and signature are covered to the last bit, so one token has one spelling."""
    token = user_pool.token()
    place = data.draw(st.integers(0, len(token) - 1))
    other = data.draw(st.characters(max_codepoint=0x7F).filter(lambda character: character != token[place]))

    assert refusal(tokens, token[:place] + other + token[place + 1 :])


@pytest.mark.parametrize("algorithm", ["none", "None", "NONE", "nOnE", ""])
def test_an_unsigned_token_is_refused(tokens: JwtTokenManager, algorithm: str) -> None:
    """RFC 8725 section 3.1: `alg` is the attacker's to write."""
    header = json.dumps({"alg": algorithm, "kid": "key-1", "typ": "JWT"})
    unsigned = f"{base64url(header.encode())}.{base64url(json.dumps(good_claims()).encode())}."

    assert refusal(tokens, unsigned) == "the token is not signed with RS256"


@pytest.mark.parametrize("digest", [hashlib.sha256, hashlib.sha384, hashlib.sha512], ids=["HS256", "HS384", "HS512"])
def test_a_token_signed_with_the_public_key_as_a_secret_is_refused(
    tokens: JwtTokenManager, user_pool: UserPool, digest: Callable[[], Any]
) -> None:
    """The public key is known to everyone; an HMAC made with it proves nothing."""
    header = json.dumps({"alg": f"HS{digest().digest_size * 8}", "kid": user_pool.kid, "typ": "JWT"})
    signing_input = f"{base64url(header.encode())}.{base64url(json.dumps(good_claims()).encode())}"
    signature = hmac.new(user_pool.public_pem(), signing_input.encode(), digest).digest()

    assert refusal(tokens, f"{signing_input}.{base64url(signature)}") == "the token is not signed with RS256"


def test_a_good_signature_of_another_algorithm_is_refused(tokens: JwtTokenManager, user_pool: UserPool) -> None:
    """RS512 with the pool's own key is sound, but it is not what the pool signs with."""
    header = json.dumps({"alg": "RS512", "kid": user_pool.kid})
    token = user_pool.sign(header, json.dumps(good_claims()), hashes.SHA512())

    assert refusal(tokens, token) == "the token is not signed with RS256"


@pytest.mark.parametrize("algorithm", [["RS256"], {"RS256": 1}, 256, True, None], ids=repr)
def test_an_algorithm_that_is_no_string_is_refused(
    tokens: JwtTokenManager, user_pool: UserPool, algorithm: object
) -> None:
    """Nothing is looked up by what is not even a name."""
    assert refusal(tokens, user_pool.token(header={"alg": algorithm})) == "the token is not signed with RS256"


@pytest.mark.parametrize(
    "key",
    [
        pytest.param({"kty": "oct", "k": "c2VjcmV0LXNlY3JldC1zZWNyZXQtc2VjcmV0LXNlY3I", "alg": "HS256"}, id="HMAC key"),
        pytest.param(
            {
                "kty": "EC",
                "crv": "P-256",
                "x": "f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU",
                "y": "x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0",
            },
            id="EC key",
        ),
    ],
)
def test_a_published_key_of_another_kind_verifies_no_token(user_pool: UserPool, key: dict[str, Any]) -> None:
    """Should the key set ever hold such a key under the token's `kid`, RS256 is not checked with it."""
    keys = SigningKeys(JWKS_URL, fetch=lambda _: {"keys": [{**key, "kid": user_pool.kid}]})
    tokens = JwtTokenManager(issuer=ISSUER, audience=AUDIENCE, keys=keys)

    assert "does not match the key's algorithm" in refusal(tokens, user_pool.token())


@pytest.mark.parametrize(
    ("kid", "reason"),
    [
        pytest.param("key-2", "the token is signed with an unknown key", id="unknown"),
        pytest.param("", "the token is signed with an unknown key", id="empty"),
        pytest.param("../../dev/null", "the token is signed with an unknown key", id="path"),
        pytest.param("key-1\0", "the token is signed with an unknown key", id="NUL"),
        pytest.param(1, "Key ID header parameter must be a string", id="number"),
        pytest.param(["key-1"], "Key ID header parameter must be a string", id="list"),
        pytest.param({"kid": "key-1"}, "Key ID header parameter must be a string", id="object"),
        pytest.param(None, "Key ID header parameter must be a string", id="null"),
    ],
)
def test_a_token_with_a_key_id_that_the_pool_does_not_publish_is_refused(
    tokens: JwtTokenManager, user_pool: UserPool, kid: object, reason: str
) -> None:
    """Even when one of the pool's keys did sign it."""
    assert refusal(tokens, user_pool.token(header={"kid": kid})) == reason


def test_a_token_without_a_key_id_is_refused(tokens: JwtTokenManager, user_pool: UserPool) -> None:
    """No key is the default one."""
    assert refusal(tokens, user_pool.token(without=["kid"])) == "the token names no signing key"


def keys_in_the_header(pool: UserPool) -> dict[str, dict[str, Any]]:
    """Return the ways in which a header can bring or name a key (RFC 7515 section 4.1)."""
    return {
        "jwk": {"jwk": pool.jwk()},
        "jku": {"jku": "https://evil.example.com/jwks.json"},
        "x5u": {"x5u": "https://evil.example.com/chain.pem"},
        "x5c": {"x5c": [base64url(pool.public_pem())]},
        "iss": {"iss": "https://evil.example.com"},
    }


@pytest.mark.parametrize("way", ["jwk", "jku", "x5u", "x5c", "iss"])
def test_a_key_that_the_token_itself_brings_is_ignored(user_pool: UserPool, foreign_pool: UserPool, way: str) -> None:
    """Only the configured URL is ever fetched, and only keys from there verify."""
    fetched: list[str] = []
    tokens = manager_of(user_pool, fetched)
    header = keys_in_the_header(foreign_pool)[way]

    assert refusal(tokens, foreign_pool.token(header=header)) == "Signature verification failed"
    assert refusal(tokens, foreign_pool.token(header={**header, "kid": "evil"})).endswith("signed with an unknown key")
    assert tokens.verify(user_pool.token(header=header)).tenant_id == "acme"
    assert set(fetched) == {JWKS_URL}


@pytest.mark.parametrize(
    ("header", "reason"),
    [
        pytest.param({"crit": ["exp"], "exp": 1}, "Unsupported critical extension", id="unknown critical extension"),
        pytest.param({"crit": []}, "must be a non-empty list", id="empty critical list"),
        pytest.param({"b64": False}, "Payload segment must be empty", id="detached payload"),
    ],
)
def test_header_extensions_are_refused(
    tokens: JwtTokenManager, user_pool: UserPool, header: dict[str, Any], reason: str
) -> None:
    """RFC 7515 section 4.1.11: what must be understood and is not makes the token invalid."""
    assert reason in refusal(tokens, user_pool.token(header=header))


NESTED = "[" * 100_000 + "]" * 100_000


@pytest.mark.parametrize(
    "header",
    [
        pytest.param(f'{{"alg": "RS256", "kid": "key-1", "x": {NESTED}}}', id="deeply nested"),
        pytest.param('{"alg": "RS256", "kid": "key-1", "x": ' + "9" * 5000 + "}", id="number of 5,000 digits"),
        pytest.param('["RS256"]', id="a list"),
        pytest.param("null", id="null"),
        pytest.param("{", id="no JSON"),
        pytest.param("", id="empty"),
    ],
)
def test_a_malformed_header_is_refused(tokens: JwtTokenManager, user_pool: UserPool, header: str) -> None:
    """What the parser does with it is nobody's server error."""
    assert refusal(tokens, user_pool.sign(header, json.dumps(good_claims())))


@pytest.mark.parametrize(
    "payload",
    [
        pytest.param(f'{{"x": {NESTED}}}', id="deeply nested"),
        pytest.param("[]", id="a list"),
        pytest.param('"acme"', id="a string"),
        pytest.param("{", id="no JSON"),
        pytest.param("", id="empty"),
    ],
)
def test_a_malformed_payload_is_refused(tokens: JwtTokenManager, user_pool: UserPool, payload: str) -> None:
    """Even when it is well signed."""
    assert refusal(tokens, user_pool.sign(json.dumps({"alg": "RS256", "kid": user_pool.kid}), payload))


@pytest.mark.parametrize(
    "token",
    [
        pytest.param("", id="empty"),
        pytest.param("token", id="one part"),
        pytest.param("a.b", id="two parts"),
        pytest.param("a.b.c.d", id="four parts"),
        pytest.param("..", id="three empty parts"),
        pytest.param("!.!.!", id="no base64"),
        pytest.param("\udcff.\udcff.\udcff", id="bytes that are no text"),
        pytest.param("\u00fc.\u00fc.\u00fc", id="letters outside ASCII"),
        pytest.param("a" * 1_000_000, id="one part of 1 MB"),
        pytest.param("e30." + "A" * 1_000_000 + ".e30", id="payload of 1 MB"),
    ],
)
def test_what_is_no_token_is_refused(tokens: JwtTokenManager, token: str) -> None:
    """Whatever it is, it ends as an invalid token, with the one text that API Gateway answers with 401."""
    with pytest.raises(InvalidTokenError) as refused:
        authorize(f"Bearer {token}", tokens, lambda _: True)
    assert str(refused.value) == "Unauthorized"
    assert refused.value.STATUS_CODE == 401


def test_a_huge_but_good_token_is_still_verified(tokens: JwtTokenManager, user_pool: UserPool) -> None:
    """Size alone is no reason: the gateway's header limit comes before."""
    assert tokens.verify(user_pool.token({"x": "y" * 1_000_000})).tenant_id == "acme"


def test_unavailable_keys_are_not_an_invalid_token(user_pool: UserPool) -> None:
    """A user must not be signed out because the key set cannot be fetched for a moment."""

    def fail(_: str) -> dict[str, Any]:
        raise OSError("unreachable")

    tokens = JwtTokenManager(issuer=ISSUER, audience=AUDIENCE, keys=SigningKeys(JWKS_URL, fetch=fail))
    with pytest.raises(SigningKeysUnavailableError) as unavailable:
        tokens.verify(user_pool.token())
    assert unavailable.value.STATUS_CODE == 503


@given(header=st.text() | st.text().map(lambda text: f"Bearer {text}") | st.from_regex(r"\ABearer [\w.-]*\.[\w-]*\Z"))
def test_any_text_as_a_header_is_an_invalid_token(tokens: JwtTokenManager, header: str) -> None:
    """No text at all makes another error than the one that is answered with 401."""
    with pytest.raises(InvalidTokenError):
        authorize(header, tokens, lambda _: True)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=5,
)
HEADER_FIELDS = st.sampled_from(["alg", "kid", "typ", "crit", "b64", "jwk", "zip"])


@given(header=st.dictionaries(HEADER_FIELDS, JSON | st.sampled_from(["RS256", "key-1"])), data=st.data())
def test_any_header_and_any_claims_under_a_foreign_signature_are_an_invalid_token(
    tokens: JwtTokenManager, foreign_pool: UserPool, header: dict[str, Any], data: st.DataObject
) -> None:
    """Well-formed JSON of every shape reaches every check, and none of them raises anything else."""
    claims = data.draw(st.dictionaries(st.sampled_from(list(good_claims())), JSON))

    assert refusal(tokens, foreign_pool.token(claims, header=header))


@given(data=st.data())
def test_any_wrong_value_of_any_claim_is_an_invalid_token(
    tokens: JwtTokenManager, user_pool: UserPool, data: st.DataObject
) -> None:
    """Even under the pool's own signature, a claim of the wrong shape never becomes a server error."""
    claims = ["iss", "aud", "token_use", "custom:tenantID", "custom:role"]
    name = data.draw(st.sampled_from(claims))
    value = data.draw(JSON.filter(lambda drawn: not isinstance(drawn, str)))

    assert refusal(tokens, user_pool.token({name: value}))
