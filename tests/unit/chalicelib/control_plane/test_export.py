"""The export of an offboarded tenant: JSON lines with counts and SHA-256, written once and read back to erase."""

from __future__ import annotations

import base64
import hashlib
import json
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any

import pytest
from botocore.exceptions import ClientError

from chalicelib.control_plane.export import Export
from tests.unit.chalicelib.control_plane.conftest import BUCKET, World

if TYPE_CHECKING:
    from collections.abc import Iterator
    from concurrent.futures import Executor

PREFIX = "acme/20260101T120000Z/1/"
PART = "dynamodb/item-3/000000.jsonl"
ROWS = ['{"name":{"S":"\u00c4mbo\u00df"}}', '{"name":{"S":"anvil"}}']
CONTENT = "".join(f"{row}\n" for row in ROWS).encode()


@pytest.fixture
def export(world: World) -> Export:
    """The export of acme's first round, empty, beside other objects whose names begin alike."""
    for key in ("acme/20260101T120000Z/10/x.jsonl", "acme-eu/20260101T120000Z/1/x.jsonl", "acme/20260101T120000Z/2/x"):
        world.s3.put_object(Bucket=BUCKET, Key=key, Body=b"other")
    return Export(world.s3, BUCKET, PREFIX)


@pytest.fixture(scope="module")
def threads() -> Iterator[Executor]:
    """The threads that look at objects."""
    with ThreadPoolExecutor(4) as executor:
        yield executor


def test_rows_are_lines_with_their_number_and_hash_beside_them(world: World, export: Export) -> None:
    """Whoever has the object can check it without the manifest."""
    assert export.put_rows(PART, ROWS)

    found = world.s3.get_object(Bucket=BUCKET, Key=PREFIX + PART)
    assert found["Body"].read() == CONTENT
    assert found["Metadata"] == {"rows": "2", "sha256": hashlib.sha256(CONTENT).hexdigest()}
    assert found["ContentType"] == "application/x-ndjson"


def test_s3_itself_compares_the_hash(world: World, export: Export) -> None:
    """What was damaged on the way is not stored."""
    asked: list[dict[str, Any]] = []
    world.s3.meta.events.register("provide-client-params.s3.PutObject", lambda params, **_: asked.append(params), "t")
    try:
        export.put_rows(PART, ROWS)
    finally:
        world.s3.meta.events.unregister("provide-client-params.s3.PutObject", unique_id="t")
    assert base64.b64decode(asked[0]["ChecksumSHA256"]) == hashlib.sha256(CONTENT).digest()


def test_rows_are_written_once_and_never_replaced(world: World, export: Export) -> None:
    """The same again is well; others are not written, and the caller learns it."""
    assert export.put_rows(PART, ROWS)
    assert export.put_rows(PART, ROWS)
    assert not export.put_rows(PART, [*ROWS, "{}"])
    assert world.s3.get_object(Bucket=BUCKET, Key=PREFIX + PART)["Body"].read() == CONTENT


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("plain", id="plain"),
        pytest.param("\u00c4\U0001f600", id="letters of any script"),
        pytest.param("a\nb\r\nc", id="line ends"),
        pytest.param("a\u2028b\u2029c", id="Unicode's line and paragraph separators"),
        pytest.param("a\x85b", id="next line"),
        pytest.param("a\x0b\x0c\x1c\x1d\x1eb", id="other controls that end a line"),
    ],
)
def test_rows_come_back_as_they_were_written(export: Export, text: str) -> None:
    """By them the erasure goes: a row that came back in two halves could never be erased."""
    row = json.dumps({"name": {"S": text}}, ensure_ascii=False)
    export.put_rows(PART, [row, "{}"])
    assert export.rows(PART) == [row, "{}"]


def test_of_an_object_that_is_not_there_no_rows_come_back(export: Export) -> None:
    """None and not an empty list: there is nothing to go on with."""
    export.put_rows(PART, ROWS)
    assert export.rows("dynamodb/item-3/000001.jsonl") is None


def test_an_object_that_is_not_what_was_written_is_not_erased_by(world: World, export: Export) -> None:
    """Somebody replaced or damaged it: what it named would be gone, and in no export."""
    export.put_rows(PART, ROWS)
    metadata = world.s3.head_object(Bucket=BUCKET, Key=PREFIX + PART)["Metadata"]
    world.s3.put_object(Bucket=BUCKET, Key=PREFIX + PART, Body=b"{}\n", Metadata=metadata)
    with pytest.raises(ValueError, match="is not what was exported: nothing of it is erased"):
        export.rows(PART)


def test_every_object_of_rows_is_described_and_no_other(
    world: World, export: Export, threads: Executor, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Documents are none; a listing has several pages."""
    names = [f"dynamodb/item-3/{number:06}.jsonl" for number in range(5)]
    for number, name in enumerate(names):
        export.put_rows(name, ["{}"] * (number + 1))
    export.put_document("manifest", {})
    monkeypatch.setenv("MOTO_S3_DEFAULT_MAX_KEYS", "2")
    assert world.s3.list_objects_v2(Bucket=BUCKET, Prefix=PREFIX)["IsTruncated"]

    assert export.objects(threads) == [
        {
            "key": PREFIX + name,
            "rows": number + 1,
            "bytes": 3 * (number + 1),
            "sha256": hashlib.sha256(b"{}\n" * (number + 1)).hexdigest(),
        }
        for number, name in enumerate(names)
    ]


def test_a_documents_hash_is_that_of_what_lies_in_the_bucket(world: World, export: Export) -> None:
    """So that the receipt can name the manifest; another one of the same name lies beside it."""
    first, _ = export.put_document("manifest", {"rows": 1})
    key, digest = export.put_document("manifest", {"rows": 2, "name": "\u00c4"})
    body = world.s3.get_object(Bucket=BUCKET, Key=key)["Body"].read()
    assert json.loads(body) == {"rows": 2, "name": "\u00c4"}
    assert digest == hashlib.sha256(body).hexdigest()
    assert key == f"{PREFIX}manifest-{digest[:16]}.json" != first


def test_what_s3_refuses_otherwise_stops_the_export(world: World) -> None:
    """Nothing is taken for written, or for absent."""
    nowhere = Export(world.s3, "no-such-bucket", PREFIX)
    with pytest.raises(ClientError, match="NoSuchBucket"):
        nowhere.put_rows(PART, ROWS)
