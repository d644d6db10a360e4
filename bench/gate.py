"""What enforcement costs: one GetItem through the gate against the same GetItem of bare moto.

Bare moto is served as the one behind the gate is (bench/bare_moto.py), and its caller sends a token as well: the gate
alone is measured.
"""

from __future__ import annotations

import json
import tempfile
from contextlib import ExitStack
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from bench.harness import Comparison, Series, in_turn, milliseconds
from bench.requesting import running
from stage.clients import AwsEndpoint
from stage.document import Operator
from stage.local.processes import answers, free_port

if TYPE_CHECKING:
    from collections.abc import Callable

    from stage.progress import Progress

ROUNDS, WARM_UP = 3_000, 100
REGION, ACCOUNT = "eu-central-1", "123456789012"
ROLE = f"arn:aws:iam::{ACCOUNT}:role/TenantRole"
#: Moto reads none of it; but a caller with a session has a longer request to sign and to send.
TOKEN = "t" * 256
KEY = {"pk": {"S": "acme#bench#0"}, "sk": {"S": "1"}}


def measure(progress: Progress) -> list[Comparison]:
    """Compare GetItem of a tenant's session with the same call where nothing is checked."""
    with tempfile.TemporaryDirectory() as folder, ExitStack() as servers:
        ready_file, port = Path(folder) / "ready.json", free_port()
        url = f"http://127.0.0.1:{port}"
        with progress.step("gate: starting localaws and moto"):
            localaws = running(
                "bulkhead_localaws", "--port", "0", "--ready-file", str(ready_file), ready=ready_file.exists
            )
            servers.enter_context(localaws)
            servers.enter_context(
                running("bench.bare_moto", "--port", str(port), ready=lambda: answers(f"{url}/moto-api/"))
            )
            gated = _behind_the_gate(json.loads(ready_file.read_text()))
            key = {"AccessKeyId": "AKIA", "SecretAccessKey": "x", "SessionToken": TOKEN}
            bare = _prepared(lambda service: AwsEndpoint(REGION, url).as_session(service, key))
        with progress.step(f"gate: {ROUNDS:,} calls of each, in turn"):
            through, direct = in_turn(
                partial(milliseconds, lambda: gated.get_item(TableName="pooled", Key=KEY)),
                partial(milliseconds, lambda: bare.get_item(TableName="pooled", Key=KEY)),
                rounds=ROUNDS,
                warm_up=WARM_UP,
            )
    return [Comparison("gate", Series("GetItem through it", through), Series("bare moto", direct), goal=1.15)]


def _behind_the_gate(ready: dict[str, Any]) -> Any:
    aws = AwsEndpoint(REGION, ready["endpoint_url"])
    client = partial(aws.as_operator, operator=Operator(**ready["operator"]))
    _prepared(client)
    allow = {"Effect": "Allow", "Action": ["sts:AssumeRole", "sts:TagSession"]}
    trust = [allow | {"Principal": {"AWS": f"arn:aws:iam::{ACCOUNT}:root"}}]
    own = {
        "Sid": "OwnPartitionOnly",
        "Effect": "Allow",
        "Action": ["dynamodb:GetItem", "dynamodb:Query"],
        "Resource": f"arn:aws:dynamodb:{REGION}:{ACCOUNT}:table/pooled",
        "Condition": {
            "ForAllValues:StringLike": {"dynamodb:LeadingKeys": ["${aws:PrincipalTag/tenant}#*"]},
            "Null": {"dynamodb:LeadingKeys": "false"},
        },
    }
    never = {"Sid": "NeverScan", "Effect": "Deny", "Action": ["dynamodb:Scan", "dynamodb:PartiQL*"], "Resource": "*"}
    iam = client("iam")
    iam.create_role(RoleName="TenantRole", AssumeRolePolicyDocument=_policy(*trust))
    iam.put_role_policy(RoleName="TenantRole", PolicyName="Own", PolicyDocument=_policy(own, never))
    tags = [{"Key": "tenant", "Value": "acme"}]
    key = client("sts").assume_role(RoleArn=ROLE, RoleSessionName="acme", Tags=tags)["Credentials"]
    return aws.as_session("dynamodb", key)


def _policy(*statements: dict[str, Any]) -> str:
    return json.dumps({"Version": "2012-10-17", "Statement": statements})


def _prepared(client: Callable[[str], Any]) -> Any:
    dynamodb = client("dynamodb")
    dynamodb.create_table(
        TableName="pooled",
        BillingMode="PAY_PER_REQUEST",
        AttributeDefinitions=[{"AttributeName": name, "AttributeType": "S"} for name in ("pk", "sk")],
        KeySchema=[{"AttributeName": "pk", "KeyType": "HASH"}, {"AttributeName": "sk", "KeyType": "RANGE"}],
    )
    dynamodb.put_item(TableName="pooled", Item=KEY | {"name": {"S": "anvil"}})
    return dynamodb
