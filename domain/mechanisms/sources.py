"""What the metadata says of where the keys come from, and of what may be deleted."""

from pydantic import ValidationError

from domain.errors import InvalidAddressError
from domain.mechanisms.s3.names import Names
from domain.transfer.deletions import Deletion
from domain.transfer.manifest import Format, Manifest, format_of

_SCHEME = "s3://"


def manifest(names: Names) -> Manifest | None:
    """Where the manifest is: a key of the source's bucket, or `s3://bucket/key`.

    Raises InvalidAddressError.
    """
    said, word = names.text("manifest"), names.text("manifestFormat")
    if said is None:
        if word is not None:
            raise InvalidAddressError("manifestFormat is of a manifest: name that too")
        return None
    bucket, key = None, said
    if said.startswith(_SCHEME):
        bucket, _, key = said.removeprefix(_SCHEME).partition("/")
    if not key or bucket == "":
        raise InvalidAddressError("manifest must be a key, or s3://bucket/key")
    try:
        format_ = Format(word.casefold()) if word else format_of(key)
    except ValueError:
        format_ = None
    if format_ is None:
        known = ", ".join(Format)
        raise InvalidAddressError(f"manifestFormat must be one of {known}")
    try:
        return Manifest(key=key, bucket=bucket, format=format_)
    except ValidationError:
        raise InvalidAddressError("manifest must be a key of S3") from None


def deletion(names: Names) -> Deletion | None:
    """What may be deleted: nothing, unless `deleteExtra` is said.

    Raises InvalidAddressError.
    """
    most, percent = names.number("maxDeletes"), names.number("maxDeletePercent")
    excluded = names.flag("deleteExcluded")
    if not names.flag("deleteExtra"):
        if most or percent or excluded:
            raise InvalidAddressError("deleteExtra must be true, or the rest left out")
        return None
    if most is not None and not (most[1].is_integer() and most[1] >= 0):
        raise InvalidAddressError("maxDeletes must be a whole number from 0 on")
    try:
        return Deletion(
            excluded=excluded or False,
            most=int(most[1]) if most else None,
            most_percent=percent[1] if percent else None,
        )
    except ValidationError:
        raise InvalidAddressError("maxDeletePercent must be from 0 to 100") from None
