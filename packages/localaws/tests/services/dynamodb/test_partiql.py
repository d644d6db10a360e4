"""PartiQL: which partitions a statement can touch, read as DynamoDB reads it and no less strictly than moto."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bulkhead_localaws.protocol.checks import AuthorizationCheck, MalformedRequestError, UnmappableRequestError
from bulkhead_localaws.services.dynamodb.partiql.statements import parse
from localaws_testing.example_tables import ARN, leading_keys, mapped, only, select, where


def test_a_plain_select_has_every_documented_condition_key() -> None:
    """The action is PartiQLSelect, and a statement that pins the partition is no full scan."""
    assert only(
        "ExecuteStatement",
        select("SELECT name, address.city FROM \"items\" WHERE pk = 'acme#1' AND sk = ?", {"S": "a"}),
    ) == (
        AuthorizationCheck(
            "dynamodb:PartiQLSelect",
            f"{ARN}items",
            {
                "dynamodb:LeadingKeys": ("acme#1",),
                "dynamodb:FirstPartitionKeyValues": ("acme#1",),
                "dynamodb:Attributes": ("name", "address", "pk", "sk"),
                "dynamodb:Select": "SPECIFIC_ATTRIBUTES",
                "dynamodb:FullTableScan": "false",
            },
        )
    )


@pytest.mark.parametrize(
    ("statement", "scans"),
    [
        ('SELECT * FROM "items"', "true"),
        (where("sk = 'a'"), "true"),
        (where("pk > 'a'"), "true"),
        (where("pk = 'a' OR sk = 'b'"), "true"),
        (where("pk = 'a' OR pk IN ['b', 'c']"), "false"),
        (where("pk IN ['a', 'b']"), "false"),
    ],
)
def test_full_table_scan_follows_the_documented_examples(statement: str, scans: str) -> None:
    """Only equality and IN on the partition key avoid the scan, in every branch of a disjunction."""
    check = only("ExecuteStatement", select(statement))
    assert check.context["dynamodb:FullTableScan"] == scans
    assert "dynamodb:LeadingKeys" not in check.context
    assert check.context["dynamodb:Select"] == "ALL_ATTRIBUTES"


@pytest.mark.parametrize(
    ("statement", "parameters", "keys"),
    [
        ("SELECT * FROM items WHERE pk = ? AND sk = ?", ("acme#1", "a"), ("acme#1",)),
        ("select * from \"items\" where \"pk\" = 'acme#1' and sk = 'x' ", (), ("acme#1",)),
        ("SELECT * FROM items.by_owner WHERE owner = 'acme#1'", (), ("acme#1",)),
        ('SELECT * FROM "odd" WHERE "#p:1" = \'acme#1\' AND "select" = \'?a\'', (), ("acme#1",)),
        ("UPDATE \"items\" SET x = ?, y = 'b' WHERE pk = ? AND sk = ?", ("v", "acme#1", "a"), ("acme#1",)),
        ("UPDATE items REMOVE x WHERE pk = 'acme#1' AND sk = 'a'", (), ("acme#1",)),
        ("DELETE FROM \"items\" WHERE pk = 'acme#1' AND sk = 'a'", (), ("acme#1",)),
        ("INSERT INTO \"items\" VALUE {'pk': 'acme#1', 'sk': 'a', 'm': {'pk': 'globex#1'}, 'n': -5}", (), ("acme#1",)),
    ],
)
def test_statements_that_moto_reads_alike_have_leading_keys(
    statement: str, parameters: tuple[str, ...], keys: tuple[str, ...]
) -> None:
    """The plainest forms: equalities joined by AND, texts without quotes, one blank where moto needs one."""
    assert leading_keys("ExecuteStatement", select(statement, *({"S": text} for text in parameters))) == keys


@pytest.mark.parametrize(
    "statement",
    [
        *(
            where(condition)
            for condition in (
                *(
                    "pk='acme#1'",
                    "pk  = 'acme#1'",
                    "pk = 'it''s'",
                    "pk = 'a\nb'",
                    "pk = 'a\u2019b'",
                    "pk = 'a\"b'",
                    "(pk = 'a')",
                ),
                *(
                    "pk = 'a' AND sk > 'b'",
                    "pk IN ['a']",
                    "pk = 'a' AND x = '?'",
                    "sk BETWEEN 'a' AND 'b' AND pk = 'c'",
                ),
                *("pk = 'a' ORDER BY sk", "pk = 'a' AND (sk = 'b' OR sk = 'c')", "\"p k\" = 'b' AND pk = 'a'"),
            )
        ),
        "UPDATE items SET x = y WHERE pk = 'a' AND sk = 'b'",
        "UPDATE items SET x = 'y' SET z = 'w' WHERE pk = 'a' AND sk = 'b' RETURNING ALL OLD *",
        "DELETE FROM items WHERE pk = 'a' AND sk = 'b' RETURNING ALL OLD *",
        "INSERT INTO items VALUE {'pk': 'a', 'sk': 'b', 'x': {}}",
        "INSERT INTO items VALUE {'pk': 'a', 'sk':\t'b'}",
        "INSERT INTO items VALUE {'pk': 'a', 'sk': 'b', 'x': [{'pk': 'c'}]}",
        "INSERT INTO items VALUE {'pk': 'a', 'sk': 'b', 'x': 1.5}",
    ],
)
def test_statements_that_moto_might_read_otherwise_have_no_leading_keys(statement: str) -> None:
    """The key is absent, as if the statement could touch the whole table: with moto, it might."""
    checks = mapped("ExecuteStatement", select(statement))
    assert all("dynamodb:LeadingKeys" not in check.context for check in checks)
    assert checks


@pytest.mark.parametrize(
    "statement",
    [
        "SELECT \" FROM secrets WHERE \" FROM items WHERE pk = 'a'",
        "SELECT * FROM items WHERE x = ' FROM secrets'",
        "SELECT * FROM items WHERE x = 'SELECT '",
        "SELECT\t* FROM items",
        " SELECT * FROM items",
        "SELECT * FROM\titems",
        "DELETE FROM  items WHERE pk = 'a'",
        "UPDATE\titems SET x = 'y'",
    ],
)
def test_a_statement_whose_table_moto_might_not_find_is_refused(statement: str) -> None:
    """It cuts statements by text and would take the table from inside a name or a string."""
    with pytest.raises(UnmappableRequestError):
        mapped("ExecuteStatement", select(statement))


@pytest.mark.parametrize(
    "statement",
    [
        *("EXISTS(SELECT * FROM items WHERE pk = 'a')", "SELECT * FROM items; DELETE FROM items", "SELECT * FROM a, b"),
        *("SELECT * FROM items AS i", "SELECT * FROM items i", "SELECT * FROM 'items'", "SELECT count(*) FROM items"),
        *(
            "SELECT * FROM items -- all",
            "SELECT /* x */ * FROM items",
            "SELECT *, pk FROM items",
            "SELECT * FROM items WHERE",
        ),
        *(
            "SELECT * FROM items WHERE pk = 'a",
            "SELECT * FROM items WHERE pk = `a`",
            "SELECT * FROM items LIMIT 1",
            "DROP t",
        ),
        *(
            "SELECT * FROM items WHERE a#b = 'x'",
            "SELECT * FROM items WHERE :x = 'x'",
            "SELECT * FROM items WHERE pk = 'a' AND",
        ),
        *(
            "INSERT INTO items {'pk': 'a'}",
            "INSERT INTO items VALUE ?",
            "INSERT INTO items VALUE {\"pk\": 'a', 'sk': 'b'}",
        ),
        *("INSERT INTO items VALUE {'pk': 'a', 'sk': 'b'} ON CONFLICT DO NOTHING", "UPDATE items WHERE pk = 'a'"),
        *(
            "DELETE FROM items WHERE pk = 'a' RETURNING SOME OLD *",
            "SELECT * FROM items WHERE " + "(" * 40 + "1" + ")" * 40,
        ),
        "INSERT INTO items VALUE {'pk': 'a' || 'b', 'sk': 'b'}",
    ],
)
def test_a_statement_that_cannot_be_read_for_certain_is_refused(statement: str) -> None:
    """DynamoDB may know more grammar than this parser; what it does not know it does not allow."""
    with pytest.raises(UnmappableRequestError):
        mapped("ExecuteStatement", select(statement))


@pytest.mark.parametrize(
    ("statement", "parameters"),
    [
        ("", ()),
        ("SELECT * FROM items WHERE pk = ?", ()),
        ("SELECT * FROM items WHERE pk = '?'", ("a",)),
        ("SELECT * FROM items WHERE pk = 5", ()),
        ("SELECT * FROM items WHERE pk = ''", ()),
        ("SELECT * FROM items WHERE pk = NULL", ()),
        ("SELECT * FROM numbers WHERE id = 'a'", ()),
        ("INSERT INTO items VALUE {'pk': 'a'}", ()),
        ("INSERT INTO items VALUE {'pk': 'a', 'sk': 'b', 'pk': 'c'}", ()),
        ("INSERT INTO items VALUE {'pk': 'a', 'sk': 5}", ()),
        ("UPDATE items SET pk = 'b' WHERE pk = 'a' AND sk = 'b'", ()),
        ("UPDATE items SET x = 'y' REMOVE sk WHERE pk = 'a' AND sk = 'b'", ()),
        ('SELECT * FROM "items "', ()),
        ("DELETE FROM items.by_owner WHERE owner = 'a'", ()),
    ],
)
def test_a_statement_that_dynamodb_would_refuse_is_refused(statement: str, parameters: tuple[str, ...]) -> None:
    """Parameters that do not match, keys of a wrong type, missing, twice, or changed."""
    with pytest.raises(MalformedRequestError):
        mapped("ExecuteStatement", select(statement, *({"S": text} for text in parameters)))


def test_every_statement_of_a_batch_or_transaction_must_be_allowed() -> None:
    """One check each; those of a transaction are enclosed by it."""
    statements = [select("SELECT * FROM items WHERE pk = 'a'"), select("DELETE FROM numbers WHERE id = 1")]
    batch = mapped("BatchExecuteStatement", {"Statements": statements})
    transaction = mapped("ExecuteTransaction", {"TransactStatements": statements})
    actions = [("dynamodb:PartiQLSelect", f"{ARN}items"), ("dynamodb:PartiQLDelete", f"{ARN}numbers")]
    assert [(check.action, check.resource) for check in batch] == actions
    assert [(check.action, check.resource) for check in transaction] == actions
    assert not any("dynamodb:EnclosingOperation" in check.context for check in batch)
    assert {check.context["dynamodb:EnclosingOperation"] for check in transaction} == {"ExecuteTransaction"}


def test_an_index_in_from_is_the_resource() -> None:
    """In the form that DynamoDB documents, both names quoted; its own key counts."""
    check = only("ExecuteStatement", select('SELECT * FROM "items"."by_owner" WHERE owner = \'acme#1\''))
    assert check.resource == f"{ARN}items/index/by_owner"
    assert check.context["dynamodb:LeadingKeys"] == ("acme#1",)
    other = only("ExecuteStatement", select('SELECT * FROM "items"."by_owner" WHERE pk = \'acme#1\''))
    assert "dynamodb:LeadingKeys" not in other.context


@pytest.mark.parametrize(
    ("returning", "value"),
    [("", "NONE"), (" RETURNING ALL OLD *", "ALL_OLD"), (" returning modified new *", "UPDATED_NEW")],
)
def test_returning_counts_as_return_values(returning: str, value: str) -> None:
    """An UPDATE returns what its RETURNING clause says."""
    statement = ["UPDATE items SET x = 1 WHERE pk = 'a' AND sk = 'b'", returning]
    check = only("ExecuteStatement", select("".join(statement)))
    assert check.context["dynamodb:ReturnValues"] == value


@given(text=st.text(alphabet=" '\"?()[]{},.=<>-pkSELECTFROMWHEREANDORN01\n", max_size=60), value=st.text(max_size=5))
def test_no_statement_breaks_the_mapping(text: str, value: str) -> None:
    """Garbage is mapped, refused as malformed or refused as unmappable, and nothing else."""
    for statement in (text, where(text), f"INSERT INTO items VALUE {text}"):
        body: dict[str, Any] = select(statement, *[{"S": value}] * parse_parameters(statement))
        try:
            assert mapped("ExecuteStatement", body)
        except (MalformedRequestError, UnmappableRequestError):
            continue


def parse_parameters(statement: str) -> int:
    """Return how many parameters a statement has, 0 when it cannot be read."""
    try:
        return parse(statement).parameters
    except (MalformedRequestError, UnmappableRequestError):
        return 0
