"""Mutants of the pre-token trigger: it tags a token from what its user says."""

from __future__ import annotations

from typing import TYPE_CHECKING

from isolation.attack.outcomes import VICTIM
from isolation.mutants.edits import Source
from isolation.mutants.model import Attack, Control, Kind, Mutant, Naming, Place

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from typing import Any

    from isolation.mutants.code import EntityCode

#: Where the trigger is, and its name.
TRIGGER_FILE, TRIGGER = "chalicelib/tenancy/token_tags.py", "tag_id_token"
_METADATA = 'event["request"].get("clientMetadata", {})'
_TENANT = "custom:tenantID"
_NAMES = ("tenant", "tenant_id", "org", "workspace")
_WRITABLE = ("nickname", "profile", "website")
_ATTRIBUTES, _READ = "event['request']['userAttributes']", "attributes.get(_TENANT, '')"


def trigger_mutants(codes: tuple[EntityCode, ...]) -> Iterator[Mutant]:
    """Return the trigger with another source of the tenant; its tokens are tried on a list of each entity."""
    if not codes:
        return
    source = Source(codes[0].served.code, TRIGGER_FILE)
    function = source.function(TRIGGER)
    (attributes,), (tenant,) = source.expressions(function, _ATTRIBUTES), source.expressions(function, _READ)
    forms = [(attributes, Naming(Place.METADATA, _TENANT), f"{{**<>, **{_METADATA}}}", "over its attributes")]
    for name in _NAMES:
        naming = Naming(Place.METADATA, name)
        over = f'{{**<>, "{_TENANT}": {_METADATA}["{name}"]}}'
        forms += [
            (attributes, naming, over, "in place of its attribute"),
            (tenant, naming, f'{_METADATA}.get("{name}") or <>', "before its attribute"),
        ]
    forms += [
        (tenant, Naming(Place.ATTRIBUTE, name), f'attributes.get("{name}") or <>', "before its attribute")
        for name in _WRITABLE
    ]
    for node, naming, form, words in forms:
        attacks = tuple(Attack(each.target, each.target.lists, naming) for each in codes if each.target.lists)
        name = f"{TRIGGER}: the tenant from the {naming}, {words}"
        yield Mutant(name, Kind.TRIGGER, "", (source.replaced(node, form),), attacks, Control.TAGS)


def event_of(attributes: Mapping[str, str], naming: Naming) -> dict[str, Any]:
    """Return the event of a sign-in that names the victim there: what Cognito hands to the trigger.

    Source: AWS, "Pre token generation Lambda trigger", version 2 (https://docs.aws.amazon.com/cognito/latest/
    developerguide/user-pool-lambda-pre-token-generation.html).
    """
    metadata = {naming.name: VICTIM} if naming.place is Place.METADATA else {}
    written = {naming.name: VICTIM} if naming.place is Place.ATTRIBUTE else {}
    return {
        "version": "2",
        "triggerSource": "TokenGeneration_Authentication",
        "userName": attributes["sub"],
        "request": {"userAttributes": {**attributes, **written}, "clientMetadata": metadata, "scopes": []},
        "response": {"claimsAndScopeOverrideDetails": None},
    }
