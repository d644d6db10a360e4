"""An AWS of canned answers in a process of its own: DynamoDB, and sessions of STS. It counts its calls.

    python -m bench.stub --port PORT --keys JWKS [--until-stdin-closes]

GetItem answers with the attributes that were put last, whatever key is asked for, and of the table of signing keys with
this JSON Web Key Set. No signature, token or condition is checked, and all is answered at once: what is measured beside
it is the caller.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import signal
import threading
from collections import Counter
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any
from urllib.parse import parse_qs

from bench.settings import ENVIRONMENT
from stage.local.processes import stop_when_input_ends

_HOST = "127.0.0.1"
_LIFE = timedelta(hours=1)


class _Connection(asyncio.Protocol):
    """One keep-alive connection, on which each request is answered before the next is sent."""

    def __init__(self, counts: Counter[str], table: _Table) -> None:
        self._counts = counts
        self._table = table
        self._received = b""
        self._transport: asyncio.Transport

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport

    def data_received(self, data: bytes) -> None:
        self._received += data
        head, end, body = self._received.partition(b"\r\n\r\n")
        lines = (line.partition(b": ") for line in head.split(b"\r\n")[1:])
        headers = {name.lower(): value for name, _, value in lines}
        if not end or len(body) < int(headers.get(b"content-length", 0)):
            return
        self._received = b""
        content_type, answer = self._answer(head.split(b" ")[1], headers, body)
        self._transport.write(
            b"HTTP/1.1 200 OK\r\nContent-Type: %b\r\nContent-Length: %d\r\nx-amzn-RequestId: 1\r\n\r\n%b"
            % (content_type, len(answer), answer)
        )

    def _answer(self, path: bytes, headers: dict[bytes, bytes], body: bytes) -> tuple[bytes, bytes]:
        if path == b"/counts":
            return b"application/json", json.dumps(self._counts).encode()
        if b"x-amz-target" in headers:
            operation = headers[b"x-amz-target"].decode().rpartition(".")[2]
            self._counts[operation] += 1
            return b"application/x-amz-json-1.0", self._table.answer(operation, json.loads(body))
        [action] = parse_qs(body.decode())["Action"]
        self._counts[action] += 1
        return b"text/xml", _credentials(action, self._counts[action])


class _Table:
    """A table with one row, which every key finds; and the table of signing keys, with a copy of them."""

    def __init__(self, keys: str) -> None:
        self._attributes: dict[str, Any] | None = None
        self._keys = {"keys": {"S": keys}, "fetched_at": {"S": datetime.now(UTC).isoformat()}}

    def answer(self, operation: str, request: dict[str, Any]) -> bytes:
        """Put or get the row; any other operation is answered with nothing."""
        answer: dict[str, Any] = {}
        if operation == "PutItem":
            self._attributes = request["Item"]
        elif operation == "GetItem" and request["TableName"] == ENVIRONMENT["SIGNING_KEYS_TABLE_NAME"]:
            answer["Item"] = self._keys | request["Key"]
        elif operation == "GetItem" and self._attributes is not None:
            answer["Item"] = self._attributes | request["Key"]
        if "ReturnConsumedCapacity" in request:
            answer["ConsumedCapacity"] = {"TableName": "pooled", "CapacityUnits": 1.0}
        return json.dumps(answer).encode()


def _credentials(action: str, number: int) -> bytes:
    return f"""<{action}Response xmlns="https://sts.amazonaws.com/doc/2011-06-15/"><{action}Result><Credentials>
<AccessKeyId>ASIA{number:016}</AccessKeyId><SecretAccessKey>{"s" * 40}</SecretAccessKey>
<SessionToken>{"t" * 400}</SessionToken><Expiration>{(datetime.now(UTC) + _LIFE).isoformat()}</Expiration></Credentials>
</{action}Result><ResponseMetadata><RequestId>1</RequestId></ResponseMetadata></{action}Response>""".encode()


async def _serve(port: int, keys: str, *, until_stdin_closes: bool) -> None:
    counts: Counter[str] = Counter()
    table = _Table(keys)
    loop = asyncio.get_running_loop()
    stopped = asyncio.Event()
    loop.add_signal_handler(signal.SIGTERM, stopped.set)
    if until_stdin_closes:
        end = partial(loop.call_soon_threadsafe, stopped.set)
        threading.Thread(target=stop_when_input_ends, args=(end,), daemon=True).start()
    server = await loop.create_server(lambda: _Connection(counts, table), _HOST, port)
    async with server:
        await stopped.wait()


if __name__ == "__main__":
    parser = argparse.ArgumentParser(prog="python -m bench.stub")
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--keys", required=True)
    parser.add_argument("--until-stdin-closes", action="store_true")
    asyncio.run(_serve(**vars(parser.parse_args())))
