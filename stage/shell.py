"""The caller's shell must not reach the local stack: whose AWS profile, endpoints or proxy are set there."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import MutableMapping

_LOOPBACK = "127.0.0.1,localhost"


def forget_aws_settings(environ: MutableMapping[str, str] = os.environ) -> None:
    """Remove every AWS setting and keep loopback away from proxies, for this process and its children."""
    for name in [name for name in environ if name.startswith("AWS_")]:
        del environ[name]
    environ["AWS_SHARED_CREDENTIALS_FILE"] = os.devnull
    environ["AWS_CONFIG_FILE"] = os.devnull
    for name in ("NO_PROXY", "no_proxy"):
        environ[name] = ",".join(filter(None, (environ.get(name), _LOOPBACK)))
