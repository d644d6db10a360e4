"""One applied local stack for the tests of the core and of the entities, with its API, and people of its tenants."""

from __future__ import annotations

import gzip
import json
from contextlib import ExitStack, contextmanager
from importlib.resources import files
from typing import TYPE_CHECKING, Any

import jwt
import pytest

from chalicelib.config import Strategy
from chalicelib.data.partitions import Partitions
from chalicelib.data.storage import Kind
from chalicelib.entities import ENTITIES
from chalicelib.tenancy.tenant import Role, TenantContext
from chalicelib.tenancy.token_tags import TAGS
from stage.http_api import Api
from stage.local.stack import LocalStack, StackOptions
from stage.progress import Progress
from stage.shell import forget_aws_settings
from tests.support.own_project import ANVIL, make_own_project
from tests.support.people import Person, signed_in

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from mypy_boto3_dynamodb import DynamoDBClient

    from stage.document import LocalStage


@contextmanager
def running_stack(project: Path, folder: Path, strategy: Strategy = Strategy.WEB_IDENTITY) -> Iterator[LocalStack]:
    """Run a local AWS that Terraform provisioned for a project, with the users of five tenants of similar names."""
    forget_aws_settings()
    options = StackOptions(
        project=project,
        folder=folder,
        tenants=("acme", "acme-eu", "acme1", "acme10", "globex"),
        authorizer_cache_seconds=2,
        cors_origin="http://127.0.0.1:8080",  # these tests have no page
        vending_strategy=strategy,
    )
    with LocalStack(options, Progress()) as running:
        yield running


@pytest.fixture(scope="session")
def own_project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the folder of this project with two entities of the tests' own beside those it has."""
    return make_own_project(tmp_path_factory.mktemp("project"))


@pytest.fixture(
    scope="session",
    params=[
        Strategy.WEB_IDENTITY,
        *(pytest.param(each, marks=pytest.mark.evidence) for each in Strategy if each is not Strategy.WEB_IDENTITY),
    ],
)
def strategy(request: pytest.FixtureRequest) -> Strategy:
    """Return the vending strategy: whatever uses the running stack is tested under each, with a stack for each.

    `make test` does so under the default one; the rest is a part of the evidence.
    """
    return Strategy(request.param)


@pytest.fixture(scope="session")
def stack(own_project: Path, strategy: Strategy, tmp_path_factory: pytest.TempPathFactory) -> Iterator[LocalStack]:
    """Return a local AWS that runs that project under the strategy."""
    with running_stack(own_project, tmp_path_factory.mktemp("stage"), strategy) as running:
        yield running


@pytest.fixture(scope="session")
def stage(stack: LocalStack) -> Iterator[LocalStage]:
    """Return the running stage with its API."""
    with _running_api(stack, stack.folder / "api.log", {}) as api:
        yield stack.stage(api.url)


@contextmanager
def _running_api(
    stack: LocalStack, log: Path, changed: dict[str, str], module: str = "stage.local.api"
) -> Iterator[Api]:
    with stack.api(log, module=module, changed=changed) as (url, _):
        api = Api(url)
        yield api
        api.close()


@pytest.fixture(scope="session")
def table(stack: LocalStack) -> DynamoDBClient:
    """Return the operator's DynamoDB client, to look into the table from outside."""
    client: DynamoDBClient = stack.client("dynamodb")
    return client


@pytest.fixture(scope="session")
def person(stage: LocalStage) -> Iterator[Callable[[str, str], Person]]:
    """Return a function that signs a tenant's user of a role in, once, and again before the token expires."""
    with signed_in(stage) as get:
        yield get


@pytest.fixture
def newcomer(person: Callable[..., Person], table: DynamoDBClient, stage: LocalStage) -> Callable[[str], Person]:
    """Return a function that takes away all that a tenant has in the pooled table, and returns its member."""
    kinds = [ANVIL, *(entity.storage for entity in ENTITIES if isinstance(entity.storage, Kind))]

    def get(tenant: str) -> Person:
        context = TenantContext(tenant, Role.MEMBER, "test", "test@example.com")
        for pk in [key for kind in kinds for key in Partitions(context, kind).every()]:
            page = table.query(
                TableName=stage.table_name,
                KeyConditionExpression="pk = :pk",
                ExpressionAttributeValues={":pk": {"S": pk}},
            )
            for row in page["Items"]:
                table.delete_item(TableName=stage.table_name, Key={"pk": row["pk"], "sk": row["sk"]})
        return person(tenant)

    return get


@pytest.fixture
def acme(newcomer: Callable[[str], Person]) -> Person:
    """Return acme's member, whose tenant has nothing in the pooled table."""
    return newcomer("acme")


@pytest.fixture
def globex(newcomer: Callable[[str], Person]) -> Person:
    """Return globex's member, whose tenant has nothing in the pooled table."""
    return newcomer("globex")


@pytest.fixture
def anyone(stage: LocalStage) -> Iterator[Api]:
    """Return the API as someone without a token sees it."""
    api = Api(stage.api_url)
    yield api
    api.close()


@pytest.fixture(scope="session")
def forge(person: Callable[..., Person]) -> Callable[..., str]:
    """Return a function that signs altered claims with the pool's own key, which the emulator's package carries.

    The tags follow the attributes, as by the trigger, unless they are among what is altered.
    """
    published = files("moto.cognitoidp") / "resources" / "jwks-private.json.gz"
    key = jwt.PyJWK.from_dict(json.loads(gzip.decompress(published.read_bytes())) | {"alg": "RS256"})
    genuine = jwt.decode(person("acme").id_token, options={"verify_signature": False})

    def sign(*, without: str = "", headers: dict[str, Any] | None = None, **claims: Any) -> str:
        tags = {"tenant": [claims.get("custom:tenantID", "acme")], "role": [claims.get("custom:role", "member")]}
        claims = {TAGS: {"principal_tags": tags}, **claims}
        altered = {name: value for name, value in {**genuine, **claims}.items() if name != without}
        return jwt.encode(altered, key.key, algorithm="RS256", headers={"kid": "dummy", **(headers or {})})

    return sign


@pytest.fixture
def api_with(stack: LocalStack, tmp_path: Path) -> Iterator[Callable[..., Api]]:
    """Return a function that starts the app, or a module like it, with some of its settings changed."""
    with ExitStack() as running:

        def start(module: str = "stage.local.api", **changed: str) -> Api:
            return running.enter_context(_running_api(stack, tmp_path / "api.log", changed, module))

        yield start
