"""The user pool's public signing keys: fetched once, cached, and re-fetched sparingly."""

from __future__ import annotations

import json
import socket
import threading
import time
import urllib.error
from concurrent.futures import ThreadPoolExecutor
from http.client import RemoteDisconnected
from typing import TYPE_CHECKING, Any

import pytest

from chalicelib.errors import InvalidTokenError, SigningKeysUnavailableError, UnknownSigningKeyError
from chalicelib.tenancy.signing_keys import SigningKeys, fetch_json
from tests.unit.http_stub import HttpStub, StubAnswer
from tests.unit.user_pool import UserPool

if TYPE_CHECKING:
    from collections.abc import Iterator

URL = "https://issuer.example.com/jwks.json"
THREADS = 16


class FakeClock:
    """A clock that stands still until it is moved."""

    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        """Return seconds, as time.monotonic does."""
        return self.now


class Publisher:
    """What the user pool publishes, how often it was asked, and whether it answers at all."""

    def __init__(self, *pools: UserPool, seconds: float = 0) -> None:
        self.document: dict[str, Any] = {"keys": [pool.jwk() for pool in pools]}
        self.failure: Exception | None = None
        self.fetched: list[str] = []
        self._seconds = seconds

    def fetch(self, url: str) -> dict[str, Any]:
        """Answer as the JWKS URL does."""
        self.fetched.append(url)
        time.sleep(self._seconds)
        if self.failure is not None:
            raise self.failure
        return self.document


@pytest.fixture(scope="module")
def next_pool() -> UserPool:
    """The same pool after it rotated its key."""
    return UserPool("key-2")


def test_the_keys_are_fetched_once_and_only_when_they_are_needed(user_pool: UserPool) -> None:
    """Making the object asks nobody; every find after the first is answered from memory."""
    publisher, clock = Publisher(user_pool), FakeClock()
    keys = SigningKeys(URL, fetch=publisher.fetch, clock=clock)
    assert publisher.fetched == []

    for _ in range(3):
        assert keys.find("key-1").key_id == "key-1"
        clock.now += 1199
    assert publisher.fetched == [URL]


def test_keys_that_are_known_for_an_hour_are_fetched_again_and_a_withdrawn_one_is_known_no_more(
    user_pool: UserPool,
) -> None:
    """A process lives for hours; a pool that withdrew a key must not wait for its end."""
    publisher, clock = Publisher(user_pool), FakeClock()
    keys = SigningKeys(URL, fetch=publisher.fetch, clock=clock)
    keys.find("key-1")

    clock.now += 3600
    keys.find("key-1")
    assert publisher.fetched == [URL, URL]

    publisher.document = {"keys": [{**user_pool.jwk(), "kid": "key-2"}]}
    clock.now += 3600
    with pytest.raises(UnknownSigningKeyError):
        keys.find("key-1")


@pytest.mark.parametrize("failure", [OSError("down"), SigningKeysUnavailableError("old")])
def test_known_keys_go_on_while_they_cannot_be_fetched_again_and_are_tried_once_a_minute(
    user_pool: UserPool, failure: Exception
) -> None:
    """An outage of the pool signs nobody out, and no request waits for it but one a minute."""
    publisher, clock = Publisher(user_pool), FakeClock()
    keys = SigningKeys(URL, fetch=publisher.fetch, clock=clock)
    keys.find("key-1")
    clock.now += 3600
    publisher.failure = failure
    for seconds, fetched in ((0, 2), (59, 2), (1, 3)):
        clock.now += seconds
        assert keys.find("key-1").key_id == "key-1"
        assert len(publisher.fetched) == fetched


def test_many_threads_at_the_same_time_lead_to_one_fetch(user_pool: UserPool) -> None:
    """A burst of first requests does not become a burst on Cognito."""
    publisher = Publisher(user_pool, seconds=0.05)
    keys = SigningKeys(URL, fetch=publisher.fetch)
    together = threading.Barrier(THREADS)

    def find(_: int) -> str | None:
        together.wait()
        return keys.find("key-1").key_id

    with ThreadPoolExecutor(THREADS) as threads:
        assert set(threads.map(find, range(THREADS))) == {"key-1"}
    assert len(publisher.fetched) == 1


def test_unknown_key_ids_lead_to_one_fetch_a_minute_at_most(user_pool: UserPool) -> None:
    """Forged tokens cannot make the authorizer hammer Cognito, whatever key ids they invent."""
    publisher, clock = Publisher(user_pool), FakeClock()
    keys = SigningKeys(URL, fetch=publisher.fetch, clock=clock)
    keys.find("key-1")

    for seconds, fetches in ((0, 1), (59.9, 1), (60, 2), (60, 2), (119.9, 2), (120, 3)):
        clock.now = 1000 + seconds
        with pytest.raises(InvalidTokenError, match="Unauthorized") as refused:
            keys.find(f"forged-{seconds}")
        assert refused.value.reason == "the token is signed with an unknown key"
        assert len(publisher.fetched) == fetches, f"after {seconds} s"


def test_many_threads_with_unknown_key_ids_lead_to_one_fetch(user_pool: UserPool) -> None:
    """The limit holds for forged tokens that come at the same time, too."""
    publisher = Publisher(user_pool, seconds=0.05)
    keys = SigningKeys(URL, fetch=publisher.fetch)
    together = threading.Barrier(THREADS)

    def is_refused(number: int) -> bool:
        together.wait()
        try:
            keys.find(f"forged-{number}")
        except InvalidTokenError:
            return True
        return False

    with ThreadPoolExecutor(THREADS) as threads:
        assert all(threads.map(is_refused, range(THREADS)))
    assert len(publisher.fetched) == 1


def test_a_rotated_key_is_found_within_a_minute(user_pool: UserPool, next_pool: UserPool) -> None:
    """The new key is fetched on its first use, and the one that the pool withdrew proves nothing any more."""
    publisher, clock = Publisher(user_pool), FakeClock()
    keys = SigningKeys(URL, fetch=publisher.fetch, clock=clock)
    keys.find("key-1")

    publisher.document = next_pool.jwks()
    clock.now += 60

    assert keys.find("key-2").key_id == "key-2"
    with pytest.raises(InvalidTokenError):
        keys.find("key-1")


@pytest.mark.parametrize("kid", [None, 1, ["key-1"], {"key-1": 1}, b"key-1"], ids=repr)
def test_a_key_id_that_is_no_string_is_refused_without_a_fetch(user_pool: UserPool, kid: object) -> None:
    """What is not even a name is not looked up."""
    publisher = Publisher(user_pool)
    with pytest.raises(InvalidTokenError) as refused:
        SigningKeys(URL, fetch=publisher.fetch).find(kid)
    assert refused.value.reason == "the token names no signing key"
    assert publisher.fetched == []


@pytest.mark.parametrize(
    "failure",
    [
        pytest.param(urllib.error.URLError("refused"), id="connection refused"),
        pytest.param(TimeoutError("timed out"), id="timeout"),
        pytest.param(RemoteDisconnected("gone"), id="disconnected"),
        pytest.param(ValueError("no JSON"), id="no JSON"),
    ],
)
def test_a_failed_fetch_is_tried_again_a_second_later(user_pool: UserPool, failure: Exception) -> None:
    """It is no verdict on the token; within the second nobody waits for the same failure again."""
    publisher, clock = Publisher(user_pool), FakeClock()
    publisher.failure = failure
    keys = SigningKeys(URL, fetch=publisher.fetch, clock=clock)
    with pytest.raises(SigningKeysUnavailableError) as unavailable:
        keys.find("key-1")
    assert str(failure) not in str(unavailable.value)

    publisher.failure = None
    clock.now += 0.9
    with pytest.raises(SigningKeysUnavailableError):
        keys.find("key-1")
    assert len(publisher.fetched) == 1

    clock.now += 0.1
    assert keys.find("key-1").key_id == "key-1"
    assert len(publisher.fetched) == 2


@pytest.mark.parametrize(
    "document",
    [
        pytest.param({}, id="no keys"),
        pytest.param({"keys": []}, id="empty list"),
        pytest.param({"keys": "key-1"}, id="keys as a string"),
        pytest.param({"keys": [7, None]}, id="keys that are no objects"),
        pytest.param({"keys": [{"kty": "RSA", "kid": "key-1", "n": "!", "e": "AQAB"}]}, id="unusable key"),
        pytest.param({"message": "Internal server error"}, id="an error as JSON"),
    ],
)
def test_a_document_without_a_usable_key_counts_as_a_failed_fetch(
    user_pool: UserPool, document: dict[str, Any]
) -> None:
    """A good token must not be refused for a minute because of one bad answer."""
    publisher, clock = Publisher(user_pool), FakeClock()
    publisher.document = document
    keys = SigningKeys(URL, fetch=publisher.fetch, clock=clock)
    with pytest.raises(SigningKeysUnavailableError):
        keys.find("key-1")

    publisher.document = user_pool.jwks()
    clock.now += 1

    assert keys.find("key-1").key_id == "key-1"


def test_a_failed_fetch_loses_no_key(user_pool: UserPool) -> None:
    """Users whose key is known go on while the key set cannot be fetched."""
    publisher, clock = Publisher(user_pool), FakeClock()
    keys = SigningKeys(URL, fetch=publisher.fetch, clock=clock)
    keys.find("key-1")
    clock.now += 60
    publisher.failure = urllib.error.URLError("refused")

    with pytest.raises(SigningKeysUnavailableError):
        keys.find("key-2")
    assert keys.find("key-1").key_id == "key-1"


def test_an_unusable_key_beside_a_usable_one_does_no_harm(user_pool: UserPool) -> None:
    """A pool may publish a key of a kind that nobody here can read."""
    publisher = Publisher()
    publisher.document = {"keys": [{"kty": "new", "kid": "key-2"}, {"kty": "RSA"}, user_pool.jwk()]}
    assert SigningKeys(URL, fetch=publisher.fetch).find("key-1").key_id == "key-1"


def test_the_keys_come_over_http_by_default(user_pool: UserPool) -> None:
    """The configured URL is fetched as it is."""
    document = json.dumps(user_pool.jwks()).encode()
    with HttpStub(lambda _: StubAnswer(body=document)) as stub:
        assert SigningKeys(f"{stub.url}/pool/jwks.json").find("key-1").key_id == "key-1"
    assert [asked.path for asked in stub.asked] == ["/pool/jwks.json"]


@pytest.mark.parametrize(
    "answer",
    [
        pytest.param(StubAnswer(status=500), id="server error"),
        pytest.param(StubAnswer(status=403), id="forbidden"),
        pytest.param(StubAnswer(status=404), id="not found"),
        pytest.param(StubAnswer(body=b"<html>"), id="no JSON"),
        pytest.param(StubAnswer(body=b"\xff\xfe\xfd"), id="no text"),
        pytest.param(StubAnswer(body=b"[]"), id="a list"),
        pytest.param(StubAnswer(body=b"null"), id="null"),
        pytest.param(StubAnswer(body=b'{"keys"', headers={"Content-Length": "1000"}), id="cut short"),
    ],
)
def test_whatever_the_server_answers_but_keys_is_a_failed_fetch(answer: StubAnswer) -> None:
    """No answer of another server can become anything but a 503."""
    with HttpStub(lambda _: answer) as stub, pytest.raises(SigningKeysUnavailableError):
        SigningKeys(stub.url).find("key-1")


@pytest.fixture
def babbling_server() -> Iterator[str]:
    """A server that does not speak HTTP."""
    with socket.create_server(("127.0.0.1", 0)) as listening:

        def babble() -> None:
            connection, _ = listening.accept()
            with connection:
                connection.recv(65536)
                connection.sendall(b"SSH-2.0-babble\r\n")

        thread = threading.Thread(target=babble)
        thread.start()
        yield f"http://127.0.0.1:{listening.getsockname()[1]}"
        thread.join()


def test_a_server_that_does_not_speak_http_is_a_failed_fetch(babbling_server: str) -> None:
    """http.client's own errors are no OSErrors."""
    with pytest.raises(SigningKeysUnavailableError):
        SigningKeys(babbling_server).find("key-1")


def test_an_unreachable_server_is_a_failed_fetch() -> None:
    """Nothing listens on the port."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        with pytest.raises(SigningKeysUnavailableError):
            SigningKeys(f"http://127.0.0.1:{probe.getsockname()[1]}").find("key-1")


def test_fetch_json_returns_the_document() -> None:
    """The twin of the failures above."""
    with HttpStub(lambda _: StubAnswer(body=b'{"keys": []}')) as stub:
        assert fetch_json(stub.url) == {"keys": []}
