"""The product's name: one constant, which Terraform's default repeats, and no name that AWS would refuse."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from chalicelib import PRODUCT, PRODUCT_TITLE
from stage import live
from stage.errors import CommandError
from stage.live import LiveStage
from stage.local import stack
from stage.local.demo_users import DEMO_TENANTS
from stage.local.stack import LocalStack, StackOptions
from stage.product import check_product
from stage.progress import Progress
from tests.support.product_names import ADMITTED, REFUSED

INFRA = Path(__file__).parents[3] / "infra"


def _source(name: str) -> str:
    return (INFRA / name / "variables.tf").read_text()


def test_terraform_calls_the_product_as_python_does() -> None:
    """Else the state of a stage would be kept under another name than the stage's."""
    default = re.search(r'^  default +=[ ]"(.*)"$', _source("modules/product"), re.MULTILINE)

    assert default
    assert default[1] == PRODUCT, (
        f"infra/modules/product/variables.tf calls the product {default[1]!r}, and chalicelib/__init__.py {PRODUCT!r}: "
        "a new name goes into both"
    )


def test_no_root_names_the_product_itself() -> None:
    """What names begin with is asked of the one module, so that its default renames everything."""
    naming = [path for path in INFRA.rglob("*.tf") if f'"{PRODUCT}-' in path.read_text()]

    assert naming == []


def test_the_products_own_name_is_admitted() -> None:
    """Whoever renames it is told by a test before a deployment does."""
    check_product(PRODUCT)


def test_people_read_a_title() -> None:
    """In the API's description, and over the metrics of tenants."""
    assert PRODUCT_TITLE.lower().split() == PRODUCT.split("-")


@pytest.mark.parametrize("name", ADMITTED)
def test_a_name_is_admitted(name: str) -> None:
    """The shortest, the longest, with a digit and a '-'; no name is made of it alone, so that a word of SQL is one."""
    check_product(name)


@pytest.mark.parametrize("name", REFUSED)
def test_a_name_that_aws_would_refuse_is_refused(name: str) -> None:
    """With the name, the rule, and where it is to be changed."""
    with pytest.raises(CommandError, match=rf"cannot be called {re.escape(repr(name))}: .*chalicelib/__init__\.py"):
        check_product(name)


@pytest.mark.parametrize("tenant", DEMO_TENANTS)
def test_the_product_is_not_called_as_a_demo_tenant_is(tenant: str) -> None:
    """No tenant may have the product's name, so that `make dev` could not onboard it."""
    with pytest.raises(CommandError, match="demo tenant"):
        check_product(tenant)


def test_the_longest_name_is_what_a_stages_name_leaves_of_a_placements() -> None:
    """The three limits are in three files of Terraform, and this is how they hang together."""
    limits = {
        name: int(*re.findall(rf"length\(var\.{name}\) <= (\d+)", _source(folder)))
        for name, folder in (("placement.name", "modules/placement"), ("stage", "live"), ("name", "modules/product"))
    }

    assert limits["name"] == limits["placement.name"] - len("-") - limits["stage"]
    assert max(map(len, ADMITTED)) == limits["name"]


def test_the_longest_name_fits_the_state_bucket() -> None:
    """It has no stage in it, and a region. Source: AWS, Amazon S3 User Guide, "Bucket naming rules": 63 characters."""
    longest_region = "us-isof-south-1"

    of_the_product = live.state_bucket("123456789012", longest_region)

    assert len(of_the_product) - len(PRODUCT) + max(map(len, ADMITTED)) <= 63


def test_no_command_begins_with_a_name_that_aws_would_refuse(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Neither on AWS, before anybody is asked who the caller is, nor on this machine."""
    monkeypatch.setattr(live, "PRODUCT", "sg")
    monkeypatch.setattr(stack, "PRODUCT", "sg")

    with pytest.raises(CommandError, match="AWS keeps names that begin with sg- for itself"):
        LiveStage.find(tmp_path, "dev")
    with pytest.raises(CommandError, match="AWS keeps names that begin with sg- for itself"):
        LocalStack(StackOptions(tmp_path, tmp_path), Progress()).__enter__()
