"""Metrics in Prometheus' form. Labels come from closed sets, never from ids."""

from prometheus_client import (
    CollectorRegistry,
    Counter,
    Gauge,
    PlatformCollector,
    ProcessCollector,
)

_PREFIX = "waybill_files_"


class Metrics:
    """One registry per application; `registry` is for what other routes count too."""

    def __init__(self) -> None:
        """Nothing has been counted."""
        self.registry = registry = CollectorRegistry()
        ProcessCollector(registry=registry)
        PlatformCollector(registry=registry)
        self.requests = Counter(
            f"{_PREFIX}requests",
            "Requests answered.",
            ("method", "status"),
            registry=registry,
        )
        self.stored = Counter(
            f"{_PREFIX}stored",
            "Files whose upload came to its end.",
            ("outcome",),
            registry=registry,
        )
        self.received_bytes = Counter(
            f"{_PREFIX}received_bytes",
            "Bytes of files received.",
            registry=registry,
        )
        self.sent_bytes = Counter(
            f"{_PREFIX}sent_bytes", "Bytes of files sent.", registry=registry
        )
        self.reaped = Counter(
            f"{_PREFIX}reaped",
            "What crashes had left, and was removed.",
            ("what",),
            registry=registry,
        )
        self.uploads = Gauge(
            f"{_PREFIX}uploads_in_hand", "Bodies being received.", registry=registry
        )
        self.downloads = Gauge(
            f"{_PREFIX}downloads_in_hand", "Bodies being sent.", registry=registry
        )
        self.room_bytes = Gauge(
            f"{_PREFIX}room_bytes", "What may still be written.", registry=registry
        )
