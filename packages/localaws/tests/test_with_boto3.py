"""`localaws` on its own, with boto3 and no code of the application: a role like TenantRole, for two tenants.

Every denied call stands beside its allowed twin, and AWS's own sentence says who was refused what.
"""

from __future__ import annotations

import json
import urllib.request
from typing import TYPE_CHECKING, Any

import pytest
from botocore.exceptions import ClientError

from localaws_testing.running import client_at, started

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from mypy_boto3_dynamodb import DynamoDBClient
    from mypy_boto3_iam import IAMClient
    from mypy_boto3_sts import STSClient

REGION = "eu-central-1"
ACCOUNT = "123456789012"
TABLE_ARN = f"arn:aws:dynamodb:{REGION}:{ACCOUNT}:table/pooled"
ROLE_ARN = f"arn:aws:iam::{ACCOUNT}:role/TenantRole"
TENANTS = ("acme", "acme-eu", "acme1", "globex")
OWN_PARTITION = {
    "ForAllValues:StringLike": {"dynamodb:LeadingKeys": ["${aws:PrincipalTag/tenant}#*"]},
    "Null": {"dynamodb:LeadingKeys": "false"},
}
TENANT_POLICY = {
    "Version": "2012-10-17",
    "Statement": [
        {
            "Sid": "OwnPartitionOnly",
            "Effect": "Allow",
            "Action": "dynamodb:*",
            "Resource": [TABLE_ARN, f"{TABLE_ARN}/index/*"],
            "Condition": OWN_PARTITION,
        },
        {
            "Sid": "NeverScan",
            "Effect": "Deny",
            "Action": ["dynamodb:Scan", "dynamodb:PartiQL*"],
            "Resource": "*",
        },
    ],
}
TRUST_POLICY = {
    "Version": "2012-10-17",
    "Statement": [
        {
            "Effect": "Allow",
            "Principal": {"AWS": f"arn:aws:iam::{ACCOUNT}:user/broker"},
            "Action": ["sts:AssumeRole", "sts:TagSession"],
            "Condition": {
                "StringLike": {"aws:RequestTag/tenant": "???*"},
                "StringEquals": {"aws:RequestTag/role": ["viewer", "member"]},
                "ForAllValues:StringEquals": {"aws:TagKeys": ["tenant", "role"]},
            },
        }
    ],
}


@pytest.fixture(scope="module")
def ready(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, Any]]:
    """Return what `python -m bulkhead_localaws` says of itself when it is ready."""
    with started(tmp_path_factory.mktemp("localaws")) as (process, ready):
        yield ready
    assert process.returncode == 0


def _client(ready: dict[str, Any], service: str, key: dict[str, Any]) -> Any:
    url, token = ready["endpoint_url"], key.get("SessionToken")
    return client_at(url, service, key["AccessKeyId"], key["SecretAccessKey"], token, region=REGION)


@pytest.fixture(scope="module")
def operator(ready: dict[str, Any]) -> Callable[[str], Any]:
    """Return a function that makes clients of the account's administrator."""
    key = {
        "AccessKeyId": ready["operator"]["access_key_id"],
        "SecretAccessKey": ready["operator"]["secret_access_key"],
    }
    return lambda service: _client(ready, service, key)


@pytest.fixture(scope="module")
def broker(ready: dict[str, Any], operator: Callable[[str], Any]) -> STSClient:
    """Return the STS client of a user who may do nothing but assume the tenant role, which exists with its table."""
    iam: IAMClient = operator("iam")
    iam.create_user(UserName="broker")
    iam.put_user_policy(
        UserName="broker",
        PolicyName="AssumeTenantRole",
        PolicyDocument=json.dumps(
            {
                "Version": "2012-10-17",
                "Statement": [
                    {"Effect": "Allow", "Action": ["sts:AssumeRole", "sts:TagSession"], "Resource": ROLE_ARN}
                ],
            }
        ),
    )
    iam.create_role(RoleName="TenantRole", AssumeRolePolicyDocument=json.dumps(TRUST_POLICY))
    iam.put_role_policy(RoleName="TenantRole", PolicyName="OwnPartitionOnly", PolicyDocument=json.dumps(TENANT_POLICY))
    dynamodb: DynamoDBClient = operator("dynamodb")
    for name in ("pooled", "other"):
        dynamodb.create_table(
            TableName=name,
            BillingMode="PAY_PER_REQUEST",
            AttributeDefinitions=[
                {"AttributeName": "pk", "AttributeType": "S"},
                {"AttributeName": "sk", "AttributeType": "S"},
                {"AttributeName": "owner", "AttributeType": "S"},
            ],
            KeySchema=[{"AttributeName": "pk", "KeyType": "HASH"}, {"AttributeName": "sk", "KeyType": "RANGE"}],
            GlobalSecondaryIndexes=[
                {
                    "IndexName": "by-owner",
                    "KeySchema": [{"AttributeName": "owner", "KeyType": "HASH"}],
                    "Projection": {"ProjectionType": "ALL"},
                }
            ],
        )
    key = iam.create_access_key(UserName="broker")["AccessKey"]
    sts: STSClient = _client(ready, "sts", dict(key))
    return sts


@pytest.fixture
def items(operator: Callable[[str], Any], broker: STSClient) -> None:
    """Give each tenant one item, as it was before each test."""
    del broker
    dynamodb: DynamoDBClient = operator("dynamodb")
    for found in dynamodb.scan(TableName="pooled")["Items"]:
        dynamodb.delete_item(TableName="pooled", Key={"pk": found["pk"], "sk": found["sk"]})
    for tenant in TENANTS:
        dynamodb.put_item(TableName="pooled", Item=_item(tenant))


def _item(tenant: str, name: str = "anvil") -> dict[str, Any]:
    return {"pk": {"S": f"{tenant}#item#0"}, "sk": {"S": "1"}, "owner": {"S": f"{tenant}#bob"}, "name": {"S": name}}


def _key(tenant: str) -> dict[str, Any]:
    return {"pk": {"S": f"{tenant}#item#0"}, "sk": {"S": "1"}}


def _tags(tenant: str, role: str = "member") -> list[Any]:
    return [{"Key": "tenant", "Value": tenant}, {"Key": "role", "Value": role}]


@pytest.fixture
def scoped(ready: dict[str, Any], broker: STSClient, items: None) -> Callable[..., DynamoDBClient]:
    """Return a function that assumes the role for a tenant and returns the session's DynamoDB client."""
    del items

    def assume(tenant: str, **more: Any) -> DynamoDBClient:
        answer = broker.assume_role(RoleArn=ROLE_ARN, RoleSessionName=tenant, Tags=_tags(tenant), **more)
        client: DynamoDBClient = _client(ready, "dynamodb", dict(answer["Credentials"]))
        return client

    return assume


def _transact(client: DynamoDBClient, *writes: dict[str, Any]) -> Any:
    return client.transact_write_items(TransactItems=list(writes))  # type: ignore[arg-type]


# Each operation, as a function of the client and the tenant whose item it names.
OPERATIONS: dict[str, Callable[[Any, str], Any]] = {
    "GetItem": lambda db, t: db.get_item(TableName="pooled", Key=_key(t)),
    "GetItem of a table by its ARN": lambda db, t: db.get_item(TableName=TABLE_ARN, Key=_key(t)),
    "PutItem": lambda db, t: db.put_item(TableName="pooled", Item=_item(t), ReturnValues="ALL_OLD"),
    "PutItem on condition": lambda db, t: db.put_item(
        TableName="pooled",
        Item=_item(t),
        ConditionExpression="#n = :n",
        ExpressionAttributeNames={"#n": "name"},
        ExpressionAttributeValues={":n": {"S": "anvil"}},
    ),
    "UpdateItem": lambda db, t: db.update_item(
        TableName="pooled",
        Key=_key(t),
        UpdateExpression="SET price = :p",
        ExpressionAttributeValues={":p": {"N": "1"}},
        ReturnValues="ALL_NEW",
    ),
    "UpdateItem of an item that does not exist": lambda db, t: db.update_item(
        TableName="pooled",
        Key={"pk": {"S": f"{t}#item#0"}, "sk": {"S": "new"}},
        UpdateExpression="SET price = :p",
        ExpressionAttributeValues={":p": {"N": "1"}},
    ),
    "DeleteItem": lambda db, t: db.delete_item(TableName="pooled", Key=_key(t), ReturnValues="ALL_OLD"),
    "Query": lambda db, t: db.query(
        TableName="pooled",
        KeyConditionExpression="pk = :pk",
        ExpressionAttributeValues={":pk": {"S": f"{t}#item#0"}},
    ),
    "Query in parentheses over lines": lambda db, t: db.query(
        TableName="pooled",
        KeyConditionExpression="( #pk\n = :pk )\n AND begins_with ( sk , :s )",
        ExpressionAttributeNames={"#pk": "pk"},
        ExpressionAttributeValues={":pk": {"S": f"{t}#item#0"}, ":s": {"S": "1"}},
    ),
    "Query by legacy conditions": lambda db, t: db.query(
        TableName="pooled",
        KeyConditions={"pk": {"ComparisonOperator": "EQ", "AttributeValueList": [{"S": f"{t}#item#0"}]}},
    ),
    "Query of an index": lambda db, t: db.query(
        TableName="pooled",
        IndexName="by-owner",
        KeyConditionExpression="#o = :o",
        ExpressionAttributeNames={"#o": "owner"},
        ExpressionAttributeValues={":o": {"S": f"{t}#bob"}},
    ),
    "BatchGetItem": lambda db, t: (
        db.batch_get_item(RequestItems={"pooled": {"Keys": [_key("acme"), _key(t)]}})
        if t != "acme"
        else db.batch_get_item(RequestItems={"pooled": {"Keys": [_key("acme")]}})
    ),
    "BatchWriteItem": lambda db, t: db.batch_write_item(
        RequestItems={
            "pooled": [{"PutRequest": {"Item": _item("acme")}}]
            + ([{"DeleteRequest": {"Key": _key(t)}}] if t != "acme" else [])
        }
    ),
    "TransactGetItems": lambda db, t: db.transact_get_items(
        TransactItems=[
            {"Get": {"TableName": "pooled", "Key": key}} for key in ([_key("acme")] + [_key(t)] * (t != "acme"))
        ]
    ),
    "TransactWriteItems": lambda db, t: _transact(
        db,
        {"Put": {"TableName": "pooled", "Item": _item("acme") | {"sk": {"S": "mine"}}}},
        {"Delete": {"TableName": "pooled", "Key": _key(t)}},
    ),
    "TransactWriteItems with a ConditionCheck": lambda db, t: _transact(
        db,
        {"Put": {"TableName": "pooled", "Item": _item("acme") | {"sk": {"S": "mine"}}}},
        {
            "ConditionCheck": {
                "TableName": "pooled",
                "Key": _key(t),
                "ConditionExpression": "attribute_exists(pk)",
            }
        },
    ),
}


def _all_items(operator: Callable[[str], Any]) -> dict[str, Any]:
    items = operator("dynamodb").scan(TableName="pooled")["Items"]
    return {f"{each['pk']['S']}/{each['sk']['S']}": each for each in items}


@pytest.mark.parametrize("operation", OPERATIONS)
@pytest.mark.parametrize("foreign", ["globex", "acme-eu", "acme1"])
def test_a_session_of_acme_reaches_no_other_tenants_item(
    scoped: Callable[..., DynamoDBClient], operator: Callable[[str], Any], operation: str, foreign: str
) -> None:
    """Refused with AWS's sentence, and nothing is changed or comes back; the same call on the own key works."""
    acme = scoped("acme")
    before = _all_items(operator)

    with pytest.raises(ClientError) as refused:
        OPERATIONS[operation](acme, foreign)

    assert refused.value.response["Error"]["Code"] == "AccessDeniedException"
    message = refused.value.response["Error"]["Message"]
    assert message.startswith(f"User: arn:aws:sts::{ACCOUNT}:assumed-role/TenantRole/acme is not authorized to perform")
    assert "because no identity-based policy allows the dynamodb:" in message
    assert foreign not in message
    assert _all_items(operator) == before
    assert OPERATIONS[operation](acme, "acme")["ResponseMetadata"]["HTTPStatusCode"] == 200


DENIED_ALWAYS: dict[str, Callable[[Any], Any]] = {
    "Scan": lambda db: db.scan(TableName="pooled"),
    "Scan with a filter": lambda db: db.scan(
        TableName="pooled",
        FilterExpression="begins_with(pk, :p)",
        ExpressionAttributeValues={":p": {"S": "acme#"}},
    ),
    "PartiQL select": lambda db: db.execute_statement(Statement="SELECT * FROM pooled WHERE pk = 'acme#item#0'"),
    "PartiQL in a batch": lambda db: db.batch_execute_statement(
        Statements=[{"Statement": "SELECT * FROM pooled WHERE pk = 'acme#item#0' AND sk = '1'"}]
    ),
    "PartiQL in a transaction": lambda db: db.execute_transaction(
        TransactStatements=[{"Statement": "SELECT * FROM pooled WHERE pk = 'acme#item#0' AND sk = '1'"}]
    ),
    "another table": lambda db: db.get_item(TableName="other", Key=_key("acme")),
    "a table that does not exist": lambda db: db.get_item(TableName="absent", Key=_key("acme")),
    "ListTables": lambda db: db.list_tables(),
    "DescribeTable": lambda db: db.describe_table(TableName="pooled"),
    "DeleteTable": lambda db: db.delete_table(TableName="pooled"),
}


def test_a_body_of_ten_megabytes_is_judged_like_any_other(scoped: Callable[..., DynamoDBClient]) -> None:
    """On another tenant's key it is refused by IAM, on the own one by DynamoDB, and the server goes on."""
    acme = scoped("acme")
    huge = {"S": "x" * 10_000_000}

    with pytest.raises(ClientError, match="is not authorized to perform: dynamodb:PutItem"):
        acme.put_item(TableName="pooled", Item={**_item("globex"), "name": huge})
    with pytest.raises(ClientError, match="ValidationException"):
        acme.put_item(TableName="pooled", Item={**_item("acme"), "name": huge})
    assert OPERATIONS["GetItem"](acme, "acme")["Item"]["name"] == {"S": "anvil"}


@pytest.mark.parametrize("operation", DENIED_ALWAYS)
def test_what_carries_no_leading_key_is_refused(scoped: Callable[..., DynamoDBClient], operation: str) -> None:
    """Scan and PartiQL by an explicit deny; the rest because no statement allows it without a leading key."""
    with pytest.raises(ClientError) as refused:
        DENIED_ALWAYS[operation](scoped("acme"))

    assert refused.value.response["Error"]["Code"] == "AccessDeniedException"
    explicit = "with an explicit deny in an identity-based policy" in refused.value.response["Error"]["Message"]
    assert explicit == operation.startswith(("Scan", "PartiQL"))


def test_the_recorded_decision_names_the_condition_that_was_not_met(
    ready: dict[str, Any], scoped: Callable[..., DynamoDBClient]
) -> None:
    """By the request id that the answer carries: who, with which tags, wanted what, and what it failed on."""
    with pytest.raises(ClientError) as refused:
        OPERATIONS["GetItem"](scoped("globex"), "acme")

    with urllib.request.urlopen(f"{ready['endpoint_url']}/_localaws/decisions") as answer:
        decisions = json.load(answer)["decisions"]
    request_id = refused.value.response["ResponseMetadata"]["RequestId"]
    (decision,) = [each for each in decisions if each["request_id"] == request_id]
    assert decision["decision"] == "ImplicitlyDenied"
    assert decision["tags"] == {"tenant": "globex", "role": "member"}
    assert decision["context"]["dynamodb:LeadingKeys"] == ["acme#item#0"]
    assert "dynamodb:LeadingKeys" in json.dumps(decision["unmet"])


def test_a_session_policy_narrows_what_the_role_allows(scoped: Callable[..., DynamoDBClient]) -> None:
    """Reads are left, writes are refused by the session policy."""
    policy = {
        "Version": "2012-10-17",
        "Statement": [{"Effect": "Allow", "Action": "dynamodb:GetItem", "Resource": TABLE_ARN}],
    }
    reader = scoped("acme", Policy=json.dumps(policy))

    assert OPERATIONS["GetItem"](reader, "acme")["Item"]["name"] == {"S": "anvil"}
    with pytest.raises(ClientError, match="because no session policy allows the dynamodb:PutItem action"):
        OPERATIONS["PutItem"](reader, "acme")
    with pytest.raises(ClientError, match="because no identity-based policy allows the dynamodb:GetItem action"):
        OPERATIONS["GetItem"](reader, "globex")


@pytest.mark.parametrize(
    "changed",
    [
        pytest.param({"Tags": []}, id="no tags"),
        pytest.param({"Tags": [{"Key": "tenant", "Value": "acme"}]}, id="no role"),
        pytest.param({"Tags": [{"Key": "role", "Value": "member"}]}, id="no tenant"),
        pytest.param({"Tags": _tags("acme", "owner")}, id="foreign role"),
        pytest.param({"Tags": _tags("ac")}, id="tenant outside the pattern"),
        pytest.param({"Tags": [*_tags("acme"), {"Key": "extra", "Value": "x"}]}, id="extra tag"),
        pytest.param(
            {"Tags": [{"Key": "Tenant", "Value": "acme"}, {"Key": "role", "Value": "member"}]}, id="tag in other case"
        ),
        pytest.param({"RoleArn": f"arn:aws:iam::{ACCOUNT}:role/Other"}, id="role that does not exist"),
        pytest.param({"RoleArn": "arn:aws:iam::210987654321:role/TenantRole"}, id="role of another account"),
    ],
)
def test_the_trust_policy_opens_a_session_for_one_tagged_tenant_only(
    broker: STSClient, changed: dict[str, Any]
) -> None:
    """AccessDenied in STS's own words; the proper call is the allowed twin."""
    proper: dict[str, Any] = {"RoleArn": ROLE_ARN, "RoleSessionName": "acme", "Tags": _tags("acme")}

    with pytest.raises(ClientError) as refused:
        broker.assume_role(**(proper | changed))

    assert refused.value.response["Error"]["Code"] == "AccessDenied"
    assert f"User: arn:aws:iam::{ACCOUNT}:user/broker is not authorized to perform: sts:" in str(refused.value)
    assert broker.assume_role(**proper)["AssumedRoleUser"]["Arn"].endswith("assumed-role/TenantRole/acme")


@pytest.mark.parametrize(
    ("changed", "code"),
    [
        pytest.param(
            {"Tags": [*_tags("acme"), {"Key": "TENANT", "Value": "x"}]}, "InvalidParameterValue", id="tag twice"
        ),
        pytest.param({"Tags": _tags("acme*")}, "ValidationError", id="wildcard in a tag"),
        pytest.param({"Tags": _tags("acme#cart")}, "ValidationError", id="delimiter in a tag"),
        pytest.param({"Tags": _tags("${aws:username}")}, "ValidationError", id="variable in a tag"),
        pytest.param({"Tags": _tags("x" * 257)}, "ValidationError", id="long tag"),
        pytest.param({"RoleSessionName": "a b"}, "ValidationError", id="session name"),
        pytest.param({"Policy": "{"}, "MalformedPolicyDocument", id="session policy"),
        pytest.param({"Policy": " " * 2049}, "PackedPolicyTooLarge", id="long session policy"),
        pytest.param({"DurationSeconds": 7200}, "ValidationError", id="longer than the role allows"),
    ],
)
def test_what_sts_itself_refuses(broker: STSClient, changed: dict[str, Any], code: str) -> None:
    """Malformed calls get the code that AWS answers."""
    proper: dict[str, Any] = {"RoleArn": ROLE_ARN, "RoleSessionName": "acme", "Tags": _tags("acme")}

    with pytest.raises(ClientError) as refused:
        broker.assume_role(**(proper | changed))

    assert refused.value.response["Error"]["Code"] == code


def test_a_session_cannot_open_another_one_that_nobody_allowed(ready: dict[str, Any], broker: STSClient) -> None:
    """Re-tagging by chaining: the tenant role's own session is not trusted by the tenant role."""
    key = broker.assume_role(RoleArn=ROLE_ARN, RoleSessionName="acme", Tags=_tags("acme"))["Credentials"]
    session: STSClient = _client(ready, "sts", dict(key))

    with pytest.raises(ClientError, match="is not authorized to perform: sts:AssumeRole"):
        session.assume_role(RoleArn=ROLE_ARN, RoleSessionName="globex", Tags=_tags("globex"))
    assert session.get_caller_identity()["Arn"].endswith("assumed-role/TenantRole/acme")


def test_a_changed_policy_counts_on_the_next_request(
    scoped: Callable[..., DynamoDBClient], operator: Callable[[str], Any]
) -> None:
    """Without the leading-key condition the same session reads the other tenant's item; with it again, no more."""
    iam: IAMClient = operator("iam")
    acme = scoped("acme")
    weakened = json.loads(json.dumps(TENANT_POLICY))
    del weakened["Statement"][0]["Condition"]

    with pytest.raises(ClientError):
        OPERATIONS["GetItem"](acme, "globex")
    iam.put_role_policy(RoleName="TenantRole", PolicyName="OwnPartitionOnly", PolicyDocument=json.dumps(weakened))
    try:
        assert OPERATIONS["GetItem"](acme, "globex")["Item"]["owner"] == {"S": "globex#bob"}
    finally:
        iam.put_role_policy(
            RoleName="TenantRole", PolicyName="OwnPartitionOnly", PolicyDocument=json.dumps(TENANT_POLICY)
        )
    with pytest.raises(ClientError):
        OPERATIONS["GetItem"](acme, "globex")


@pytest.mark.parametrize(
    ("key", "code"),
    [
        ({"AccessKeyId": "AKIAIOSFODNN7EXAMPLE", "SecretAccessKey": "x"}, "UnrecognizedClientException"),
        ({"SecretAccessKey": "wrong"}, "InvalidSignatureException"),
        ({"SessionToken": "wrong"}, "UnrecognizedClientException"),
        ({"SessionToken": None}, "UnrecognizedClientException"),
    ],
    ids=["unknown key", "wrong secret", "wrong token", "no token"],
)
def test_a_key_that_is_not_right_is_told_so_by_code(
    ready: dict[str, Any], broker: STSClient, key: dict[str, Any], code: str
) -> None:
    """As DynamoDB answers; the genuine key of the session works."""
    genuine = dict(broker.assume_role(RoleArn=ROLE_ARN, RoleSessionName="acme", Tags=_tags("acme"))["Credentials"])

    with pytest.raises(ClientError) as refused:
        OPERATIONS["GetItem"](_client(ready, "dynamodb", genuine | key), "acme")

    assert refused.value.response["Error"]["Code"] == code
    OPERATIONS["GetItem"](_client(ready, "dynamodb", genuine), "acme")


def test_what_cannot_be_mapped_is_for_unrestricted_callers_only(
    ready: dict[str, Any], broker: STSClient, operator: Callable[[str], Any]
) -> None:
    """A service that the gate does not know is refused to a session and open to the administrator."""
    key = broker.assume_role(RoleArn=ROLE_ARN, RoleSessionName="acme", Tags=_tags("acme"))["Credentials"]

    with pytest.raises(ClientError, match="cannot") as refused:
        _client(ready, "sqs", dict(key)).list_queues()
    assert "AccessDenied" in refused.value.response["Error"]["Code"]
    assert operator("sqs").list_queues()["ResponseMetadata"]["HTTPStatusCode"] == 200
