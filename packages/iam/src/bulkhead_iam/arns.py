"""ARN patterns: those of `Resource`, and those of the ARN condition operators, which differ.

Sources: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_resource.html and
https://docs.aws.amazon.com/IAM/latest/UserGuide/reference-arns.html
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from bulkhead_iam.errors import PolicyError
from bulkhead_iam.variables import ARN_SEGMENTS, Context, Template, Variable, is_wild, split_segments
from bulkhead_iam.wildcards import Token, Wildcard

if TYPE_CHECKING:
    from collections.abc import Sequence

_WITHIN_SEGMENT = {
    Wildcard.MANY: Wildcard.MANY_IN_SEGMENT,
    Wildcard.ONE: Wildcard.ONE_IN_SEGMENT,
}
_SERVICE = 2  # index of a segment
_ACCOUNT = 4
_RESOURCE = 5


class ResourcePattern:
    """One value of `Resource`.

    `*` and `?` stay within their segment of the ARN, but a `*` that ends its segment "can expand to match
    beyond the colon boundaries"; the resource part, behind the fifth colon, is one segment to its end.

    A policy variable may stand in the resource part and in the account segment. The page on variables allows only the
    first, but AWS takes its own AmazonTimestreamInfluxDBServiceRolePolicy, whose Resource is
    `arn:*:kms:*:${aws:PrincipalAccount}:key/*`.
    """

    __slots__ = ("_template",)

    def __init__(self, template: Template, *, element: str, completes: bool, expands: bool) -> None:
        """Check and compile.

        With `completes`, an ARN of fewer than six parts is completed with `*`, as AWS does in identity-based
        policies; with `expands`, one that ends in `*` is taken as it stands. Otherwise it is refused
        (Access Analyzer, "Missing ARN field"; a session policy that has one is a MalformedPolicyDocument).

        Raises PolicyError naming `element`.
        """
        if template.text == "*":
            self._template = template
            return
        segments = [segment.tokens for segment in split_segments(template)]
        _check(template.text, segments, element)
        if len(segments) < ARN_SEGMENTS:
            if completes:
                segments += [(Wildcard.MANY,)] * (ARN_SEGMENTS - len(segments))
            elif not (expands and segments[-1][-1:] == (Wildcard.MANY,)):
                raise PolicyError(element, template.text, "is an ARN with missing fields")
        tokens: list[Token | Variable] = []
        for index, segment in enumerate(segments):
            tokens.extend(":" if index else "")
            tokens.extend(segment if index == _RESOURCE else _within_segment(segment))
        self._template = Template(template.text, tuple(tokens))

    @property
    def fixed_text(self) -> str | None:
        """The ARN itself when it holds neither wildcard nor variable, so that a set lookup suffices."""
        template = self._template
        if template.fixed is None or is_wild(template):
            return None
        return "".join(token for token in template.tokens if isinstance(token, str))

    @property
    def template(self) -> Template:
        """The compiled pattern."""
        return self._template


def _check(text: str, segments: Sequence[Sequence[Token | Variable]], element: str) -> None:
    if list(segments[0]) != ["arn"]:
        raise PolicyError(element, text, 'is neither an ARN nor "*"')
    if len(segments) <= _SERVICE or not segments[_SERVICE]:
        raise PolicyError(element, text, "is an ARN without a service")
    if any(isinstance(token, Wildcard) for token in segments[_SERVICE]):
        raise PolicyError(element, text, "has a wildcard in the service segment of the ARN")
    for segment in segments[:_ACCOUNT]:
        if any(isinstance(token, Variable) for token in segment):
            raise PolicyError(
                element, text, "has a policy variable before the fifth colon of the ARN, outside its account segment"
            )


def _within_segment(segment: Sequence[Token | Variable]) -> list[Token | Variable]:
    """Confine every wildcard and variable to the segment, but for a `*` at its end."""
    confined: list[Token | Variable] = []
    for index, token in enumerate(segment):
        if isinstance(token, Variable):
            confined.append(replace(token, in_segment=True))
        elif isinstance(token, Wildcard) and (token is not Wildcard.MANY or index < len(segment) - 1):
            confined.append(_WITHIN_SEGMENT[token])
        else:
            confined.append(token)
    return confined


class ArnPattern:
    """One value of an ARN condition operator, whose six components are "checked separately"."""

    __slots__ = ("_segments",)

    def __init__(self, template: Template) -> None:
        """Compile; raises ValueError for a text that has not the six parts of an ARN."""
        segments = split_segments(template)
        if len(segments) != ARN_SEGMENTS or segments[0].tokens != ("arn",):
            raise ValueError(template.text)
        self._segments = segments

    def matches(self, segments: Sequence[str], context: Context) -> bool | None:
        """Tell whether the six segments of an ARN match; None where the documentation leaves it open.

        The value of a variable stays in its segment. Where one outside the resource part holds a colon, AWS
        does not say whether it may reach into the next, so there is no telling.
        """
        for index, (pattern, segment) in enumerate(zip(self._segments, segments, strict=True)):
            matcher = pattern.bind(context)
            if matcher is None:
                return False
            if not matcher(segment):
                return None if index < _RESOURCE and _holds_colon(pattern, context) else False
        return True


def _holds_colon(pattern: Template, context: Context) -> bool:
    return any(isinstance(token, Variable) and ":" in (token.value(context) or "") for token in pattern.tokens)
