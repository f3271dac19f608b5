"""Errors with a stable code that says who must act.

`CATALOGUE` is the one table: code, class, side, owner. A worker decides by the class
whether to try again; an operator reads the owner; the HTTP edge maps the class.
"""

from domain.error_codes import CATALOGUE, ErrorClass, ErrorCode, Side

__all__ = [
    "CATALOGUE",
    "WAITED_OUT",
    "AccessError",
    "ArchiveError",
    "DataPlaneError",
    "ErrorClass",
    "ErrorCode",
    "FencedError",
    "FlowExistsError",
    "FlowShreddedError",
    "IllegalTransitionError",
    "InvalidAddressError",
    "InvalidMessageError",
    "ManifestError",
    "NotaryKeyError",
    "PlanError",
    "Side",
    "StorageError",
    "UnknownControlPlaneError",
    "UnknownFlowError",
    "UnsupportedProfileError",
    "VersionConflictError",
]

# A flow is not failed by them: it waits, and a resume lets it go on where it was.
WAITED_OUT = frozenset({"storage.credentials-expired"})


class DataPlaneError(Exception):
    """The root: everything we raise on purpose has a code of the catalogue."""

    code = "plane.internal"
    side = Side.PLANE

    def __init__(
        self, detail: str, *, code: str = "", side: Side | None = None
    ) -> None:
        """`detail` is for whoever must act; it never holds a secret."""
        super().__init__(detail)
        self.detail = detail
        self.code = code or self.code
        self.side = side or self.side

    @property
    def entry(self) -> ErrorCode:
        """The catalogue's line."""
        return CATALOGUE[self.code]

    @property
    def retryable(self) -> bool:
        """Whether trying again may help."""
        return self.entry.error_class is ErrorClass.RETRYABLE

    @property
    def waited_out(self) -> bool:
        """Whether the flow waits until a resume brings what is missing."""
        return self.code in WAITED_OUT


class InvalidMessageError(DataPlaneError):
    """The message is not of the protocol's form."""

    code = "message.invalid"
    side = Side.CALLER


class UnsupportedProfileError(DataPlaneError):
    """No mechanism speaks the profile."""

    code = "profile.unsupported"
    side = Side.CALLER


class InvalidAddressError(DataPlaneError):
    """The address is not of the mechanism's form."""

    code = "address.invalid"
    side = Side.CALLER


class UnknownFlowError(DataPlaneError):
    """There is no such data flow."""

    code = "flow.unknown"
    side = Side.CALLER


class FlowExistsError(DataPlaneError):
    """The data flow id was used before, by another message."""

    code = "flow.exists"
    side = Side.CALLER


class UnknownControlPlaneError(DataPlaneError):
    """There is no such control plane."""

    code = "control-plane.unknown"
    side = Side.CALLER


class AccessError(DataPlaneError):
    """Who asks may not, or could not be told from somebody else."""

    code = "access.token-invalid"
    side = Side.CALLER


class IllegalTransitionError(DataPlaneError):
    """The protocol does not allow this in the flow's state."""

    code = "flow.illegal-transition"
    side = Side.CALLER


class VersionConflictError(DataPlaneError):
    """Somebody else appended to the stream first."""

    code = "plane.conflict"


class FencedError(DataPlaneError):
    """The segment's lease belongs to another worker now."""

    code = "plane.fenced"


class PlanError(DataPlaneError):
    """The object cannot be cut into parts within the storage's limits."""

    code = "plane.plan-impossible"


class NotaryKeyError(DataPlaneError):
    """The notary has no key, or not the one in use: nothing can be signed."""

    code = "notary.no-key"


class ArchiveError(DataPlaneError):
    """The archive cannot be written or read, or is not as it was written."""

    code = "archive.unreadable"


class FlowShreddedError(DataPlaneError):
    """The flow's events were archived, and the archive's key is destroyed."""

    code = "flow.shredded"
    side = Side.CALLER


class ManifestError(DataPlaneError):
    """A line of the manifest is not understood, or names what it may not."""

    code = "manifest.invalid"
    side = Side.SOURCE


class StorageError(DataPlaneError):
    """An endpoint refused, failed or answered wrongly; `code` says which."""

    code = "storage.unavailable"
