"""What the product may be called: a name that AWS would refuse somewhere is refused before anything runs."""

from __future__ import annotations

import re

from stage.errors import CommandError
from stage.local.demo_users import DEMO_TENANTS

_LONGEST = 19  # with '-' and a stage's name of 20 characters, what a placement's name may have: infra/modules/placement
_NAME = re.compile(r"[a-z](?:-?[a-z0-9])*")
#: What no bucket and no security group may begin with.
#: Sources: https://docs.aws.amazon.com/AmazonS3/latest/userguide/bucketnamingrules.html and
#: https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_CreateSecurityGroup.html, GroupName
_KEPT_BY_AWS = ("amzn-s3-demo-", "sg-", "sthree-")


def check_product(name: str) -> None:
    """Refuse a name by the rules of infra/modules/product, which Terraform would come to later.

    Raises:
        CommandError: no stage could have it in the names of its resources; the message says which rule it breaks.
    """
    if not _NAME.fullmatch(name) or len(name) > _LONGEST:
        raise CommandError(
            f"the product cannot be called {name!r}: PRODUCT in chalicelib/__init__.py has 1 to {_LONGEST} lower-case "
            "letters, digits or single '-', begins with a letter and ends in no '-'"
        )
    if name in DEMO_TENANTS:
        raise CommandError(
            f"the product cannot be called {name!r}, as a demo tenant is, since no tenant has the product's name; "
            "choose another PRODUCT in chalicelib/__init__.py"
        )
    for prefix in _KEPT_BY_AWS:
        if f"{name}-".startswith(prefix):
            raise CommandError(
                f"the product cannot be called {name!r}: AWS keeps names that begin with {prefix} for itself; "
                "choose another PRODUCT in chalicelib/__init__.py"
            )
