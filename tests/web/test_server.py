"""What the page's development server answers, and to whom."""

from __future__ import annotations

import http.client
import json
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from stage.document import LocalStage
    from tests.support.people import Person

pytestmark = pytest.mark.evidence

_ROWS = "/row-level-security?other=globex"


def _get(stage: LocalStage, path: str, **headers: str) -> tuple[int, dict[str, str], bytes]:
    connection = http.client.HTTPConnection(urlsplit(str(stage.web_url)).netloc)
    try:
        connection.request("GET", path, headers=headers)
        answer = connection.getresponse()
        return answer.status, dict(answer.headers), answer.read()
    finally:
        connection.close()


@pytest.mark.parametrize(
    "path", ["/../README.md", "/%2e%2e/README.md", "/js/../../app.py", "/.local/stage.json", "//etc/hosts"]
)
def test_only_the_pages_files_are_served(page_stage: LocalStage, path: str) -> None:
    """No path leads out of web/; the twin is there."""
    assert _get(page_stage, path)[0] == 404
    assert _get(page_stage, "/js/main.js")[0] == 200


def test_a_foreign_host_name_is_refused(page_stage: LocalStage) -> None:
    """A name that somebody bound to this address reaches nothing, not the configuration either."""
    assert _get(page_stage, "/config.json", Host="attacker.example.com")[0] == 421
    assert _get(page_stage, "/config.json")[0] == 200


@pytest.mark.parametrize("path", ["@attacker.example.com/", "attacker.example.com/", ".attacker.example.com/"])
def test_nobody_is_led_to_another_host(page_stage: LocalStage, path: str) -> None:
    """`localhost` leads to the page's own origin; what is no path cannot make another host of that."""
    local = f"localhost:{urlsplit(str(page_stage.web_url)).port}"

    assert _get(page_stage, path, Host=local)[0] == 400
    assert "Location" not in _get(page_stage, path, Host=local)[1]
    assert _get(page_stage, "/js/main.js", Host=local)[1]["Location"] == f"{page_stage.web_url}/js/main.js"


@pytest.mark.parametrize("path", ["/policy", "/trace?request_id=1", _ROWS])
def test_the_stage_tells_signed_in_users_of_its_own_page_only(
    page_stage: LocalStage, api_user: Callable[..., Person], path: str
) -> None:
    """Without a token 401, from another origin 403."""
    bearer = f"Bearer {api_user('acme', 'viewer').id_token}"

    assert _get(page_stage, path)[0] == 401
    assert _get(page_stage, path, Authorization="Bearer a.b.c")[0] == 401
    assert _get(page_stage, path, Authorization=bearer, Origin="https://attacker.example.com")[0] == 403
    assert _get(page_stage, path, Authorization=bearer, Origin=str(page_stage.web_url))[0] == 200


def test_a_trace_of_another_tenants_request_is_empty(page_stage: LocalStage, api_user: Callable[..., Person]) -> None:
    """The id of a request is not enough."""
    ids = api_user("acme", "member").call("GET", "/anvils").headers["x-aws-requests"]
    path = "/trace?" + "&".join(f"request_id={each}" for each in ids.split(","))

    def decisions(tenant: str) -> Any:
        return json.loads(_get(page_stage, path, Authorization=f"Bearer {api_user(tenant, 'member').id_token}")[2])[
            "decisions"
        ]

    assert [each["action"] for each in decisions("acme")][-1] == "dynamodb:Query"
    assert decisions("globex") == []


def test_every_answer_has_the_headers_of_the_terraform_module(page_stage: LocalStage) -> None:
    """The page is confined here as it is on AWS."""
    headers = _get(page_stage, "/")[1]

    origins = f"{page_stage.api_url} {page_stage.aws_endpoint_url};"
    assert f"connect-src 'self' {origins}" in headers["Content-Security-Policy"]
    assert "script-src 'self';" in headers["Content-Security-Policy"]
    assert "require-trusted-types-for 'script'; trusted-types 'none'" in headers["Content-Security-Policy"]
    assert [headers[name] for name in ("X-Content-Type-Options", "X-Frame-Options")] == ["nosniff", "DENY"]
    assert _get(page_stage, "/", **{"If-None-Match": headers["ETag"]})[0] == 304


def test_no_stage_on_aws_names_aws_requests(project: Path) -> None:
    """The setting is for one machine: nothing in infra/ sets it."""
    read = [path for end in ("tf", "tfvars", "json", "hcl") for path in (project / "infra").rglob(f"*.{end}")]

    assert {path.suffix for path in read} == {".tf", ".tfvars", ".json", ".hcl"}
    assert [path for path in read if "NAME_AWS_REQUESTS" in path.read_text()] == []
