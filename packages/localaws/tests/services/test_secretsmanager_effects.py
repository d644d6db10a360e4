"""What moto really reads and writes for a Secrets Manager call is what the mapper says that the call touches."""

from __future__ import annotations

import json
import re
import string
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from moto.secretsmanager.models import secretsmanager_backends

from bulkhead_localaws.moto.catalogs import MotoSecretCatalog
from bulkhead_localaws.protocol.checks import AuthorizationCheck, MalformedRequestError, UnmappableRequestError
from bulkhead_localaws.services.secretsmanager.mapping import OPERATIONS, checks
from localaws_testing.mapper_calls import ACCOUNT, REGION, Emulator, call

if TYPE_CHECKING:
    from bulkhead_localaws.protocol.calls import Call

OTHER = "us-east-1"
PREFIX = f"arn:aws:secretsmanager:{REGION}:{ACCOUNT}:secret:"
CATALOG = MotoSecretCatalog(account=ACCOUNT, region=REGION)
# Names that lookups by suffix, by partial ARN or by replacing a region could take for one another.
NAMES = ("acme", "acme-eu", "acme-AbCdEf", "acme/db", "db", f"{OTHER}/db", "Acme")
REPLICATED = ("shared", f"{OTHER}-shared")
TOKEN = "0" * 32
COMPLETE = "the complete ARN of "


def populate(emulator: Emulator) -> None:
    """Create a secret for each name, each with a value of its own, and two replicas of another region's."""
    emulator.reset()
    for region, names, replicas in ((REGION, NAMES, []), (OTHER, REPLICATED, [{"Region": REGION}])):
        for name in names:
            # Not by a call, which takes ten times as long.
            secretsmanager_backends[ACCOUNT][region].create_secret(
                name=name,
                secret_string=f"value of {name}",
                secret_binary=None,
                description=None,
                tags=None,
                kms_key_id=None,
                client_request_token=TOKEN,
                replica_regions=replicas,
                force_overwrite=False,
            )


def state() -> dict[str, str]:
    """Return all that moto holds of every secret of every region, by ARN."""
    return {
        secret.arn: json.dumps({key: value for key, value in vars(secret).items() if key != "replicas"}, default=str)
        for backend in list(secretsmanager_backends[ACCOUNT].values())
        for secret in list(backend.secrets.values())
    }


def mapped(asked: Call) -> tuple[AuthorizationCheck, ...] | None:
    """Map a call, or return None when it is refused."""
    try:
        return checks(asked, CATALOG)
    except (MalformedRequestError, UnmappableRequestError):
        return None


def covers(resource: str, arn: str) -> bool:
    """Whether a check's resource is this secret; six question marks stand for any six characters."""
    return re.fullmatch(re.escape(resource).replace(r"\?", "[A-Za-z]"), arn) is not None


def with_arns(value: Any) -> Any:
    """Return members in which each complete ARN stands as it is now: it ends in characters drawn at creation."""
    if isinstance(value, dict):
        return {member: with_arns(each) for member, each in value.items()}
    if isinstance(value, list):
        return [with_arns(each) for each in value]
    if isinstance(value, str) and value.startswith(COMPLETE):
        arns = (secret.arn for secret in CATALOG.secrets() if secret.name == value.removeprefix(COMPLETE))
        return next(arns, value)
    return value


def secret_ids() -> st.SearchStrategy[str]:
    """Return names, complete, partial, foreign and broken ARNs of the secrets, and of none."""
    name = st.sampled_from([*NAMES, *REPLICATED, "missing", "acme-", "", "secret:acme"])
    region = st.sampled_from([REGION, REGION, REGION, OTHER, "", "mars-1"])
    account = st.sampled_from([ACCOUNT, ACCOUNT, ACCOUNT, "999999999999", ""])
    suffix = st.sampled_from(["", "", "-AbCdEf", ":acme", "-"])
    partial = st.builds("arn:{}:secretsmanager:{}:{}:secret:{}{}".format, st.just("aws"), region, account, name, suffix)
    complete = name.map(COMPLETE.__add__)
    return st.one_of(name, partial, complete, st.text(max_size=8), partial.map(str.upper))


def parameters(operation: str) -> st.SearchStrategy[dict[str, Any]]:
    """Return members for an operation: mostly of the right type, some of the wrong one."""
    ids = secret_ids()
    tag = st.fixed_dictionaries(
        {"Key": st.sampled_from(["tenant", "Tenant", "_custom_id_", "aws:x"]), "Value": st.sampled_from(["acme", ""])}
    )
    values: dict[str, st.SearchStrategy[Any]] = {
        "Name": ids,
        "SecretId": ids,
        "SecretIdList": st.lists(ids, max_size=3),
        "Filters": st.just([{"Key": "name", "Values": ["acme"]}]),
        "Tags": st.lists(tag, max_size=2),
        "TagKeys": st.lists(st.sampled_from(["tenant", "Tenant"]), max_size=2),
        "AddReplicaRegions": st.lists(st.sampled_from([{"Region": OTHER}, {"Region": REGION}]), max_size=1),
        "RemoveReplicaRegions": st.just([REGION]),
        "ForceDeleteWithoutRecovery": st.sampled_from([True, False, "true"]),
        "ForceOverwriteReplicaSecret": st.booleans(),
        "ResourcePolicy": st.just('{"Version": "2012-10-17", "Statement": []}'),
        "VersionStage": st.sampled_from(["AWSCURRENT", "AWSPENDING"]),
        "SecretString": st.just("new"),
        "ClientRequestToken": st.sampled_from([TOKEN, "1" * 32]),
        "RotationRules": st.just({"AutomaticallyAfterDays": 1}),
    }
    members = {member: values[member] for member in OPERATIONS[operation] if member in values}
    required = {member: members.pop(member) for member in ("SecretId", "Name") if member in members}
    return st.fixed_dictionaries(required, optional=members)


calls = st.sampled_from(sorted(OPERATIONS)).flatmap(
    lambda operation: parameters(operation).map(lambda given: call("secretsmanager", operation, given))
)


@settings(max_examples=100, deadline=None, suppress_health_check=list(HealthCheck))
@given(sequence=st.lists(calls, min_size=1, max_size=4))
def test_no_secret_but_the_checked_ones_changes_or_is_read(emulator: Emulator, sequence: list[Call]) -> None:
    """For any sequence of mapped calls: each touches only secrets of this region that its checks name.

    Replicas excepted: they follow their primary, whose permission covers them.
    """
    populate(emulator)
    for drawn in sequence:
        asked = replace(drawn, parameters=with_arns(drawn.parameters))
        checked = mapped(asked)
        if checked is None:
            continue
        resources = [check.resource for check in checked]
        before = state()
        answer = emulator.execute(asked).text
        after = state()
        replicas = set(after) - set(before) if asked.parameters.get("AddReplicaRegions") else set()
        changed = {arn for arn in before.keys() | after.keys() if before.get(arn) != after.get(arn)}
        for arn in changed - {arn for arn in replicas if f":{OTHER}:" in arn}:
            assert any(covers(resource, arn) for resource in resources), (asked, arn)
        if asked.operation in {"GetSecretValue", "BatchGetSecretValue"}:
            for arn in re.findall(rf"{PREFIX}[^\"]+", answer):
                assert any(covers(resource, arn) for resource in resources), (asked, arn)


@settings(max_examples=100, deadline=None, suppress_health_check=list(HealthCheck))
@given(secret_id=secret_ids())
def test_the_secret_that_moto_finds_is_the_one_whose_arn_is_checked(emulator: Emulator, secret_id: str) -> None:
    """For any form of secret id: refused, or the answer is about the secret that the check names, or there is none."""
    if not CATALOG.secrets():
        populate(emulator)
    asked = call("secretsmanager", "DescribeSecret", {"SecretId": with_arns(secret_id)})
    checked = mapped(asked)
    if checked is None:
        return
    answer = emulator.execute(asked)
    if answer.status == 200:
        assert json.loads(answer.text)["ARN"] == checked[0].resource
    else:
        assert checked[0].resource not in state()


@pytest.mark.parametrize("name", NAMES)
def test_every_form_of_a_secrets_id_is_mapped_to_its_complete_arn(emulator: Emulator, name: str) -> None:
    """The allowed twin: name, partial and complete ARN name the same secret."""
    populate(emulator)
    (arn,) = {secret.arn for secret in CATALOG.secrets() if secret.name == name}
    for secret_id in (name, f"{PREFIX}{name}", arn):
        (check,) = checks(call("secretsmanager", "GetSecretValue", {"SecretId": secret_id}), CATALOG)
        assert check.resource == arn


def test_a_partial_arn_of_another_region_opens_nothing_here(emulator: Emulator) -> None:
    """It does in moto, which looks at the last part only: so the gate refuses it."""
    populate(emulator)
    asked = call("secretsmanager", "GetSecretValue", {"SecretId": PREFIX.replace(REGION, OTHER) + "acme"})
    assert "value of acme" in emulator.execute(asked).text
    with pytest.raises(UnmappableRequestError):
        checks(asked, CATALOG)


def test_a_name_that_is_an_arn_creates_nothing(emulator: Emulator) -> None:
    """It overwrites that secret in moto; Secrets Manager accepts no such name."""
    populate(emulator)
    (arn,) = {secret.arn for secret in CATALOG.secrets() if secret.name == "acme"}
    asked = call("secretsmanager", "CreateSecret", {"Name": arn, "SecretString": "stolen"})
    assert mapped(asked) is None
    emulator.execute(asked)
    assert "stolen" in state()[arn]


def test_a_replica_whose_arn_lost_its_name_is_refused_and_its_twin_is_not(emulator: Emulator) -> None:
    """In moto a replica's ARN replaces the primary's region in the name, too."""
    populate(emulator)
    shared, renamed = ({"SecretId": name} for name in REPLICATED)
    (check,) = checks(call("secretsmanager", "GetSecretValue", shared), CATALOG)
    assert check.context["secretsmanager:SecretPrimaryRegion"] == OTHER
    assert mapped(call("secretsmanager", "GetSecretValue", renamed)) is None


def test_the_catalog_sees_what_policies_can_know_of_a_secret(emulator: Emulator) -> None:
    """Tags, resource policy, key and replicas, as they are at the moment of the call."""
    populate(emulator)
    policy = '{"Version": "2012-10-17", "Statement": []}'
    tags = [{"Key": "tenant", "Value": "acme"}]
    emulator.succeed("secretsmanager", "TagResource", {"SecretId": "acme", "Tags": tags})
    emulator.succeed("secretsmanager", "PutResourcePolicy", {"SecretId": "acme", "ResourcePolicy": policy})
    emulator.succeed("secretsmanager", "CreateSecret", {"Name": "own-key", "KmsKeyId": "alias/mine"})
    acme, own_key = CATALOG.secret("acme"), CATALOG.secret("own-key")
    assert acme is not None
    assert own_key is not None
    assert (acme.tags, acme.policy, acme.kms_key, acme.primary_region) == ({"tenant": "acme"}, policy, None, None)
    assert own_key.kms_key == "alias/mine"
    assert MotoSecretCatalog(account=ACCOUNT, region="mars-1").secret("acme") is None
    assert all(set(secret.name) <= {*string.printable} for secret in CATALOG.secrets())
