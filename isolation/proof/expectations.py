"""What the proof holds the project's own plans against: reasons, keys, and the session policies that it renders."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from bulkhead_planproof.expectations import names_a_role, read_reasons
from bulkhead_planproof.grammar import TENANT_ID, grammar
from bulkhead_planproof.languages import ProofError
from bulkhead_planproof.partitions import KeyForm
from bulkhead_planproof.prover import Prover
from bulkhead_planproof.reading import read_plan
from bulkhead_planproof.session_policy import RenderedPolicy, rendered_alike
from bulkhead_planproof.solver import Solver
from chalicelib import PRODUCT
from chalicelib.tenancy.tenant import Role, TenantContext
from chalicelib.vending.strategies import TenantResources, session_policy

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from bulkhead_planproof.expectations import Reasons
    from bulkhead_planproof.plan import Principal
    from bulkhead_planproof.sources import Sources

Render = Callable[[TenantContext, TenantResources], dict[str, Any]]


#: As both roots have it: in a file of reasons, a wildcard would name every stage.
_STAGE = re.compile(r"[a-z](?:-?[a-z0-9])*", re.ASCII)


def reasons_of(name: str) -> Reasons:
    """Return who may reach what in a stage, and why, by the names of its resources, which begin with `name`."""
    text = Path(__file__).with_name("reasons.json").read_text(encoding="utf-8")
    return read_reasons(text.replace("{name}", name))


def name_of(plan: Mapping[str, Any]) -> str:
    """Return what the names in a plan of this project begin with: product and stage.

    Raises:
        ProofError: it is a plan of something else, for which the reasons are none.
    """
    source = _inner(plan, "configuration", "root_module", "module_calls", "core", "source")
    stage = _inner(plan, "variables", "stage", "value")
    if source != "../modules/core" or not _STAGE.fullmatch(str(stage)) or stage is None:
        raise ProofError(
            "this is no plan of infra/live or infra/local: prove it by `planproof`, and with its own reasons"
        )
    return f"{PRODUCT}-{stage}"


def _inner(value: Any, *names: str) -> Any:
    for name in names:
        value = value.get(name) if isinstance(value, dict) else None
    return value


def prover(plan: Mapping[str, Any], sources: Sources | None = None, solver: Solver | None = None) -> Prover:
    """Return what proves one of the project's plans, as `terraform show -json` prints it; raises ProofError.

    `sources` are those of the saved plan, without which a first plan leaves open what its resources get.
    """
    reasons, read = reasons_of(name_of(plan)), read_plan(plan, sources)
    form = KeyForm(grammar(TENANT_ID), "#")
    confined = names_a_role(reasons.session_policy_roles, read)
    policies = rendered_policies if confined else None  # under the strategy of session tags there is no such role
    return Prover(read, reasons, form, "tenant", policies, solver=solver or Solver())


def rendered_policies(
    role: Principal, tables: Sequence[str], render: Render = session_policy
) -> Iterator[RenderedPolicy]:
    """Yield what the application passes for each of its roles, on the resources that the role's own policy names.

    Raises:
        ProofError: the role does not name a table, or the policy for one tenant is not like that for another.
    """
    named = [each for statement in role.statements() if statement.allows for each in statement.named_resources]
    secrets = list(dict.fromkeys(each for each in named if ":secretsmanager:" in each)) or [
        "arn:aws:secretsmanager:::none"
    ]
    for table in tables:
        arns = [each for each in named if each.endswith(f":table/{table}")]
        if not arns:
            raise ProofError(f"{role.name} does not name the table {table}")
        resources = TenantResources(arns[0], secrets[0], secrets[-1])
        for right in Role:

            def rendered(tenant: str, right: Role = right, resources: TenantResources = resources) -> str:
                return json.dumps(render(TenantContext(tenant, right, "any", "any"), resources))

            yield rendered_alike(f"{role.name}, session policy for {right}", rendered)
