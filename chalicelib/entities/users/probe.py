"""How the evidence adds a user to a directory."""

from __future__ import annotations

from chalicelib.entities.probe import Probe

PROBE = Probe(
    body=lambda text: {"email": f"{text}@example.com", "display_name": text},
    holds="display_name",
    change={"display_name": "changed"},
)
