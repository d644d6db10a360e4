"""Waits on a peer that says nothing."""

from __future__ import annotations

import socket
import time

from chalicelib.data.deadlines import Deadlines


def test_a_wait_on_a_silent_peer_ends_at_the_deadline() -> None:
    """The socket is cut under whoever waits; a connection that is used in time is left alone."""
    deadlines = Deadlines(0.2)
    silent, peer = socket.socketpair()
    quick, other = socket.socketpair()
    with silent, peer, quick, other:
        with deadlines.watching(quick):
            other.sendall(b"x")
            assert quick.recv(1) == b"x"
        silent.settimeout(10)
        with deadlines.watching(silent):
            assert silent.recv(1) == b""

        time.sleep(0.3)
        other.sendall(b"y")
        assert quick.recv(1) == b"y"


def test_each_connection_has_its_own_time() -> None:
    """One that began later is cut later."""
    deadlines = Deadlines(0.3)
    first, first_peer = socket.socketpair()
    second, second_peer = socket.socketpair()
    with first, first_peer, second, second_peer, deadlines.watching(first):
        time.sleep(0.15)
        with deadlines.watching(second):
            assert first.recv(1) == b""
            second_peer.sendall(b"x")
            assert second.recv(1) == b"x"
