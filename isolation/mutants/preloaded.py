"""What every changed app needs and none changes: loaded once, before children are forked."""

from __future__ import annotations

import boto3  # noqa: F401
import botocore.loaders
import botocore.session
import jwt  # noqa: F401
import psycopg  # noqa: F401
import psycopg_pool  # noqa: F401
import pydantic  # noqa: F401
import simplejson  # noqa: F401

import app  # noqa: F401 -- for what it imports
import stage.local.api  # noqa: F401

_SERVICES = ("dynamodb", "secretsmanager", "sts")
_LOADER = botocore.loaders.create_loader()


def _load_models() -> None:
    session = botocore.session.Session()
    session.register_component("data_loader", _LOADER)
    for service in _SERVICES:
        session.create_client(
            service,
            region_name="eu-central-1",
            aws_access_key_id="none",
            aws_secret_access_key="none",  # noqa: S106
        )


def share_models() -> None:
    """Let the clients of this process use the services' models that are loaded."""
    botocore.session.create_loader = lambda *_: _LOADER


_load_models()
