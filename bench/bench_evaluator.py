"""How many decisions a second the policy evaluator makes on one core, for a tenant role's policy.

    PYTHONPATH=. python bench/bench_evaluator.py

Prints, for each kind of request, the mean time of one decision and the decisions a second. The goal is 20,000
decisions a second. There is no baseline to stand beside: the evaluator has no predecessor.
"""

import pyperf  # type: ignore[import-untyped]  # it ships no types

from localaws.iam import ContextValue, Policy, PolicySet, Principal, Request, evaluate

ACCOUNT = "123456789012"
TABLE = f"arn:aws:dynamodb:eu-central-1:{ACCOUNT}:table/pooled"
OWN_LEADING_KEYS = {
    "ForAllValues:StringLike": {"dynamodb:LeadingKeys": ["${aws:PrincipalTag/tenant}#*"]},
    "Null": {"dynamodb:LeadingKeys": "false"},
}
TENANT_ROLE = {
    "Version": "2012-10-17",
    "Statement": [
        {
            "Sid": "ReadOwnPartitionsOnly",
            "Effect": "Allow",
            "Action": ["dynamodb:Query", "dynamodb:GetItem", "dynamodb:BatchGetItem"],
            "Resource": TABLE,
            "Condition": OWN_LEADING_KEYS,
        },
        {
            "Sid": "WriteOwnPartitionsOnly",
            "Effect": "Allow",
            "Action": ["dynamodb:PutItem", "dynamodb:UpdateItem", "dynamodb:DeleteItem"],
            "Resource": TABLE,
            "Condition": {
                **OWN_LEADING_KEYS,
                "StringEquals": {"aws:PrincipalTag/role": ["member", "admin"]},
            },
        },
        {
            "Sid": "NeverScan",
            "Effect": "Deny",
            "Action": ["dynamodb:Scan", "dynamodb:PartiQL*"],
            "Resource": "*",
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
    "aws:SourceIp": "127.0.0.1",
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
    "own item, read": (request("GetItem", "acme#items#0"), True),
    "own item, written": (request("PutItem", "acme#items#0"), True),
    "25 own items, read": (request("BatchGetItem", *(f"acme#items#{shard}" for shard in range(25))), True),
    "other tenant's item, refused": (request("GetItem", "acme-eu#items#0"), False),
    "scan, refused": (request("Scan"), False),
}


def main() -> None:
    """Measure each kind of request in a process of its own, and print decisions a second."""
    runner = pyperf.Runner()
    policies = PolicySet(identity=(Policy.parse(TENANT_ROLE),))
    for name, (question, allowed) in REQUESTS.items():
        assert evaluate(question, policies).allowed is allowed, name
        result = runner.bench_func(name, evaluate, question, policies)
        if result is not None and not runner.args.worker:
            print(f"{name}: {1 / result.mean():,.0f} decisions/s")


if __name__ == "__main__":
    main()
