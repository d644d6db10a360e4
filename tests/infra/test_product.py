"""The product's name: Terraform refuses what Python refuses, and a root that is told another name uses no other."""

from __future__ import annotations

import json
import re
from contextlib import contextmanager
from typing import TYPE_CHECKING

import pytest

from chalicelib import PRODUCT
from tests.support.product_names import ADMITTED, REFUSED

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.infra.conftest import Workspace

_OTHER = "acme-desk"


def _run(number: int, name: str, *, refused: bool) -> str:
    """Return a run of the module's tests that gives it a name."""
    expected = "\n  expect_failures = [var.name]\n" if refused else ""
    return (
        f'run "name_{number}" {{\n  command = plan\n\n  module {{\n    source = "../product"\n  }}\n\n'
        f"  variables {{\n    name = {json.dumps(name)}\n  }}\n{expected}}}\n"
    )


def test_terraform_admits_and_refuses_what_python_does(workspace: Workspace) -> None:
    """So that a name which passes the one is not stopped half-way by the other."""
    names = [(name, False) for name in ADMITTED] + [(name, True) for name in REFUSED]
    runs = [_run(number, name, refused=refused) for number, (name, refused) in enumerate(names)]

    result = workspace.terraform(workspace.tester("modules/product", {"names": "".join(runs)}), "test")

    assert result.returncode == 0, result.stdout + result.stderr
    assert f"Success! {len(names)} passed, 0 failed" in result.stdout


@contextmanager
def _renamed(workspace: Workspace) -> Iterator[None]:
    """Rename the product as an adopter does, by the one default."""
    file = workspace.infra / "modules" / "product" / "variables.tf"
    source = file.read_text()
    assert source.count(f'"{PRODUCT}"') == 1
    file.write_text(source.replace(f'"{PRODUCT}"', f'"{_OTHER}"'))
    try:
        yield
    finally:
        file.write_text(source)


@pytest.mark.parametrize("root", ["local", pytest.param("live", marks=pytest.mark.evidence)])
def test_a_root_of_another_product_passes_its_own_tests(workspace: Workspace, root: str) -> None:
    """They compute the names that they expect, from the one default."""
    with _renamed(workspace):
        result = workspace.terraform(workspace.initialised(root), "test")

    assert result.returncode == 0, result.stdout + result.stderr
    assert re.search(r"^Success! [1-9]\d* passed, 0 failed", result.stdout, re.MULTILINE), result.stdout
