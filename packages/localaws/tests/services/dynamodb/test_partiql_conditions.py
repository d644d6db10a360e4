"""WHERE conditions of PartiQL: to which values they pin an attribute, if to any."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from moto.dynamodb.parsing import partiql as moto_partiql

from bulkhead_localaws.services.dynamodb.partiql.moto_readings import reads_alike
from bulkhead_localaws.services.dynamodb.partiql.statements import parse
from bulkhead_localaws.services.dynamodb.partiql.syntax import Constant, pinned
from localaws_testing.example_tables import where


def pins(condition: str, name: str = "pk") -> list[str] | None:
    """Return what a WHERE condition pins an attribute to: constants, and parameters as `?0`."""
    nodes = pinned(parse(where(condition)).where, name)
    if nodes is None:
        return None
    return [node.text if isinstance(node, Constant) else f"?{getattr(node, 'position', '')}" for node in nodes]


@pytest.mark.parametrize(
    ("condition", "values"),
    [
        ("pk = 'a'", ["a"]),
        ("'a' = \"pk\"", ["a"]),
        ("pk='it''s ''?'''", ["it's '?'"]),
        ("(((pk) = ('a')))", ["a"]),
        ("sk > 'b'\n  AND\tpk\r\n= 'a'", ["a"]),
        ("pk = 'a' and (sk = 'b' OR sk = 'c')", ["a"]),
        ("pk IN ['a', 'b']", ["a", "b"]),
        ("pk in ('a', ?)", ["a", "?0"]),
        ("pk IN ('a')", ["a"]),
        ("pk IN <<'a'>>", ["a"]),
        ("sk = ? AND x = '?' AND pk = ?", ["?1"]),
        ("pk = -1.50e3", ["-1.50e3"]),
        ("pk = 'a' AND pk = 'b'", ["a", "b"]),
        ("NOT sk = 'b' AND pk = 'a'", ["a"]),
        ("sk BETWEEN 'a' AND 'b' AND pk = 'c'", ["c"]),
        ("begins_with(sk, 'x') AND contains(\"t\", ?) AND pk = ?", ["?1"]),
        ("pk = 'SELECT * FROM u WHERE pk = ''b'' OR 1 = 1'", ["SELECT * FROM u WHERE pk = 'b' OR 1 = 1"]),
    ],
)
def test_an_equality_or_a_list_pins_the_partition(condition: str, values: list[str]) -> None:
    """Anywhere in a conjunction, in any spelling, next to whatever else."""
    assert pins(condition) == values


@pytest.mark.parametrize(
    "condition",
    [
        *(
            "pk = 'a' OR pk = 'b'",
            "pk = 'a' OR sk = 'b'",
            "pk = 'a' AND sk = 'b' OR sk = 'c'",
            "sk = 'a' OR pk = 'b' AND x = 1",
        ),
        *(
            "(pk = 'a') OR TRUE",
            "NOT pk = 'a'",
            "NOT (pk = 'a')",
            "pk <> 'a'",
            "pk != 'a'",
            "pk >= 'a'",
            "pk NOT IN ['a']",
        ),
        *(
            "pk BETWEEN 'a' AND 'b'",
            "begins_with(pk, 'a')",
            "pk IS NOT MISSING",
            "pk IN ?",
            "pk IN (sk)",
            "pk = sk",
            "pk = pk",
        ),
        *("pk = 'a' || 'b'", "pk = lower('a')", "pk = 1 + 1", "pk.x = 'a'", "pk[0] = 'a'", "PK = 'a'", "\"pk \" = 'a'"),
        *("x = 'pk = ''a'''", "sk = 'a'", "pk = ['a']", "pk LIKE 'a'", "contains(pk, 'a')", "(pk = 'a') = TRUE"),
    ],
)
def test_everything_else_pins_nothing(condition: str) -> None:
    """A disjunction, a negation, another comparison, a function, a nested attribute or one of another name."""
    assert pins(condition) is None


@pytest.mark.parametrize(
    "column", ["a#b", ":x", "1st", "select", "from", "?", "a'b", "it.s", "é", 'say "it"', "WHERE "]
)
def test_a_quoted_column_may_be_called_anything(column: str) -> None:
    """Keywords, digits, placeholders of expressions and quotes are names when they are quoted."""
    quoted = '"' + column.replace('"', '""') + '"'
    assert pins(f"{quoted} = 'v' AND {quoted} <> ?", column) == ["v"]


@given(text=st.text(max_size=40))
def test_a_text_is_pinned_as_it_is_or_not_at_all(text: str) -> None:
    """Whatever a string literal holds, quotes included, nothing in it is taken for grammar."""
    assert pins("pk = '" + text.replace("'", "''") + "' AND sk = 'x'") == [text]


texts = st.text(alphabet="ab# ?=,.()[]{}'\"\u2019\n\tANDORpk", max_size=8)
columns = st.sampled_from(["x", '"x"', '"a#b"', '"select"', "y", '"AND"', "x1"])
blanks = st.sampled_from([" ", "  ", "\n", ""])


@given(key=texts, other=texts, column=columns, blank=blanks, key_first=st.booleans())
def test_moto_finds_no_other_partition_with_a_condition_that_it_reads_alike(
    key: str, other: str, column: str, blank: str, *, key_first: bool
) -> None:
    """Its own parser, over items of many partitions, returns those of the pinned partition and no others."""
    quoted_key, quoted_other = (text.replace("'", "''") for text in (key, other))
    terms = [f"pk ={blank}'{quoted_key}'", f"{column} = '{quoted_other}'"]
    statement = where(" AND ".join(terms if key_first else terms[::-1]))
    if not reads_alike(parse(statement)):
        return
    partitions = {key, other, key.replace("\n", " "), key.replace("'", ""), "", "?", "b", "pk"}
    items = [
        {"pk": {"S": partition}} | {name: {"S": value} for name in ("x", "a#b", "select", "y", "AND", "x1")}
        for partition in partitions
        for value in (other, "pk")
    ]
    found, _ = moto_partiql.query(statement, {"items": items}, [])
    assert {item["pk"]["S"] for item in found} == {key}
