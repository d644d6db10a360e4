"""What a policy document that cannot be enforced as written raises."""


class PolicyError(ValueError):
    """A malformed policy document; the message names the element and the value, and says what is expected.

    Nothing of a refused document is ever evaluated: guessing what its author meant would fake a verdict.
    """

    def __init__(self, element: str, value: object, reason: str) -> None:
        """Name the `element` (a path such as `Statement[0].Effect`), its `value`, and the `reason`."""
        self.element = element
        self.value = value
        super().__init__(f"{element}: {value!r} {reason}")


class UnsupportedConditionError(PolicyError):
    """A condition operator that AWS does not document."""
