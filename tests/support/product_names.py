"""What the product may be called and may not: Python and Terraform must agree on each."""

from __future__ import annotations

ADMITTED = ("a", "acme-desk", "aws-desk", "r2", "order", "sga", "abcdefghij-klmnopqr")

#: Each breaks one rule, and is else a name.
REFUSED = (
    "",
    "2nd",
    "-desk",
    "Acme",
    "acme_desk",
    "acme.desk",
    "acme--desk",  # RDS: no two consecutive hyphens
    "acme-",
    "acme*",
    "acmé",
    "acme\n",
    "abcdefghij-klmnopqrs",  # 20 characters
    "sthree",
    "sthree-desk",
    "amzn-s3-demo",
    "amzn-s3-demo-desk",
    "sg",
    "sg-desk",
)
