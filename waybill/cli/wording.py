"""Events and places in words, one line each."""

from collections import Counter
from collections.abc import Callable, Mapping
from typing import Any

from projections.views import HistoryLine, Place
from projections.wording import duration, size

__all__ = ["cause", "duration", "line", "place", "size"]

Fields = Mapping[str, Any]


def place(location: Place | None) -> str:
    """A location as a URL, as far as it is known."""
    if location is None or not location.fields:
        return "-"
    fields = location.fields
    if "endpoint" in fields:
        return str(fields["endpoint"])
    path = fields.get("key") or fields.get("prefix") or ""
    if "bucket" not in fields:
        # A file of the plane's own store, by its id or its name.
        return f"{location.mechanism}:{path}"
    return f"{location.mechanism}://{fields['bucket']}/{path}"


def line(event: HistoryLine) -> str:
    """An event of the history: position, topic, stream, version, and what matters."""
    words = _WORDS.get(event.topic, _nothing)(event.data)
    # The topic begins with the stream's category.
    name = f"{event.stream.partition('/')[2]} #{event.version}"
    return f"{event.position:>6} {event.topic:<36} {name:<13} {words}".rstrip()


def cause(event: HistoryLine) -> str:
    """When it happened, who did it, and what it follows from."""
    at = f"{event.occurred_at:%Y-%m-%d %H:%M:%S.%f}"
    because = f"by {event.actor}, because of {event.causation_id}"
    return f"{'':>6} {at} UTC {because}, of {event.correlation_id}"


def _nothing(_: Fields) -> str:
    return ""


def _route(data: Fields) -> str:
    return " → ".join(
        place(Place.model_validate(data[side]) if data[side] else None)
        for side in ("source", "destination")
    )


def _object(data: Fields) -> str:
    planned = data["object"]
    parts = -(-planned["size_bytes"] // planned["part_size_bytes"])
    return (
        f"{planned['source_key']}: {size(planned['size_bytes'])} in {parts} parts of"
        f" {size(planned['part_size_bytes'])}, {data['route']}"
    )


def _work(data: Fields) -> str:
    work = data["work"]
    match work["kind"]:
        case "parts":
            return f"parts {work['first']}-{work['last']}"
        case "pack":
            return f"{len(work['objects'])} objects"
        case "deletion":
            return f"{len(work['objects'])} objects to delete"
        case _:
            return f"complete {work['object']['destination_key']}"


def _totals(data: Fields) -> str:
    return f"{data['objects']} objects, {size(data['size_bytes'])}"


def _plan(data: Fields) -> str:
    skipped = sum(data.get("skipped", {}).values())
    note = f", {skipped} skipped" if skipped else ""
    return f"{_totals(data)}{note}"


def _deletions(data: Fields) -> str:
    return f"{data['deletes']} of {data['listed']} objects"


def _fates(data: Fields) -> str:
    counts = Counter(each["fate"] for each in data["objects"])
    return ", ".join(f"{count} {fate}" for fate, count in sorted(counts.items()))


def _part(data: Fields) -> str:
    found = ", found there" if data["adopted"] else ""
    found += f", by {data['route']}" if data.get("route") else ""
    return f"part {data['part_number']}, {size(data['length_bytes'])}{found}"


def _outcomes(data: Fields) -> str:
    failed = sum(1 for each in data["objects"] if each["error"])
    note = f", {failed} failed" if failed else ""
    return f"{len(data['objects'])} objects{note}"


def _outcome(data: Fields) -> str:
    outcome = data["object"]
    return f"{outcome['verdict']} crc64nvme {outcome['crc64nvme'] or '-'}"


def _lease(data: Fields) -> str:
    return f"{data['worker']}, epoch {data['epoch']}"


def _reason(data: Fields) -> str:
    return str(data.get("reason") or "")


def _error(data: Fields) -> str:
    return f"{data['code']}: {data['detail']}"


def _pace(data: Fields) -> str:
    counts = f"{data['requests_before']} to {data['requests_after']} requests at once"
    return f"{data['endpoint']}: {counts}, {data['reason']}"


def _tuning(data: Fields) -> str:
    counts = f"{data['requests_before']} to {data['requests_after']} at once"
    rates = f"{data['requests_per_second']:.0f}/s, {size(data['bytes_per_second'])}/s"
    ends = f"{data['source']} → {data['destination']}"
    return f"{ends}: {counts}, {data['reason']} ({rates})"


def _outage(data: Fields) -> str:
    return f"{data['endpoint']}: {data['failures']} failures, {data['reason']}"


def _return(data: Fields) -> str:
    return f"{data['endpoint']}: away for {data['seconds']:.0f} s"


def _finished(data: Fields) -> str:
    return f"by the {data['by']}"


def _received(data: Fields) -> str:
    return f"{data['key']}: {size(data['size_bytes'])}, {data['verdict']}"


def _received_part(data: Fields) -> str:
    return f"part {data['part_number']}, {size(data['size_bytes'])}"


def _served(data: Fields) -> str:
    reads = f"{data['requests']} reads, {data['complete']} to the end"
    return f"{data['key']}: {reads}, {size(data['size_bytes'])}"


def _told(data: Fields) -> str:
    failed = f": {data['detail']}" if "detail" in data else ""
    return f"{data['kind']}, attempt {data['attempt']}{failed}"


def _upload(data: Fields) -> str:
    return f"upload {data['upload_id'][:16]}…"


_WORDS: Mapping[str, Callable[[Fields], str]] = {
    "archive.flow-archived.v1": lambda data: str(data["place"]),
    "data-flow.started.v1": _route,
    "data-flow.prepared.v1": _route,
    "data-flow.suspended.v1": _reason,
    "data-flow.terminated.v1": _reason,
    "data-flow.completed.v1": _finished,
    "data-flow.approved.v1": _totals,
    "data-flow.prioritized.v1": lambda data: f"priority {data['priority']}",
    "data-flow.errored.v1": _error,
    "transfer.planning-started.v1": lambda data: str(data["route_reason"]),
    "transfer.object-planned.v1": _object,
    "transfer.multipart-upload-created.v1": _upload,
    "transfer.multipart-upload-aborted.v1": _upload,
    "transfer.page-planned.v1": _plan,
    "transfer.planned.v1": _plan,
    "transfer.deletions-planned.v1": _deletions,
    "transfer.deletions-released.v1": lambda data: f"{data['deletes']} objects",
    "transfer.deletions-withheld.v1": _error,
    "segment.objects-deleted.v1": _fates,
    "transfer.completed.v1": _totals,
    "transfer.failed.v1": _error,
    "transfer.waiting.v1": _error,
    "transfer.deferred.v1": lambda data: f"{data['reason']}: until {data['until']}",
    "transfer.deadline-missed.v1": lambda data: str(data["deadline"]),
    "transfer.multipart-upload-left.v1": _upload,
    "segment.planned.v1": _work,
    "segment.leased.v1": _lease,
    "segment.part-copied.v1": _part,
    "segment.objects-copied.v1": _outcomes,
    "segment.object-copied.v1": _outcome,
    "segment.parked.v1": _reason,
    "segment.paced.v1": _pace,
    "segment.failed.v1": _error,
    "reception.upload-planned.v1": lambda data: str(data["key"]),
    "reception.upload-opened.v1": lambda data: str(data["key"]),
    "reception.part-received.v1": _received_part,
    "reception.object-received.v1": _received,
    "reception.upload-aborted.v1": _reason,
    "delivery.object-served.v1": _served,
    "callback.delivered.v1": _told,
    "callback.attempt-failed.v1": _told,
    "endpoint.concurrency-tuned.v1": _tuning,
    "endpoint.circuit-opened.v1": _outage,
    "endpoint.circuit-closed.v1": _return,
}
