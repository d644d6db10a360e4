"""Moto's server as it is served behind the gate, without the gate.

    python -m bench.bare_moto --port PORT [--until-stdin-closes]

It takes the same shortcuts (`bulkhead_localaws.moto.shortcuts`), sends what it has at once and logs no request, as
localaws does.
"""

from __future__ import annotations

import argparse
import threading

from moto.moto_server.werkzeug_app import DomainDispatcherApplication, MotoRequestHandler, create_backend_app
from werkzeug.serving import make_server

from bulkhead_localaws.moto.shortcuts import take_shortcuts
from stage.local.processes import stop_when_input_ends


class _RequestHandler(MotoRequestHandler):
    disable_nagle_algorithm = True

    def log_request(self, *_: object) -> None:
        """Stay silent."""


def main() -> None:
    """Serve until the parent is gone, or forever."""
    parser = argparse.ArgumentParser(prog="python -m bench.bare_moto")
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--until-stdin-closes", action="store_true")
    options = parser.parse_args()
    take_shortcuts()
    application = DomainDispatcherApplication(create_backend_app)
    server = make_server("127.0.0.1", options.port, application, threaded=True, request_handler=_RequestHandler)
    if options.until_stdin_closes:
        threading.Thread(target=stop_when_input_ends, args=(server.shutdown,), daemon=True).start()
    server.serve_forever()


if __name__ == "__main__":
    main()
