"""The local API as `make dev` serves it, with the app's isolation taken out; run by a benchmark, not by hand."""

import sys

from app import app
from bench.without_isolation import remove_isolation
from stage.local.api import main

if __name__ == "__main__":
    remove_isolation(app)
    sys.exit(main())
