"""What a flow's state must have been, by plain counting in the JSON of its events.

It shares no code with the fold: every value is looked up or counted anew in all lines
up to a position, as a patient person with the printed history would do it.
"""

from typing import Any

from tests.projections.past_oracle_work import (
    Line,
    failed,
    large,
    leases,
    of,
    outcomes,
    segments,
    totals,
)

_STATES = {
    "data-flow.starting.v1": "STARTING",
    "data-flow.ready.v1": "STARTED",
    "data-flow.suspended.v1": "SUSPENDED",
    "data-flow.resumed.v1": "STARTED",
    "data-flow.terminated.v1": "TERMINATED",
    "data-flow.completed.v1": "COMPLETED",
}
_PHASES = {
    "STARTED": "running",
    "SUSPENDED": "paused",
    "COMPLETED": "finished",
    "TERMINATED": "finished",
}
_BY_THE_WAY = ("segment.paced", "endpoint.")
# Of all these, what the read models had no part in.
_NO_PROGRESS = (
    *("data-flow.signal-ignored", "data-flow.prioritized", "callback."),
    *("transfer.object-planned", "transfer.multipart", "transfer.deletions-released"),
    *("segment.planned", "segment.parked", *_BY_THE_WAY),
)


def state_of(lines: list[Line]) -> dict[str, Any]:
    """The state after these lines, which begin with the flow's first event."""
    own = [x for x in lines if x["topic"].startswith("data-flow.")]
    final = _state(lines) in {"COMPLETED", "TERMINATED"}
    progress = _progress(lines)
    cut = large(lines)
    return {
        "dataFlowId": lines[0]["data"]["data_flow_id"],
        "position": lines[-1]["position"],
        "at": lines[-1]["recordedAt"],
        "events": len(lines),
        "flow": _flow(lines, own),
        "progress": progress,
        "priority": _last(lines, "data-flow.prioritized", "priority", 3),
        "approved": progress["approved"],
        "resumes": len(of(lines, "data-flow.resumed")),
        "final": final,
        "movesData": True,
        "waitsFor": progress["waitsFor"],
        "pages": len(of(lines, "transfer.page-planned")),
        "uploads": len(of(lines, "transfer.multipart-upload-created"))
        - sum(each["outcome"] == "copied" for each in cut),
        "segments": segments(lines),
        "leases": leases(lines),
        "large": sorted(cut, key=lambda each: each["outcome"] is not None),
        "largeOmitted": 0,
        "callbacks": _callbacks(lines),
        "door": dict.fromkeys(
            (
                *("uploadsOpen", "partsReceived", "objectsReceived", "bytesReceived"),
                *("uploadsAborted", "reads", "readsComplete", "bytesServed"),
            ),
            0,
        ),
    }


def _last(lines: list[Line], name: str, field: str, otherwise: Any) -> Any:
    found = of(lines, name)
    return found[-1]["data"][field] if found else otherwise


def _state(lines: list[Line]) -> str:
    return [_STATES[x["topic"]] for x in lines if x["topic"] in _STATES][-1]


def _since_state(lines: list[Line]) -> list[Line]:
    last = max(i for i, x in enumerate(lines) if x["topic"] in _STATES)
    return lines[last + 1 :]


def _error(lines: list[Line]) -> Line | None:
    """The last error, unless the flow was resumed or made ready since."""
    for line in reversed(lines):
        if of([line], "data-flow.resumed", "data-flow.ready"):
            return None
        if of([line], "data-flow.errored"):
            data: Line = line["data"]
            return data
    return None


def _flow(lines: list[Line], own: list[Line]) -> dict[str, Any]:
    first = lines[0]["data"]
    said, error = first["terms"], _error(lines)
    places = {
        side: {name: first[side][name] for name in ("mechanism", "fields")}
        for side in ("source", "destination")
    }
    return {
        "dataFlowId": first["data_flow_id"],
        "role": "provider",
        "direction": first["direction"],
        "profile": said["profile"],
        "state": _state(lines),
        "participantId": said["participant_id"],
        "counterPartyId": said["counter_party_id"],
        "agreementId": said["agreement_id"],
        "datasetId": said["dataset_id"],
        **places,
        "errorCode": error and error["code"],
        "errorDetail": error and error["detail"],
        "createdAt": own[0]["occurredAt"],
        "updatedAt": own[-1]["occurredAt"],
        "controlPlaneId": "",
        "version": own[-1]["version"],
        "position": own[-1]["position"],
    }


def _progress(lines: list[Line]) -> dict[str, Any]:
    state, planned = _state(lines), totals(lines)
    parts = [x["data"] for x in of(lines, "segment.part-copied")]
    packed = [
        o for x in of(lines, "segment.objects-copied") for o in x["data"]["objects"]
    ]
    copied = sum(p["length_bytes"] for p in parts)
    copied += sum(o["size_bytes"] for o in packed if not o["error"])
    ends = [
        x["topic"]
        for x in of(lines, "segment.done", "segment.failed")
        if not x["data"]["segment_id"].endswith("-c")
    ]
    taken = of(lines, "segment.leased")
    error = _error(lines)
    waits, until = _waits(lines)
    counted = [x for x in lines if not x["topic"].startswith(_NO_PROGRESS)]
    begun = of(lines, "transfer.planning-started")
    over = of(lines, "data-flow.completed")
    percent = 100 * copied / planned["bytesTotal"] if planned["bytesTotal"] else None
    return {
        **planned,
        "dataFlowId": lines[0]["data"]["data_flow_id"],
        "state": state,
        "phase": _phase(lines),
        "errorCode": error and error["code"],
        "listingComplete": bool(of(lines, "transfer.planned")),
        "transferComplete": bool(of(lines, "transfer.completed")),
        "objectsCopied": sum(not o["error"] for o in outcomes(lines)),
        "objectsFailed": failed(lines),
        "bytesCopied": copied,
        "partsCopied": len(parts),
        "segmentsDone": ends.count("segment.done.v1"),
        "segmentsFailed": ends.count("segment.failed.v1"),
        "leases": len(taken),
        "repeatedLeases": sum(x["version"] > 2 for x in taken),
        "startedAt": begun[0]["occurredAt"] if begun else None,
        "updatedAt": counted[-1]["recordedAt"],
        "finishedAt": over[0]["occurredAt"] if over else None,
        "position": counted[-1]["position"],
        "plan": lines[0]["data"]["options"].get("plan", "run"),
        "approved": bool(of(lines, "data-flow.approved")),
        "objectsDeleted": sum(
            each["fate"] == "deleted"
            for x in of(lines, "segment.objects-deleted")
            for each in x["data"]["objects"]
        ),
        "waitsFor": waits,
        "waitsUntil": until,
        "objectsSkipped": sum(planned["skipped"].values()),
        "percent": None if percent is None else round(percent, 2),
    }


def _phase(lines: list[Line]) -> str:
    state = _state(lines)
    asked = lines[0]["data"]["options"].get("plan", "run") != "run"
    held = asked and not of(lines, "data-flow.approved")
    if of(_since_state(lines), "data-flow.errored"):
        return "errored"
    if state == "STARTED" and held and of(lines, "transfer.planned"):
        return "planned"
    return _PHASES.get(state, "waiting")


def _waits(lines: list[Line]) -> tuple[str | None, str | None]:
    state = _state(lines)
    if state in {"COMPLETED", "TERMINATED"}:
        return None, None
    for line in reversed(_since_state(lines)):
        if of([line], "transfer.taken-up"):
            break
        if of([line], "transfer.deferred"):
            return line["data"]["reason"], line["data"]["until"]
        if of([line], "transfer.waiting"):
            return "credentials", None
    if _phase(lines) == "planned":
        return "approval", None
    words = {"STARTING": "preparation", "SUSPENDED": "resume"}
    return words.get(state), None


def _callbacks(lines: list[Line]) -> list[dict[str, Any]]:
    kinds = {"ready": "started", "errored": "errored", "completed": "completed"}
    found: list[dict[str, Any]] = []
    for line in lines:
        name = line["topic"].split(".")[1]
        if not line["topic"].startswith("data-flow.") or name not in kinds:
            continue
        tries = [
            x
            for x in of(lines, "callback.attempt-failed")
            if x["data"]["about"] == line["eventId"]
        ]
        last = tries[-1]["data"] if tries else None
        found.append(
            {
                "kind": kinds[name],
                "state": "pending",
                "attempts": last["attempt"] if last else 0,
                "lastError": last["detail"] if last else None,
                "nextAttemptAt": last["next_attempt_at"]
                if last
                else line["recordedAt"],
                "position": line["position"],
            }
        )
    return found
