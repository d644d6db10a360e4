"""How the evidence puts a line into a cart."""

from __future__ import annotations

from chalicelib.entities.probe import Probe

PROBE = Probe(
    body=lambda text: {"description": text, "price": "1", "quantity": 1},
    holds="description",
    change={"quantity": 2},
    row_id="line",
)
