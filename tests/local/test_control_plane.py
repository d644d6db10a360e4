"""The control plane's functions on the enforced local AWS, each with its own role: onboard, suspend, offboard."""

from __future__ import annotations

import hashlib
import json
import os
import subprocess
import sys
import time
import uuid
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any

import psycopg
import pytest
from botocore.exceptions import ClientError
from psycopg import sql

from chalicelib.config import Strategy
from stage.document import User
from stage.functions import FunctionError, invoke_function
from stage.http_api import Api
from stage.local.app_environment import function_settings
from stage.local.processes import process_basics
from stage.scoped_credentials import scoped_client
from stage.sign_in import sign_in
from tests.support.people import Person

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from stage.document import LocalStage
    from stage.local.stack import LocalStack

# How the API's credentials are vended is of no consequence here: one strategy does.
pytestmark = pytest.mark.parametrize("strategy", [Strategy.WEB_IDENTITY], indirect=True, scope="session")

TENANTS = [f"tenant{number}" for number in range(1, 21)]  # tenant1 and tenant10 among them
LEAVING = "tenant1"
PASSWORD = "Aa1-a-throw-away-password"


@pytest.fixture(autouse=True)
def _one_strategy(strategy: Strategy) -> None:
    """Make every test here depend on it, also those that do without the API."""


@pytest.fixture(scope="module")
def invoke(stack: LocalStack) -> Callable[..., Any]:
    """Return a function that invokes one of the control plane's, with the wait before an erasure cut short."""

    def run(function: str, **event: Any) -> Any:
        settings = function_settings(stack.local_aws, stack.outputs, function)
        environment = {**process_basics(os.environ), **settings, "ERASE_AFTER_SECONDS": "1"}
        return invoke_function(function, event, environment, folder=stack.project)

    return run


@pytest.fixture
def tenant(invoke: Callable[..., Any]) -> str:
    """Return the id of a tenant that was onboarded just now."""
    tenant_id = f"t{uuid.uuid4().hex[:12]}"
    invoke("onboard_tenant", tenant_id=tenant_id, display_name="A tenant", admin_email="admin@example.com")
    return tenant_id


@pytest.fixture
def signed_in(stack: LocalStack, stage: LocalStage) -> Iterator[Callable[[str], Person]]:
    """Return a function that signs a tenant's first administrator in, as whoever got the mail would."""
    people: list[Person] = []

    def get(tenant_id: str) -> Person:
        username = f"{tenant_id}/admin@example.com"
        stack.client("cognito-idp").admin_set_user_password(
            UserPoolId=stage.user_pool_id, Username=username, Password=PASSWORD, Permanent=True
        )
        tokens = sign_in(stage, User(tenant=tenant_id, role="admin", username=username, password=PASSWORD))
        people.append(Person(Api(stage.api_url), tokens["IdToken"], tokens["AccessToken"]))
        return people[-1]

    yield get
    for person in people:
        person.api.close()


_TENANT_TABLES = (
    "SELECT table_name FROM information_schema.columns WHERE table_schema = 'public' AND column_name = 'tenant_id'"
)


def _everything(stack: LocalStack, stage: LocalStage) -> dict[str, list[str]]:
    """Return all that tenants have, as an operator sees it: by Scan, a superuser's SELECT and the list of users."""
    held: dict[str, list[str]] = {}
    for page in stack.client("dynamodb").get_paginator("scan").paginate(TableName=stage.table_name):
        for item in page["Items"]:
            held.setdefault(item["pk"]["S"].split("#")[0], []).append(json.dumps(item, sort_keys=True))
    with psycopg.connect(**stack.database_login("master")) as master:
        for (table,) in master.execute(_TENANT_TABLES).fetchall():
            rows = sql.SQL("SELECT tenant_id, to_jsonb({0})::text FROM {0}").format(sql.Identifier(table))
            for tenant_id, row in master.execute(rows).fetchall():
                held.setdefault(tenant_id, []).append(json.dumps(json.loads(row), sort_keys=True))
    for page in stack.client("cognito-idp").get_paginator("list_users").paginate(UserPoolId=stage.user_pool_id):
        for user in page["Users"]:
            held.setdefault(user["Username"].split("/")[0], []).append(user["Username"])
    return {tenant_id: sorted(rows) for tenant_id, rows in held.items()}


def _fill(person: Person) -> None:
    for number in range(12):
        assert person.create(f"anvil {number} é")
    for number in range(3):
        assert person.add_penpal(f"penpal{number}@example.com", "Ä")


@pytest.mark.evidence
def test_of_twenty_tenants_one_is_offboarded_and_nothing_of_it_is_left(
    stack: LocalStack, stage: LocalStage, invoke: Callable[..., Any], signed_in: Callable[[str], Person]
) -> None:
    """Its export holds every row of both stores, with counts and hashes; the others are untouched byte for byte."""

    def onboard(tenant_id: str) -> Any:
        return invoke("onboard_tenant", tenant_id=tenant_id, display_name=tenant_id, admin_email="admin@example.com")

    with ThreadPoolExecutor(2) as two:
        onboarded = list(two.map(onboard, TENANTS))
    assert {each["status"] for each in onboarded} == {"active"}
    for tenant_id in TENANTS:
        _fill(signed_in(tenant_id))
    before = _everything(stack, stage)
    leaving = before.pop(LEAVING)

    answers = [invoke("offboard_tenant", tenant_id=LEAVING, confirm=LEAVING)]
    while not answers[-1]["done"]:
        answers.append(invoke("offboard_tenant", tenant_id=LEAVING, confirm=LEAVING))

    assert answers[-1]["status"] == "offboarded"
    assert _everything(stack, stage) == before
    exported = _verified_export(stack, stage, answers[-1]["receipt"])
    assert sorted(exported) == [row for row in leaving if row.startswith("{")]
    listed = {each["tenant_id"]: each["status"] for each in _all_tenants(invoke)}
    assert listed[LEAVING] == "offboarded"
    assert {listed[tenant_id] for tenant_id in TENANTS if tenant_id != LEAVING} == {"active"}
    with pytest.raises(FunctionError, match="its id is never used again") as refused:
        onboard(LEAVING)
    assert refused.value.kind == "TenantExistsError"


def _verified_export(stack: LocalStack, stage: LocalStage, receipt: str) -> list[str]:
    """Return the rows of an export, once its counts and hashes are found to be true."""
    s3 = stack.client("s3")

    def read(key: str) -> bytes:
        body: bytes = s3.get_object(Bucket=stage.export_bucket_name, Key=key)["Body"].read()
        return body

    written = json.loads(read(receipt.removeprefix(f"s3://{stage.export_bucket_name}/")))
    (entry,) = written["manifests"]
    manifest_text = read(entry["key"])
    manifest = json.loads(manifest_text)
    assert entry["sha256"] == hashlib.sha256(manifest_text).hexdigest()
    assert set(written["rows_left"].values()) == {0}
    rows: list[str] = []
    for each in manifest["objects"]:
        body = read(each["key"])
        assert (each["bytes"], each["sha256"]) == (len(body), hashlib.sha256(body).hexdigest())
        lines = body.decode().split("\n")[:-1]
        assert each["rows"] == len(lines)
        rows += [json.dumps(json.loads(line), sort_keys=True) for line in lines]
    assert sum(manifest["rows"].values()) == entry["rows"] == len(rows)
    return rows


def _all_tenants(invoke: Callable[..., Any]) -> list[Any]:
    found: list[Any] = []
    page: dict[str, Any] = {}
    while True:
        answer = invoke("list_tenants", limit=7, **page)
        found += answer["tenants"]
        if answer["next"] is None:
            assert len(found) == len({each["tenant_id"] for each in found})
            return found
        page = {"after": answer["next"]}


def test_a_suspended_tenant_is_refused_and_a_resumed_one_is_not(
    stack: LocalStack, invoke: Callable[..., Any], signed_in: Callable[[str], Person], tenant: str
) -> None:
    """Within the authorizer's cache time, by a warm function too; everybody else goes on."""
    person = signed_in(tenant)
    assert person.create("before")["name"] == "before"

    invoke("suspend_tenant", tenant_id=tenant)
    _until(lambda: person.call("GET", "/anvils").status == 403, stack)
    for method, path in (("GET", "/anvils"), ("GET", "/me"), ("POST", "/anvils"), ("GET", "/penpals")):
        refused = person.call(method, path, body={"name": "x", "price": 1})
        assert (refused.status, refused.body["Code"]) == (403, "ForbiddenError")
    invoke("resume_tenant", tenant_id=tenant)
    _until(lambda: person.call("GET", "/anvils").status == 200, stack)
    assert [anvil["name"] for anvil in person.anvils()] == ["before"]


def _until(happens: Callable[[], bool], stack: LocalStack) -> None:
    """Wait for as long as the authorizer may remember; it must have happened then."""
    deadline = time.monotonic() + stack.outputs["authorizer_cache_seconds"]
    while time.monotonic() < deadline and not happens():
        time.sleep(0.1)
    assert happens()


def test_a_tenant_that_the_registry_does_not_know_is_refused(forge: Callable[..., str], anyone: Api) -> None:
    """A token of a tenant that was never onboarded opens nothing, though its signature is good."""
    token = forge(**{"custom:tenantID": "nobody-onboarded-it", "cognito:username": "x"})
    answer = anyone.call("GET", "/anvils", headers={"Authorization": f"Bearer {token}"})
    assert (answer.status, answer.body["Code"]) == (403, "ForbiddenError")
    assert anyone.call("GET", "/anvils", headers={"Authorization": f"Bearer {forge()}"}).status == 200


def test_a_user_is_invited_changed_and_removed(
    stack: LocalStack, stage: LocalStage, invoke: Callable[..., Any], tenant: str
) -> None:
    """Tenant and role are in the user pool, where users cannot write them."""
    cognito = stack.client("cognito-idp")
    someone = {"tenant_id": tenant, "email": "someone@example.com"}

    def attributes() -> dict[str, str]:
        user = cognito.admin_get_user(UserPoolId=stage.user_pool_id, Username=f"{tenant}/someone@example.com")
        return {each["Name"]: each["Value"] for each in user["UserAttributes"]}

    assert invoke("invite_user", **someone, role="member")["created"] is True
    assert invoke("invite_user", **someone, role="member")["created"] is False
    with pytest.raises(FunctionError, match="is member of"):
        invoke("invite_user", **someone, role="admin")
    assert (attributes()["custom:tenantID"], attributes()["custom:role"]) == (tenant, "member")
    invoke("set_role", **someone, role="viewer")
    assert attributes()["custom:role"] == "viewer"
    invoke("remove_user", **someone)
    for function, more in (("remove_user", {}), ("set_role", {"role": "viewer"})):
        with pytest.raises(FunctionError) as refused:
            invoke(function, **someone, **more)
        assert refused.value.kind == "PoolUserNotFoundError"


@pytest.mark.parametrize(
    ("function", "event", "kind"),
    [
        (
            "onboard_tenant",
            {"tenant_id": "Acme", "display_name": "A", "admin_email": "a@example.com"},
            "InvalidEventError",
        ),
        (
            "onboard_tenant",
            {"tenant_id": "acme", "display_name": "A", "admin_email": "a@example.com"},
            "TenantExistsError",
        ),
        (
            "onboard_tenant",
            {"tenant_id": "admin", "display_name": "A", "admin_email": "a@example.com"},
            "InvalidEventError",
        ),
        ("onboard_tenant", {"tenant_id": "initech", "display_name": "A", "admin_email": "nobody"}, "InvalidEventError"),
        ("suspend_tenant", {"tenant_id": "initech"}, "TenantNotFoundError"),
        ("remove_user", {"tenant_id": "initech", "email": "a@example.com"}, "TenantNotFoundError"),
        ("offboard_tenant", {"tenant_id": "acme"}, "InvalidEventError"),
        ("offboard_tenant", {"tenant_id": "acme", "confirm": "globex"}, "InvalidEventError"),
        ("invite_user", {"tenant_id": "acme", "email": "a@example.com", "role": "owner"}, "InvalidEventError"),
    ],
)
def test_what_is_refused_changes_nothing(
    held: Callable[[], Any], invoke: Callable[..., Any], function: str, event: dict[str, str], kind: str
) -> None:
    """Neither the registry nor anything that a tenant has."""
    before = held()
    with pytest.raises(FunctionError) as refused:
        invoke(function, **event)
    assert refused.value.kind == kind
    assert held() == before


@pytest.fixture
def held(stack: LocalStack, stage: LocalStage) -> Callable[[], Any]:
    """Return a function that tells what there is: the registry, and all that tenants have."""

    def get() -> Any:
        items = stack.client("dynamodb").scan(TableName=stage.registry_table_name)["Items"]
        return sorted(json.dumps(item, sort_keys=True) for item in items), _everything(stack, stage)

    return get


#: What each function is for, as calls that its role must be allowed; every call that is not listed must be refused.
ALLOWED = {
    "onboard_tenant": {"GetItem registry", "PutItem registry", "UpdateItem registry", "AdminCreateUser", "AdminGetUser"}
    | {"writer secret"},
    "suspend_tenant": {"GetItem registry", "UpdateItem registry"},
    "resume_tenant": {"GetItem registry", "UpdateItem registry"},
    "offboard_tenant": {
        "GetItem registry",
        "UpdateItem registry",
        "ListUsers",
        "AdminDeleteUser",
        "AdminUserGlobalSignOut",
    }
    | {"PutObject", "ListObjects", "GetObject", "TenantMaintenanceRole as admin"},
    "list_tenants": {"Scan registry"},
    "invite_user": {"GetItem registry", "AdminCreateUser", "AdminGetUser"},
    "remove_user": {"GetItem registry", "AdminGetUser", "AdminDeleteUser", "AdminUserGlobalSignOut"},
    "set_role": {"GetItem registry", "AdminGetUser", "AdminUpdateUserAttributes", "AdminUserGlobalSignOut"},
    "authorizer": {"GetItem registry"},
}


def _calls(client: Callable[[str], Any], stage: LocalStage) -> dict[str, Callable[[], Any]]:
    """Return calls that harm nothing when they are allowed: what they name does not exist, or is not changed."""
    dynamodb, cognito, secrets, s3, sts = map(client, ("dynamodb", "cognito-idp", "secretsmanager", "s3", "sts"))
    absent = {"tenant_id": {"S": "absent"}}
    pooled = {"pk": {"S": "acme#anvil#0"}, "sk": {"S": "absent"}}
    registry, table, user = (
        {"TableName": stage.registry_table_name},
        {"TableName": stage.table_name},
        {"UserPoolId": stage.user_pool_id, "Username": "absent/absent@example.com"},
    )
    never = {"ConditionExpression": "attribute_exists(never)"}
    bucket = {"Bucket": stage.export_bucket_name}

    def assume(role_arn: str, role: str) -> Any:
        tags = [{"Key": "tenant", "Value": "acme"}, {"Key": "role", "Value": role}]
        return sts.assume_role(RoleArn=role_arn, RoleSessionName="test", Tags=tags)

    return {
        "GetItem registry": lambda: dynamodb.get_item(**registry, Key=absent),
        "PutItem registry": lambda: dynamodb.put_item(**registry, Item=absent, **never),
        "UpdateItem registry": lambda: dynamodb.update_item(**registry, Key=absent, **never),
        "DeleteItem registry": lambda: dynamodb.delete_item(**registry, Key=absent),
        "Scan registry": lambda: dynamodb.scan(**registry),
        "GetItem": lambda: dynamodb.get_item(**table, Key=pooled),
        "PutItem": lambda: dynamodb.put_item(**table, Item=pooled, **never),
        "DeleteItem": lambda: dynamodb.delete_item(**table, Key=pooled),
        "Scan": lambda: dynamodb.scan(**table),
        "AdminCreateUser": lambda: cognito.admin_create_user(**user | {"Username": "acme/admin@acme.example.com"}),
        "AdminGetUser": lambda: cognito.admin_get_user(**user),
        "AdminDeleteUser": lambda: cognito.admin_delete_user(**user),
        "AdminUserGlobalSignOut": lambda: cognito.admin_user_global_sign_out(**user),
        "AdminUpdateUserAttributes": lambda: cognito.admin_update_user_attributes(**user, UserAttributes=[]),
        "AdminSetUserPassword": lambda: cognito.admin_set_user_password(**user, Password=PASSWORD),
        "ListUsers": lambda: cognito.list_users(UserPoolId=stage.user_pool_id),
        "reader secret": lambda: secrets.get_secret_value(SecretId=stage.database.reader_secret_arn),
        "writer secret": lambda: secrets.get_secret_value(SecretId=stage.database.writer_secret_arn),
        "master secret": lambda: secrets.get_secret_value(SecretId=stage.database.master_secret_arn),
        "PutObject": lambda: s3.put_object(**bucket, Key="test/object", Body=b"x"),
        "GetObject": lambda: s3.get_object(**bucket, Key="test/absent"),
        "ListObjects": lambda: s3.list_objects_v2(**bucket, Prefix="test/"),
        "DeleteObject": lambda: s3.delete_object(**bucket, Key="test/object"),
        "TenantMaintenanceRole as admin": lambda: assume(stage.tenant_maintenance_role_arn, "admin"),
        "TenantMaintenanceRole as member": lambda: assume(stage.tenant_maintenance_role_arn, "member"),
        "TenantRole": lambda: assume(stage.tenant_role_arn, "admin"),
        "CreateUser": lambda: client("iam").create_user(UserName="absent"),
    }


@pytest.mark.parametrize("function", ALLOWED)
def test_each_role_may_do_its_functions_job_and_nothing_else(
    stack: LocalStack, stage: LocalStage, function: str
) -> None:
    """Every call beyond the job is refused by IAM; the calls of the job are not, whatever else becomes of them."""
    role = stage.authorizer_role_arn if function == "authorizer" else stack.outputs[f"{function}_role_arn"]
    allowed = set()
    for name, call in _calls(lambda service: stack.role_client(role, service), stage).items():
        try:
            call()
        except ClientError as error:
            if "not authorized to perform" in str(error) or error.response["Error"]["Code"] in {"AccessDenied", "403"}:
                continue
        allowed.add(name)
    assert allowed == ALLOWED[function]


def test_neither_the_api_nor_a_tenants_session_reaches_the_registry(stack: LocalStack, stage: LocalStage) -> None:
    """The application's roles have no statement for it; the authorizer's, which may read one item, is the twin."""

    def read(client: Any) -> Any:
        return client.get_item(TableName=stage.registry_table_name, Key={"tenant_id": {"S": "acme"}})

    for client in (
        stack.role_client(stage.lambda_role_arn, "dynamodb"),
        scoped_client(stage, "acme", "admin"),
    ):
        with pytest.raises(ClientError, match="not authorized to perform: dynamodb:GetItem"):
            read(client)
    assert read(stack.role_client(stage.authorizer_role_arn, "dynamodb"))["Item"]["status"] == {"S": "active"}


def test_each_action_leaves_one_line_in_the_audit_log(stack: LocalStack, tenant: str) -> None:
    """With who, what, which tenant and the outcome; the function's own output is what CloudWatch would get."""
    settings = function_settings(stack.local_aws, stack.outputs, "suspend_tenant")
    lines = []
    for tenant_id in (tenant, "nobody-onboarded-it"):
        ran = subprocess.run(
            [sys.executable, "-m", "stage.functions", "suspend_tenant", "60"],
            input=json.dumps({"tenant_id": tenant_id, "actor": "ann"}),
            env={**process_basics(os.environ), **settings},
            cwd=stack.project,
            capture_output=True,
            text=True,
            check=False,
        )
        (line,) = [json.loads(text) for text in ran.stdout.splitlines() if '"audit"' in text]
        lines.append({name: line[name] for name in ("action", "tenant", "actor", "outcome")})
        assert line["request_id"]
        assert settings["AWS_CONTAINER_AUTHORIZATION_TOKEN"] not in ran.stdout + ran.stderr
    assert lines == [
        {"action": "suspend_tenant", "actor": "ann", "tenant": tenant, "outcome": "succeeded"},
        {"action": "suspend_tenant", "actor": "ann", "tenant": "nobody-onboarded-it", "outcome": "refused"},
    ]


def test_a_refused_data_access_and_what_tenants_use_are_in_the_apis_log(
    api_with: Callable[..., Api], acme: Person, globex: Person, tmp_path: Path
) -> None:
    """One audit line for the refusal, with its request; metrics for every request of a tenant, with its capacity."""
    acme.create()
    api = api_with(module="tests.support.wrong_tenant_api")  # IAM refuses all that globex asks of it
    refused = Person(api, globex.id_token, "").call("GET", "/anvils")
    assert Person(api, acme.id_token, "").call("GET", "/anvils").status == 200

    found = [json.loads(line) for line in (tmp_path / "api.log").read_text().splitlines() if line.startswith("{")]
    (audit,) = [line for line in found if line.get("message") == "audit"]
    assert (audit["tenant"], audit["action"], audit["outcome"]) == ("globex", "GET /anvils", "refused")
    assert audit["request_id"] == refused.headers["x-request-id"]
    metrics = {line["tenant"]: line for line in found if "_aws" in line}
    assert metrics["acme"]["Requests"] == [1.0]
    assert metrics["acme"]["ConsumedReadCapacity"][0] > 0
    assert metrics["acme"]["ConsumedWriteCapacity"] == [0.0]
    assert metrics["globex"]["ConsumedReadCapacity"] == [0.0]
