"""The local stack: a local AWS, provisioned by Terraform, with the demo tenants' users and the app served over HTTP."""

from __future__ import annotations

import json
import os
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from chalicelib import PRODUCT
from chalicelib.config import SessionPer, Strategy
from chalicelib.tenancy.tenant import Role
from stage.clients import AwsEndpoint
from stage.document import LocalStage, told_by, write_privately
from stage.functions import FUNCTIONS_LOG, TENANT_FUNCTIONS, invoke_function
from stage.local.app_environment import app_settings, as_shell, function_settings, vended_credentials
from stage.local.aws import VPC_ENDPOINT_ID, LocalAws
from stage.local.demo_users import DEMO_TENANTS, create_demo_users, demo_email
from stage.local.processes import Child, answers, free_port, process_basics
from stage.local.web import serving
from stage.product import check_product
from stage.terraform import TerraformRoot

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path
    from types import TracebackType
    from typing import Self

    from stage.document import User
    from stage.progress import Progress

_API_READY_SECONDS = 30.0
#: The user pool's trigger, as infra/local calls it.
_TRIGGER = f"{PRODUCT}-local-tag_id_token"


@dataclass(frozen=True, slots=True)
class StackOptions:
    """Where a stack runs."""

    project: Path  # whose app, functions and Terraform root it runs
    folder: Path  # everything the stack writes goes here
    region: str = "eu-central-1"
    aws_port: int = 0
    api_port: int = 0
    web_port: int = 0
    cors_origin: str = ""  # of another page than the stack's own
    tenants: tuple[str, ...] = DEMO_TENANTS
    vending_strategy: Strategy = Strategy.WEB_IDENTITY
    session_per: SessionPer = SessionPer.TENANT
    authorizer_cache_seconds: int = 60


class LocalStack:
    """Starts on entering and stops everything it started on leaving, whatever happened in between."""

    def __init__(self, options: StackOptions, progress: Progress) -> None:
        self.folder = options.folder
        self.project = options.project
        self._options = options
        self._progress = progress
        self._running = ExitStack()
        self._api: Child | None = None
        self.web_url = f"http://127.0.0.1:{options.web_port or free_port()}"
        self.local_aws: LocalAws
        self.outputs: dict[str, Any]
        self.users: list[User]
        self.settings: dict[str, str]

    def __enter__(self) -> Self:
        try:
            self._provision()
        except BaseException:
            self.__exit__(None, None, None)
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        with self._progress.step("stopping what was started"):
            self._running.close()
            (self.folder / "env").unlink(missing_ok=True)

    def _provision(self) -> None:
        check_product(PRODUCT)
        options = self._options
        with self._progress.step("starting the local AWS"):
            self.local_aws = self._running.enter_context(
                LocalAws(
                    options.folder,
                    port=options.aws_port,
                    functions={_TRIGGER: "chalicelib.tenancy.token_tags:tag_id_token"},
                    settings={"SESSION_PER": options.session_per},
                    project=self.project,
                )
            )
        terraform_dir = options.folder / "terraform"
        (terraform_dir / "terraform.tfstate").unlink(missing_ok=True)  # of an account that is gone
        root = TerraformRoot(self.project / "infra" / "local", terraform_dir, self.terraform_environment())
        with self._progress.step("terraform init infra/local"):
            root.init()
        with self._progress.step("terraform apply infra/local"):
            self.outputs = root.apply(self.terraform_variables())
        with self._progress.step("copying the user pool's signing keys"):
            self.invoke("refresh_signing_keys", {})
        with self._progress.step("migrating the database"):
            self.invoke("migrate_database", {})
        with self._progress.step(f"onboarding {', '.join(options.tenants) or 'nobody'}"):
            self._onboard(options.tenants)
            self.users = create_demo_users(self.client("cognito-idp"), self.outputs["user_pool_id"], options.tenants)
        self.settings = app_settings(self.local_aws, self.outputs, cors_origin=options.cors_origin or self.web_url)
        write_privately(options.folder / "env", as_shell(self.settings))

    def terraform_environment(self) -> dict[str, str]:
        """Return the environment in which Terraform acts as the operator and knows the database's master."""
        postgres = self.local_aws.postgres
        return self.local_aws.operator_environment(self._options.region) | {
            "TF_VAR_database_master_username": postgres["user"],
            "TF_VAR_database_master_password": postgres["password"],
        }

    def terraform_variables(self) -> dict[str, Any]:
        """Return the variables of infra/local."""
        postgres = self.local_aws.postgres
        database = {"host": postgres["host"], "port": postgres["port"], "name": postgres["database"]}
        return {
            "region": self._options.region,
            "database": database,
            "vending_strategy": self._options.vending_strategy,
            "session_per": self._options.session_per,
            "vpc_endpoint_id": VPC_ENDPOINT_ID,
            "authorizer_cache_seconds": self._options.authorizer_cache_seconds,
        }

    def invoke(self, function: str, event: dict[str, Any]) -> Any:
        """Run a function of the control plane with its own role and return its answer.

        Raises:
            CommandError: it failed; the message is the last line of its own.
        """
        settings = function_settings(self.local_aws, self.outputs, function)
        environment = {**process_basics(os.environ), **settings}
        return invoke_function(function, event, environment, self.folder / FUNCTIONS_LOG, self.project)

    def _onboard(self, tenants: tuple[str, ...]) -> None:
        events = [
            {"tenant_id": tenant, "display_name": tenant, "admin_email": demo_email(tenant, Role.ADMIN)}
            for tenant in tenants
        ]
        with ThreadPoolExecutor(2) as two:
            list(two.map(lambda event: self.invoke("onboard_tenant", event), events))

    def database_login(self, name: str) -> dict[str, Any]:
        """Return psycopg's connection parameters of a login (`master`, `reader`, `writer`), from its secret."""
        secret = self.client("secretsmanager").get_secret_value(
            SecretId=self.outputs[f"{name}_secret_arn"],
            VersionStage="AWSCURRENT",  # moto, not told, answers the version before the last rotation
        )
        login = json.loads(secret["SecretString"])
        return {
            "host": login["host"],
            "port": login["port"],
            "user": login["username"],
            "password": login["password"],
            "dbname": login["dbname"],
        }

    def serve_api(self) -> str:
        """Start the app with its Lambda role's credentials and return its URL."""
        with self._progress.step("starting the API"):
            url, self._api = self._running.enter_context(self.api(self.folder / "api.log"))
        return url

    @contextmanager
    def api(
        self,
        log: Path,
        *,
        module: str = "stage.local.api",
        changed: Mapping[str, str] | None = None,
        code: Path | None = None,
        port: int = 0,
    ) -> Iterator[tuple[str, Child]]:
        """Run the app, or a module like it, with some of its settings changed or with code of another project's folder.

        Yields:
            its URL and its process, once it answers.
        """
        port = port or (self._options.api_port if self._api is None else 0) or free_port()
        url = f"http://127.0.0.1:{port}"
        environment = {**process_basics(os.environ), **self.settings, **(changed or {})}
        child = Child(module, ["--port", str(port)], environment=environment, log=log, folder=code or self.project)
        try:
            child.wait_until(lambda: answers(f"{url}/health"), seconds=_API_READY_SECONDS)
            yield url, child
        finally:
            child.stop()

    def serve_web(self, stage: LocalStage) -> None:
        """Serve the project's page for that stage at `web_url`.

        Raises:
            CommandError: the port is taken, or the project's entities cannot be read.
        """
        with self._progress.step("starting the web page"):
            self._running.enter_context(serving(stage, self.web_url, self.settings, self.project))

    def stage(self, api_url: str) -> LocalStage:
        """Describe the running stack."""
        return LocalStage(
            api_url=api_url,
            web_url=self.web_url,
            aws_endpoint_url=self.local_aws.endpoint_url,
            vpc_endpoint_url=self.local_aws.vpc_endpoint_url,
            operator=self.local_aws.operator,
            lambda_credentials=vended_credentials(self.local_aws, self.outputs["lambda_role_arn"]),
            **told_by(self.outputs),
            functions={name: function_settings(self.local_aws, self.outputs, name) for name in TENANT_FUNCTIONS},
            users=self.users,
        )

    def client(self, service: str) -> Any:
        """Return the operator's client of a service."""
        return self._aws.as_operator(service, self.local_aws.operator)

    def role_client(self, role_arn: str, service: str) -> Any:
        """Return a client that acts as a function with this execution role, in the stage's VPC."""
        in_vpc = AwsEndpoint(self._options.region, self.local_aws.vpc_endpoint_url)
        return in_vpc.as_function(service, vended_credentials(self.local_aws, role_arn))

    def function_client(self, function: str, service: str) -> Any:
        """Return a client that acts as a function of the control plane."""
        return self.role_client(self.outputs[f"{function}_role_arn"], service)

    @property
    def _aws(self) -> AwsEndpoint:
        return AwsEndpoint(self._options.region, self.local_aws.endpoint_url)

    def failed_child(self) -> str | None:
        """Return what ended although nobody stopped it, with where to read why."""
        if not self.local_aws.running:
            return f"the local AWS ended: see {self.folder / 'localaws.log'}"
        if self._api is not None and not self._api.running:
            return f"the API ended: see {self._api.log}"
        return None
