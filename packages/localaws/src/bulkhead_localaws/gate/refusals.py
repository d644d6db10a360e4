"""Why a request is refused before anyone asks for permissions, in the words of each service family.

Codes and statuses are those of "Common Errors" in the API references of the JSON, query and EC2 services and of "Error
responses" in the S3 API reference. What AWS has no code of its own for takes the nearest one.
"""

from __future__ import annotations

from enum import Enum, unique
from http import HTTPStatus
from typing import TYPE_CHECKING, NamedTuple

from bulkhead_localaws.protocol.requests import RequestError
from bulkhead_localaws.protocol.wire import Protocol, protocol_of

if TYPE_CHECKING:
    from bulkhead_localaws.protocol.requests import HttpRequest

_Answer = tuple[str, int]


class _Codes(NamedTuple):
    json: str  # JSON, REST JSON and CBOR: 400, REST JSON mostly 403
    query: _Answer  # query and REST XML
    ec2: _Answer
    s3: _Answer


_BAD_SIGNATURE = "InvalidSignatureException"
_EC2_AUTH_FAILURE = ("AuthFailure", 401)
_EC2_EXPIRED = ("RequestExpired", 400)
_INCOMPLETE_EC2 = ("IncompleteSignature", 400)


@unique
class Refusal(Enum):
    """One reason to refuse, whatever the protocol."""

    MISSING = _Codes(
        "MissingAuthenticationTokenException",
        ("MissingAuthenticationToken", 403),
        ("MissingAuthenticationToken", 403),
        ("AccessDenied", 403),
    )
    INCOMPLETE = _Codes(
        "IncompleteSignatureException",
        ("IncompleteSignature", 400),
        _INCOMPLETE_EC2,
        ("AuthorizationHeaderMalformed", 400),
    )
    INCOMPLETE_QUERY = _Codes(
        "IncompleteSignatureException",
        ("IncompleteSignature", 400),
        _INCOMPLETE_EC2,
        ("AuthorizationQueryParametersError", 400),
    )
    TWO_MECHANISMS = _Codes(
        "IncompleteSignatureException", ("IncompleteSignature", 400), _INCOMPLETE_EC2, ("InvalidArgument", 400)
    )
    UNSUPPORTED = _Codes(
        "IncompleteSignatureException", ("IncompleteSignature", 400), _INCOMPLETE_EC2, ("InvalidRequest", 400)
    )
    UNSUPPORTED_PAYLOAD = _Codes(
        _BAD_SIGNATURE, ("SignatureDoesNotMatch", 403), _EC2_AUTH_FAILURE, ("NotImplemented", 501)
    )
    UNSIGNED_HEADER = _Codes(_BAD_SIGNATURE, ("SignatureDoesNotMatch", 403), _EC2_AUTH_FAILURE, ("AccessDenied", 403))
    SKEWED = _Codes(_BAD_SIGNATURE, ("SignatureDoesNotMatch", 403), _EC2_EXPIRED, ("RequestTimeTooSkewed", 403))
    EXPIRED_URL = _Codes(_BAD_SIGNATURE, ("SignatureDoesNotMatch", 403), _EC2_EXPIRED, ("AccessDenied", 403))
    PAYLOAD = _Codes(
        _BAD_SIGNATURE, ("SignatureDoesNotMatch", 403), _EC2_AUTH_FAILURE, ("XAmzContentSHA256Mismatch", 400)
    )
    SIGNATURE = _Codes(
        _BAD_SIGNATURE, ("SignatureDoesNotMatch", 403), _EC2_AUTH_FAILURE, ("SignatureDoesNotMatch", 403)
    )
    UNKNOWN_KEY = _Codes(
        "UnrecognizedClientException", ("InvalidClientTokenId", 403), _EC2_AUTH_FAILURE, ("InvalidAccessKeyId", 403)
    )
    INVALID_TOKEN = _Codes(
        "UnrecognizedClientException", ("InvalidClientTokenId", 403), _EC2_AUTH_FAILURE, ("InvalidToken", 400)
    )
    EXPIRED_TOKEN = _Codes("ExpiredTokenException", ("ExpiredToken", 403), _EC2_EXPIRED, ("ExpiredToken", 400))
    UNKNOWN_OPERATION = _Codes(
        "UnknownOperationException", ("InvalidAction", 400), ("InvalidAction", 400), ("InvalidRequest", 400)
    )
    AMBIGUOUS = _Codes(
        "SerializationException",
        ("MalformedQueryString", 400),
        ("MalformedQueryString", 400),
        ("InvalidRequest", 400),
    )

    def answer(self, protocol: Protocol) -> _Answer:
        """Return the error code and the HTTP status with which a service of that protocol refuses."""
        codes = self.value
        match protocol:
            case Protocol.S3:
                return codes.s3
            case Protocol.EC2:
                return codes.ec2
            case Protocol.QUERY | Protocol.REST_XML:
                return codes.query
            case Protocol.REST_JSON:
                return codes.json, codes.query[1]
            case Protocol.JSON_1_0 | Protocol.JSON_1_1 | Protocol.CBOR:
                return codes.json, HTTPStatus.BAD_REQUEST


class AuthenticationError(RequestError):
    """A request whose caller is not who it claims to be, or cannot be known; `refusal` says why in one word."""

    def __init__(self, code: str, message: str, status: int, *, refusal: Refusal) -> None:
        super().__init__(code, message, status)
        self.refusal = refusal


def refused(request: HttpRequest, refusal: Refusal, message: str) -> AuthenticationError:
    """Return the error that refuses `request` in the protocol in which it was made."""
    code, status = refusal.answer(protocol_of(request.headers, request.raw_query))
    return AuthenticationError(code, message, status, refusal=refusal)
