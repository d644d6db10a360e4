"""The local API of an application that has samples beside its own routes: `python -m tests.support.sample_api`."""

from __future__ import annotations

import sys

from app import app
from stage.local.api import main
from tests.support.samples import add_samples

if __name__ == "__main__":
    add_samples(app)
    sys.exit(main())
