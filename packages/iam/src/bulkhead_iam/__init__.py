"""An evaluator of AWS IAM policies: pure functions, no I/O.

`Policy.parse` checks and compiles a document once; `evaluate` decides a request and says what decided. The
semantics are those of AWS's documentation; where it is silent, the reading that refuses is taken, and the place
in the code says so. Nothing unknown is ever allowed.
"""

from bulkhead_iam.conditions import UnmetCondition
from bulkhead_iam.decisions import Decision, Effect, PolicySet, Request
from bulkhead_iam.errors import PolicyError, UnsupportedConditionError
from bulkhead_iam.evaluation import evaluate
from bulkhead_iam.kinds import PolicyKind
from bulkhead_iam.policy import Policy
from bulkhead_iam.principals import Principal
from bulkhead_iam.variables import ContextValue

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
