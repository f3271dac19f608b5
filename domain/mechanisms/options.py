"""What the metadata may tune of a copy, in names that all mechanisms share."""

from collections.abc import Mapping
from typing import Any

from pydantic import ValidationError
from pydantic.alias_generators import to_camel

from domain.errors import InvalidAddressError
from domain.location import CopyOptions, PlanMode
from domain.mechanisms import scheduling, sources
from domain.mechanisms.properties import properties
from domain.mechanisms.s3.names import Names
from domain.mechanisms.values import moment, texts, word
from domain.transfer.filters import Selection
from domain.transfer.sync import Level

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
            selection=_selection(names),
            sync=word(names, "sync", Level) or Level.ALWAYS,
            plan=word(names, "plan", PlanMode) or PlanMode.RUN,
            properties=properties(names),
            manifest=sources.manifest(names),
            failed_of=names.text("failedOf"),
            deletion=sources.deletion(names),
            tenant=scheduling.tenant(names),
            priority=scheduling.priority(names),
            timing=scheduling.timing(names),
        )
    except ValidationError as error:
        if error.errors()[0]["loc"]:
            raise InvalidAddressError(
                "multipartConcurrency must be a whole number from 1 to 256"
            ) from None
        said = error.errors(include_input=False, include_url=False)[0]["msg"]
        raise InvalidAddressError(said.removeprefix("Value error, ")) from None


def _selection(names: Names) -> Selection:
    try:
        return Selection(
            include=texts(names, "include", "patterns"),
            exclude=texts(names, "exclude", "patterns"),
            min_size_bytes=_whole(names, "minSizeBytes"),
            max_size_bytes=_whole(names, "maxSizeBytes"),
            modified_since=moment(names, "modifiedSince"),
            modified_before=moment(names, "modifiedBefore"),
        )
    except ValidationError as error:
        # Its own words, without what was sent.
        line = error.errors(include_input=False, include_url=False)[0]
        where = to_camel(str(line["loc"][0])) if line["loc"] else "selection"
        raise InvalidAddressError(f"{where}: {line['msg']}") from None


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
