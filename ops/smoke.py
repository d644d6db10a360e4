"""Tries a deployed stage with two throw-away tenants, which are offboarded whatever happened in between."""

from __future__ import annotations

import http.client
import secrets
import time
from typing import TYPE_CHECKING, Any

from botocore.exceptions import BotoCoreError, ClientError

from chalicelib.entities import ENTITIES
from chalicelib.tenancy.tenant import Role, TenantContext
from stage.clients import AwsEndpoint
from stage.errors import CommandError
from stage.functions import invoke_lambda
from stage.http_api import Answer, Api
from stage.rows import Creation, is_deleted, is_read_alone, path_by_key
from stage.sign_in import tokens_of

if TYPE_CHECKING:
    from collections.abc import Mapping

    from chalicelib.entities.entity import Entity
    from stage.document import Stage
    from stage.progress import Progress

#: Amazon's own mailbox simulator: what Cognito sends there arrives, and counts as no bounce.
#: Source: https://docs.aws.amazon.com/ses/latest/dg/send-an-email-from-console.html#send-test-email
_EMAIL = "success@simulator.amazonses.com"
_SECONDS = 40  # for an answer: a cold start, and the API's own 29 s
_LONGEST_PAUSE = 30.0


class SmokeTest:
    """Two tenants that were not there before and are gone afterwards; their ids stay in the registry as tombstones.

    Args:
        stage: the stage's document.
        progress: says what is being tried.
        enforces_leading_keys: whether IAM judges `dynamodb:LeadingKeys` there, as AWS does.
    """

    def __init__(self, stage: Stage, progress: Progress, *, enforces_leading_keys: bool) -> None:
        self._stage = stage
        self._api = Api(stage.api_url, timeout_seconds=_SECONDS)
        self._progress = progress
        self._enforces_leading_keys = enforces_leading_keys
        run = secrets.token_hex(4)
        self._tenants = (f"smoke-{run}-a", f"smoke-{run}-b")

    def run(self) -> None:
        """Try everything.

        Raises:
            CommandError: something is not as it should be; the message says what.
        """
        onboarded: list[str] = []
        failures: list[CommandError] = []
        try:
            for tenant in self._tenants:
                with self._progress.step(f"smoke test: onboarding {tenant}"):
                    onboarded.append(tenant)  # also when it fails half-way
                    self._invoke(
                        "onboard_tenant", {"tenant_id": tenant, "display_name": "Smoke test", "admin_email": _EMAIL}
                    )
            with self._progress.step("smoke test: signing in"):
                tokens = {tenant: self._sign_in(tenant) for tenant in self._tenants}
            with self._progress.step("smoke test: who is who, who is nobody, and what is nowhere"):
                self._ask_who(tokens)
            self._use(tokens)
        except CommandError as error:
            failures.append(error)
        # Both begin before either is waited for; whatever fails, the other goes on, and the first failure is told.
        for step in (self._begin_to_offboard, self._offboard):
            for tenant in onboarded:
                try:
                    step(tenant)
                except CommandError as error:
                    failures.append(error)
        self._api.close()
        if failures:
            raise failures[0]

    def _ask_who(self, tokens: Mapping[str, str]) -> None:
        self._expect(200, "GET", "/health", None)
        self._expect(401, "GET", "/me", None)
        self._expect(401, "GET", "/me", "no.token.atall")
        for tenant, token in tokens.items():
            self._expect(404, "GET", "/no-such-route", token)
            who = self._expect(200, "GET", "/me", token).body
            if who["tenant"] != tenant:
                raise CommandError(f"{tenant} signed in, and is taken for {who['tenant']}")

    def _use(self, tokens: Mapping[str, str]) -> None:
        """Make a row of each entity for each tenant, read it, ask for the other's in vain, and delete one.

        The other tenant's stay, so that its offboarding has something to erase.
        """
        one, other = self._tenants
        for entity in ENTITIES:
            with self._progress.step(f"smoke test: /{entity.name}, a row of each tenant"):
                row, _ = (self._made(entity, tenant, tokens[tenant]) for tenant in self._tenants)
                self._expect_rows(entity, tokens[one], one, without=other)
                self._expect_rows(entity, tokens[other], other, without=one)
                if is_read_alone(entity):
                    self._expect(200, "GET", row, tokens[one])
                    if one in self._ask("GET", row, tokens[other]).text:
                        raise CommandError(f"GET {row} answers {other} with the row of {one}")
            self._knock(entity, row, tokens)
            if is_deleted(entity):
                with self._progress.step(f"smoke test: /{entity.name}, a row deleted"):
                    self._expect(204, "DELETE", row, tokens[one], headers={"If-Match": "*"})
        if not ENTITIES:
            self._progress.skip("smoke test: rows of each tenant", "there is no entity")
        elif not any(entity.probe().by_key for entity in ENTITIES):
            self._progress.skip("smoke test: a row, read by its primary key", "no entity has a route for it")

    def _made(self, entity: Entity, text: str, token: str) -> str:
        creation = Creation.of(entity, text)
        answer = self._expect(201, creation.method, creation.path, token, creation.body)
        return creation.row(answer.headers.get("location"))

    def _expect_rows(self, entity: Entity, token: str, own: str, *, without: str) -> None:
        listed = self._expect(200, "GET", f"/{entity.name}", token).text
        if own not in listed or without in listed:
            raise CommandError(f"GET /{entity.name} answers {own} with {listed[:200]}, and not with its own row only")

    def _knock(self, entity: Entity, row: str, tokens: Mapping[str, str]) -> None:
        """Another tenant asks for a row by its raw primary key, as its owner does."""
        one, other = self._tenants
        path = path_by_key(entity, TenantContext(one, Role.ADMIN, "smoke", _EMAIL), row)
        if path is None:
            return
        with self._progress.step(f"smoke test: /{entity.name}, a row read by its own primary key"):
            self._expect(200, "GET", path, tokens[one])
        what = f"smoke test: another tenant asks for the row of {one}"
        if not self._enforces_leading_keys:
            self._progress.skip(what, "leading keys are not enforced here")
            return
        with self._progress.step(f"{what}, and IAM refuses"):
            refused = self._expect(403, "GET", path, tokens[other])
            if refused.body["Code"] != "TenantAccessDeniedError":
                raise CommandError(f"it was refused by {refused.body['Code']}, and IAM should have refused it")

    def _begin_to_offboard(self, tenant: str) -> Any:
        return self._invoke("offboard_tenant", {"tenant_id": tenant, "confirm": tenant})

    def _offboard(self, tenant: str) -> None:
        with self._progress.step(f"smoke test: offboarding {tenant}"):
            while not (answer := self._begin_to_offboard(tenant))["done"]:
                time.sleep(min(answer.get("wait_seconds", 0.0), _LONGEST_PAUSE))

    def _invoke(self, function: str, event: dict[str, Any]) -> Any:
        return invoke_lambda(
            function,
            {"actor": "smoke test", **event},
            function_name=self._stage.lambda_functions[function],
            region=self._stage.region,
        )

    def _sign_in(self, tenant: str) -> str:
        """Give the administrator a password, as nobody reads the e-mail, and sign in as the web page does."""
        aws = AwsEndpoint(self._stage.region)
        username, password = f"{tenant}/{_EMAIL}", f"Aa1-{secrets.token_urlsafe(18)}"
        try:
            aws.as_caller("cognito-idp").admin_set_user_password(
                UserPoolId=self._stage.user_pool_id, Username=username, Password=password, Permanent=True
            )
        except (BotoCoreError, ClientError) as error:
            raise CommandError(f"{username} gets no password: {error}") from None
        return tokens_of(aws, self._stage.user_pool_client_id, username, password)["IdToken"]

    def _expect(  # noqa: PLR0913, PLR0917 -- a request and its status
        self,
        status: int,
        method: str,
        path: str,
        token: str | None,
        body: Any = None,
        headers: Mapping[str, str] | None = None,
    ) -> Answer:
        """Call the API.

        Raises:
            CommandError: it answers otherwise.
        """
        answer = self._ask(method, path, token, body, headers)
        if answer.status != status:
            said = answer.body or answer.text[:200]
            raise CommandError(f"{method} {path} answers {answer.status} {said}, and should answer {status}")
        return answer

    def _ask(
        self, method: str, path: str, token: str | None, body: Any = None, headers: Mapping[str, str] | None = None
    ) -> Answer:
        authorization = {"Authorization": f"Bearer {token}"} if token else {}
        try:
            return self._api.call(method, path, headers={**authorization, **(headers or {})}, body=body)
        except (OSError, http.client.HTTPException) as error:
            raise CommandError(f"{self._stage.api_url} cannot be reached: {error}") from None
