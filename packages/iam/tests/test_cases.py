"""The cases in `cases/*.json`, each a sentence about what AWS's documentation says.

Three forms. A condition with a request context and `holds`: true, false, or "in doubt" where the documentation is
silent. A whole request with its policies and `expected`, with the policy `kind` and `statement` that decide. A
`document` of a `kind` that is refused with an `error`.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from bulkhead_iam import Effect, Policy, PolicyError, PolicyKind
from bulkhead_iam.cases import decide

CASES = Path(__file__).parent / "cases"
Case = dict[str, Any]


def _cases(form: str) -> list[Any]:
    return [
        pytest.param(case, id=f"{path.stem}: {case['name']}")
        for path in sorted(CASES.glob("*.json"))
        for case in json.loads(path.read_text(encoding="utf-8"))["cases"]
        if form in case
    ]


def _decide_condition(case: Case, *effects: str) -> Effect:
    """Evaluate the case's condition in statements with these effects, about everything."""
    document: Case = {
        "Version": case.get("version", "2012-10-17"),
        "Statement": [
            {"Effect": effect, "Action": "*", "Resource": "*", "Condition": case["condition"]} for effect in effects
        ],
    }
    if document["Version"] is None:
        del document["Version"]
    everything = {"Statement": {"Effect": "Allow", "Action": "*", "Resource": "*"}}
    request = {
        "principal": "arn:aws:iam::111122223333:user/ann",
        "action": "s3:GetObject",
        "resource": "arn:aws:s3:::bucket/key",
        "context": case["context"],
    }
    identity = [document] if "Allow" in effects else [document, everything]
    return decide({"request": request, "policies": {"identity": identity}}).effect


@pytest.mark.parametrize("case", _cases("condition"))
def test_a_condition_in_an_allow_statement_allows_only_if_it_holds_without_doubt(case: Case) -> None:
    """An Allow statement applies when its condition holds, not when that is in doubt."""
    expected = Effect.ALLOWED if case["holds"] is True else Effect.IMPLICITLY_DENIED

    assert _decide_condition(case, "Allow") is expected


@pytest.mark.parametrize("case", _cases("condition"))
def test_a_condition_in_a_deny_statement_denies_unless_it_fails_without_doubt(case: Case) -> None:
    """A Deny statement applies when its condition holds, and when that is in doubt."""
    expected = Effect.ALLOWED if case["holds"] is False else Effect.EXPLICITLY_DENIED

    assert _decide_condition(case, "Deny") is expected


@pytest.mark.parametrize("case", _cases("request"))
def test_a_request_is_decided_as_the_documentation_says(case: Case) -> None:
    """The effect is the expected one, and so are the kind of policy and the statement that decide."""
    decision = decide(case)

    assert decision.effect == case["expected"]
    assert decision.allowed is (case["expected"] == "Allowed")
    assert decision.kind == case.get("kind", decision.kind)
    assert decision.statement == case.get("statement", decision.statement)


@pytest.mark.parametrize("case", _cases("document"))
def test_an_invalid_document_is_refused_with_element_and_value(case: Case) -> None:
    """Parsing raises PolicyError, whose message names what is wrong."""
    with pytest.raises(PolicyError) as refusal:
        Policy.parse(case["document"], kind=PolicyKind(case["kind"]))

    assert case["error"] in str(refusal.value)


def test_every_name_of_a_case_is_a_sentence_of_its_own() -> None:
    """No two cases of a file have the same name, and no file is empty."""
    for path in CASES.glob("*.json"):
        names = [case["name"] for case in json.loads(path.read_text(encoding="utf-8"))["cases"]]

        assert names, path.name
        assert len(set(names)) == len(names), path.name
        assert all(len(name.split()) > 2 for name in names), path.name
