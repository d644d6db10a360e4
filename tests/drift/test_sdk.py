"""What the gate maps of each service, against the installed SDK's model: `make drift` installs the newest for it.

An SDK that has moved is news and nobody's fault, so `make test` leaves this folder out. Decide about each name that is
red here: map it in `bulkhead_localaws.services`, or list it below as refused, or left out, on purpose.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import pytest
from botocore.loaders import Loader
from botocore.session import Session
from moto.utilities.utils import PARTITION_NAMES, get_partition

from bulkhead_localaws.services.arns import partition_of
from bulkhead_localaws.services.cognito_idp import mapping as cognito_idp
from bulkhead_localaws.services.cognito_idp.operations import WITHOUT_ACTION
from bulkhead_localaws.services.dynamodb import OPERATIONS as DYNAMODB
from bulkhead_localaws.services.dynamodb.control_plane import CONTROL_OPERATIONS
from bulkhead_localaws.services.dynamodb.mapping import _DATA_OPERATIONS, _ITEM_OPERATIONS
from bulkhead_localaws.services.iam import mapping as iam
from bulkhead_localaws.services.iam.operations import CREATIONS, LISTS, ON_EVERYTHING, ON_RESOURCE
from bulkhead_localaws.services.s3 import calls as s3_calls
from bulkhead_localaws.services.secretsmanager import mapping as secretsmanager
from localaws_testing.example_tables import REFUSED as DYNAMODB_REFUSED

if TYPE_CHECKING:
    from collections.abc import Mapping


@dataclass(frozen=True)
class Service:
    """What the gate maps of a service, and which operations and members it refuses on purpose."""

    models: tuple[str, ...]
    mapped: frozenset[str]
    refused: frozenset[str]
    refused_words: tuple[str, ...] = ()
    members: Mapping[str, frozenset[str]] = field(default_factory=dict)
    left_out: frozenset[str] = frozenset()


SERVICES = {
    "dynamodb": Service(
        models=("dynamodb", "dynamodbstreams"),
        mapped=frozenset(DYNAMODB),
        refused=frozenset(DYNAMODB_REFUSED),
        members={
            **{name: frozenset(operation.members) for name, operation in CONTROL_OPERATIONS.items()},
            **{name: frozenset(entry[0]) for name, entry in {**_ITEM_OPERATIONS, **_DATA_OPERATIONS}.items()},
        },
    ),
    # Refused: see the docstring of bulkhead_localaws.services.iam.operations. Left out: sign-in sessions, which moto
    # would forget.
    "iam": Service(
        models=("iam",),
        mapped=frozenset(iam.OPERATIONS),
        refused=frozenset(
            {
                "AcquireRole",
                "ChangePassword",
                "GetAccountProperties",
                "GetHumanReadableSummary",
                "GetRoleTemplateVersion",
                "ListPoliciesGrantingServiceAccess",
                "PutAccountProperties",
                "SetSecurityTokenServicePreferences",
            }
        ),
        refused_words=(
            "Delegation",
            "Federation",
            "LastAccessed",
            "MFADevice",
            "OpenIDConnectProvider",
            "Organizations",
            "SAMLProvider",
            "ServerCertificate",
            "ServiceLinkedRole",
            "ServiceSpecificCredential",
            "Simulate",
            "ContextKeys",
        ),
        members={
            **{name: each.members for name, each in ON_RESOURCE.items()},
            **{name: each.members for name, each in CREATIONS.items()},
            **ON_EVERYTHING,
        },
        left_out=frozenset({"MaxSigninSessionDuration", "ResetMaxSigninSessionDuration"}),
    ),
    # Refused: signed operations that the Service Authorization Reference does not know, that need permissions in other
    # services, or that moto does not have.
    "cognito-idp": Service(
        models=("cognito-idp",),
        mapped=frozenset(cognito_idp.OPERATIONS | WITHOUT_ACTION),
        refused=frozenset(
            {
                "AdminDeleteSoftwareToken",
                "AdminGetUserAuthFactors",
                "AdminListUserSessions",
                "AdminRevokeUserSession",
                "CreateUserImportJob",
                "CreateUserPoolReplica",
                "DeleteUserPoolReplica",
                "DescribeTermsByClient",
                "GetClientToken",
                "GetDerivedToken",
                "GetProvisionedLimit",
                "GetUserPoolClientSessionConfiguration",
                "GetUserPoolSessionConfiguration",
                "ListUserPoolReplicas",
                "SetLogDeliveryConfiguration",
                "SetRiskConfiguration",
                "SetUserPoolClientSessionConfiguration",
                "SetUserPoolSessionConfiguration",
                "StartUserImportJob",
                "StopUserImportJob",
                "UpdateManagedLoginBranding",
                "UpdateProvisionedLimit",
                "UpdateUserPoolDomain",
                "UpdateUserPoolReplica",
            }
        ),
        refused_words=("CIMDPolic", "ClientMetadataURL", "PointInTimeRecover"),
    ),
    # Refused: not in the Service Authorization Reference, or about another account. Left out: members that reach
    # another account, or belong to a kind of secret that is not mapped.
    "secretsmanager": Service(
        models=("secretsmanager",),
        mapped=frozenset(secretsmanager.OPERATIONS),
        refused=frozenset({"AssociateCrossAccountReplica", "DisassociateCrossAccountReplica", "ListResourcePolicies"}),
        members=secretsmanager.OPERATIONS,
        left_out=frozenset(
            {
                "CrossAccountPrimaryARN",
                "ExternalSecretRotationMetadata",
                "ExternalSecretRotationRoleArn",
                "PolicyName",
                "Type",
            }
        ),
    ),
}
#: Operations of DynamoDB of which only some members are mapped: the others reach other Regions, Kinesis or accounts.
PARTLY_MAPPED = {"CreateTable", "UpdateTable", "RestoreTableFromBackup", "RestoreTableToPointInTime"}

#: Members of S3 that need a permission of their own, name another kind of bucket, or are read from the body.
S3_LEFT_OUT = {
    "DeleteObject": "BypassGovernanceRetention IfMatchLastModifiedTime IfMatchSize MFA RequestPayer",
    "GetObject": "PartNumber RequestPayer SSECustomerAlgorithm SSECustomerKey SSECustomerKeyMD5",
    "HeadBucket": "",
    "HeadObject": "PartNumber RequestPayer ResponseCacheControl ResponseContentDisposition ResponseContentEncoding "
    "ResponseContentLanguage ResponseContentType ResponseExpires SSECustomerAlgorithm SSECustomerKey "
    "SSECustomerKeyMD5",
    "ListObjectVersions": "OptionalObjectAttributes RequestPayer",
    "ListObjectsV2": "OptionalObjectAttributes RequestPayer",
    "PutObject": "ACL ChecksumMD5 ChecksumSHA512 ChecksumXXHASH128 ChecksumXXHASH3 ChecksumXXHASH64 GrantFullControl "
    "GrantRead GrantReadACP GrantWriteACP ObjectLockEventHold ObjectLockEventHoldDurationDays "
    "ObjectLockEventHoldDurationYears ObjectLockLegalHoldStatus ObjectLockMode ObjectLockRetainUntilDate "
    "RequestPayer SSECustomerAlgorithm SSECustomerKey SSECustomerKeyMD5 SSEKMSEncryptionContext Tagging "
    "WebsiteRedirectLocation WriteOffsetBytes",
}


def models(*services: str) -> list[dict[str, Any]]:
    """Return the models of services in the SDK that is imported here."""
    return [Loader().load_service_model(service, "service-2") for service in services]


def api_members(*services: str) -> dict[str, set[str]]:
    """Return the operations of services with their members."""
    return {
        name: set(model["shapes"][operation["input"]["shape"]]["members"]) if "input" in operation else set()
        for model in models(*services)
        for name, operation in model["operations"].items()
    }


@pytest.mark.parametrize("service", SERVICES)
def test_every_operation_is_mapped_or_refused_on_purpose(service: str) -> None:
    """One that the SDK gains would be refused as unmapped until somebody has decided about it."""
    known = SERVICES[service]
    operations = set(api_members(*known.models))
    by_word = {name for name in operations - known.mapped if any(word in name for word in known.refused_words)}

    assert operations - known.mapped - known.refused - by_word == set(), "new in the SDK: map or refuse on purpose"
    assert (known.mapped | known.refused) - operations == set(), "gone from the SDK"


@pytest.mark.parametrize("service", [name for name, known in SERVICES.items() if known.members])
def test_every_member_is_mapped_or_left_out_on_purpose(service: str) -> None:
    """One that the SDK gains could widen what a request touches, so that a request with it is refused."""
    known = SERVICES[service]
    api = api_members(*known.models)
    new = {
        operation: unmapped
        for operation, members in known.members.items()
        if operation not in PARTLY_MAPPED and (unmapped := api[operation] - members - known.left_out)
    }

    assert new == {}, "new in the SDK: map or leave out on purpose"


def test_iams_lists_are_those_of_the_model() -> None:
    """The query protocol numbers the entries of a list, so which parameters are lists must be known."""
    [model] = models("iam")
    for operation, members in SERVICES["iam"].members.items():
        declared = model["operations"][operation].get("input")
        shapes = model["shapes"][declared["shape"]]["members"] if declared else {}
        lists = {name for name in members if model["shapes"][shapes[name]["shape"]]["type"] == "list"}
        assert lists == members & LISTS, operation


def test_the_operations_without_signature_are_those_that_the_sdk_does_not_sign() -> None:
    """One less in the table would close a call to browsers."""
    [model] = models("cognito-idp")
    unsigned = {name for name, each in model["operations"].items() if each.get("authtype") == "none"}

    assert unsigned == cognito_idp.PUBLIC_OPERATIONS


@pytest.mark.parametrize("operation", sorted(s3_calls.OPERATIONS))
def test_every_member_of_s3_that_decides_is_read_or_left_out_on_purpose(operation: str) -> None:
    """Members travel in the query string and in headers, of which only S3's own decide."""
    [model] = models("s3")
    members = model["shapes"][model["operations"][operation]["input"]["shape"]]["members"]
    deciding = {
        name
        for name, member in members.items()
        if member.get("location") == "querystring"
        or (member.get("location") == "header" and member["locationName"].lower().startswith(("if-", "x-amz-")))
    }
    read = s3_calls.OPERATIONS[operation]

    assert deciding - {*read.query.values(), *read.headers.values()} == set(S3_LEFT_OUT[operation].split())


def test_every_region_of_the_sdk_has_the_partition_that_the_sdk_and_the_emulator_say() -> None:
    """The mapper's ARNs and the emulator's begin alike, and the same IAM is asked."""
    session = Session()
    for partition in set(session.get_available_partitions()) & set(PARTITION_NAMES):
        for region in session.get_available_regions("secretsmanager", partition):
            assert partition_of(region) == partition == get_partition(region)
