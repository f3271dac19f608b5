"""The one table of error codes: code, class, owner, and what may be done."""

from dataclasses import dataclass
from enum import StrEnum


class ErrorClass(StrEnum):
    """What may be done about it."""

    RETRYABLE = "retryable"
    TERMINAL = "terminal"
    NEEDS_OPERATOR = "needs-operator"


class Side(StrEnum):
    """Where it went wrong."""

    SOURCE = "source"
    DESTINATION = "destination"
    PLANE = "plane"
    CALLER = "caller"


@dataclass(frozen=True)
class ErrorCode:
    """One line of the catalogue."""

    code: str
    error_class: ErrorClass
    owner: str
    remedy: str


_R, _T, _O = ErrorClass.RETRYABLE, ErrorClass.TERMINAL, ErrorClass.NEEDS_OPERATOR

CATALOGUE: dict[str, ErrorCode] = {
    entry.code: entry
    for entry in (
        ErrorCode("message.invalid", _T, "control plane", "correct the message"),
        ErrorCode("profile.unsupported", _T, "control plane", "use a listed profile"),
        ErrorCode("address.invalid", _T, "control plane", "correct the address"),
        ErrorCode("address.missing", _T, "control plane", "give the address"),
        ErrorCode("address.unexpected", _T, "control plane", "omit the address"),
        ErrorCode("address.not-allowed", _O, "operator", "see WAYBILL_ALLOWED_HOSTS"),
        ErrorCode("flow.unknown", _T, "control plane", "check the data flow id"),
        ErrorCode("flow.exists", _T, "control plane", "use a new data flow id"),
        ErrorCode("flow.illegal-transition", _T, "control plane", "read the state"),
        ErrorCode("flow.not-planned", _R, "control plane", "wait for the plan's end"),
        ErrorCode("flow.suspended", _R, "control plane", "wait until it is resumed"),
        ErrorCode("flow.not-completed", _R, "control plane", "wait until it is"),
        ErrorCode("flow.ended", _T, "control plane", "start a new flow"),
        ErrorCode("flow.shredded", _T, "operator", "nothing: it was meant to be gone"),
        ErrorCode("access.token-missing", _T, "control plane", "send a bearer token"),
        ErrorCode("access.token-invalid", _T, "control plane", "get a new token"),
        ErrorCode("access.token-replayed", _T, "control plane", "get a new token"),
        ErrorCode("access.control-plane-unknown", _T, "operator", "register it"),
        ErrorCode("access.scope-missing", _T, "control plane", "ask for the scope"),
        ErrorCode("access.keys-unavailable", _R, "operator", "look at the jwksUri"),
        ErrorCode("access.token-unavailable", _R, "operator", "see its token endpoint"),
        ErrorCode("access.cross-site", _T, "operator", "act at the plane's own page"),
        ErrorCode("access.operator-key-unset", _T, "operator", "set an operator key"),
        ErrorCode("control-plane.unknown", _T, "operator", "check the id"),
        ErrorCode("access.flow-of-another", _T, "control plane", "use your own flows"),
        ErrorCode("policy.refused", _T, "control plane", "read the policy's reason"),
        ErrorCode("agreement.unavailable", _T, "control plane", "serve the agreement"),
        ErrorCode("transfer.deadline-exceeded", _T, "control plane", "see its options"),
        ErrorCode("plane.conflict", _R, "plane", "send it again"),
        ErrorCode("plane.unavailable", _R, "operator", "wait, or look at /readyz"),
        ErrorCode("plane.internal", _O, "operator", "read the plane's log"),
        ErrorCode("plane.fenced", _T, "plane", "nothing: another worker has it"),
        ErrorCode("plane.plan-impossible", _T, "control plane", "see the size limits"),
        ErrorCode("notary.no-key", _O, "operator", "see WAYBILL_NOTARY_KEY_FILE"),
        ErrorCode("notary.seals-changed", _O, "operator", "run `waybill verify`"),
        ErrorCode("archive.unreadable", _R, "operator", "see WAYBILL_ARCHIVE_URL"),
        ErrorCode("report.no-parquet", _O, "operator", "install waybill[parquet]"),
        ErrorCode("manifest.invalid", _T, "control plane", "correct the manifest"),
        ErrorCode("plan.deletes-unsupported", _T, "control plane", "leave it out"),
        ErrorCode("plan.too-many-deletes", _O, "operator", "see what it would delete"),
        ErrorCode("plan.copies-failed", _T, "control plane", "retry what has failed"),
        ErrorCode(
            "destination.claimed",
            _T,
            "control plane",
            "wait until that flow is over, then `copy --retry-failed`",
        ),
        ErrorCode("storage.not-found", _T, "control plane", "check bucket and key"),
        ErrorCode("storage.denied", _O, "operator", "grant the permission"),
        ErrorCode("storage.credentials-expired", _O, "control plane", "send new ones"),
        ErrorCode("storage.clock-skewed", _O, "operator", "set the worker's clock"),
        ErrorCode("storage.source-changed", _T, "control plane", "start a new flow"),
        ErrorCode("storage.throttled", _R, "plane", "it slows down and tries again"),
        ErrorCode("storage.unavailable", _R, "operator", "look at the endpoint"),
        ErrorCode("storage.untrusted", _O, "operator", "renew it, or trust its issuer"),
        ErrorCode("storage.upload-lost", _T, "operator", "start a new flow"),
        ErrorCode("storage.mismatch", _R, "plane", "it copies the part again"),
        ErrorCode("storage.wrong-object", _T, "operator", "start a new flow"),
        ErrorCode("storage.exists", _T, "control plane", "see who else writes there"),
        ErrorCode("storage.refused", _T, "operator", "read the storage's own message"),
        ErrorCode("storage.unsupported", _T, "control plane", "omit the option"),
        ErrorCode("storage.exhausted", _O, "operator", "make room"),
        ErrorCode("access.key-missing", _T, "caller", "send X-API-Key"),
        ErrorCode("access.key-invalid", _T, "caller", "use a key that may do it"),
        ErrorCode("file.unknown", _T, "caller", "check the file id"),
        ErrorCode("file.too-large", _T, "caller", "see WAYBILL_FILES_MAX_BYTES"),
        ErrorCode("file.no-space", _O, "operator", "make room for files"),
        ErrorCode("file.mismatch", _T, "caller", "send the bytes again"),
        ErrorCode("upload.unknown", _T, "caller", "check the upload id"),
        ErrorCode("upload.over", _T, "caller", "begin a new upload"),
        ErrorCode("upload.incomplete", _T, "caller", "send the missing chunks"),
        ErrorCode("upload.chunk-invalid", _T, "caller", "see the upload's plan"),
        ErrorCode("upload.offset-conflict", _T, "caller", "ask for the offset"),
        ErrorCode("upload.busy", _R, "caller", "come again after Retry-After"),
        ErrorCode("task.unknown", _T, "caller", "check the task id"),
        ErrorCode("task.illegal-transition", _T, "caller", "read the task's status"),
        ErrorCode("task.service-unknown", _T, "caller", "use a registered service"),
        ErrorCode("task.input-invalid", _T, "caller", "correct the input"),
    )
}
