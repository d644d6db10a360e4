"""How many decisions a second the policy evaluator makes on one core, for a tenant role's policy.

There is no baseline to stand beside, so that pyperf measures: each kind of request in fresh processes.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

import pyperf  # type: ignore[import-untyped]  # it ships no types

from bench.harness import PROJECT, Comparison, Series
from bulkhead_iam import ContextValue, Policy, PolicySet, Principal, Request, evaluate
from chalicelib import PRODUCT
from stage.local.processes import process_basics

if TYPE_CHECKING:
    from stage.progress import Progress

ACCOUNT = "123456789012"
TABLE = f"arn:aws:dynamodb:eu-central-1:{ACCOUNT}:table/{PRODUCT}-prod"
READER, WRITER = (
    f"arn:aws:secretsmanager:eu-central-1:{ACCOUNT}:secret:{PRODUCT}-prod/database/app_{login}-??????"
    for login in ("reader", "writer")
)
OWN_PARTITION = {
    "ForAllValues:StringLike": {"dynamodb:LeadingKeys": ["${aws:PrincipalTag/tenant}#*"]},
    "Null": {"dynamodb:LeadingKeys": "false"},
}
#: As infra/modules/tenant_role renders it.
ENDPOINTS = ["vpce-0123456789abcdef0", "vpce-0123456789abcdef1"]
TENANT_ROLE = {
    "Version": "2012-10-17",
    "Statement": [
        {
            "Sid": "ReadOwnPartitionOnly",
            "Effect": "Allow",
            "Action": ["dynamodb:GetItem", "dynamodb:Query"],
            "Resource": [TABLE],
            "Condition": OWN_PARTITION,
        },
        {
            "Sid": "WriteOwnPartitionOnlyAsMemberOrAdmin",
            "Effect": "Allow",
            "Action": ["dynamodb:PutItem", "dynamodb:UpdateItem", "dynamodb:DeleteItem"],
            "Resource": [TABLE],
            "Condition": {**OWN_PARTITION, "StringEquals": {"aws:PrincipalTag/role": ["member", "admin"]}},
        },
        {
            "Sid": "ReadReaderSecretOnly",
            "Effect": "Allow",
            "Action": ["secretsmanager:GetSecretValue"],
            "Resource": [READER],
        },
        {
            "Sid": "ReadWriterSecretAsAdminOnly",
            "Effect": "Allow",
            "Action": ["secretsmanager:GetSecretValue"],
            "Resource": [WRITER],
            "Condition": {"StringEquals": {"aws:PrincipalTag/role": ["admin"]}},
        },
        {
            "Sid": "NeverScan",
            "Effect": "Deny",
            "Action": ["dynamodb:Scan", "dynamodb:PartiQL*"],
            "Resource": ["*"],
        },
        {
            "Sid": "NeverThroughOtherEndpoints",
            "Effect": "Deny",
            "Action": ["dynamodb:*", "secretsmanager:*"],
            "Resource": ["*"],
            "Condition": {"StringNotEquals": {"aws:SourceVpce": ENDPOINTS}},
        },
    ],
}
PRINCIPAL = Principal(
    arn=f"arn:aws:sts::{ACCOUNT}:assumed-role/TenantRole/acme-member",
    account=ACCOUNT,
    role_arn=f"arn:aws:iam::{ACCOUNT}:role/TenantRole",
)
SESSION_CONTEXT = {
    "aws:PrincipalTag/tenant": "acme",
    "aws:PrincipalTag/role": "member",
    "aws:PrincipalArn": f"arn:aws:iam::{ACCOUNT}:role/TenantRole",
    "aws:PrincipalAccount": ACCOUNT,
    "aws:PrincipalType": "AssumedRole",
    "aws:userid": "AROAEXAMPLE:acme-member",
    "aws:SourceVpce": ENDPOINTS[0],
    "aws:SecureTransport": "false",
    "aws:CurrentTime": "2026-11-22T12:00:00Z",
    "aws:EpochTime": "1795348800",
    "aws:UserAgent": "Boto3/1.44",
    "aws:RequestedRegion": "eu-central-1",
    "dynamodb:Select": "ALL_ATTRIBUTES",
}


def request(action: str, *leading_keys: str) -> Request:
    """Return a request of tenant acme's session for these partition keys."""
    context: dict[str, ContextValue] = {**SESSION_CONTEXT, "dynamodb:LeadingKeys": leading_keys}
    return Request(PRINCIPAL, f"dynamodb:{action}", TABLE, context)


REQUESTS = {
    "own item, read": (request("GetItem", "acme#bench#0"), True),
    "own item, written": (request("PutItem", "acme#bench#0"), True),
    "own shard, queried": (request("Query", "acme#bench#0"), True),
    "other tenant's item, refused": (request("GetItem", "acme-eu#bench#0"), False),
    "scan, refused": (request("Scan"), False),
}


def measure(progress: Progress) -> list[Comparison]:
    """Measure decisions a second for each kind of request."""
    with tempfile.TemporaryDirectory() as folder:
        results = Path(folder) / "results.json"
        command = [sys.executable, "-m", "bench.evaluator", "--fast", "--quiet", "--output", str(results)]
        with progress.step(f"evaluator: {len(REQUESTS)} kinds of requests, by pyperf"):
            subprocess.run(command, env=process_basics(os.environ), cwd=PROJECT, check=True, stdout=subprocess.PIPE)
        suite = pyperf.BenchmarkSuite.load(str(results))
    return [
        Comparison(
            f"evaluator, {benchmark.get_name()}",
            Series("TenantRole's policy", [1 / seconds for seconds in benchmark.get_values()], "decisions/s"),
            None,
            goal=20_000,
            bound="≥",
        )
        for benchmark in suite.get_benchmarks()
    ]


def main() -> None:
    """Measure as pyperf's processes do."""
    runner = pyperf.Runner(program_args=("-m", "bench.evaluator"))  # so that its workers find this package, too
    policies = PolicySet(identity=(Policy.parse(TENANT_ROLE),))
    for name, (question, allowed) in REQUESTS.items():
        assert evaluate(question, policies).allowed is allowed, name
        runner.bench_func(name, evaluate, question, policies)


if __name__ == "__main__":
    main()
