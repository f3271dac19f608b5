"""What an answer's head says of an object."""

from collections.abc import Mapping
from datetime import datetime
from email.message import Message
from email.utils import parsedate_to_datetime

from handlers.mechanisms.hashes import CRC_HEADER
from handlers.mechanisms.headers import carried, unquoted
from handlers.ports import ObjectInfo


def described(
    key: str, head: Mapping[str, str], size_bytes: int, *, ranges: bool
) -> ObjectInfo:
    """The object of an answer. Only a strong ETag pins it, else its Last-Modified."""
    etag = strong_etag(head)
    return ObjectInfo(
        key=key,
        size_bytes=size_bytes,
        etag=etag,
        version_id=None if etag else head.get("Last-Modified"),
        crc64nvme=head.get(CRC_HEADER),
        checksums={"CRC64NVME": crc} if (crc := head.get(CRC_HEADER)) else {},
        headers=carried(head),
        ranges=ranges,
        modified_at=_moment(head.get("Last-Modified", "")),
    )


def _moment(text: str) -> datetime | None:
    try:
        moment = parsedate_to_datetime(text)
    except ValueError:
        return None
    return moment if moment.utcoffset() is not None else None


def strong_etag(head: Mapping[str, str]) -> str:
    """The ETag, unquoted; empty where there is none, or one that proves nothing."""
    etag = head.get("ETag", "")
    return unquoted(etag) if etag.startswith('"') else ""


def length_of(head: Mapping[str, str]) -> int | None:
    """Content-Length; None where the length is not known."""
    told = head.get("Content-Length", "")
    return int(told) if told.isascii() and told.isdecimal() else None


def whole_length(head: Mapping[str, str]) -> int | None:
    """The object's length in a Content-Range; None where it is not known."""
    told = head.get("Content-Range", "").rpartition("/")[2]
    return int(told) if told.isascii() and told.isdecimal() else None


def has_ranges(head: Mapping[str, str]) -> bool:
    """Whether the server says that it gives ranges of bytes."""
    return "bytes" in head.get("Accept-Ranges", "").lower()


def name_in(head: Mapping[str, str]) -> str | None:
    """The file's name in Content-Disposition, without any path."""
    said = Message()
    said["Content-Disposition"] = head.get("Content-Disposition", "")
    name = (said.get_filename() or "").replace("\\", "/").rpartition("/")[2]
    return name if name.strip(". ") and name.isprintable() else None
