"""DynamoDB requests → the IAM actions, resources and condition keys that AWS would authorize."""

from bulkhead_localaws.services.dynamodb.mapping import OPERATIONS, dynamodb_checks
from bulkhead_localaws.services.dynamodb.rewriting import as_moto_reads
from bulkhead_localaws.services.dynamodb.schema import KeyAttribute, KeySchema, TableCatalog, TableSchema

__all__ = [
    "OPERATIONS",
    "KeyAttribute",
    "KeySchema",
    "TableCatalog",
    "TableSchema",
    "as_moto_reads",
    "dynamodb_checks",
]
