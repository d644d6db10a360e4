"""What each tenant uses, as CloudWatch metrics in embedded metric format, so that cost can be attributed to tenants.

Source: AWS, "Specification: Embedded metric format" (https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/
CloudWatch_Embedded_Metric_Format_Specification.html).
"""

from __future__ import annotations

import threading
from dataclasses import dataclass

from chalicelib import PRODUCT_TITLE

NAMESPACE = PRODUCT_TITLE


@dataclass(slots=True)
class Capacity:
    """Consumed capacity units of DynamoDB."""

    read: float = 0.0
    write: float = 0.0


class Usage:
    """Adds up what tenants consume until it is taken for their metrics; threads may share it."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._consumed: dict[str, Capacity] = {}

    def add(self, tenant_id: str, *, read: float = 0.0, write: float = 0.0) -> None:
        """Add consumed capacity units."""
        with self._lock:
            consumed = self._consumed.setdefault(tenant_id, Capacity())
            consumed.read += read
            consumed.write += write

    def take(self, tenant_id: str) -> Capacity:
        """Return what has been added up for a tenant, and begin anew."""
        with self._lock:
            return self._consumed.pop(tenant_id, Capacity())


def emit_metrics(tenant_id: str, consumed: Capacity, *, failed: bool) -> None:
    """Write one request's metrics of a tenant to standard output, from where CloudWatch takes them."""
    from aws_lambda_powertools.metrics import EphemeralMetrics, MetricUnit  # noqa: PLC0415 -- not at the cold start

    metrics = EphemeralMetrics(namespace=NAMESPACE)  # the other class shares its state between threads
    metrics.add_dimension("tenant", tenant_id)
    metrics.add_metric("Requests", MetricUnit.Count, 1)
    metrics.add_metric("Errors", MetricUnit.Count, int(failed))
    metrics.add_metric("ConsumedReadCapacity", MetricUnit.Count, consumed.read)
    metrics.add_metric("ConsumedWriteCapacity", MetricUnit.Count, consumed.write)
    metrics.flush_metrics()
