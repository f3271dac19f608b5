"""Which decisions were made, with which inputs. Pure."""

from collections.abc import Iterator
from typing import Any, Final, cast

from domain.data_flow.events import (
    DataFlowApproved,
    DataFlowCreated,
    DataFlowPrioritized,
    DataFlowReady,
)
from domain.location import CopyOptions
from domain.transfer.events import (
    DeletionsPlanned,
    DeletionsReleased,
    DeletionsWithheld,
    MultipartUploadLeft,
    PagePlanned,
    TransferPlanned,
    TransferPlanningStarted,
)
from projections.explain.notes import Notes
from projections.explain.sentences import finding, of_tally
from projections.explain.slowed import failures
from projections.explain.views import Finding
from projections.wording import counted, size

_OPTIONS: Final = {
    "sync": "what the destination has already is compared by {}",
    "plan": "its plan is to {}",
    "multipart_threshold_bytes": "objects beyond {} bytes go in parts",
    "part_size_bytes": "parts have {} bytes",
    "concurrency": "at most {} parts at once",
    "force_multipart": "every object goes in parts",
    "finite": "it has no end",
    "selection": "objects are selected: {}",
    "deletion": "what is extra at the destination is deleted: {}",
    "manifest": "the keys come from a manifest: {}",
    "failed_of": "it takes what could not be copied by {}",
    "tenant": "it uses the share of {}",
    "priority": "its priority is {}",
    "timing": "its times are {}",
    "properties": "the copies get {}",
}
_PLANS: Final = {"only": "be shown, and not carried out", "approve": "be approved"}


def decisions(notes: Notes) -> list[Finding]:
    """In the order of the log."""
    found = [
        *_asked(notes),
        *_planned(notes),
        *_parts(notes),
        *_operators(notes),
        *_deletions(notes),
        *_unplanned(notes),
        *failures(notes.failures),
    ]
    return sorted(found, key=lambda each: each.position)


def _asked(notes: Notes) -> Iterator[Finding]:
    if notes.created is None:
        return
    event = cast("DataFlowCreated", notes.created.event)
    terms = event.terms
    agreed = f"agreement {terms.agreement_id}" if terms.agreement_id else "no agreement"
    text = (
        f"{notes.created.metadata.actor} asked for it under {agreed}, by the profile"
        f" {terms.profile}, for dataset {terms.dataset_id or '-'}."
    )
    yield finding("asked", text, notes.created)
    said = _options(event.options)
    if said:
        yield finding("options", f"It was told: {'; '.join(said)}.", notes.created)
    ready = notes.first.get(DataFlowReady)
    if ready is not None:
        fetched = cast("DataFlowReady", ready.event).agreement is not None
        what = "the agreement was fetched, and " if fetched else ""
        text = f"It was let begin: {what}no policy check refused it."
        yield finding("ready", text, ready)


def _options(options: CopyOptions) -> list[str]:
    said: dict[str, Any] = options.model_dump(mode="json", exclude_defaults=True)
    words: list[str] = []
    for name, value in said.items():
        shown = _PLANS.get(str(value), str(value)) if name == "plan" else _shown(value)
        words.append(_OPTIONS.get(name, f"{name}: {{}}").format(shown))
    return words


def _shown(value: object) -> str:
    if isinstance(value, dict):
        pairs = cast("dict[str, Any]", value).items()
        return ", ".join(f"{name} {_shown(each)}" for name, each in pairs)
    if isinstance(value, list):
        return " ".join(str(each) for each in cast("list[object]", value))
    return str(value)


def _planned(notes: Notes) -> Iterator[Finding]:
    begun = notes.first.get(TransferPlanningStarted)
    if begun is not None:
        reason = cast("TransferPlanningStarted", begun.event).route_reason
        yield finding("route", f"The route was chosen: {reason}.", begun)
    past, last = notes.past.transfer, notes.last.get(PagePlanned)
    planned = notes.last.get(TransferPlanned)
    if past.pages:
        so_far = "" if planned is not None else " so far"
        text = (
            f"{past.objects} objects ({size(past.size_bytes)}) were planned{so_far}, in"
            f" {counted(past.pages, 'page')}, {counted(past.segments, 'segment')}."
        )
        yield finding("plan", text, planned or last)
    if past.skipped:
        counts = ", ".join(f"{n} {why}" for why, n in sorted(past.skipped.items()))
        yield finding("skipped", f"Listed, and not copied: {counts}.", planned or last)


def _parts(notes: Notes) -> Iterator[Finding]:
    for (route, part_size), tally in notes.plans.items():
        parts = f"in parts of {size(part_size)}" if part_size else "in one piece"
        text = (
            f"{counted(tally.count, 'large object')} ({size(tally.amount)}) went"
            f" {parts}, by {route}."
        )
        yield of_tally("part-plan", text, tally)


def _operators(notes: Notes) -> Iterator[Finding]:
    approved = notes.first.get(DataFlowApproved)
    if approved is not None:
        event = cast("DataFlowApproved", approved.event)
        plan = f"{event.objects} objects, {size(event.size_bytes)}"
        text = f"{approved.metadata.actor} has approved the plan: {plan}."
        yield finding("approved", text, approved)
    urgent = notes.last.get(DataFlowPrioritized)
    if urgent is not None:
        priority = cast("DataFlowPrioritized", urgent.event).priority
        text = f"{urgent.metadata.actor} has given it priority {priority}."
        yield finding("priority", text, urgent)


def _deletions(notes: Notes) -> Iterator[Finding]:
    planned = notes.last.get(DeletionsPlanned)
    if planned is not None:
        doomed = notes.past.transfer.deletions
        text = (
            f"{doomed.deletes} of {doomed.listed} objects at the destination are extra,"
            f" and to be deleted (list {doomed.digest})."
        )
        yield finding("deletions", text, planned)
    withheld = notes.last.get(DeletionsWithheld)
    if withheld is not None:
        event = cast("DeletionsWithheld", withheld.event)
        text = f"Nothing is deleted: {event.detail}."
        yield finding("deletions-withheld", text, withheld, code=event.code)
    released = notes.last.get(DeletionsReleased)
    if released is not None:
        text = "All was copied without an error, so that deletions may begin."
        yield finding("deletions-released", text, released)


def _unplanned(notes: Notes) -> Iterator[Finding]:
    for (what, route), tally in notes.rerouted.items():
        text = (
            f"{counted(tally.count, what)} went by {route}, and not as planned: the"
            " endpoint does not copy by itself."
        )
        yield of_tally("rerouted", text, tally)
    for what, tally in notes.adopted.items():
        verb = "was" if tally.count == 1 else "were"
        text = (
            f"{counted(tally.count, what)} ({size(tally.amount)}) {verb} found at the"
            " destination, proven, and not sent again."
        )
        yield of_tally("adopted", text, tally)
    left = notes.last.get(MultipartUploadLeft)
    if left is not None:
        event = cast("MultipartUploadLeft", left.event)
        text = "An unfinished upload of ours stays at the storage: we may not abort it."
        yield finding("upload-left", text, left, code=event.code)
