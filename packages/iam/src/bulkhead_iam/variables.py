"""Policy variables: `${aws:username}`, `${key, 'default'}`, and the literals `${*}`, `${?}` and `${$}`.

Source: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_variables.html
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

from bulkhead_iam.errors import PolicyError
from bulkhead_iam.folding import ascii_lower
from bulkhead_iam.wildcards import Matcher, Token, Wildcard, compile_tokens, tokenize

ContextValue = str | tuple[str, ...]
Context = Mapping[str, ContextValue]  # keys in lower case

# A name holds no space ("Unsupported space in variable", Access Analyzer's policy checks) and, like every
# condition key, a service prefix; a default stands in single quotes after a comma and one space.
_VARIABLE = re.compile(r"\$\{(?:([*?$])|([^\s{}$*?',:]+:[^\s{}$*?',]+)(?:, '([^'{}]*)')?)\}")


@dataclass(frozen=True, slots=True)
class Variable:
    """A reference to one condition key, with the default that the policy gives, if any.

    With `in_segment`, one that stands for a segment of an ARN, or a part of one: a value with a colon would reach into
    the next, so it counts as none.
    """

    key: str  # lower case
    default: str | None
    text: str
    in_segment: bool = False

    def value(self, context: Context) -> str | None:
        """Return the text that stands for the variable; None when it has no value.

        A key that is absent or empty has no value, and then the default counts. A multivalued key cannot
        be a policy variable (AWS: "Single-valued vs. multivalued context keys"); whether its default would
        then count is not documented, so it has no value at all.
        """
        value = context.get(self.key) or self.default
        if not isinstance(value, str) or (self.in_segment and ":" in value):
            return None
        return value


class Template:
    """Policy text, compiled: literals, wildcards and variables.

    The value of a variable is literal: a `*` or `?` in it is no wildcard.
    """

    __slots__ = ("_matcher", "text", "tokens")

    def __init__(self, text: str, tokens: tuple[Token | Variable, ...]) -> None:
        """Compile `tokens` at once where no variable stands among them."""
        self.text = text
        self.tokens = tokens
        fixed = [token for token in tokens if not isinstance(token, Variable)]
        self._matcher: Matcher | None = compile_tokens(fixed) if len(fixed) == len(tokens) else None

    @property
    def fixed(self) -> Matcher | None:
        """The matcher of a text without variables; None when it depends on the request."""
        return self._matcher

    def resolve(self, context: Context) -> list[Token] | None:
        """Return the tokens with every variable replaced; None when one has no value."""
        resolved: list[Token] = []
        for token in self.tokens:
            if token.__class__ is Variable:
                value = token.value(context)
                if value is None:
                    return None
                resolved.append(value)
            else:
                resolved.append(token)  # type: ignore[arg-type]  # not a Variable: tested by class, for speed
        return resolved

    def bind(self, context: Context) -> Matcher | None:
        """Return the matcher for this request; None when a variable has no value, so that nothing matches."""
        if self._matcher is not None:
            return self._matcher
        resolved = self.resolve(context)
        return None if resolved is None else compile_tokens(resolved)

    def literal(self, context: Context) -> str | None:
        """Return the text for this request; None when a variable has no value. For texts without wildcards."""
        resolved = self.resolve(context)
        return None if resolved is None else "".join(token for token in resolved if isinstance(token, str))

    def shown(self, context: Context) -> str:
        """Return the text for people to read, with variables replaced where they have a value."""
        if self._matcher is not None:
            return self.text
        parts = []
        for token in self.tokens:
            if isinstance(token, Variable):
                parts.append(token.value(context) or token.text)
            else:
                parts.append(token if isinstance(token, str) else token.value[0])
        return "".join(parts)


def parse_template(text: str, *, element: str, variables: bool, wildcards: bool) -> Template:
    """Parse policy text; without `variables` (Version 2008-10-17 or none) `${…}` is literal text.

    Raises PolicyError for a malformed variable.
    """
    if not variables:
        return Template(text, tokenize(text) if wildcards else (text,))
    tokens: list[Token | Variable] = []
    position = 0
    while (start := text.find("${", position)) >= 0:
        found = _VARIABLE.match(text, start)
        if found is None:
            raise PolicyError(element, text, "holds a malformed policy variable")
        _append(tokens, text[position:start], wildcards=wildcards)
        literal, key, default = found.groups()
        if literal is not None:
            tokens.append(literal)
        else:
            tokens.append(Variable(ascii_lower(key), default, found.group()))
        position = found.end()
    _append(tokens, text[position:], wildcards=wildcards)
    return Template(text, tuple(tokens))


def _append(tokens: list[Token | Variable], text: str, *, wildcards: bool) -> None:
    """Append plain policy text to `tokens`."""
    if text:
        tokens.extend(tokenize(text) if wildcards else (text,))


def split_segments(template: Template) -> list[Template]:
    """Split at the first five colons, but not at a colon inside a variable: the parts of an ARN."""
    segments: list[list[Token | Variable]] = [[]]
    for token in template.tokens:
        if isinstance(token, str):
            first, *others = token.split(":", ARN_SEGMENTS - len(segments))
            _append(segments[-1], first, wildcards=False)
            for other in others:
                segments.append([])
                _append(segments[-1], other, wildcards=False)
        else:
            segments[-1].append(token)
    return [Template(template.text, tuple(tokens)) for tokens in segments]


ARN_SEGMENTS = 6
"""arn:partition:service:region:account:resource"""


def is_wild(template: Template) -> bool:
    """Tell whether a wildcard stands in the template."""
    return any(isinstance(token, Wildcard) for token in template.tokens)
