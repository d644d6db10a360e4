"""A gate over a moto with items of several tenants, and a judge who looks at what happened, not at what was decided."""

from __future__ import annotations

import copy
import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from moto.backends import get_backend

from bulkhead_localaws.moto.emulator import ACCOUNT_ID
from localaws_testing.account import Account, GateAnswer, policy, statement, tagged, trust, user_arn
from localaws_testing.moto_world import TABLES as MOTO_TABLES
from localaws_testing.signed_requests import REGION, UnreadableError, environ_of

if TYPE_CHECKING:
    from bulkhead_localaws.gate.authentication import AccessKey
    from localaws_testing.raw_requests import RawRequest

TENANT = "acme"
TENANTS = (TENANT, "acme-eu", "acme1", "globex")
# Partitions of nobody, called like what a careless reader would take for something else.
_ODD_PARTITIONS = ("acme#", "acme", "a", "?", ":p", ":p\n", "pk", "'", "b' OR pk = 'acme#a", "acme#&Action=Scan&", "*")
TABLES: dict[str, dict[str, Any]] = {**MOTO_TABLES, "vault": MOTO_TABLES["plain"]}
_ARNS = [f"arn:aws:dynamodb:{REGION}:{ACCOUNT_ID}:table/{name}" for name in TABLES if name != "vault"]
OWN_PARTITION = statement(
    "dynamodb:*",
    [*_ARNS, *(f"{arn}/index/*" for arn in _ARNS)],
    Sid="OwnPartitionOnly",
    Condition={
        "ForAllValues:StringLike": {"dynamodb:LeadingKeys": ["${aws:PrincipalTag/tenant}#*"]},
        "Null": {"dynamodb:LeadingKeys": "false"},
    },
)
NEVER_SCAN = statement(["dynamodb:Scan", "dynamodb:PartiQL*"], effect="Deny", Sid="NeverScan")


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a request led to: whether the emulator saw it, and what is wrong about that, empty if nothing."""

    answer: GateAnswer | None
    executed: bool
    wrong: str


class FuzzedWorld:
    """Tables that a session of acme may use in its own partitions, and a table that it may not use at all."""

    def __init__(self, *, never_scan: bool) -> None:
        self.account = Account(capacity=50)
        rules = policy(OWN_PARTITION, NEVER_SCAN) if never_scan else policy(OWN_PARTITION)
        broker = self.account.user("broker", policy(statement(["sts:AssumeRole", "sts:TagSession"])))
        role = self.account.role(
            "TenantRole", trust(user_arn("broker"), action=["sts:AssumeRole", "sts:TagSession"]), rules
        )
        self.key: AccessKey = self.account.session(broker, role, Tags=tagged(tenant=TENANT))
        self._backend = get_backend("dynamodb")[ACCOUNT_ID][REGION]
        self._owner_of_mark: dict[str, str] = {}
        self._create()
        self._pristine = {name: copy.deepcopy(self._backend.tables[name].items) for name in TABLES}
        self._all = self._items()
        self._settings = self._around_the_items()

    def _create(self) -> None:
        for name, settings in TABLES.items():
            indexes = [*settings.get("GlobalSecondaryIndexes", []), *settings.get("LocalSecondaryIndexes", [])]
            schemas = [settings["KeySchema"], *(index["KeySchema"] for index in indexes)]
            keys = sorted({element["AttributeName"] for schema in schemas for element in schema})
            defined = [{"AttributeName": key, "AttributeType": "S"} for key in keys]
            table = {"TableName": name, "BillingMode": "PAY_PER_REQUEST", "AttributeDefinitions": defined}
            self.account.administer("dynamodb", "CreateTable", **table, **settings)
        own = [f"{tenant}#{shard}" for tenant in TENANTS for shard in ("a", "b")]
        for partition in (*own, *_ODD_PARTITIONS):
            for sort in ("a", "b"):
                self._seed("items", partition, {"pk": partition, "sk": sort, "owner": partition, "age": sort})
            self._seed("odd", partition, {"#p": partition, "select": "a"})
            self._seed("plain", partition, {"pk": partition})
        for tenant in TENANTS:
            self._seed("vault", "nobody's", {"pk": f"{tenant}#a"})

    def _seed(self, table: str, partition: str, key: dict[str, str]) -> None:
        mark = f"mark-{len(self._owner_of_mark):04}"
        self._owner_of_mark[mark] = partition
        item: dict[str, Any] = {name: {"S": value} for name, value in key.items()}
        item |= {"v": {"S": mark}, "doc": {"M": {"x": {"S": mark}}}, "l": {"L": [{"S": mark}]}, "n": {"N": "5"}}
        self.account.administer("dynamodb", "PutItem", TableName=table, Item=item)

    def judge(self, request: RawRequest) -> Outcome:
        """Send a request of acme and look at the effect; then put everything back."""
        self.account.emulator.reached.clear()
        try:
            environ = environ_of(request.signed(self.key, self.account.clock()))
        except UnreadableError:
            return Outcome(None, executed=False, wrong="")
        answer = self.account.answer(environ)
        reached = bool(self.account.emulator.reached)
        wrong = self._wrong_answer(answer, reached=reached)
        if reached:
            wrong += self._wrong_effects()
        return Outcome(answer, executed=reached and answer.status == 200, wrong="; ".join(wrong))

    def _wrong_answer(self, answer: GateAnswer, *, reached: bool) -> list[str]:
        text = answer.body.decode(errors="replace")
        shown = {owner for mark, owner in self._owner_of_mark.items() if mark in text}
        wrong = [f"the answer shows items of {owner}" for owner in sorted(shown) if not owner.startswith(f"{TENANT}#")]
        if "Traceback" in text:
            wrong.append("the answer shows a traceback")
        if answer.status == 500 and not reached:
            wrong.append("the gate itself failed")
        if not reached and answer.status < 400 and text and "<GetCallerIdentityResult>" not in text:
            wrong.append("the gate answered by itself")
        return wrong

    def _wrong_effects(self) -> list[str]:
        wrong = []
        now = self._items()
        if now != self._all:
            changed = {key for key in (*now, *self._all) if now.get(key) != self._all.get(key)}
            foreign = [key for key in changed if key[0] == "vault" or not key[1].startswith(f"{TENANT}#")]
            wrong += [f"changed {key}" for key in foreign]
            for name in TABLES:
                if name in self._backend.tables:
                    self._backend.tables[name].items = copy.deepcopy(self._pristine[name])
        if self._around_the_items() != self._settings:
            wrong.append("changed something around the items")
            self._backend.backups.clear()
        return wrong

    def _items(self) -> dict[tuple[str, str, str], str]:
        found = {}
        for name, table in self._backend.tables.items():
            partitions: Any = table.items.values()
            for held in partitions:
                for item in held.values() if table.has_range_key else [held]:
                    key = name, item.hash_key.value, item.range_key.value if item.range_key else ""
                    found[key] = repr(item.to_json())
        return found

    def _around_the_items(self) -> str:
        iam = self.account.directory._iam
        tables = {
            name: (table.schema, table.attr, table.tags, table.ttl, str(table.stream_specification), table.stream_shard)
            for name, table in self._backend.tables.items()
        }
        people = {role.name: (role.policies, role.assume_role_policy_document) for role in iam.get_roles()}
        users = {user.name: (user.policies, len(user.access_keys)) for user in iam.users.values()}
        others = (list(self._backend.resource_policies), list(self._backend.backups), list(get_backend("dynamodb")))
        return json.dumps([tables, people, users, others], default=str)
