"""Which attacks there are."""

from __future__ import annotations

from dataclasses import replace
from itertools import product
from typing import TYPE_CHECKING

import pytest

from chalicelib.config import Strategy
from chalicelib.data.storage import TenantTable
from chalicelib.entities.entity import Entity
from chalicelib.tenancy.tenant import Role
from isolation.attack.controls import Control
from isolation.attack.dynamodb_operations import OPERATIONS
from isolation.attack.keys import EXACT, NAMINGS
from isolation.attack.matrix import all_cells, chosen, of_sessions, on_stage, thinned
from isolation.attack.outcomes import ATTACKER, Service, Who
from isolation.attack.outside import OWN_SESSION, OWN_TOKEN
from isolation.attack.postgres import postgres_cells
from isolation.attack.world import LAMBDA_ROLE, PLANTED_PARTITION, TENANTS
from tests.unit.isolation.sample_app import PROBES
from tests.unit.isolation.sample_world import SampleWorld

if TYPE_CHECKING:
    from isolation.attack.cells import Cell
    from isolation.attack.served import Served


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Served:
    """Return what a sample app serves: entities of the pooled table and of the database."""
    return SampleWorld(tmp_path_factory.mktemp("code")).served


@pytest.fixture(scope="module")
def cells(served: Served) -> tuple[Cell, ...]:
    """Return all cells of a stage whose sessions are opened by users' tokens."""
    return all_cells(Strategy.WEB_IDENTITY, served)


@pytest.mark.parametrize("strategy", Strategy)
def test_every_operation_meets_every_key_in_every_role(served: Served, strategy: Strategy) -> None:
    """The whole product, under each strategy, and no cell twice."""
    cells = all_cells(strategy, served)
    there = {(cell.attack, cell.target, cell.who) for cell in cells if cell.service is Service.DYNAMODB}

    missing = [
        (operation.name, naming.name, role)
        for operation, naming, role in product(OPERATIONS, NAMINGS, Role)
        if (operation.name, naming.name, Who(ATTACKER, role, strategy)) not in there
    ]

    assert missing == []
    assert len({cell.name for cell in cells}) == len(cells) >= 500
    assert {cell.who.strategy for cell in cells} == {"", strategy}


def test_every_operation_of_the_issue_is_among_them() -> None:
    """Single, batch, transaction and query, with the ways in which a refusal could show the item."""
    names = " ".join(operation.name for operation in OPERATIONS)
    for operation in ("GetItem", "PutItem", "UpdateItem", "DeleteItem", "Query", "BatchGetItem", "BatchWriteItem"):
        assert operation in names
    for values in ("ALL_OLD", "ALL_NEW", "UPDATED_OLD", "UPDATED_NEW", "shows why not", "ConditionCheck", "own first"):
        assert values in names


def test_no_valid_key_under_attack_is_one_of_the_attackers_own() -> None:
    """Else its being allowed would be no leak."""
    keys = [naming.value["S"] for naming in NAMINGS if naming.valid]

    assert len(set(keys)) == len(keys)
    assert not [key for key in keys if key.startswith(f"{ATTACKER}#")]
    assert {f"{tenant}#{PLANTED_PARTITION}" for tenant in ("acme-eu", "acme1", "acme10", "globex")} <= set(keys)


@pytest.mark.parametrize("service", Service)
def test_each_service_is_attacked_and_each_cell_names_what_must_refuse_it(
    cells: tuple[Cell, ...], service: Service
) -> None:
    """With a victim and a twin; nothing is expected of a control that nobody knows."""
    of_service = chosen(cells, services=(service,))

    assert len(of_service) >= 50
    for cell in of_service:
        assert cell.refused_by
        assert Control.UNKNOWN not in cell.refused_by
        assert cell.victims
        assert cell.twin.name


_LIMITS = {
    (Service.STS, "AssumeRole of TenantMaintenanceRole", "offboard_tenant"),
    (Service.REGISTRY, "GetItem", "invite_user"),
    (Service.REGISTRY, "GetItem", "suspend_tenant"),
    (Service.EXPORTS, "GetObject", "offboard_tenant"),
    (Service.POSTGRES, "set_config of another tenant", "reader"),
    (Service.POSTGRES, "set_config of another tenant", "writer"),
    (Service.POSTGRES, "a bare SET", "reader"),
    (Service.POSTGRES, "a bare SET", "writer"),
}
_ANY_TENANT = {(Service.STS, "AssumeRole", LAMBDA_ROLE)}


@pytest.mark.parametrize(
    ("strategy", "more"),
    [
        (Strategy.WEB_IDENTITY, set()),
        (Strategy.SESSION_TAGS, _ANY_TENANT),
        (Strategy.SESSION_POLICY, _ANY_TENANT | {(Service.STS, "GetItem of globex in a session with", "member")}),
    ],
)
def test_the_known_limits_are_shown(served: Served, strategy: Strategy, more: set[tuple[Service, str, str]]) -> None:
    """Those that docs/isolation.md states; that the API's role may open any tenant's session is not one by default."""
    limits = {(cell.service, cell.attack, cell.who.role) for cell in all_cells(strategy, served) if cell.known_limit}

    assert limits == _LIMITS | more


def test_every_control_but_the_guards_has_its_attack(served: Served) -> None:
    """Every call that a role may make at all carries a leading key: so no attack meets the guard alone."""
    named = {control for strategy in Strategy for cell in all_cells(strategy, served) for control in cell.refused_by}

    assert set(Control) - named == {
        Control.LEADING_KEY_GUARD,
        Control.NOT_GRANTED_BY_SESSION_POLICY,
        Control.UNKNOWN,
    }


@pytest.mark.parametrize("role", Role)
def test_a_token_and_a_session_are_tried_from_outside_of_the_network(cells: tuple[Cell, ...], role: Role) -> None:
    """By every role's own user, and within the network each is allowed."""
    by_token, by_session = (
        [cell for cell in cells if cell.attack.startswith(attack) and cell.who.role == role]
        for attack in (OWN_TOKEN, OWN_SESSION)
    )

    assert frozenset({Control.TRUST_ENDPOINT}) in {cell.refused_by for cell in by_token}
    assert {cell.refused_by for cell in by_session} == {frozenset({Control.DATA_ENDPOINT})}
    assert {cell.service for cell in by_session} == {Service.DYNAMODB, Service.SECRETS}
    assert all("in the network" in cell.twin.name for cell in (*by_token, *by_session))


@pytest.mark.parametrize("strategy", Strategy)
def test_no_token_opens_a_role_that_is_not_for_tokens(served: Served, strategy: Strategy) -> None:
    """The maintenance role under each strategy, and the tenants' role where its callers open it."""
    tried = {
        cell.attack
        for cell in all_cells(strategy, served)
        if cell.target == "with the own token" and cell.refused_by == {Control.TRUST_PRINCIPAL}
    }

    assert "AssumeRoleWithWebIdentity of TenantMaintenanceRole" in tried
    assert ("AssumeRoleWithWebIdentity of the tenants' role" in tried) == (strategy is not Strategy.WEB_IDENTITY)


def test_the_trust_refuses_what_the_pools_own_key_has_signed(cells: tuple[Cell, ...]) -> None:
    """STS finds such tokens good: the policy alone is left to refuse them, and each of its conditions does."""
    signed = [cell for cell in cells if cell.attack == "AssumeRoleWithWebIdentity"]

    assert {
        Control.TRUST_TENANT_TAG,
        Control.TRUST_TENANT_GRAMMAR,
        Control.TRUST_ROLE_TAG,
        Control.TRUST_TAG_KEYS,
        Control.TRUST_SESSION_NAME,
        Control.TRUST_AUDIENCE,
        Control.TRUST_TRANSITIVE_TAGS,
    } <= {control for cell in signed for control in cell.refused_by}


def test_what_no_session_decides_is_tried_under_one_strategy_only(served: Served) -> None:
    """Requests that no session is opened for are the same under each, and what sessions reach is not."""
    cells = all_cells(Strategy.SESSION_TAGS, served)
    others = of_sessions(cells)

    assert len(others) < len(cells) - 500
    assert {cell.service for cell in others} == {*Service} - {Service.POSTGRES}
    assert [cell for cell in others if cell.who.strategy] == [cell for cell in cells if cell.who.strategy]
    assert not [cell for cell in others if cell.refused_by & {Control.TOKEN, Control.REQUEST_MODEL, Control.ROUTES}]


def test_what_a_stage_cannot_show_is_left_out_with_a_reason(cells: tuple[Cell, ...]) -> None:
    """Nothing is lost: kept and skipped together are all; and what could damage the stage comes last."""
    whole = on_stage(cells, local=True, tenants=TENANTS)
    one = on_stage(cells, local=True, tenants=("acme", "globex"))
    aws = on_stage(cells, local=False, tenants=())
    http = chosen(cells, services=(Service.HTTP,))

    assert (len(whole.cells), whole.skipped) == (len(cells), {})
    for selection in (one, aws):
        assert len(selection.cells) + sum(selection.skipped.values()) == len(cells)
    assert one.skipped["the stage has no users of acme1"] == sum(cell.who.tenant == "acme1" for cell in http)
    assert {cell.service for cell in aws.cells} == {Service.DYNAMODB}
    assert not any(cell.harms or not cell.who.tenant for cell in aws.cells)
    assert not any(cell.refused_by & {Control.DATA_ENDPOINT, Control.HANDLE} for cell in aws.cells)
    harmful = [cell.harms for cell in whole.cells]
    assert harmful == sorted(harmful)
    assert any(cell.attack == "DeleteTable" and cell.harms for cell in whole.cells)


def test_fewer_cells_still_hold_every_operation_every_key_and_every_control(cells: tuple[Cell, ...]) -> None:
    """What is left out is only the rest of the product."""
    fewer = thinned(cells)
    dynamodb = [cell for cell in fewer if cell.service is Service.DYNAMODB]

    assert 500 <= len(fewer) < len(cells) / 2
    assert {operation.name for operation in OPERATIONS} <= {cell.attack for cell in dynamodb}
    assert {naming.name for naming in NAMINGS} <= {cell.target for cell in dynamodb}
    for service in Service:
        of_all, of_fewer = (
            {control for cell in some if cell.service is service for control in cell.refused_by}
            for some in (cells, fewer)
        )
        assert of_all == of_fewer
    assert {cell.who for cell in cells} == {cell.who for cell in fewer}


def test_cells_are_chosen_by_service_and_control(cells: tuple[Cell, ...]) -> None:
    """A canary runs those that name its control and no others."""
    deny = chosen(cells, services=(), controls=(Control.NEVER_SCAN,))

    assert deny
    assert all(Control.NEVER_SCAN in cell.refused_by for cell in deny)
    assert chosen(cells, services=(Service.HTTP,), controls=(Control.NEVER_SCAN,)) == ()
    assert chosen(cells) == cells
    assert EXACT[0].name in {cell.target for cell in chosen(cells, services=(Service.DYNAMODB,))}


def test_cells_are_chosen_by_entity(cells: tuple[Cell, ...]) -> None:
    """Those of its routes and of its table, and no other's."""
    notes = chosen(cells, entities=("notes",))

    assert {cell.service for cell in notes} == {Service.HTTP, Service.POSTGRES}
    assert {cell.entity for cell in notes} == {"notes"}
    assert {cell.service for cell in chosen(cells, entities=("samples", "lines"))} == {Service.HTTP}


def test_every_tenant_table_is_attacked_and_without_one_there_is_no_cell(served: Served) -> None:
    """Each by itself, with every statement; what is of no table once, beside the first of them."""
    more = Entity("more", "More", TenantTable("more", "more_id"))
    two = replace(served, entities=(*served.entities, more), probes={**served.probes, "more": PROBES["notes"]})
    of_one, of_two, of_none = (
        list(postgres_cells(each)) for each in (served, two, replace(served, entities=(), probes={}))
    )

    general = [cell for cell in of_one if not cell.entity]
    assert {cell.target for cell in general} == {"globex"}
    assert [cell.name for cell in of_two if not cell.entity] == [cell.name for cell in general]
    assert len(of_two) - len(general) == 2 * (len(of_one) - len(general))
    assert len({cell.name for cell in of_two}) == len(of_two)
    assert of_none == []
