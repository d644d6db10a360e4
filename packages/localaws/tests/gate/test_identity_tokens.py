"""Which web identity tokens hold: signed by their issuer, for a client that the account's IAM knows, and now."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import logging
from typing import TYPE_CHECKING, Any

import pytest
from joserfc import jws
from joserfc.jwk import RSAKey

from bulkhead_localaws.moto.emulator import ACCOUNT_ID
from localaws_testing.account import NOW, Account, policy
from localaws_testing.issuers import CLIENT_ID, Issuer, encoded

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from localaws_testing.account import GateAnswer

ROLE_ARN = f"arn:aws:iam::{ACCOUNT_ID}:role/Reader"
SECONDS = int(NOW.timestamp())


@pytest.fixture
def issuer(account: Account, tmp_path: Path) -> Issuer:
    """Return an issuer whose every token may assume Reader."""
    issuer = Issuer(tmp_path)
    trusted_by_reader(account, issuer.register(account))
    return issuer


def trusted_by_reader(account: Account, provider: str) -> None:
    """Create the role, which trusts the provider."""
    statement = {"Effect": "Allow", "Principal": {"Federated": provider}, "Action": "sts:AssumeRoleWithWebIdentity"}
    account.role("Reader", policy(statement))


def errors(answer: GateAnswer) -> tuple[int, str]:
    """Return status and code."""
    return answer.status, answer.code


@pytest.mark.parametrize("algorithm", ["RS256", "RS384", "RS512", "ES256", "ES384", "ES512"])
def test_a_token_of_every_documented_algorithm_holds(account: Account, tmp_path: Path, algorithm: str) -> None:
    """The answer says who, for whom, vouched for by whom."""
    issuer = Issuer(tmp_path, algorithm=algorithm)
    provider = issuer.register(account)
    trusted_by_reader(account, provider)

    answer = account.assume_with_token(issuer.token(), ROLE_ARN)

    assert answer.status == 200, answer.text
    assert answer.element("SubjectFromWebIdentityToken") == "user-ann"
    assert answer.element("Audience") == CLIENT_ID
    assert answer.element("Provider") == provider


@pytest.mark.parametrize(
    "claims",
    [
        pytest.param({"aud": [CLIENT_ID]}, id="a list of one audience"),
        pytest.param({"aud": "other", "azp": CLIENT_ID}, id="the authorized party is the audience"),
        pytest.param({"aud": ["other", "another"], "azp": CLIENT_ID}, id="of several too"),
        pytest.param({"nbf": SECONDS}, id="valid from now on"),
        pytest.param({"exp": SECONDS + 1}, id="valid for a second more"),
    ],
)
def test_claims_that_hold(account: Account, issuer: Issuer, claims: dict[str, Any]) -> None:
    """Just so."""
    assert account.assume_with_token(issuer.token(**claims), ROLE_ARN).status == 200


@pytest.mark.parametrize(
    ("claims", "code"),
    [
        pytest.param({"aud": "other"}, "InvalidIdentityToken", id="another client"),
        pytest.param({"aud": CLIENT_ID.upper()}, "InvalidIdentityToken", id="a client in another case"),
        pytest.param({"azp": "other"}, "InvalidIdentityToken", id="another authorized party"),
        pytest.param({"azp": ""}, "InvalidIdentityToken", id="an empty authorized party"),
        pytest.param({"aud": [CLIENT_ID, "other"]}, "InvalidIdentityToken", id="two audiences"),
        pytest.param({"aud": []}, "InvalidIdentityToken", id="an empty list of audiences"),
        pytest.param({"aud": None, "client_id": CLIENT_ID}, "InvalidIdentityToken", id="an access token of Cognito"),
        pytest.param({"iss": "https://other.example.com"}, "InvalidIdentityToken", id="another issuer"),
        pytest.param({"iss": "idp.example.com/pool"}, "InvalidIdentityToken", id="an issuer without a scheme"),
        pytest.param(
            {"iss": "https://idp.example.com/pool/"}, "InvalidIdentityToken", id="an issuer with a slash more"
        ),
        pytest.param({"iss": ["https://idp.example.com/pool"]}, "InvalidIdentityToken", id="a list of issuers"),
        pytest.param({"iss": None}, "InvalidIdentityToken", id="no issuer"),
        pytest.param({"sub": None}, "InvalidIdentityToken", id="no subject"),
        pytest.param({"sub": ""}, "InvalidIdentityToken", id="an empty subject"),
        pytest.param({"sub": 7}, "InvalidIdentityToken", id="a number for a subject"),
        pytest.param({"exp": SECONDS}, "ExpiredTokenException", id="expired now"),
        pytest.param({"exp": SECONDS - 3600}, "ExpiredTokenException", id="expired long ago"),
        pytest.param({"exp": None}, "InvalidIdentityToken", id="never expiring"),
        pytest.param({"exp": str(SECONDS + 900)}, "InvalidIdentityToken", id="expiring at a text"),
        pytest.param({"exp": SECONDS + 900.5}, "InvalidIdentityToken", id="expiring at a fraction"),
        pytest.param({"exp": True}, "InvalidIdentityToken", id="expiring at true"),
        pytest.param({"iat": None}, "InvalidIdentityToken", id="issued never"),
        pytest.param({"iat": SECONDS + 1}, "InvalidIdentityToken", id="issued in the future"),
        pytest.param({"nbf": SECONDS + 1}, "InvalidIdentityToken", id="valid in the future"),
        pytest.param({"nbf": "now"}, "InvalidIdentityToken", id="valid from a text on"),
        pytest.param({"amr": [7]}, "InvalidIdentityToken", id="a number for a method"),
    ],
)
def test_a_token_with_wrong_claims_opens_nothing(
    account: Account, issuer: Issuer, claims: dict[str, Any], code: str
) -> None:
    """With AWS's code; the same token holds with the right claims."""
    assert account.assume_with_token(issuer.token(), ROLE_ARN).status == 200
    assert errors(account.assume_with_token(issuer.token(**claims), ROLE_ARN)) == (400, code)


def test_aws_says_what_is_wrong(account: Account, issuer: Issuer) -> None:
    """In its words, as far as they are known."""
    for claims, message in (
        ({"aud": "other"}, "Incorrect token audience"),
        (
            {"exp": SECONDS - 1},
            f"Token expired: current date/time {SECONDS} must be before the expiration date/time {SECONDS - 1}",
        ),
        (
            {"iss": "https://other.example.com"},
            "No OpenIDConnect provider found in your account for https://other.example.com",
        ),
    ):
        assert account.assume_with_token(issuer.token(**claims), ROLE_ARN).message == message


def unsigned(issuer: Issuer) -> str:
    """Return a token that says that it needs no signature."""
    return f"{encoded({'alg': 'none', 'kid': 'key-1'})}.{encoded(issuer.claims())}."


def signed_with_the_published_key(issuer: Issuer) -> str:
    """Return a token whose HMAC has the public key for a secret."""
    content = f"{encoded({'alg': 'HS256', 'kid': 'key-1'})}.{encoded(issuer.claims())}"
    secret = RSAKey.import_key(issuer.key.as_dict(private=False)).as_pem(private=False)
    mac = hmac.new(secret, content.encode(), hashlib.sha256).digest()
    return f"{content}.{base64.urlsafe_b64encode(mac).rstrip(b'=').decode()}"


def signed_by_somebody_else(issuer: Issuer) -> str:
    """Return a token of the same key id from another key."""
    other = Issuer(issuer.file.parent / "..", "other.example.com")
    return other.token(iss=issuer.url)


def bringing_its_own_key(issuer: Issuer) -> str:
    """Return a token whose header has the key that signed it."""
    other = Issuer(issuer.file.parent / "..", "other.example.com")
    return other.token(iss=issuer.url, header={"jwk": other.key.as_dict(private=False)})


def with_other_claims(issuer: Issuer) -> str:
    """Return a token whose claims were changed after it was signed."""
    header, _, signature = issuer.token().split(".")
    return f"{header}.{encoded(issuer.claims(sub='user-bob'))}.{signature}"


def saying_a_claim_twice(issuer: Issuer) -> str:
    """Return a token that two readers read differently."""
    text = json.dumps(issuer.claims())[:-1] + f', "aud": "{CLIENT_ID}"}}'
    return jws.serialize_compact({"alg": "RS256", "kid": "key-1"}, text, issuer.key)


FORGED: dict[str, Callable[[Issuer], str]] = {
    "without a signature": unsigned,
    "with the public key for a secret": signed_with_the_published_key,
    "of another key": signed_by_somebody_else,
    "of a key that it brings along": bringing_its_own_key,
    "with claims of another": with_other_claims,
    "with a claim twice": saying_a_claim_twice,
    "of another algorithm than it says": lambda issuer: relabelled(issuer, {"alg": "RS512", "kid": "key-1"}),
    "of an algorithm of another kind of key": lambda issuer: relabelled(issuer, {"alg": "ES256", "kid": "key-1"}),
    "of an algorithm that AWS does not take": lambda issuer: relabelled(issuer, {"alg": "PS256", "kid": "key-1"}),
    "without an algorithm": lambda issuer: relabelled(issuer, {"kid": "key-1"}),
    "of a key that is not published": lambda issuer: issuer.token(header={"kid": "key-2"}),
    "of no key in particular": lambda issuer: issuer.token(header={"kid": None}),
    "with an extension that is critical": lambda issuer: relabelled(
        issuer, {"alg": "RS256", "kid": "key-1", "crit": ["x"], "x": 1}
    ),
    "in two parts": lambda issuer: issuer.token().rpartition(".")[0],
    "in four parts": lambda issuer: f"{issuer.token()}.x",
    "that is none": lambda _: "opaque-access-token",
    "of no JSON": lambda _: f"{encoded('x')}.{encoded('y')}.z",
    "with a line end": lambda issuer: f"{issuer.token()}\n",
    "that is not base64": lambda issuer: issuer.token().replace(".", ".*", 1),
}


def relabelled(issuer: Issuer, header: dict[str, Any]) -> str:
    """Return a token with another header over its claims and signature."""
    _, claims, signature = issuer.token().split(".")
    return f"{encoded(header)}.{claims}.{signature}"


@pytest.mark.parametrize("how", FORGED)
def test_a_forged_token_opens_nothing(account: Account, issuer: Issuer, how: str) -> None:
    """Whatever it says of itself; beside it, the issuer's own does."""
    answer = account.assume_with_token(FORGED[how](issuer), ROLE_ARN)

    assert answer.status == 400, answer.text
    assert answer.code in {"InvalidIdentityToken", "ValidationError"}
    assert account.assume_with_token(issuer.token(), ROLE_ARN).status == 200


def test_a_published_key_for_encryption_or_a_second_one_of_its_id_verifies_nothing(
    account: Account, issuer: Issuer
) -> None:
    """Which key signed must be beyond doubt."""
    own = issuer.key.as_dict(private=False)
    other = RSAKey.generate_key(2048, {"kid": "key-1", "use": "sig"}).as_dict(private=False)
    token = issuer.token()

    for published in ([{**own, "use": "enc"}], [own, other], [], [{"kid": "key-1"}], [{**own, "n": 7}]):
        issuer.publish(*published)
        assert errors(account.assume_with_token(token, ROLE_ARN)) == (400, "InvalidIdentityToken"), published
    issuer.publish(own, {**other, "kid": "key-2"})
    assert account.assume_with_token(token, ROLE_ARN).status == 200


def test_a_token_is_for_a_provider_that_is_there_now(account: Account, issuer: Issuer) -> None:
    """Deleted while it runs, its tokens open nothing; the sessions that are open stay open."""
    session = account.token_session(issuer.token(), ROLE_ARN)
    provider = f"arn:aws:iam::{ACCOUNT_ID}:oidc-provider/{issuer.name}"
    account.administer("iam", "DeleteOpenIDConnectProvider", OpenIDConnectProviderArn=provider)

    refused = account.assume_with_token(issuer.token(), ROLE_ARN)

    assert errors(refused) == (400, "InvalidIdentityToken")
    assert refused.message == f"No OpenIDConnect provider found in your account for {issuer.url}"
    assert account.call(session, "sts", "GetCallerIdentity", {}).status == 200


def test_one_issuers_key_is_no_others(account: Account, issuer: Issuer, tmp_path: Path) -> None:
    """Though the account knows both, and both call their key the same."""
    other = Issuer(tmp_path, "other.example.com")
    other.register(account)

    assert account.assume_with_token(other.token(), ROLE_ARN).code == "AccessDenied"  # it is not trusted
    assert account.assume_with_token(other.token(iss=issuer.url), ROLE_ARN).code == "InvalidIdentityToken"


def test_an_issuer_whose_keys_cannot_be_had_is_said_to_be_out_of_reach(account: Account, issuer: Issuer) -> None:
    """IDPCommunicationError, which SDKs try again; it is read anew each time."""
    published = issuer.file.read_text()
    issuer.file.unlink()
    assert errors(account.assume_with_token(issuer.token(), ROLE_ARN)) == (400, "IDPCommunicationError")

    issuer.file.write_text(published)
    assert account.assume_with_token(issuer.token(), ROLE_ARN).status == 200


def test_no_token_is_logged_recorded_or_told(
    account: Account, issuer: Issuer, caplog: pytest.LogCaptureFixture
) -> None:
    """Refused or not."""
    caplog.set_level(logging.DEBUG)
    tokens = [issuer.token(), issuer.token(aud="other"), issuer.token(exp=1), signed_by_somebody_else(issuer)]
    answers = [account.assume_with_token(token, ROLE_ARN) for token in tokens]

    written = caplog.text + json.dumps(account.record.as_documents()) + "".join(answer.text for answer in answers)

    assert [answer.status for answer in answers] == [200, 400, 400, 400]
    for token in tokens:
        for part in token.split(".")[1:]:
            assert part not in written
