"""A key that belongs to no tenant is shared by all who reach it; and options that do not fit prove nothing."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from bulkhead_planproof.__main__ import main
from bulkhead_planproof.findings import Claim, Verdict
from bulkhead_planproof.languages import OptionError
from planproof_testing.plans import PLANS, REASONS, Outcome, after, proved, sound

if TYPE_CHECKING:
    from planproof_testing.plans import Plan

_OWN = "${aws:PrincipalTag/tenant}#*"


def _with_keys(keys: list[str], **trust: Any) -> Plan:
    plan = sound()
    tenant = after(plan, "aws_iam_role_policy.tenant")
    document = json.loads(tenant["policy"])
    document["Statement"][0]["Condition"]["ForAllValues:StringLike"]["dynamodb:LeadingKeys"] = keys
    tenant["policy"] = json.dumps(document)
    if trust:
        role = after(plan, "aws_iam_role.tenant")
        document = json.loads(role["assume_role_policy"])
        document["Statement"][0]["Condition"] = trust
        role["assume_role_policy"] = json.dumps(document)
    return plan


def _outcome(keys: list[str], **trust: Any) -> Outcome:
    return proved(_with_keys(keys, **trust))


@pytest.mark.parametrize(
    ("keys", "key"),
    [
        ([_OWN, "TENANT#*"], "TENANT#"),
        ([_OWN, "public"], "public"),
        ([_OWN, "#*"], "#"),
        ([_OWN, "*"], None),
        (["${aws:PrincipalTag/tenant}#*", "${aws:PrincipalTag/tenant}"], None),
        (["${aws:PrincipalTag/tenant}@*"], None),
        (["shared#${aws:PrincipalTag/tenant}#*"], None),
        (["${aws:PrincipalTag/tenant, 'PUBLIC'}#*"], None),
    ],
)
def test_a_key_that_every_session_reaches_is_reported(keys: list[str], key: str | None) -> None:
    """A counterexample says which; the evaluator allows it."""
    if "PUBLIC" in keys[0]:  # for sessions without the tag
        found = _outcome(keys, Bool={"aws:SecureTransport": "true"}).of(Claim.OWN_PARTITION)
    else:
        found = _outcome(keys).of(Claim.OWN_PARTITION)
    assert [each.verdict for each in found] == [Verdict.REFUTED]
    example = found[0].counterexample
    assert example is not None
    assert example.keys is not None
    assert key is None or example.keys == (key,)
    assert not example.keys[0].startswith(f"{example.session}#")


def test_a_tenant_that_the_grammar_leaves_out_has_keys_of_its_own() -> None:
    """The trust policy admits `ACME`: its partition is not everybody's."""
    anybody = {"StringLike": {"aws:RequestTag/tenant": "?*"}}
    (found,) = _outcome([_OWN, "ACME#*"], **anybody).of(Claim.OWN_PARTITION)
    assert found.verdict is Verdict.REFUTED
    assert found.counterexample is not None
    assert (found.counterexample.other, found.counterexample.keys) == ("ACME", ("ACME#",))


def test_ids_beyond_the_grammar_are_told() -> None:
    """They are held apart like all others, and nobody may have thought of them."""
    outcome = _outcome([_OWN])
    assert outcome.report.proved
    (note,) = outcome.report.notes
    assert "its trust policy admits ids that the grammar does not, such as" in note
    assert note in outcome.text

    exact = {"StringEquals": {"aws:RequestTag/tenant": ["acme", "globex"]}}
    assert _outcome([_OWN], **exact).report.notes == []


@pytest.mark.parametrize(
    ("options", "says"),
    [
        ({"tag": "tenants"}, "its keys name the tag 'tenant', not 'tenants': mend --tag"),
        ({"prefix": "ORG/"}, "its keys begin with '', not with 'ORG/': mend --prefix"),
        ({"ids": "[A-Z]{3}", "exact": True}, "no id of the grammar can open a session, but 'acme' can: mend --grammar"),
    ],
)
def test_an_option_that_does_not_fit_is_an_error(options: dict[str, Any], says: str) -> None:
    """A narrower proof would be of nothing."""
    exact = {"StringEquals": {"aws:RequestTag/tenant": ["acme", "globex"]}} if options.pop("exact", False) else {}
    with pytest.raises(OptionError, match=says.split("'", maxsplit=1)[0]) as raised:
        proved(_with_keys([_OWN], **exact), **options)
    assert str(raised.value) == f"app-TenantRole: {says}"


def test_a_narrow_grammar_proves_no_less() -> None:
    """Whoever has a session is a tenant: `acme-eu` owns keys though the grammar knows no dash."""
    plan = _with_keys(["${aws:PrincipalTag/tenant}-*"])
    (found,) = proved(plan, ids="[a-z]{1,9}", delimiter="-").of(Claim.OWN_PARTITION)
    assert found.verdict is Verdict.REFUTED


@pytest.mark.parametrize("ids", ["[a-z*]{3}", r"[a-z]+\?", "[a-z$]+", ".+", r"[a-z]+\\[a-z]+"])
def test_an_id_that_changes_the_session_policy_is_an_error(ids: str, capsys: pytest.CaptureFixture[str]) -> None:
    """It would be a wildcard there, a variable, or the end of a text."""
    plan = str(PLANS / "session_policy_with_a_dash.json")
    policy = ["--session-policy", str(PLANS / "session_policy_with_a_dash.policy")]
    assert main([plan, "--reasons", str(REASONS), *policy, "--delimiter", "-", "--grammar", ids]) == 2
    assert "mend --grammar" in capsys.readouterr().err
