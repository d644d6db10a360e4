"""What enforcement costs: one GetItem through the gate against the same GetItem of bare moto, in turn, in one run.

Bare moto takes the same shortcuts as the one behind the gate (localaws/shortcuts.py): the gate alone is measured.
"""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import boto3

from bench.measuring import report, report_ratio, seconds
from ops.processes import free_port
from ops.progress import Progress

if TYPE_CHECKING:
    from collections.abc import Callable

ROUNDS = 2_000
REGION, ACCOUNT = "eu-central-1", "123456789012"
ROLE = f"arn:aws:iam::{ACCOUNT}:role/TenantRole"
#: Moto's own server, with the shortcuts that the one behind the gate takes.
BARE_MOTO = """
import sys
from moto.server import main
from localaws.shortcuts import take_shortcuts
take_shortcuts()
main(["-p", sys.argv[1]])
"""
KEY = {"pk": {"S": "acme#item#0"}, "sk": {"S": "1"}}


def main() -> None:
    """Print medians, spread and the ratio."""
    progress = Progress()
    with tempfile.TemporaryDirectory() as folder:
        ready_file, port = Path(folder) / "ready.json", free_port()
        commands = (
            [sys.executable, "-m", "localaws", "--port", "0", "--ready-file", str(ready_file)],
            [sys.executable, "-c", BARE_MOTO, str(port)],
        )
        servers = [
            subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) for command in commands
        ]
        try:
            with progress.step("starting localaws and moto"):
                while not ready_file.exists():
                    time.sleep(0.05)
                gated = _behind_the_gate(json.loads(ready_file.read_text()))
                bare = _prepared(lambda service: _client(service, f"http://127.0.0.1:{port}", "AKIA", "x"))
            with progress.step(f"{ROUNDS} calls of each, in turn"):
                through, direct = _measure(gated, bare)
        finally:
            for server in servers:
                server.terminate()
                server.wait()
    report("GetItem through the gate", through)
    report("GetItem of bare moto", direct)
    report_ratio("gate / bare", through, direct)


def _measure(gated: Any, bare: Any) -> tuple[list[float], list[float]]:
    through, direct = [], []
    for _ in range(ROUNDS):
        through.append(seconds(lambda: gated.get_item(TableName="pooled", Key=KEY)))
        direct.append(seconds(lambda: bare.get_item(TableName="pooled", Key=KEY)))
    return through, direct


def _behind_the_gate(ready: dict[str, Any]) -> Any:
    operator = ready["operator"]

    def client(service: str) -> Any:
        return _client(service, ready["endpoint_url"], operator["access_key_id"], operator["secret_access_key"])

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
    return _client("dynamodb", ready["endpoint_url"], key["AccessKeyId"], key["SecretAccessKey"], key["SessionToken"])


def _policy(*statements: dict[str, Any]) -> str:
    return json.dumps({"Version": "2012-10-17", "Statement": statements})


def _prepared(client: Callable[[str], Any]) -> Any:
    dynamodb = client("dynamodb")
    for attempt in range(100):
        try:
            dynamodb.list_tables()
            break
        except dynamodb.exceptions.ClientError:
            raise
        except Exception:
            if attempt == 99:
                raise
            time.sleep(0.1)
    dynamodb.create_table(
        TableName="pooled",
        BillingMode="PAY_PER_REQUEST",
        AttributeDefinitions=[{"AttributeName": name, "AttributeType": "S"} for name in ("pk", "sk")],
        KeySchema=[{"AttributeName": "pk", "KeyType": "HASH"}, {"AttributeName": "sk", "KeyType": "RANGE"}],
    )
    dynamodb.put_item(TableName="pooled", Item=KEY | {"name": {"S": "anvil"}})
    return dynamodb


def _client(service: str, endpoint_url: str, access_key: str, secret_key: str, token: str | None = None) -> Any:
    return boto3.client(
        service,
        endpoint_url=endpoint_url,
        region_name=REGION,
        aws_access_key_id=access_key,
        aws_secret_access_key=secret_key,
        aws_session_token=token,
    )


if __name__ == "__main__":
    main()
