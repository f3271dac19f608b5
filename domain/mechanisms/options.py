"""What the metadata may tune of a copy, in names that all mechanisms share."""

from collections.abc import Mapping
from typing import Any

from pydantic import ValidationError

from domain.errors import InvalidAddressError
from domain.location import CopyOptions
from domain.mechanisms.s3.names import Names

_MIB = 1024 * 1024


def read_options(metadata: Mapping[str, Any]) -> CopyOptions:
    """Sizes are in MiB, as the project that coined the names counts them.

    Raises InvalidAddressError.
    """
    names = Names(metadata.items())
    finite = names.flag("finite")
    try:
        return CopyOptions(
            multipart_threshold_bytes=_mebibytes(names, "multipartThresholdMb"),
            part_size_bytes=_mebibytes(names, "multipartPartSizeMb"),
            concurrency=_whole(names, "multipartConcurrency"),
            force_multipart=names.flag("forceMultipart") or False,
            finite=finite is not False,
        )
    except ValidationError:
        raise InvalidAddressError(
            "multipartConcurrency must be a whole number from 1 to 256"
        ) from None


def _mebibytes(names: Names, name: str) -> int | None:
    found = names.number(name)
    if found is None:
        return None
    size = int(found[1] * _MIB)
    if size <= 0:
        raise InvalidAddressError(f"{name} must be greater than 0")
    return size


def _whole(names: Names, name: str) -> int | None:
    found = names.number(name)
    if found is None:
        return None
    if not found[1].is_integer():
        raise InvalidAddressError(f"{name} must be a whole number")
    return int(found[1])
