"""When one value of the request equals, precedes or lies in a value of the policy, for each operator family.

Source: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_condition_operators.html

**Doubt refuses.** Where AWS's documentation does not say whether a value matches, the answer is the one that
refuses the request: in an Allow statement the condition does not hold, in a Deny statement it does. The
functions here are told through `Reading.doubt` what such a match counts as.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import NamedTuple, TypeVar

from bulkhead_iam.arns import ArnPattern
from bulkhead_iam.errors import PolicyError
from bulkhead_iam.folding import ascii_lower, broad_fold
from bulkhead_iam.values import parse_address, parse_binary, parse_network
from bulkhead_iam.variables import Context, Template, parse_template
from bulkhead_iam.wildcards import Matcher

_Value = TypeVar("_Value")

Test = Callable[[Context], Matcher]
"""For one request, the function that tests one of its values."""


@dataclass(frozen=True, slots=True)
class Reading:
    """How the values of one condition are read."""

    element: str
    variables: bool  # Version 2012-10-17
    doubt: bool  # whether a match on which the documentation is silent counts as one
    accept_mistyped: bool  # whether a value of the wrong type is kept, as AWS does, and never decided

    def template(self, text: str, *, wildcards: bool) -> Template:
        """Parse one value that may hold variables."""
        return parse_template(text, element=self.element, variables=self.variables, wildcards=wildcards)

    def mistyped(self, text: str, wanted: str) -> None:
        """Refuse a value of the wrong type, unless such values are accepted; raises PolicyError."""
        if not self.accept_mistyped:
            if self.variables and "${" in text:
                wanted += "; no policy variable can stand here"
            raise PolicyError(self.element, text, f"is not {wanted}")


class Equality(NamedTuple):
    """A compiled list of wanted values: does one value of the request equal one of them?"""

    test: Test
    undecided: bool = False  # a wanted value was mistyped: what it equals is anyone's guess


Family = Callable[[Sequence[str], Reading], Equality]


def always(matcher: Matcher) -> Test:
    """Return the test that is the same for every request."""
    return lambda _context: matcher


def string_equals(values: Sequence[str], reading: Reading) -> Equality:
    """Compare strings, case-sensitively; `*` and `?` are literal."""
    return _literals([reading.template(value, wildcards=False) for value in values], str)


def string_equals_ignore_case(values: Sequence[str], reading: Reading) -> Equality:
    """Compare strings without regard to case; `*` and `?` are literal.

    "Exact matching, ignoring case": of letters beyond ASCII AWS does not say which ones are the same.
    """
    fold = broad_fold if reading.doubt else ascii_lower
    return _literals([reading.template(value, wildcards=False) for value in values], fold)


def _literals(templates: Sequence[Template], fold: Callable[[str], str]) -> Equality:
    fixed = frozenset(fold(template.literal({}) or "") for template in templates if template.fixed)
    variable = [template for template in templates if not template.fixed]
    if not variable:
        return Equality(always(lambda actual: fold(actual) in fixed))

    def test(context: Context) -> Matcher:
        wanted = {fold(text) for template in variable if (text := template.literal(context)) is not None}
        wanted |= fixed
        return lambda actual: fold(actual) in wanted

    return Equality(test)


def string_like(values: Sequence[str], reading: Reading) -> Equality:
    """Match strings, case-sensitively, with wildcards."""
    templates = [reading.template(value, wildcards=True) for value in values]
    if len(templates) == 1:
        only = templates[0]
        return Equality(lambda context: only.bind(context) or _matches_nothing)

    def test(context: Context) -> Matcher:
        matchers = [matcher for template in templates if (matcher := template.bind(context)) is not None]
        return lambda actual: any(matcher(actual) for matcher in matchers)

    return Equality(test)


def _matches_nothing(_actual: str) -> bool:
    return False


def arn(values: Sequence[str], reading: Reading) -> Equality:
    """Match ARNs segment by segment, with wildcards: ArnEquals and ArnLike "behave identically"."""
    patterns: list[ArnPattern] = []
    for value in values:
        try:
            patterns.append(ArnPattern(reading.template(value, wildcards=True)))
        except PolicyError:
            raise
        except ValueError:
            reading.mistyped(value, "an ARN of six parts")

    def test(context: Context) -> Matcher:
        def matches(actual: str) -> bool:
            segments = actual.split(":", 5)
            if len(segments) != 6 or segments[0] != "arn":  # noqa: PLR2004  # arn:partition:…:resource
                return False
            results = {pattern.matches(segments, context) for pattern in patterns}
            return True in results or (None in results and reading.doubt)

        return matches

    return Equality(test, undecided=len(patterns) < len(values))


def boolean(values: Sequence[str], reading: Reading) -> Equality:
    """Compare with true and false; the one typed operator that takes policy variables."""
    templates = [reading.template(value, wildcards=False) for value in values]
    for template in templates:
        if template.fixed and template.text not in _BOOLEANS:
            reading.mistyped(template.text, '"true" or "false"')

    def test(context: Context) -> Matcher:
        wanted = {template.literal(context) for template in templates} & _BOOLEANS

        def matches(actual: str) -> bool:
            # Whether AWS takes "True" for "true" is not documented.
            return actual in wanted or (reading.doubt and broad_fold(actual) in wanted)

        return matches

    mistyped = any(template.fixed and template.text not in _BOOLEANS for template in templates)
    return Equality(test, undecided=mistyped)


_BOOLEANS = frozenset(("true", "false"))


def _typed(
    values: Sequence[str], reading: Reading, parse: Callable[[str], _Value | None], wanted: str
) -> tuple[list[_Value], bool]:
    """Parse every value; also tell whether one is mistyped."""
    parsed = []
    for value in values:
        result = parse(value)
        if result is None:
            reading.mistyped(value, wanted)
        else:
            parsed.append(result)
    return parsed, len(parsed) < len(values)


def ordered(parse: Callable[[str], _Value | None], wanted: str, compare: Callable[[_Value, _Value], bool]) -> Family:
    """Build the family of one comparison; an actual value that cannot be read equals and precedes nothing."""

    def family(values: Sequence[str], reading: Reading) -> Equality:
        limits, mistyped = _typed(values, reading, parse, wanted)

        def matches(actual: str) -> bool:
            value = parse(actual)
            return value is not None and any(compare(value, limit) for limit in limits)

        return Equality(always(matches), undecided=mistyped)

    return family


def binary(values: Sequence[str], reading: Reading) -> Equality:
    """Compare bytes; the request's value, like the policy's, is base64 text."""
    parsed, mistyped = _typed(values, reading, parse_binary, "base64 text")
    return Equality(always(lambda actual: parse_binary(actual) in parsed), undecided=mistyped)


def ip_address(values: Sequence[str], reading: Reading) -> Equality:
    """Match addresses against ranges of the same IP version."""
    networks, mistyped = _typed(values, reading, parse_network, "an IP address or a range in CIDR notation")

    def matches(actual: str) -> bool:
        address = parse_address(actual)
        if address is None:
            return False
        version, number = address
        return any(version == network.version and number & network.mask == network.address for network in networks)

    return Equality(always(matches), undecided=mistyped)
