"""Knocks at another tenant's door: `python -m ops.knock globex acme`.

A member of globex signs in, the token becomes globex's scoped credentials as in the API, and they ask for a partition
of acme's and for globex's own, past the application's stores and routes. What the local AWS decided, and why, is
printed.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from botocore.exceptions import ClientError

from chalicelib.data.partitions import Partitions
from chalicelib.data.storage import Kind, Sharding
from chalicelib.entities import ENTITIES
from chalicelib.errors import InvalidTenantError, ScopedCredentialsError
from chalicelib.tenancy.tenant import Role, TenantContext
from stage.decisions import read_decisions
from stage.document import DEFAULT_PATH, LocalStage
from stage.errors import CommandError
from stage.scoped_credentials import scoped_client
from stage.shell import forget_aws_settings

if TYPE_CHECKING:
    from collections.abc import Sequence


def main(arguments: Sequence[str] | None = None) -> int:
    """Print both decisions; 0 when the other tenant's door stayed shut and the own one opened, 1 otherwise."""
    parser = argparse.ArgumentParser(prog="python -m ops.knock", description=__doc__)
    parser.add_argument("tenant", help="whose credentials")
    parser.add_argument("other", help="whose partition")
    parser.add_argument("--stage-file", type=Path, default=DEFAULT_PATH, help="default: %(default)s")
    options = parser.parse_args(arguments)
    forget_aws_settings()
    try:
        stage = LocalStage.load(options.stage_file)
        tenant, other = (TenantContext(each, Role.MEMBER, "knock", "-") for each in (options.tenant, options.other))
        dynamodb = scoped_client(stage, options.tenant, Role.MEMBER)
        foreign, own = (_knock(stage, dynamodb, each) for each in (other, tenant))
    except (CommandError, InvalidTenantError, ScopedCredentialsError, OSError) as error:
        print(error, file=sys.stderr)
        return 2
    return 0 if (foreign, own) == ("ImplicitlyDenied", "Allowed") else 1


def _knock(stage: LocalStage, dynamodb: Any, door: TenantContext) -> str:
    partition = Partitions(door, _kind()).every()[0]
    try:
        answer = dynamodb.query(
            TableName=stage.table_name,
            KeyConditionExpression="pk = :pk",
            ExpressionAttributeValues={":pk": {"S": partition}},
        )
        said = "1 row" if answer["Count"] == 1 else f"{answer['Count']} rows"
    except ClientError as error:
        answer, said = error.response, error.response["Error"]["Message"]
    request_id = answer["ResponseMetadata"]["RequestId"]
    (decision,) = [each for each in read_decisions(stage.aws_endpoint_url) if each["request_id"] == request_id]
    print(f"{decision['action']} {partition}: {decision['decision']} by {decision['statement'] or 'no statement'}")
    print(f"  session tags  {decision['tags']}")
    print(f"  answer        {said}")
    for condition in decision["unmet"]:
        print(f"  unmet         {_in_words(condition)}")
    return str(decision["decision"])


def _kind() -> Kind:
    """Return the first entity's kind, or one that holds nothing: IAM judges keys, whatever lies there."""
    kinds = (entity.storage for entity in ENTITIES if isinstance(entity.storage, Kind))
    return next(kinds, Kind("knock", Sharding(1)))


def _in_words(unmet: dict[str, Any]) -> str:
    return f"{unmet['statement']}: {unmet['operator']} {unmet['key']} {unmet['wanted']}, but got {unmet['actual']}"


if __name__ == "__main__":
    sys.exit(main())
