"""What the options of a copy demand of its two sides. Pure."""

from typing import TypeGuard

from domain.errors import DataPlaneError, InvalidAddressError, Side
from domain.location import CopyOptions, Location
from domain.mechanisms.http.address import MECHANISM as HTTP
from domain.transfer.manifest import Manifest


def require_possible(
    options: CopyOptions, source: Location | None, destination: Location | None
) -> None:
    """Raise InvalidAddressError, or `plan.deletes-unsupported`, for what cannot be.

    A side that is not known yet is not judged.
    """
    if options.manifest is not None and _known(source):
        _require_readable(options.manifest, source)
    if options.deletion is not None:
        _require_deletable(source, destination)


def _require_readable(manifest: Manifest, source: Location) -> None:
    if source.fields.get("prefix") is None:
        raise InvalidAddressError("manifest: the source must be a prefix")
    if manifest.bucket is not None and "bucket" not in source.fields:
        raise InvalidAddressError("manifest must be a key: the source has no buckets")


def _require_deletable(source: Location | None, destination: Location | None) -> None:
    for side in (source, destination):
        if _known(side) and side.fields.get("prefix") is None:
            raise InvalidAddressError("deleteExtra: both sides must be prefixes")
    if _known(destination) and destination.mechanism == HTTP:
        raise DataPlaneError(
            "deleteExtra: the destination can neither be listed nor deleted from",
            code="plan.deletes-unsupported",
            side=Side.CALLER,
        )
    if _known(source) and _known(destination) and _overlap(source, destination):
        raise InvalidAddressError(
            "deleteExtra: one side lies within the other, and would be deleted"
        )


def _known(side: Location | None) -> TypeGuard[Location]:
    return side is not None and bool(side.fields)


def _overlap(one: Location, other: Location) -> bool:
    """Whether some keys are of both sides, as far as their names tell."""
    same = ("endpoint_url", "bucket")
    if one.mechanism != other.mechanism or any(
        one.fields.get(name) != other.fields.get(name) for name in same
    ):
        return False
    first, second = (str(side.fields.get("prefix") or "") for side in (one, other))
    return first.startswith(second) or second.startswith(first)
