"""DynamoDB requests → the IAM actions, resources and condition keys that AWS would authorize.

`MotoTableCatalog`, which imports moto, is in `localaws.gate.dynamodb.moto_catalog`.
"""

from localaws.gate.dynamodb.mapping import OPERATIONS, dynamodb_checks
from localaws.gate.dynamodb.rewriting import as_moto_reads
from localaws.gate.dynamodb.schema import KeyAttribute, KeySchema, TableCatalog, TableSchema

__all__ = [
    "OPERATIONS",
    "KeyAttribute",
    "KeySchema",
    "TableCatalog",
    "TableSchema",
    "as_moto_reads",
    "dynamodb_checks",
]
