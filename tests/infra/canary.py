"""What a canary is: a weakened control, which the tests of its folder must notice."""

from __future__ import annotations

from dataclasses import dataclass

NEVER_SCAN = """
      {
        Sid      = "NeverScan"
        Effect   = "Deny"
        Action   = ["dynamodb:Scan", "dynamodb:PartiQL*"]
        Resource = ["*"]
      },"""


@dataclass(frozen=True, slots=True)
class Canary:
    """One weakened control: what is replaced in the folder's file, and what its tests must then complain of."""

    weakening: str
    folder: str
    old: str
    new: str
    complaint: str
    file: str = "main.tf"
    suite: str = "controls"
