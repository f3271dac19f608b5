"""What happens with each error of the catalogue, and on which side it may be met.

For `docs/errors.md`; nothing is decided by it.
"""

from dataclasses import dataclass

from domain.errors import Side


@dataclass(frozen=True)
class Note:
    """`happens` is what the plane does then, and what becomes of the flow."""

    sides: tuple[Side, ...]
    happens: str


_CALLER, _PLANE = (Side.CALLER,), (Side.PLANE,)
_SOURCE, _DESTINATION = (Side.SOURCE,), (Side.DESTINATION,)
_STORAGE = (Side.SOURCE, Side.DESTINATION)
_REFUSED = "The message is refused; no flow changes."
_NOT_LET_IN = "The request is refused, and the refusal is recorded; no flow changes."
_NOT_BEGUN = "The flow does not begin: `errored`, and the state stays."
_OBJECT_FAILS = "The object gets this outcome; the flow's others go on."

NOTES: dict[str, Note] = {
    "message.invalid": Note(_CALLER, _REFUSED),
    "profile.unsupported": Note(_CALLER, _REFUSED),
    "address.invalid": Note(_CALLER, _REFUSED),
    "address.missing": Note(_CALLER, _REFUSED),
    "address.unexpected": Note(_CALLER, _REFUSED),
    "address.not-allowed": Note(_CALLER, _REFUSED),
    "flow.unknown": Note(_CALLER, _REFUSED),
    "flow.exists": Note(_CALLER, _REFUSED),
    "flow.illegal-transition": Note(_CALLER, _REFUSED),
    "flow.not-planned": Note(_CALLER, _REFUSED),
    "flow.suspended": Note(_CALLER, "The data door waits with the flow: 503."),
    "flow.not-completed": Note(
        _CALLER, "There is no receipt: 409. What was not completed has none, ever."
    ),
    "flow.ended": Note(_CALLER, "The data door is closed for the flow: 410."),
    "flow.shredded": Note(
        _CALLER, "Its archive's key is destroyed: 410 for its history. It verifies."
    ),
    "archive.unreadable": Note(
        _PLANE, "Of an archived flow: its history cannot be shown. Nothing is deleted."
    ),
    "access.token-missing": Note(_CALLER, _NOT_LET_IN),
    "access.token-invalid": Note(_CALLER, _NOT_LET_IN),
    "access.token-replayed": Note(_CALLER, _NOT_LET_IN),
    "access.control-plane-unknown": Note(_CALLER, _NOT_LET_IN),
    "access.scope-missing": Note(_CALLER, _NOT_LET_IN),
    "access.flow-of-another": Note(_CALLER, _NOT_LET_IN),
    "access.cross-site": Note(
        _CALLER, "A browser asks for another site: the request is refused, unrecorded."
    ),
    "access.operator-key-unset": Note(_CALLER, _NOT_LET_IN),
    "access.keys-unavailable": Note(
        _PLANE, "A request is answered 503; a durable signal is kept and read again."
    ),
    "access.token-unavailable": Note(
        _PLANE, "The callback stays owed, and is tried again with growing delays."
    ),
    "task.unknown": Note(
        _CALLER, "The request is refused: 404. Of another user's task the same is said."
    ),
    "task.illegal-transition": Note(
        _CALLER, "The request is refused, and the task is as it was: 409."
    ),
    "task.service-unknown": Note(_CALLER, "No task is made: 404."),
    "task.input-invalid": Note(_CALLER, "No task is made: 400."),
    "control-plane.unknown": Note(_CALLER, "The request is refused."),
    "policy.refused": Note(_PLANE, _NOT_BEGUN),
    "agreement.unavailable": Note(_PLANE, _NOT_BEGUN),
    "transfer.deadline-exceeded": Note(
        _PLANE,
        "Of a flow that asked for it: what is in hand is put down, unfinished uploads"
        " are aborted, whole objects stay; `errored`, and the state stays.",
    ),
    "plane.conflict": Note(
        _PLANE, "Decided anew, four times; then the request is answered 503."
    ),
    "plane.unavailable": Note(
        _PLANE, "The request is answered 503 with `Retry-After`; nothing is lost."
    ),
    "plane.internal": Note(
        _PLANE, "Tried again as what is retryable; then it is the outcome."
    ),
    "plane.fenced": Note(_PLANE, "The worker drops the segment: another one has it."),
    "plane.plan-impossible": Note(
        _PLANE, "The transfer cannot be planned: `errored`, and nothing is copied."
    ),
    "notary.no-key": Note(
        _PLANE, "Nothing is sealed or signed; flows go on, and are sealed later."
    ),
    "notary.seals-changed": Note(
        _PLANE, "Somebody changed seals: no more are made, and exports are refused."
    ),
    "report.no-parquet": Note(_CALLER, "The request is refused; ask for CSV or JSON."),
    "manifest.invalid": Note(
        _SOURCE, "Nothing of the page that holds the line is copied: `errored`."
    ),
    "plan.deletes-unsupported": Note(_CALLER, _REFUSED),
    "plan.too-many-deletes": Note(
        _PLANE, "Nothing is deleted. All is copied, and then: `errored`."
    ),
    "plan.copies-failed": Note(
        _PLANE, "Nothing is deleted, because not all could be copied."
    ),
    "destination.claimed": Note(
        _DESTINATION,
        "Another flow that is not over writes the same key; it is named where it is of"
        f" the same control plane, participant and tenant. {_OBJECT_FAILS} An approved"
        " plan is not begun: `errored`.",
    ),
    "storage.not-found": Note(
        _STORAGE, f"{_OBJECT_FAILS} Of a bucket: the transfer cannot be planned."
    ),
    "storage.denied": Note(
        _STORAGE, f"{_OBJECT_FAILS} Of a listing: the transfer cannot be planned."
    ),
    "storage.credentials-expired": Note(
        _STORAGE,
        "The flow waits, in the state that it has: segments are put down, one `errored`"
        " tells of it, a `resume` goes on where it was, with no part copied twice.",
    ),
    "storage.clock-skewed": Note(
        _STORAGE,
        f"{_OBJECT_FAILS} The clock is not corrected by us: what it stamps would be"
        " wrong too. Of a listing: the transfer cannot be planned.",
    ),
    "storage.source-changed": Note(_SOURCE, _OBJECT_FAILS),
    "storage.throttled": Note(
        _STORAGE, "Tried again with long delays; fewer parts go to that endpoint."
    ),
    "storage.unavailable": Note(
        _STORAGE,
        "Tried again with growing delays, and waited for where the endpoint is away;"
        f" then: {_OBJECT_FAILS.lower()}",
    ),
    "storage.untrusted": Note(
        _STORAGE,
        f"{_OBJECT_FAILS} The endpoint's TLS certificate does not verify: expired, of"
        " another host, or of an issuer that is not trusted here. Nothing is sent to"
        " it. Of a listing: the transfer cannot be planned.",
    ),
    "storage.upload-lost": Note(
        _DESTINATION, f"Adopted where the object proves to be ours; or {_OBJECT_FAILS}"
    ),
    "storage.mismatch": Note(
        _DESTINATION,
        "Copied again, a few times; then the object gets this outcome, and what was"
        " stored wrong is removed.",
    ),
    "storage.wrong-object": Note(
        _DESTINATION, "The object that was made of the parts is removed; it fails."
    ),
    "storage.exists": Note(
        _DESTINATION,
        "With the sync level `exists`, which replaces nothing: an object of this name"
        f" came after the plan was made. It stays. {_OBJECT_FAILS}",
    ),
    "storage.refused": Note(_STORAGE, _OBJECT_FAILS),
    "storage.unsupported": Note(
        _STORAGE,
        f"{_OBJECT_FAILS} It has no such thing as was asked for: a storage class, tags,"
        " an ACL, an encryption. Where the mechanism has none, nothing is planned.",
    ),
    "storage.exhausted": Note(_DESTINATION, _OBJECT_FAILS),
    "access.key-missing": Note(_CALLER, "The request is refused: 401."),
    "access.key-invalid": Note(_CALLER, "The request is refused: 403."),
    "file.unknown": Note(_CALLER, "There is no such file, or no more: 404."),
    "file.too-large": Note(
        _CALLER, "The upload is refused, or broken off, and leaves nothing: 413."
    ),
    "file.no-space": Note(
        _PLANE,
        "The upload is refused, or broken off, and leaves nothing: 507. The file server"
        " goes on; reads are answered.",
    ),
    "file.mismatch": Note(
        _CALLER, "The bytes have another hash than was said; nothing is stored: 400."
    ),
    "upload.unknown": Note(
        _CALLER, "There is no such upload, or it is another user's: 404."
    ),
    "upload.over": Note(
        _CALLER,
        "It was completed, ended by its sender, or has expired: 410. Of one that was"
        " not completed nothing is left.",
    ),
    "upload.incomplete": Note(
        _CALLER, "Nothing changes: 409, and what is missing is named. It goes on."
    ),
    "upload.chunk-invalid": Note(
        _CALLER, "The chunk is not stored: 400. What is recorded stays."
    ),
    "upload.offset-conflict": Note(
        _CALLER, "The bytes are not stored: 409. HEAD tells where it goes on."
    ),
    "upload.busy": Note(
        _CALLER,
        "The chunk is not stored: 429, with `Retry-After`. What is recorded stays.",
    ),
}
