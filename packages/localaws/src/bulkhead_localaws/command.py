"""What `localaws` does."""

from __future__ import annotations

import argparse
import errno
import json
import os
import re
import signal
import sys
import threading
from contextlib import ExitStack
from dataclasses import replace
from importlib.metadata import distributions, version
from pathlib import Path
from typing import TYPE_CHECKING

from bulkhead_localaws.functions.registry import Functions, parse_function
from bulkhead_localaws.listeners import Listener, PortError
from bulkhead_localaws.moto.emulator import ACCOUNT_ID
from bulkhead_localaws.postgres.errors import PostgresError
from bulkhead_localaws.server import Ready, create_server

if TYPE_CHECKING:
    from collections.abc import Sequence

    from bulkhead_localaws.listeners import LocalServer
    from bulkhead_localaws.postgres.server import PostgresServer

_HIGHEST_PORT = 65535
_VPC_ENDPOINT = re.compile("vpce-[0-9a-f]{8,17}")


def run(arguments: Sequence[str] | None = None) -> int:
    """Serve until SIGINT or SIGTERM; exit code 0 then, 2 when a port cannot be had or PostgreSQL does not run."""
    parser = argparse.ArgumentParser(prog="localaws", description="A local AWS on loopback.")
    parser.add_argument("--host", default="127.0.0.1", help="address to listen on (default: %(default)s)")
    parser.add_argument("--port", type=_port, default=4566, help="port, 0 for a free one (default: %(default)s)")
    parser.add_argument("--ready-file", type=Path, help="write endpoint and keys as JSON here when ready")
    parser.add_argument(
        "--until-stdin-closes", action="store_true", help="stop as well when whoever started this is gone"
    )
    parser.add_argument(
        "--function",
        type=_function,
        action="append",
        default=[],
        metavar="NAME=module:callable",
        help="a Lambda function of the account that triggers of user pools can run; may be repeated",
    )
    parser.add_argument("--postgres", action="store_true", help="run a PostgreSQL as well, whose data ends with it")
    parser.add_argument("--postgres-port", type=_port, default=0, help="its port, 0 for a free one (default: 0)")
    parser.add_argument("--postgres-database", default="postgres", help="its database (default: %(default)s)")
    parser.add_argument(
        "--listener",
        type=_listener,
        action="append",
        default=[],
        metavar="PORT=vpce-ID",
        help="listen on this port too (0 for a free one), as the VPC endpoint of that id; may be repeated",
    )
    parser.add_argument(
        "--issuer",
        type=_issuer,
        action="append",
        default=[],
        metavar="URL=FILE-OR-URL",
        help="where the keys (JWKS) of a foreign OpenID Connect issuer are; may be repeated",
    )
    parser.add_argument("--version", action="version", version=f"bulkhead-localaws {version('bulkhead-localaws')}")
    options = parser.parse_args(arguments)
    _refuse_repeated(parser, "--listener", [each.vpc_endpoint for each in options.listener])
    _refuse_repeated(parser, "--issuer", [issuer for issuer, _ in options.issuer])
    _warn_of_namesake()
    functions = Functions(dict(options.function), account=ACCOUNT_ID)
    try:
        server, ready = create_server(
            options.host,
            options.port,
            listeners=options.listener,
            issuers=dict(options.issuer),
            functions=functions,
        )
    except PortError as error:
        if error.errno == errno.EADDRINUSE:
            option = "--port" if error.port == options.port else "another port with --listener"
            print(f"port {error.port} is taken: stop what listens there, or pass {option}", file=sys.stderr)
        else:
            print(f"cannot listen on {options.host}, port {error.port}: {error}", file=sys.stderr)
        return 2
    _stop_on_signal(server, until_stdin_closes=options.until_stdin_closes)
    with ExitStack() as running:
        running.callback(functions.stop)
        running.callback(server.server_close)
        if options.postgres:
            try:
                postgres = _start_postgres(options.postgres_port, options.postgres_database)
            except PostgresError as error:
                print(error, file=sys.stderr)
                return 2
            ready = replace(ready, postgres=running.enter_context(postgres).access)
        if options.ready_file:
            _write_privately(options.ready_file, json.dumps(ready.as_document()))
            print(f"ready: {options.ready_file} says how to use it", flush=True)  # no key goes to a log
        else:
            print(_instructions(ready), flush=True)
        server.serve_forever()
    return 0


def _warn_of_namesake() -> None:
    """Say that another project's command has the same name, so that nobody wonders which of both answers."""
    if any(distributions(name="localaws")):
        print(
            "another project, localaws, is installed here too, and has a command of the same name: "
            "`python -m bulkhead_localaws` always starts this one",
            file=sys.stderr,
        )


def _start_postgres(port: int, database: str) -> PostgresServer:
    try:
        from bulkhead_localaws.postgres.server import PostgresServer  # noqa: PLC0415 -- psycopg comes with an extra
    except ModuleNotFoundError as missing:
        raise PostgresError(
            f"--postgres needs {missing.name}, which is not installed: pip install 'bulkhead-localaws[postgres]'"
        ) from None
    return PostgresServer.start(port=port, database=database)


def _port(text: str) -> int:
    if not (text.isascii() and text.isdecimal()) or int(text) > _HIGHEST_PORT:
        raise argparse.ArgumentTypeError(f"{text!r} is not a port from 0 to {_HIGHEST_PORT}")
    return int(text)


def _listener(text: str) -> Listener:
    port, _, endpoint = text.partition("=")
    if not _VPC_ENDPOINT.fullmatch(endpoint):
        raise argparse.ArgumentTypeError(f"{text!r} is not PORT=vpce-ID, such as 0=vpce-0123456789abcdef0")
    return Listener(_port(port), endpoint)


def _issuer(text: str) -> tuple[str, str]:
    issuer, _, source = text.partition("=")
    if not issuer.startswith("https://") or not source:
        raise argparse.ArgumentTypeError(
            f"{text!r} is not URL=FILE-OR-URL, such as https://issuer.example.com=keys.json: an issuer's URL is https"
        )
    return issuer, source


def _refuse_repeated(parser: argparse.ArgumentParser, option: str, names: Sequence[str]) -> None:
    for name in names:
        if names.count(name) > 1:
            parser.error(f"{option}: {name} is given twice; give each one once")


def _function(text: str) -> tuple[str, str]:
    try:
        return parse_function(text)
    except ValueError as error:
        raise argparse.ArgumentTypeError(str(error)) from None


def _stop_on_signal(server: LocalServer, *, until_stdin_closes: bool) -> None:
    def stop(*_: object) -> None:
        # From a thread of its own: shutdown() waits for the loop that this signal interrupted.
        threading.Thread(target=server.shutdown, daemon=True).start()

    def stop_at_end_of_input() -> None:
        while os.read(0, 1):  # not sys.stdin, whose lock this thread would still hold when the interpreter ends
            pass
        stop()

    signal.signal(signal.SIGINT, stop)
    signal.signal(signal.SIGTERM, stop)
    if until_stdin_closes:
        threading.Thread(target=stop_at_end_of_input, daemon=True).start()


def _write_privately(path: Path, text: str) -> None:
    """Write a file that only its owner may read, all at once."""
    partial = path.with_name(f"{path.name}.partial")
    partial.unlink(missing_ok=True)  # of a run that was killed: who may read it, nobody knows
    partial.touch(mode=0o600, exist_ok=False)
    partial.write_text(text)
    partial.replace(path)


def _instructions(ready: Ready) -> str:
    lines = [
        f"local AWS at {ready.endpoint_url}, account {ready.account_id}; its administrator:",
        f"  export AWS_ENDPOINT_URL={ready.endpoint_url}",
        f"  export AWS_ACCESS_KEY_ID={ready.operator.access_key_id}",
        f"  export AWS_SECRET_ACCESS_KEY={ready.operator.secret_access_key}",
    ]
    lines += [f"VPC endpoint {endpoint} at {url}" for endpoint, url in (ready.listeners or {}).items()]
    if postgres := ready.postgres:
        lines += [
            f"PostgreSQL at {postgres.host}:{postgres.port}, database {postgres.database}; its superuser:",
            f"  export PGUSER={postgres.user}",
            f"  export PGPASSWORD={postgres.password}",
        ]
    return os.linesep.join(lines)
