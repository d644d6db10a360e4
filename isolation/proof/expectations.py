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
from stage.local.aws import VPC_ENDPOINT_ID

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from bulkhead_planproof.expectations import Reasons
    from bulkhead_planproof.plan import Principal
    from bulkhead_planproof.sources import Sources

Render = Callable[[TenantContext, TenantResources], dict[str, Any]]


#: As both roots have it: in a file of reasons, a wildcard would name every stage.
_STAGE = re.compile(r"[a-z](?:-?[a-z0-9])*", re.ASCII)


def reasons_of(name: str, strategy: str) -> Reasons:
    """Return who may reach what in a stage, and why, by the names of its resources, which begin with `name`.

    Which sessions the API opens itself, the strategy says: under web_identity, none.

    Raises:
        ProofError: there is no such strategy.
    """
    common, strategies = (_read(file, name) for file in ("reasons.json", "strategies.json"))
    if strategy not in strategies:
        raise ProofError(f"the strategy {strategy!r} is not known: it is one of {', '.join(strategies)}")
    return read_reasons(json.dumps({**common, "paths": [*common["paths"], *strategies[strategy]]}))


def _read(file: str, name: str) -> dict[str, Any]:
    text = Path(__file__).with_name(file).read_text(encoding="utf-8")
    read: dict[str, Any] = json.loads(text.replace("{name}", name))
    return read


def reasons_for(plan: Mapping[str, Any]) -> Reasons:
    """Return the reasons for one of the project's plans: those of its stage and strategy, and of where it runs.

    Raises:
        ProofError: it is a plan of something else, for which the reasons are none.
    """
    name = name_of(plan)
    reasons = reasons_of(name, str(_variable(plan, "vending_strategy")))
    if _variable(plan, "vpc_endpoint_id") == VPC_ENDPOINT_ID:  # of infra/local alone, which runs on no other AWS
        return reasons.model_copy(update={"sts_endpoints": {VPC_ENDPOINT_ID: "the listener of the local stage"}})
    if _variable(plan, "disposable") is True and _variable(plan, "network") is None:
        where = {f"{name}-TenantRole": "users of a disposable stage without a network hold their tenant's credentials"}
        return reasons.model_copy(update={"sessions_from_anywhere": where})
    return reasons


def _variable(plan: Mapping[str, Any], name: str) -> Any:
    return _inner(plan, "variables", name, "value")


def name_of(plan: Mapping[str, Any]) -> str:
    """Return what the names in a plan of this project begin with: product and stage.

    Raises:
        ProofError: it is a plan of something else, for which the reasons are none.
    """
    source = _inner(plan, "configuration", "root_module", "module_calls", "core", "source")
    stage = _variable(plan, "stage")
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
    reasons, read = reasons_for(plan), read_plan(plan, sources)
    form = KeyForm(grammar(TENANT_ID), "#")
    confined = names_a_role(reasons.session_policy_roles, read)
    policies = rendered_policies if confined else None  # only one strategy has such a role
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
