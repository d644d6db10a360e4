"""PartiQL operations → IAM actions ("IAM security policies with PartiQL for DynamoDB")."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from bulkhead_localaws.protocol.checks import AuthorizationCheck, MalformedRequestError, UnmappableRequestError
from bulkhead_localaws.services.dynamodb.context import (
    ENCLOSING_OPERATION,
    FULL_TABLE_SCAN,
    SELECT,
    item_context,
    write_checks,
)
from bulkhead_localaws.services.dynamodb.members import entries, known, required_text
from bulkhead_localaws.services.dynamodb.moto_readings import refuse_lookalikes
from bulkhead_localaws.services.dynamodb.partiql import moto_readings
from bulkhead_localaws.services.dynamodb.partiql.statements import parse
from bulkhead_localaws.services.dynamodb.partiql.syntax import Constant, Node, Parameter, pinned
from bulkhead_localaws.services.dynamodb.values import SERIALIZATION, key_text

if TYPE_CHECKING:
    from bulkhead_localaws.protocol.checks import ContextValue
    from bulkhead_localaws.services.dynamodb.partiql.statements import Statement
    from bulkhead_localaws.services.dynamodb.resources import Scope, Table
    from bulkhead_localaws.services.dynamodb.schema import KeyAttribute, KeySchema

_STATEMENT = frozenset({"Statement", "Parameters", "ReturnValuesOnConditionCheckFailure"})
_BATCH_STATEMENT = _STATEMENT | {"ConsistentRead"}


def statement_checks(structure: dict[str, Any], scope: Scope) -> list[AuthorizationCheck]:
    """Map an ExecuteStatement."""
    return _checks(structure, scope, None)


def batch_statement_checks(structure: dict[str, Any], scope: Scope) -> list[AuthorizationCheck]:
    """Map a BatchExecuteStatement: every statement must be allowed.

    DynamoDB answers each statement on its own; the gate refuses all of them when one is refused.
    """
    statements = [known(given, _BATCH_STATEMENT, "A statement") for given in entries(structure, "Statements")]
    return [check for statement in statements for check in _checks(statement, scope, None)]


def transaction_checks(structure: dict[str, Any], scope: Scope) -> list[AuthorizationCheck]:
    """Map an ExecuteTransaction: every statement must be allowed, each enclosed by the transaction."""
    statements = [known(given, _STATEMENT, "A statement") for given in entries(structure, "TransactStatements")]
    return [check for statement in statements for check in _checks(statement, scope, "ExecuteTransaction")]


def _checks(structure: dict[str, Any], scope: Scope, enclosing: str | None) -> list[AuthorizationCheck]:
    statement = parse(required_text(structure, "Statement"))
    parameters = _parameters(structure, statement)
    table = scope.table(statement.source.table)
    resource, key = _target(statement, table)
    moto_readings.refuse_other_table(statement, scope.catalog)
    _refuse_changed_keys(statement, table)
    leading = None if key is None else _leading_keys(statement, key, parameters)
    context = item_context(leading if moto_readings.reads_alike(statement) else None, statement.attributes)
    if enclosing is not None:
        context[ENCLOSING_OPERATION] = enclosing
    action = f"dynamodb:PartiQL{statement.kind}"
    if statement.kind == "Select":
        context |= _selection(statement, key)
    if statement.kind in {"Select", "Insert"}:
        return [AuthorizationCheck(action, resource, context)]
    return write_checks(action, resource, context, {**structure, "ReturnValues": statement.returned})


def _parameters(structure: dict[str, Any], statement: Statement) -> list[Any]:
    parameters = structure.get("Parameters", [])
    if not isinstance(parameters, list):
        raise MalformedRequestError("Parameters is not a list", code=SERIALIZATION)
    if len(parameters) != statement.parameters:
        raise MalformedRequestError("Number of parameters in request and statement don't match.")
    return parameters


def _target(statement: Statement, table: Table) -> tuple[str, KeySchema | None]:
    index = statement.source.index
    if index is None:
        return table.arn, table.key
    if statement.kind != "Select":
        raise MalformedRequestError("Only a SELECT statement can name an index")
    return table.index_arn(index), table.index_key(index)


def _refuse_changed_keys(statement: Statement, table: Table) -> None:
    """Refuse to change a key attribute: DynamoDB would, and moto writes the item under the new key."""
    written = statement.targets if statement.kind == "Update" else ()
    if statement.item is not None:
        refuse_lookalikes(table.schema, [name for name, _ in statement.item.pairs])
    refuse_lookalikes(table.schema, written)
    if table.key is not None and not table.key.names.isdisjoint(written):
        raise MalformedRequestError("Cannot update an attribute that is part of the key")


def _leading_keys(statement: Statement, key: KeySchema, parameters: list[Any]) -> list[str] | None:
    if statement.item is not None:
        values = dict(statement.item.pairs)
        if not key.names <= values.keys():
            raise MalformedRequestError("One of the required keys was not given a value")
        if key.sort is not None:
            _constant(key.sort, values[key.sort.name], parameters)
        return [_constant(key.partition, values[key.partition.name], parameters)]
    nodes = pinned(statement.where, key.partition.name)
    return None if nodes is None else [_constant(key.partition, node, parameters) for node in nodes]


def _constant(attribute: KeyAttribute, node: Node, parameters: list[Any]) -> str:
    if isinstance(node, Parameter):
        return key_text(attribute, parameters[node.position])
    if isinstance(node, Constant):
        return key_text(attribute, {node.type: node.text})
    raise UnmappableRequestError(f"The value of the key attribute {attribute.name} is not a constant")


def _selection(statement: Statement, key: KeySchema | None) -> dict[str, ContextValue]:
    """Return the keys that only a SELECT has.

    A SELECT is a full scan "if an equality or IN condition with a partition key is not provided in the WHERE clause";
    one of an unknown table or index is taken for one. `SELECT *` from an index is ALL_ATTRIBUTES, too: moto
    returns whole items, whatever is projected into the index.
    """
    select = "ALL_ATTRIBUTES" if statement.everything else "SPECIFIC_ATTRIBUTES"
    pins = None if key is None else pinned(statement.where, key.partition.name, across_or=True)
    return {SELECT: select, FULL_TABLE_SCAN: "true" if pins is None else "false"}
