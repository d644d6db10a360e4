"""Tries a deployed stage with two throw-away tenants, which are offboarded whatever happened in between."""

from __future__ import annotations

import http.client
import secrets
import time
from typing import TYPE_CHECKING, Any

from botocore.exceptions import BotoCoreError, ClientError

from stage.clients import AwsEndpoint
from stage.errors import CommandError
from stage.functions import invoke_lambda
from stage.http_api import Answer, Api
from stage.sign_in import tokens_of

if TYPE_CHECKING:
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
        one, other = self._tenants
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
            with self._progress.step("smoke test: who is nobody, and what is nowhere"):
                self._expect(401, "GET", "/me", None)
                self._expect(401, "GET", "/me", "no.token.atall")
                self._expect(404, "GET", "/no-such-route", tokens[one])
            with self._progress.step("smoke test: a cart for each tenant, and users in PostgreSQL"):
                for tenant in self._tenants:
                    self._use(tenant, tokens[tenant])
            self._knock(one, tokens[one], tokens[other])
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

    def _use(self, tenant: str, token: str) -> None:
        line = {"description": tenant, "price": 1.5, "quantity": 1}
        self._expect(201, "PUT", "/cart/smoke", token, line)
        found = [each["description"] for each in self._expect(200, "GET", "/cart", token).body["lines"]]
        users = [each["email"] for each in self._expect(200, "GET", "/users", token).body["users"]]
        if found != [tenant] or users != [_EMAIL]:
            raise CommandError(f"{tenant} sees the cart of {found} and the users {users}, and should see its own only")

    def _knock(self, tenant: str, token: str, others_token: str) -> None:
        """Another tenant asks for an item by its raw primary key, as its owner does."""
        with self._progress.step("smoke test: an item, read by its own primary key"):
            item = self._expect(201, "POST", "/items", token, {"name": "smoke", "price": 1.5, "attributes": {}}).body
            path = f"/items?shard_id={item['shard_id'].replace('#', '%23')}&product_id={item['product_id']}"
            self._expect(200, "GET", path, token)
        if not self._enforces_leading_keys:
            self._progress.skip(
                f"smoke test: another tenant asks for the item of {tenant}", "leading keys are not enforced here"
            )
            return
        with self._progress.step(f"smoke test: another tenant asks for the item of {tenant}, and IAM refuses"):
            refused = self._expect(403, "GET", path, others_token)
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

    def _expect(self, status: int, method: str, path: str, token: str | None, body: Any = None) -> Answer:
        """Call the API.

        Raises:
            CommandError: it answers otherwise.
        """
        try:
            answer = self._api.call(
                method, path, headers={"Authorization": f"Bearer {token}"} if token else None, body=body
            )
        except (OSError, http.client.HTTPException) as error:
            raise CommandError(f"{self._stage.api_url} cannot be reached: {error}") from None
        if answer.status != status:
            said = answer.body or answer.text[:200]
            raise CommandError(f"{method} {path} answers {answer.status} {said}, and should answer {status}")
        return answer
