"""What each tenant uses: consumed capacity added up, and metrics in CloudWatch's embedded metric format."""

from __future__ import annotations

import json
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest
from botocore.config import Config as ClientConfig
from botocore.credentials import Credentials
from botocore.exceptions import ClientError
from botocore.httpsession import URLLib3Session
from botocore.session import Session as BotocoreSession

from chalicelib.tenancy.tenant import Role
from chalicelib.vending.clients import ScopedClients, without_credentials
from chalicelib.vending.sessions import Session
from chalicelib.vending.usage import NAMESPACE, Capacity, Usage, emit_metrics
from tests.support.handles import handle_of, open_request
from tests.unit.http_stub import Asked, HttpStub, StubAnswer

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mypy_boto3_dynamodb import DynamoDBClient

    from tests.support.fresh_python import RunPython

KEY: dict[str, Any] = {"TableName": "example", "Key": {"pk": {"S": "acme#sample#0"}, "sk": {"S": "a"}}}


def emitted(capsys: pytest.CaptureFixture[str]) -> dict[str, Any]:
    """Return the one line on standard output."""
    (line,) = capsys.readouterr().out.splitlines()
    document: dict[str, Any] = json.loads(line)
    return document


def test_consumed_capacity_is_added_up_by_tenant_until_it_is_taken() -> None:
    """Names that begin alike are others; what is taken once is not taken again."""
    usage = Usage()
    usage.add("acme", read=0.5)
    usage.add("acme", read=1, write=2)
    usage.add("acme-eu", write=7)

    assert usage.take("acme") == Capacity(read=1.5, write=2)
    assert usage.take("acme") == Capacity(read=0, write=0)
    assert usage.take("acme-eu") == Capacity(read=0, write=7)
    assert usage.take("globex") == Capacity()


def test_threads_lose_nothing() -> None:
    """A list of items is read by ten of them."""
    usage = Usage()
    with ThreadPoolExecutor(16) as threads:
        list(threads.map(lambda _: usage.add("acme", read=1, write=2), range(2000)))
    assert usage.take("acme") == Capacity(read=2000, write=4000)


def test_the_metrics_are_one_line_in_embedded_metric_format(capsys: pytest.CaptureFixture[str]) -> None:
    """As CloudWatch's specification has it: a millisecond time, one directive, and the values beside it.

    Source: AWS, "Specification: Embedded metric format", sections "Metadata object" and "MetricDirective object".
    """
    before = time.time() * 1000
    emit_metrics("acme", Capacity(read=1.5, write=2), failed=True)
    document = emitted(capsys)

    metadata = document.pop("_aws")
    assert metadata.keys() == {"Timestamp", "CloudWatchMetrics"}
    assert isinstance(metadata["Timestamp"], int)
    assert before - 1 <= metadata["Timestamp"] <= time.time() * 1000 + 1
    (directive,) = metadata["CloudWatchMetrics"]
    assert directive == {
        "Namespace": NAMESPACE,
        "Dimensions": [["tenant"]],
        "Metrics": [
            {"Name": name, "Unit": "Count"}
            for name in ("Requests", "Errors", "ConsumedReadCapacity", "ConsumedWriteCapacity")
        ],
    }
    assert document == {
        "tenant": "acme",
        "Requests": [1.0],
        "Errors": [1.0],
        "ConsumedReadCapacity": [1.5],
        "ConsumedWriteCapacity": [2.0],
    }, "every target member is there: a text for a dimension, numbers for a metric"


def test_a_request_that_did_not_fail_counts_no_error_and_still_names_the_metric(
    capsys: pytest.CaptureFixture[str],
) -> None:
    """A metric without a value would leave gaps in a rate."""
    emit_metrics("acme", Capacity(), failed=False)
    document = emitted(capsys)
    assert (document["Errors"], document["ConsumedReadCapacity"], document["ConsumedWriteCapacity"]) == (
        [0.0],
        [0.0],
        [0.0],
    )


def test_the_metrics_of_one_tenant_hold_nothing_of_the_one_before(capsys: pytest.CaptureFixture[str]) -> None:
    """A library's metrics may share their state between instances."""
    emit_metrics("acme", Capacity(read=9), failed=True)
    emitted(capsys)
    emit_metrics("globex", Capacity(read=1), failed=False)
    document = emitted(capsys)
    assert (document["tenant"], document["ConsumedReadCapacity"], document["Requests"]) == ("globex", [1.0], [1.0])


def test_metrics_of_many_threads_are_whole_lines_of_one_tenant_each(run_python: RunPython) -> None:
    """On one machine requests run side by side."""
    code = """
import io, json, sys
from concurrent.futures import ThreadPoolExecutor
from chalicelib.vending.usage import Capacity, emit_metrics
real, sys.stdout = sys.stdout, io.StringIO()
with ThreadPoolExecutor(8) as threads:
    list(threads.map(lambda n: emit_metrics(f"tenant-{n}", Capacity(read=n), failed=False), range(100)))
lines = [json.loads(line) for line in sys.stdout.getvalue().splitlines() if line]
sys.stdout = real
print(json.dumps(sorted((line["tenant"], line["ConsumedReadCapacity"]) for line in lines)))
"""
    assert run_python(code) == sorted([f"tenant-{number}", [float(number)]] for number in range(100))


ANSWERS = {
    "GetItem": (200, {"ConsumedCapacity": {"TableName": "example", "CapacityUnits": 0.5}}),
    "Query": (200, {"Items": [], "Count": 0, "ConsumedCapacity": {"TableName": "example", "CapacityUnits": 2.5}}),
    "PutItem": (200, {"ConsumedCapacity": {"TableName": "example", "CapacityUnits": 1.0}}),
    "DeleteItem": (200, {"ConsumedCapacity": {"TableName": "example", "CapacityUnits": 3.0}}),
    "UpdateItem": (400, {"__type": "com.amazonaws.dynamodb.v20120810#ConditionalCheckFailedException"}),
}


class Metered:
    """A scoped client against a stub of DynamoDB that says what was consumed."""

    def __init__(self, stub: HttpStub) -> None:
        self.usage = Usage()
        self.stub = stub
        self.clients = ScopedClients(
            without_credentials(BotocoreSession()),
            ClientConfig(retries={"total_max_attempts": 1}),
            region="eu-central-1",
            usage=self.usage,
            send=URLLib3Session().send,
        )

    def client(self, tenant_id: str) -> DynamoDBClient:
        """Return the client of a tenant."""
        session = replace(
            Session.of_function(tenant_id, Role.MEMBER), credentials=Credentials(f"ASIA{tenant_id}", "secret", "token")
        )
        return self.clients.dynamodb(handle_of(tenant_id, session=session))


@pytest.fixture
def metered(monkeypatch: pytest.MonkeyPatch) -> Iterator[Metered]:
    """Scoped clients whose DynamoDB is a stub."""

    def answer(asked: Asked) -> StubAnswer:
        status, body = ANSWERS[asked.headers["x-amz-target"].rpartition(".")[2]]
        return StubAnswer(status, json.dumps(body).encode(), {"Content-Type": "application/x-amz-json-1.0"})

    with open_request(), HttpStub(answer) as stub:
        monkeypatch.setenv("AWS_ENDPOINT_URL_DYNAMODB", stub.url)
        yield Metered(stub)


def test_every_call_of_a_scoped_client_asks_what_it_consumed_and_adds_it_to_its_tenant(metered: Metered) -> None:
    """Reads and writes apart, and each tenant's own."""
    acme, eu = metered.client("acme"), metered.client("acme-eu")
    acme.get_item(**KEY)
    acme.query(TableName="bulkhead", KeyConditionExpression="pk = :pk", ExpressionAttributeValues={":pk": {"S": "a"}})
    acme.put_item(TableName="bulkhead", Item=KEY["Key"])
    acme.delete_item(**KEY)
    eu.get_item(**KEY)

    assert metered.usage.take("acme") == Capacity(read=3.0, write=4.0)
    assert metered.usage.take("acme-eu") == Capacity(read=0.5)
    assert {json.loads(asked.body)["ReturnConsumedCapacity"] for asked in metered.stub.asked} == {"TOTAL"}


def test_a_call_that_is_refused_says_nothing_of_capacity_and_fails_as_before(metered: Metered) -> None:
    """DynamoDB's errors carry none; the meter must not put an error of its own in their place."""
    with pytest.raises(ClientError, match="ConditionalCheckFailed"):
        metered.client("acme").update_item(**KEY, UpdateExpression="SET a = b", ConditionExpression="a = b")
    assert metered.usage.take("acme") == Capacity()


def test_a_client_that_is_kept_counts_each_call_once(metered: Metered) -> None:
    """However often it is handed out."""
    for _ in range(3):
        metered.client("acme").get_item(**KEY)
    assert metered.usage.take("acme") == Capacity(read=1.5)
