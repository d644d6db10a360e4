"""The export of an offboarded tenant: JSON lines in a versioned, encrypted bucket, with counts and SHA-256."""

from __future__ import annotations

import base64
import hashlib
import json
from typing import TYPE_CHECKING, Any

from botocore.exceptions import ClientError

if TYPE_CHECKING:
    from concurrent.futures import Executor

    from mypy_boto3_s3 import S3Client

_PRECONDITION_FAILED, _NOT_FOUND = 412, 404


class Export:
    """The objects under one prefix of the bucket; each is written once, and no later or belated run replaces it."""

    def __init__(self, s3: S3Client, bucket: str, prefix: str) -> None:
        self._s3 = s3
        self._bucket = bucket
        self.prefix = prefix

    def put_rows(self, name: str, rows: list[str]) -> bool:
        """Write rows, a line each, and return whether the object holds exactly these; another may have been quicker."""
        content = "".join(f"{row}\n" for row in rows).encode()
        digest = hashlib.sha256(content)
        try:
            self._s3.put_object(
                Bucket=self._bucket,
                Key=self.prefix + name,
                Body=content,
                ContentType="application/x-ndjson",
                ChecksumSHA256=base64.b64encode(digest.digest()).decode(),
                Metadata={"sha256": digest.hexdigest(), "rows": str(len(rows))},
                IfNoneMatch="*",
            )
        except ClientError as error:
            if _status(error) != _PRECONDITION_FAILED:
                raise
            return bool(self._described(self.prefix + name)["sha256"] == digest.hexdigest())
        return True

    def rows(self, name: str) -> list[str] | None:
        """Return the rows of an object, None when there is none.

        Raises:
            ValueError: its content is not what was written.
        """
        try:
            found = self._s3.get_object(Bucket=self._bucket, Key=self.prefix + name)
        except ClientError as error:
            if _status(error) != _NOT_FOUND:
                raise
            return None
        content = found["Body"].read()
        if hashlib.sha256(content).hexdigest() != found["Metadata"]["sha256"]:
            raise ValueError(f"{self.prefix}{name} is not what was exported: nothing of it is erased")
        return content.decode().split("\n")[:-1]  # not splitlines: texts may hold Unicode's other line ends

    def put_document(self, name: str, document: dict[str, Any]) -> tuple[str, str]:
        """Write a document, named after its content, and return its key and its SHA-256."""
        content = json.dumps(document, indent=2, ensure_ascii=False).encode()
        digest = hashlib.sha256(content)
        key = f"{self.prefix}{name}-{digest.hexdigest()[:16]}.json"
        self._s3.put_object(
            Bucket=self._bucket,
            Key=key,
            Body=content,
            ContentType="application/json",
            ChecksumSHA256=base64.b64encode(digest.digest()).decode(),
        )
        return key, digest.hexdigest()

    def objects(self, threads: Executor) -> list[dict[str, Any]]:
        """Return every object of rows, with its number of rows, bytes and SHA-256."""
        pages = self._s3.get_paginator("list_objects_v2").paginate(Bucket=self._bucket, Prefix=self.prefix)
        keys = [found["Key"] for page in pages for found in page.get("Contents", [])]
        return list(threads.map(self._described, [key for key in keys if key.endswith(".jsonl")]))

    def _described(self, key: str) -> dict[str, Any]:
        found = self._s3.head_object(Bucket=self._bucket, Key=key)
        metadata = found["Metadata"]
        return {
            "key": key,
            "rows": int(metadata["rows"]),
            "bytes": found["ContentLength"],
            "sha256": metadata["sha256"],
        }


def _status(error: ClientError) -> int:
    return error.response["ResponseMetadata"]["HTTPStatusCode"]
