"""Which service a request addresses, agreed between its signature and everything else it says.

An emulator chooses the service, the operation and the region of a call from whatever it finds. moto's server, for one,
takes the service from the credential of the Authorization header, or without one from X-Amz-Target, from `Action` in
the body, from the path (`/iam_us-east-1/…`), or else takes S3; the operation from `Action` in a form, in the query
string, **in a JSON body that happens to contain `&Action=Scan&`**, or among the headers, before it looks at
X-Amz-Target; the region from the host, path, query string or User-Agent before the credential; and the account from a
header of its own. A gate that authorizes GetItem must not pass on what is then executed as Scan. Agreement is forced
from both ends:

- here, `addressed_service` refuses a request that says two things: a target, host or region other than the signed one,
  an operation outside the place where the service's protocol has it, repeated parameters, compressed parameters;
- `forwarding` passes on only what was authenticated, in a form that has one reading.
"""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING
from urllib.parse import parse_qsl

from bulkhead_localaws.gate.refusals import Refusal, refused
from bulkhead_localaws.protocol.requests import VISIBLE_ASCII, RequestError, parse_query
from bulkhead_localaws.protocol.wire import FORM, QUERY_SERVICES, media_type

if TYPE_CHECKING:
    from bulkhead_localaws.protocol.requests import HttpRequest

JSON_TARGETS = {
    "acm": {"CertificateManager": "acm"},
    "application-autoscaling": {"AnyScaleFrontendService": "application-autoscaling"},
    "cognito-identity": {"AWSCognitoIdentityService": "cognito-identity"},
    "cognito-idp": {"AWSCognitoIdentityProviderService": "cognito-idp"},
    "dynamodb": {"DynamoDB_20120810": "dynamodb", "DynamoDBStreams_20120810": "dynamodbstreams"},
    "ecr": {"AmazonEC2ContainerRegistry_V20150921": "ecr"},
    "ecs": {"AmazonEC2ContainerServiceV20141113": "ecs"},
    "events": {"AWSEvents": "events"},
    "kinesis": {"Kinesis_20131202": "kinesis"},
    "kms": {"TrentService": "kms"},
    "logs": {"Logs_20140328": "logs"},
    "monitoring": {"GraniteServiceVersion20100801": "monitoring"},
    "organizations": {"AWSOrganizationsV20161128": "organizations"},
    "secretsmanager": {"secretsmanager": "secretsmanager"},
    "sqs": {"AmazonSQS": "sqs"},
    "ssm": {"AmazonSSM": "ssm"},
    "states": {"AWSStepFunctions": "states"},
    "tagging": {"ResourceGroupsTaggingAPI_20170126": "tagging"},
    "wafv2": {"AWSWAF_20190729": "wafv2"},
}
"""By signing name: the prefixes of X-Amz-Target, and the service that each of them addresses."""

_OWNERS = {prefix: service for service, prefixes in JSON_TARGETS.items() for prefix in prefixes}
_ALSO_QUERY = frozenset({"monitoring", "sqs"})  # JSON or query, as the client likes
_QUERY = QUERY_SERVICES | _ALSO_QUERY | {"ec2"}
_NEVER_TARGETED = (_QUERY - _ALSO_QUERY) | {"apigateway", "cloudfront", "execute-api", "lambda", "route53", "s3"}
_JSON_RPC_TYPES = frozenset({"application/x-amz-json-1.0", "application/x-amz-json-1.1"})
JSON_TYPES = _JSON_RPC_TYPES | {"application/json"}
_FORM_TYPES = frozenset({FORM, "multipart/form-data"})
_TARGET = re.compile(r"([\w.]{1,128})\.(\w{1,128})", re.ASCII)
_EMULATOR_PATHS = ("/moto-api", "/favicon.ico", "/latest/meta-data/", "/latest/api/")
_REGION_IN_URL = re.compile(r"\.([^.]+)\.amazonaws\.com", re.IGNORECASE)
_AWS_HOST = re.compile(r"(?:(.+)\.)?amazonaws\.com(?:\.cn)?(?::[0-9]+)?")
_HOST_LABELS = {"ddb": "dynamodb", "email": "ses", "queue": "sqs", "s3-control": "s3", "s3-accesspoint": "s3"}
_REGION_LABEL = re.compile(r"[a-z]{2}(?:-[a-z]+)+-[0-9]|dualstack|fips")


def addressed_service(request: HttpRequest, service: str, region: str | None) -> str:
    """Return the service that answers a request signed for `service` in `region` (None: any region named is refused).

    It is `service` itself but for services that share a signing name. Only for services of `JSON_TARGETS`, query, EC2
    and S3 services is the operation, too, known to be where their protocol has it: map no others to actions.

    Raises:
        AuthenticationError: the request can be read as a call of another service, operation or region.
    """
    if request.path.startswith(_EMULATOR_PATHS):
        raise refused(request, Refusal.UNKNOWN_OPERATION, "This path belongs to the emulator, not to an AWS service.")
    _check_host(request, service, region)
    if service == "s3":
        return _addressed_s3(request)
    if "content-encoding" in request.headers:
        raise refused(request, Refusal.AMBIGUOUS, f"Content-Encoding is not supported for {service}.")
    if "x-amz-target" in request.headers:
        return _targeted_service(request, service)
    if service in JSON_TARGETS and service not in _ALSO_QUERY:
        raise refused(request, Refusal.UNKNOWN_OPERATION, f"A call of {service} needs an X-Amz-Target header.")
    if service in _QUERY:
        form_parameters(request)
    else:
        _check_no_form(request)
    return "sesv2" if service == "ses" and request.path.startswith("/v2/") else service


def _check_host(request: HttpRequest, service: str, region: str | None) -> None:
    """A host of AWS must name the signed service, and every region in the URL must be the signed one."""
    host = request.headers.get("host", "")
    url = f"{host}{request.raw_path}?{request.raw_query}"
    if "amazonaws.com" not in url.lower():
        return
    foreign = [name for name in _REGION_IN_URL.findall(url) if name != region]
    if foreign:
        message = f"The URL names a region, {foreign[0]!r}, other than {region!r}."
        raise refused(request, Refusal.UNKNOWN_OPERATION, message)
    match = _AWS_HOST.fullmatch(host.lower())
    labels = [label for label in (match[1] or "").split(".") if not _REGION_LABEL.fullmatch(label)] if match else []
    named = _HOST_LABELS.get(labels[-1], labels[-1]) if labels else ""
    if named not in {"", service}:
        message = f"The host names a service, {named!r}, other than {service!r}."
        raise refused(request, Refusal.UNKNOWN_OPERATION, message)


def _addressed_s3(request: HttpRequest) -> str:
    if "x-amz-target" in request.headers or media_type(request.headers) in _FORM_TYPES:
        raise refused(request, Refusal.AMBIGUOUS, "S3 takes neither X-Amz-Target nor forms here.")
    if "%2f" in request.raw_path.lower():
        raise refused(request, Refusal.AMBIGUOUS, "An escaped slash in an object's key is not accepted.")
    _check_no_action(request)
    control = request.path.startswith("/v20180820/") or "s3-control" in request.headers.get("host", "")
    return "s3control" if control else "s3"


def _targeted_service(request: HttpRequest, service: str) -> str:
    match = _TARGET.fullmatch(request.headers["x-amz-target"])
    prefix = match[1] if match else ""
    owner = _OWNERS.get(prefix, None if service in JSON_TARGETS or service in _NEVER_TARGETED else service)
    if not prefix or owner != service:
        raise refused(request, Refusal.UNKNOWN_OPERATION, f"X-Amz-Target does not name one operation of {service}.")
    if media_type(request.headers) not in _JSON_RPC_TYPES:
        raise refused(request, Refusal.UNKNOWN_OPERATION, f"A call of {service} needs a Content-Type of x-amz-json.")
    if request.query:
        raise refused(request, Refusal.AMBIGUOUS, f"A call of {service} takes no query string.")
    return JSON_TARGETS[service][prefix] if service in JSON_TARGETS else service


def form_parameters(request: HttpRequest) -> dict[str, str]:
    """Return the parameters of a query-protocol request: all from the body, or else all from the URL, none repeated.

    Raises:
        AuthenticationError: it has some in both, or one twice, or a body that is not a proper form.
    """
    in_url = [(p.name, p.value) for p in request.query if not p.name.lower().startswith("x-amz-")]
    in_body: list[tuple[str, str]] = []
    if request.body:
        text = request.body.decode("latin-1")
        if media_type(request.headers) != FORM or not VISIBLE_ASCII.fullmatch(text):
            raise refused(request, Refusal.AMBIGUOUS, f"The parameters in the body must be encoded as {FORM}.")
        try:
            in_body = [(p.name, p.value) for p in parse_query(text)]
        except RequestError as error:
            raise refused(request, Refusal.AMBIGUOUS, error.message) from None
    parameters = dict(in_body or in_url)
    if in_url and in_body:
        raise refused(request, Refusal.AMBIGUOUS, "Parameters must be in the URL or in the body, not in both.")
    if len(parameters) != len(in_body or in_url):
        raise refused(request, Refusal.AMBIGUOUS, "A parameter is given twice.")
    return parameters


def _check_no_form(request: HttpRequest) -> None:
    content_type = media_type(request.headers)
    _check_no_action(request)
    if content_type in _FORM_TYPES:
        raise refused(request, Refusal.AMBIGUOUS, "This service takes no forms.")
    if request.body and content_type not in JSON_TYPES and not is_json(request.body):
        fields = parse_qsl(request.body.decode("latin-1"), keep_blank_values=True)
        if "Action" in dict(fields):
            raise refused(request, Refusal.AMBIGUOUS, "The body can be read as a form that names an action.")


def _check_no_action(request: HttpRequest) -> None:
    if any(p.name == "Action" for p in request.query):
        raise refused(request, Refusal.AMBIGUOUS, "This service takes no 'Action' in the query string.")


def is_json(body: bytes) -> bool:
    """Whether a body is a JSON document in UTF-8."""
    try:
        json.loads(body.decode())
    except (ValueError, RecursionError):
        return False
    return True
