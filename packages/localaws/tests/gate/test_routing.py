"""A request addresses the service it was signed for, or it is refused."""

from __future__ import annotations

import gzip

import botocore.session
import pytest
from botocore.auth import S3SigV4Auth, S3SigV4QueryAuth, SigV4Auth

from bulkhead_localaws.gate.refusals import AuthenticationError, Refusal
from bulkhead_localaws.gate.routing import JSON_TARGETS, addressed_service, form_parameters
from bulkhead_localaws.protocol.requests import Headers, HttpRequest
from bulkhead_localaws.protocol.wire import QUERY_SERVICES
from localaws_testing.signed_requests import WireRequest, authenticated, refusal_of, signed

JSON = "application/x-amz-json-1.0"
MULTIPART = "multipart/form-data; boundary=x"
MODELS = {"monitoring": "cloudwatch", "states": "stepfunctions", "tagging": "resourcegroupstaggingapi"}
FORM = "application/x-www-form-urlencoded"


def called(
    service: str, *, target: str | None = None, body: bytes = b"", path: str = "/", content_type: str | None = None
) -> WireRequest:
    """Sign a call in which everything is covered by a valid signature of its sender."""
    headers = {} if target is None else {"X-Amz-Target": target}
    headers |= {} if content_type is None else {"Content-Type": content_type}
    signer = S3SigV4Auth if service == "s3" else SigV4Auth
    return signed(service, headers=headers, body=body, path=path, signer=signer)


@pytest.mark.parametrize("service", JSON_TARGETS)
def test_the_targets_of_json_services_are_those_of_their_models(service: str) -> None:
    """The table agrees with the service models that botocore ships; each service accepts its own target."""
    loader = botocore.session.get_session().get_component("data_loader")
    for prefix, addressed in JSON_TARGETS[service].items():
        name = {"monitoring": "cloudwatch", "states": "stepfunctions", "tagging": "resourcegroupstaggingapi"}.get(
            addressed, addressed
        )
        metadata = loader.load_service_model(name, "service-2")["metadata"]
        assert metadata["targetPrefix"] == prefix
        assert metadata.get("signingName", metadata["endpointPrefix"]) == service
        wire = called(service, target=f"{prefix}.Operation", body=b"{}", content_type=JSON)
        assert authenticated(wire).addressed == addressed


@pytest.mark.parametrize("service", sorted(QUERY_SERVICES))
def test_query_services_take_their_parameters_from_body_or_url(service: str) -> None:
    """Either, not both."""
    form = "Action=Do&Version=1"

    assert authenticated(called(service, body=form.encode(), content_type=FORM)).addressed == service
    assert authenticated(called(service, path=f"/?{form}")).addressed == service
    both = called(service, path=f"/?{form}", body=form.encode(), content_type=FORM)
    assert refusal_of(both).refusal is Refusal.AMBIGUOUS


@pytest.mark.parametrize(
    ("service", "target"),
    [
        ("dynamodb", "secretsmanager.GetSecretValue"),
        ("dynamodb", "DynamoDB_20111205.GetItem"),
        ("dynamodb", "GetItem"),
        ("dynamodb", "DynamoDB_20120810."),
        ("dynamodb", "DynamoDB_20120810.Get Item"),
        ("dynamodb", "x,DynamoDB_20120810.GetItem"),
        ("dynamodb", "dynamodb_20120810.GetItem"),
        ("secretsmanager", "DynamoDB_20120810.Scan"),
        ("s3", "AWSCognitoIdentityProviderService.ListUsers"),
        ("sts", "AWSCognitoIdentityProviderService.ListUsers"),
        ("lambda", "secretsmanager.GetSecretValue"),
        ("glue", "secretsmanager.GetSecretValue"),
        ("dynamodb", None),
        ("cognito-idp", None),
    ],
)
def test_a_target_of_another_service_is_refused(service: str, target: str | None) -> None:
    """Its sender may sign what he likes; a target decides for some readers, the credential for others."""
    assert refusal_of(called(service, target=target, body=b"{}", content_type=JSON)).refusal in {
        Refusal.UNKNOWN_OPERATION,
        Refusal.AMBIGUOUS,
    }


def test_a_json_service_that_is_not_in_the_table_has_its_own_targets() -> None:
    """Its calls are the signed service's, though nobody knows its operations."""
    assert authenticated(called("glue", target="AWSGlue.GetTable", body=b"{}", content_type=JSON)).addressed == "glue"


@pytest.mark.parametrize(
    "wire",
    [
        called("dynamodb", target="DynamoDB_20120810.GetItem", body=b"{}", content_type=JSON, path="/?Action=Scan"),
        called("dynamodb", target="DynamoDB_20120810.GetItem", body=b"Action=Scan", content_type=FORM),
        called("dynamodb", target="DynamoDB_20120810.GetItem", body=b"{}", content_type=MULTIPART),
        called("dynamodb", target="DynamoDB_20120810.GetItem", body=b"{}"),
        called("dynamodb", body=b"Action=Scan", content_type=FORM),
        called("sts", body=b"Action=GetCallerIdentity&Action=AssumeRole", content_type=FORM),
        called("sts", path="/?Action=GetCallerIdentity&%41ction=AssumeRole"),
        called("sts", body=b"Action=GetCallerIdentity", content_type=MULTIPART),
        called("sts", body=b"Action=GetCallerIdentity", content_type=JSON),
        called("sts", body=b"Action=GetCallerIdentity\nx", content_type=FORM),
        called("sts", body=b"Action=GetCallerIdentity%", content_type=FORM),
        called("sts", body=b"Action=%ff", content_type=FORM),
        called("lambda", path="/2015-03-31/functions?Action=DeleteFunction"),
        called("lambda", path="/2015-03-31/functions/f/invocations", body=b"x=1&%41ction=DeleteFunction"),
        called("lambda", path="/2015-03-31/functions/f/invocations", body=b"x=1", content_type=FORM),
        called("s3", path="/bucket/key?Action=x"),
        called("s3", path="/bucket", body=b"acl=x", content_type=FORM),
        called("s3", path="/bucket", body=b"acl=x", content_type=MULTIPART),
        called("s3", path="/bucket%2Fkey"),
        called("s3", path="/bucket/a%2fb"),
    ],
)
def test_an_operation_or_parameter_in_two_places_is_refused(wire: WireRequest) -> None:
    """Everything here is signed; only one reading may be left."""
    assert refusal_of(wire).refusal in {Refusal.AMBIGUOUS, Refusal.UNKNOWN_OPERATION}


def test_compressed_parameters_are_refused() -> None:
    """An emulator that unpacks them reads another body than the gate."""
    headers = {"X-Amz-Target": "DynamoDB_20120810.GetItem", "Content-Type": JSON, "Content-Encoding": "gzip"}

    assert refusal_of(signed("dynamodb", headers=headers, body=gzip.compress(b"{}"))).refusal is Refusal.AMBIGUOUS


@pytest.mark.parametrize("path", ["/moto-api/reset", "/moto-api", "/latest/meta-data/iam", "/%6doto-api/x"])
def test_doors_of_the_emulator_are_closed(path: str) -> None:
    """Moto serves these whatever the credential says."""
    assert refusal_of(called("s3", path=path)).refusal is Refusal.UNKNOWN_OPERATION


@pytest.mark.parametrize(
    ("service", "path", "addressed"),
    [
        ("s3", "/bucket/key", "s3"),
        ("s3", "/v20180820/accesspoint", "s3control"),
        ("ses", "/v2/email/identities", "sesv2"),
        ("lambda", "/2015-03-31/functions", "lambda"),
    ],
)
def test_services_that_share_a_signing_name_are_told_apart(service: str, path: str, addressed: str) -> None:
    """As moto tells them apart: a bucket cannot be called v20180820."""
    assert authenticated(called(service, path=path)).addressed == addressed


def request_to(host: str, *, path: str = "/", query: str = "", target: str | None = None) -> HttpRequest:
    """Build a request without a signature."""
    headers = [("Host", host), ("Content-Type", JSON)] + ([("X-Amz-Target", target)] if target else [])
    return HttpRequest("POST", path, path, query, (), Headers(headers), b"", "127.0.0.1")


@pytest.mark.parametrize(
    ("host", "service", "accepted"),
    [
        ("localhost:4566", "sts", True),
        ("sts.amazonaws.com", "sts", True),
        ("sts.eu-west-1.amazonaws.com:443", "sts", True),
        ("STS.eu-west-1.amazonaws.com", "sts", True),
        ("amazonaws.com", "sts", True),
        ("iam.amazonaws.com", "sts", False),
        ("sts.us-east-1.amazonaws.com", "sts", False),
        ("sts.EU-WEST-1.amazonaws.com", "sts", False),
        ("bucket.s3.eu-west-1.amazonaws.com", "s3", True),
        ("bucket.s3.dualstack.eu-west-1.amazonaws.com", "s3", True),
        ("123456789012.s3-control.eu-west-1.amazonaws.com", "s3", True),
        ("s3.eu-west-1.amazonaws.com", "iam", False),
        ("queue.amazonaws.com", "sqs", True),
        ("email.eu-west-1.amazonaws.com", "ses", True),
    ],
)
def test_a_host_of_aws_must_name_the_signed_service_and_region(host: str, service: str, accepted: bool) -> None:  # noqa: FBT001
    """Hosts of one's own say nothing."""
    if accepted:
        assert addressed_service(request_to(host), service, "eu-west-1").startswith(service)
    else:
        assert refusal_of_routing(request_to(host), service) is Refusal.UNKNOWN_OPERATION


def refusal_of_routing(request: HttpRequest, service: str, region: str | None = "eu-west-1") -> Refusal:
    """Return why a request does not address the service it was signed for."""
    with pytest.raises(AuthenticationError) as caught:
        addressed_service(request, service, region)
    return caught.value.refusal


@pytest.mark.parametrize("where", [{"path": "/b/x.us-east-1.amazonaws.com"}, {"query": "x=.us-east-1.amazonaws.com"}])
def test_a_region_anywhere_in_the_url_must_be_the_signed_one(where: dict[str, str]) -> None:
    """Moto looks for one in the whole URL before it looks at the credential."""
    same = {name: text.replace("us-east-1", "eu-west-1") for name, text in where.items()}

    assert refusal_of_routing(request_to("localhost", **where), "s3") is Refusal.UNKNOWN_OPERATION
    assert addressed_service(request_to("localhost", **same), "s3", "eu-west-1") == "s3"


def test_a_public_call_is_checked_alike() -> None:
    """Sign-in at Cognito needs no signature, but may not be read as another call either."""
    target = "AWSCognitoIdentityProviderService.InitiateAuth"

    assert addressed_service(request_to("localhost", target=target), "cognito-idp", None) == "cognito-idp"
    elsewhere = request_to("cognito-idp.eu-west-1.amazonaws.com", target=target)
    assert refusal_of_routing(elsewhere, "cognito-idp", None) is Refusal.UNKNOWN_OPERATION


def test_parameters_of_a_presigned_query_call_leave_out_its_signature() -> None:
    """They are the operation's only, decoded as forms are."""
    wire = signed("sts", method="GET", path="/?Action=A&Name=a+b%2Bc", signer=S3SigV4QueryAuth)

    assert form_parameters(wire.read()) == {"Action": "A", "Name": "a b+c"}
