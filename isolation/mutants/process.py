"""Changed code in processes of their own: each is forked from one that has loaded what all need.

A child forgets the app's modules, loads them anew with some files changed, and serves the app on a port of loopback, or
calls one of its functions. It ends when its parent closes the connection, however that ends.
"""

from __future__ import annotations

import importlib
import importlib.abc
import importlib.util
import logging
import os
import signal
import sys
import threading
from contextlib import contextmanager
from dataclasses import dataclass
from importlib.machinery import SourceFileLoader
from multiprocessing import get_context
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn

from isolation.mutants.edits import MutantError

if TYPE_CHECKING:
    import types
    from collections.abc import Callable, Iterator, Mapping, Sequence
    from importlib.machinery import ModuleSpec
    from multiprocessing.connection import Connection

_PRELOADED = "isolation.mutants.preloaded"
_OWN = frozenset({"app", "chalicelib", "stage"})
_READY_SECONDS, _HELD_SECONDS, _END_SECONDS = 30.0, 10.0, 5.0
#: Headers by which a request is kept open until another one is over.
HELD, RELEASES = "X-Mutants-Held", "X-Mutants-Releases"


@dataclass(frozen=True, slots=True)
class Changed:
    """A project whose files have other contents: their names in the project → what they hold."""

    project: Path
    files: Mapping[str, str]


class Nursery:
    """Starts the children; `environment` is all that they know."""

    def __init__(self, environment: Mapping[str, str], log: Path) -> None:
        self._environment = dict(environment)
        self._log = log
        self._context = get_context("forkserver")
        self._context.set_forkserver_preload([_PRELOADED])

    @contextmanager
    def api(self, changed: Changed) -> Iterator[str]:
        """Serve the changed app.

        Yields:
            its URL.

        Raises:
            MutantError: it does not start.
        """
        with self._child(_serve, changed) as told:
            yield f"http://127.0.0.1:{told}"

    def call(self, changed: Changed, module: str, function: str, *arguments: Any) -> Any:
        """Return what a function of the changed app returns.

        Raises:
            MutantError: it raises.
        """
        with self._child(_call, changed, module, function, arguments) as told:
            return told

    @contextmanager
    def _child(self, run: Callable[..., None], changed: Changed, *more: Any) -> Iterator[Any]:
        here, there = self._context.Pipe()
        child = self._context.Process(
            target=_run, args=(run, there, here, self._environment, self._log, changed, *more), daemon=True
        )
        child.start()
        there.close()
        try:
            if not here.poll(_READY_SECONDS):
                raise MutantError(f"the changed app did not start in {_READY_SECONDS:.0f} s: see {self._log}")
            try:
                told, failure = here.recv()
            except EOFError:
                raise MutantError(f"the changed app ended as it started: see {self._log}") from None
            if failure:
                raise MutantError(f"the changed app does not run: {failure}")
            yield told
        finally:
            here.close()
            child.join(_END_SECONDS)
            if child.is_alive():
                child.kill()
                child.join()


def _run(  # noqa: PLR0913, PLR0917 -- what multiprocessing hands over
    run: Callable[..., None],
    connection: Connection,
    parents: Connection,
    environment: Mapping[str, str],
    log: Path,
    changed: Changed,
    *more: Any,
) -> NoReturn:
    parents.close()
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # its parent stops it
    _write_to(log)
    os.environ.clear()
    os.environ.update(environment)
    try:
        _load_anew(changed)
        run(connection, changed, *more)
    except Exception as error:
        logging.getLogger(__name__).exception("the changed app")
        connection.send((None, f"{type(error).__name__}: {error}"))
    os._exit(0)  # whatever threads still do


def _write_to(log: Path) -> None:
    with log.open("ab", buffering=0) as file:
        for number in (1, 2):
            os.dup2(file.fileno(), number)
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(process)d %(name)s %(message)s", force=True)


def _load_anew(changed: Changed) -> None:
    """Let the app's modules be imported anew, from the project and with the changes."""
    for name in [name for name in sys.modules if name.partition(".")[0] in _OWN]:
        del sys.modules[name]
    os.chdir(changed.project)
    sys.path.insert(0, str(changed.project))
    files = {_module(file): (str(changed.project / file), text) for file, text in changed.files.items()}
    sys.meta_path.insert(0, _Finder(files))


def _module(file: str) -> str:
    return ".".join(Path(file).with_suffix("").parts).removesuffix(".__init__")


class _Finder(importlib.abc.MetaPathFinder):
    """Finds the modules whose files are changed; their names → path and text."""

    def __init__(self, files: Mapping[str, tuple[str, str]]) -> None:
        self._files = files

    def find_spec(
        self,
        fullname: str,
        path: Sequence[str] | None,  # noqa: ARG002
        target: types.ModuleType | None = None,  # noqa: ARG002
    ) -> ModuleSpec | None:
        """Return the spec of a changed module, None for any other."""
        if fullname not in self._files:
            return None
        file, text = self._files[fullname]
        return importlib.util.spec_from_file_location(fullname, file, loader=_Loader(fullname, file, text))


class _Loader(SourceFileLoader):
    """Loads a text in the place of a file's."""

    def __init__(self, fullname: str, path: str, text: str) -> None:
        super().__init__(fullname, path)
        self._text = text

    def get_code(self, fullname: str) -> types.CodeType:  # noqa: ARG002 -- importlib's signature
        """Return the text's code; never a cached one."""
        return compile(self._text, self.path, "exec", dont_inherit=True)


def _serve(connection: Connection, changed: Changed) -> None:
    from isolation.mutants.preloaded import share_models  # noqa: PLC0415 -- only a child may

    share_models()
    app = importlib.import_module("app").app
    hold = _Hold()
    app.register_middleware(hold, "http")  # within the app's own, so that what a view opened is open meanwhile
    hold.watch(importlib.import_module("chalicelib.data.database"))
    create = importlib.import_module("stage.local.api").create_api_server
    server = create("127.0.0.1", 0, changed.project).server
    threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True).start()
    connection.send((server.server_address[1], ""))
    _until_closed(connection)


def _call(connection: Connection, _: Changed, module: str, function: str, arguments: Sequence[Any]) -> None:
    answer = getattr(importlib.import_module(module), function)(*arguments)
    connection.send((answer, ""))
    _until_closed(connection)


def _until_closed(connection: Connection) -> None:
    try:
        connection.recv()
    except (EOFError, OSError):
        return


class _Hold:
    """Keeps one request open, a transaction of it too, until another one is answered."""

    def __init__(self) -> None:
        self._held, self._released = threading.Event(), threading.Event()
        self._own = threading.local()

    def __call__(self, request: Any, get_response: Callable[[Any], Any]) -> Any:
        if request.headers.get(RELEASES):
            self._held.wait(_HELD_SECONDS)
        self._own.holds = bool(request.headers.get(HELD))
        response = get_response(request)
        self._wait()
        if request.headers.get(RELEASES):
            self._released.set()
        return response

    def watch(self, database: Any) -> None:
        """Hold a request that runs a statement as soon as it has run."""
        execute = database.Transaction.execute

        def held(transaction: Any, *arguments: Any) -> Any:
            cursor = execute(transaction, *arguments)
            self._wait()
            return cursor

        database.Transaction.execute = held

    def _wait(self) -> None:
        if getattr(self._own, "holds", False):
            self._own.holds = False
            self._held.set()
            self._released.wait(_HELD_SECONDS)
