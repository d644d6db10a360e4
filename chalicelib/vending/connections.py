"""One pool of connections for the clients of all tenants."""

from __future__ import annotations

import socket
from typing import TYPE_CHECKING

from botocore.httpsession import URLLib3Session

if TYPE_CHECKING:
    from botocore.session import Session


def connection_pool(session: Session, *, timeout: tuple[float, float], size: int) -> URLLib3Session:
    """Return a pool of `size` connections; `timeout` is the seconds to connect and to read.

    A pool for each client would leave up to ten idle connections for each tenant: 1,024 file descriptors, all that a
    function has, are used up by a hundred tenants.
    """
    return URLLib3Session(
        verify=session.get_config_variable("ca_bundle") or True,
        timeout=timeout,  # type: ignore[arg-type] # as botocore itself gives it
        max_pool_connections=size,
        # As botocore's own pools: else a request's body waits for the acknowledgement of its head, up to 40 ms.
        socket_options=[(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)],  # type: ignore[list-item] # as above
    )
