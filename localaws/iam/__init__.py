"""An evaluator of AWS IAM policies: pure functions, no I/O.

`Policy.parse` checks and compiles a document once; `evaluate` decides a request and says what decided. The
semantics are those of AWS's documentation; where it is silent, the reading that refuses is taken, and the place
in the code says so. Nothing unknown is ever allowed.
"""

from localaws.iam.conditions import UnmetCondition
from localaws.iam.decisions import Decision, Effect, PolicySet, Request
from localaws.iam.errors import PolicyError, UnsupportedConditionError
from localaws.iam.evaluation import evaluate
from localaws.iam.kinds import PolicyKind
from localaws.iam.policy import Policy
from localaws.iam.principals import Principal
from localaws.iam.variables import ContextValue

__all__ = [
    "ContextValue",
    "Decision",
    "Effect",
    "Policy",
    "PolicyError",
    "PolicyKind",
    "PolicySet",
    "Principal",
    "Request",
    "UnmetCondition",
    "UnsupportedConditionError",
    "evaluate",
]
