"""What resumable uploads count, in Prometheus' form. Labels are from closed sets."""

from prometheus_client import CollectorRegistry, Counter, Gauge

from domain.upload.events import Protocol
from handlers.files.uploads.queue import FairQueue


class UploadMetrics:
    """In the file server's registry."""

    def __init__(self, registry: CollectorRegistry) -> None:
        """Nothing has been counted."""

        def counter(name: str, text: str, *labels: str) -> Counter:
            return Counter(f"waybill_uploads_{name}", text, labels, registry=registry)

        self._begun = counter("begun", "Uploads begun.", "protocol")
        self._completed = counter("completed", "Uploads that became files.", "protocol")
        self._aborted = counter("aborted", "Uploads that came to nothing.", "reason")
        self._chunks = counter("chunks", "Checkpoints recorded.", "protocol")
        self._bytes = counter("bytes", "Bytes of recorded checkpoints.", "protocol")
        self._refused = counter("refused", "Chunks answered 429.")
        self._registry = registry

    def watch(self, slots: FairQueue) -> None:
        """Tell how full it is, whenever somebody asks."""

        def gauge(name: str, text: str) -> Gauge:
            return Gauge(f"waybill_uploads_{name}", text, registry=self._registry)

        held = gauge("inflight", "Chunks that are being written.")
        held.set_function(lambda: len(slots.held))
        waiting = gauge("queued", "Chunks that wait for their turn.")
        waiting.set_function(lambda: len(slots.waiting))

    def begun(self, protocol: Protocol) -> None:
        self._begun.labels(protocol).inc()

    def completed(self, protocol: Protocol) -> None:
        self._completed.labels(protocol).inc()

    def aborted(self, reason: str) -> None:
        self._aborted.labels(reason).inc()

    def stored(self, protocol: Protocol, size_bytes: int) -> None:
        self._chunks.labels(protocol).inc()
        self._bytes.labels(protocol).inc(size_bytes)

    def refused(self) -> None:
        self._refused.inc()
