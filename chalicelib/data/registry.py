"""The registry: one item for each tenant, in a table of its own that no tenant's session can reach."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, Any

from chalicelib.data.dynamodb import ConditionFailedError, application_errors
from chalicelib.errors import TenantChangedError, TenantExistsError, TenantNotFoundError, TenantStateError
from chalicelib.tenancy.statuses import Status

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from mypy_boto3_dynamodb import DynamoDBClient


_ABSENT = {"S": ""}


@dataclass(frozen=True, slots=True)
class RegisteredTenant:
    """What the registry knows of a tenant; an offboarded one stays as a tombstone, without name and address.

    `progress` is how far the offboarding has come, as text that only the offboarding reads; `revision` counts changes.
    """

    tenant_id: str
    display_name: str
    admin_email: str
    status: Status
    created_at: datetime
    changed_at: datetime
    revision: int
    progress: str = field(default="", repr=False)


class Registry:
    """Conditional transitions only, so that two operators cannot cross."""

    def __init__(self, dynamodb: DynamoDBClient, table_name: str, now: Callable[[], datetime]) -> None:
        self._dynamodb = dynamodb
        self._table_name = table_name
        self._now = now

    def status(self, tenant_id: str) -> Status | None:
        """Return a tenant's status, None when the registry does not know it.

        Raises:
            StoreUnavailableError: the registry cannot be reached.
        """
        with application_errors():
            answer = self._dynamodb.get_item(
                TableName=self._table_name,
                Key=_key(tenant_id),
                ConsistentRead=True,
                ProjectionExpression="#status",
                ExpressionAttributeNames={"#status": "status"},
            )
        return Status(answer["Item"]["status"]["S"]) if "Item" in answer else None

    def get(self, tenant_id: str) -> RegisteredTenant:
        """Return a tenant.

        Raises:
            TenantNotFoundError: the registry does not know it.
        """
        with application_errors():
            answer = self._dynamodb.get_item(TableName=self._table_name, Key=_key(tenant_id), ConsistentRead=True)
        if "Item" not in answer:
            raise TenantNotFoundError(f"There is no tenant {tenant_id}.")
        return _tenant(answer["Item"])

    def page(self, *, limit: int, after: str | None) -> tuple[list[RegisteredTenant], str | None]:
        """Return up to `limit` tenants in no particular order, and the id to go on after, or None at the end."""
        start: dict[str, Any] = {"ExclusiveStartKey": _key(after)} if after is not None else {}
        with application_errors():
            answer = self._dynamodb.scan(TableName=self._table_name, Limit=limit, ConsistentRead=True, **start)
        last = answer.get("LastEvaluatedKey")
        return [_tenant(stored) for stored in answer["Items"]], last["tenant_id"]["S"] if last else None

    def register(self, tenant_id: str, *, display_name: str, admin_email: str) -> RegisteredTenant:
        """Add a tenant that is being onboarded, or return it when it is being onboarded with the same data already.

        Raises:
            TenantExistsError: the id is taken, or was once.
        """
        now = self._now()
        tenant = RegisteredTenant(tenant_id, display_name, admin_email, Status.ONBOARDING, now, now, revision=1)
        try:
            with application_errors():
                self._dynamodb.put_item(
                    TableName=self._table_name,
                    Item={
                        **_key(tenant_id),
                        "display_name": {"S": display_name},
                        "admin_email": {"S": admin_email},
                        "status": {"S": tenant.status.value},
                        "created_at": {"S": now.isoformat()},
                        "changed_at": {"S": now.isoformat()},
                        "revision": {"N": "1"},
                    },
                    ConditionExpression="attribute_not_exists(tenant_id)",
                )
        except ConditionFailedError as failed:
            known = self.get(tenant_id)
            begun = (known.status, known.display_name, known.admin_email)
            if begun != (Status.ONBOARDING, display_name, admin_email):
                raise TenantExistsError(_taken(known)) from failed
            return known
        return tenant

    def change(self, tenant: RegisteredTenant, status: Status, *, progress: str = "") -> RegisteredTenant:
        """Give a tenant its next status, if nobody has changed it since it was read.

        Raises:
            TenantChangedError: somebody has; the registry stays as it is.
        """
        try:
            with application_errors():
                answer = self._dynamodb.update_item(
                    TableName=self._table_name,
                    Key=_key(tenant.tenant_id),
                    UpdateExpression="SET #status = :status, changed_at = :now, revision = :next, progress = :progress"
                    + (" REMOVE display_name, admin_email" if status is Status.OFFBOARDED else ""),
                    ConditionExpression="revision = :read",
                    ExpressionAttributeNames={"#status": "status"},
                    ExpressionAttributeValues={
                        ":status": {"S": status.value},
                        ":now": {"S": self._now().isoformat()},
                        ":read": {"N": str(tenant.revision)},
                        ":next": {"N": str(tenant.revision + 1)},
                        ":progress": {"S": progress},
                    },
                    ReturnValues="ALL_NEW",
                )
        except ConditionFailedError as failed:
            raise TenantChangedError(
                f"Somebody else has changed {tenant.tenant_id} meanwhile: run it again."
            ) from failed
        return _tenant(answer["Attributes"])


def require(tenant: RegisteredTenant, *statuses: Status) -> None:
    """Refuse what does not fit a tenant's status.

    Raises:
        TenantStateError: it is none of these.
    """
    if tenant.status not in statuses:
        raise TenantStateError(f"{tenant.tenant_id} is {tenant.status}, and must be {' or '.join(statuses)}.")


def _taken(known: RegisteredTenant) -> str:
    if known.status is Status.OFFBOARDED:
        return f"{known.tenant_id} was offboarded, and its id is never used again: old tokens could match it."
    if known.status is Status.ONBOARDING:
        return (
            f"The onboarding of {known.tenant_id} was begun as {known.display_name!r} with {known.admin_email}: "
            "run it again with these."
        )
    return f"There is a tenant {known.tenant_id} already; it is {known.status}."


def _key(tenant_id: str) -> dict[str, Any]:
    return {"tenant_id": {"S": tenant_id}}


def _tenant(stored: Mapping[str, Any]) -> RegisteredTenant:
    return RegisteredTenant(
        tenant_id=stored["tenant_id"]["S"],
        display_name=stored.get("display_name", _ABSENT)["S"],
        admin_email=stored.get("admin_email", _ABSENT)["S"],
        status=Status(stored["status"]["S"]),
        created_at=datetime.fromisoformat(stored["created_at"]["S"]),
        changed_at=datetime.fromisoformat(stored["changed_at"]["S"]),
        revision=int(stored["revision"]["N"]),
        progress=stored.get("progress", _ABSENT)["S"],
    )
