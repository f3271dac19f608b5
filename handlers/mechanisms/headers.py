"""The headers that travel with an object's bytes, whatever storage it is in."""

from collections.abc import Mapping
from email.header import Header

META = "x-amz-meta-"
CONTENT = (
    "content-type",
    "content-encoding",
    "content-language",
    "content-disposition",
    "cache-control",
    "expires",
)


def unquoted(etag: str) -> str:
    """An ETag as the ports spell it."""
    return etag.strip('"')


def quoted(etag: str) -> str:
    """An ETag as the wire spells it."""
    return etag if etag.startswith("W/") else f'"{etag}"'


def carried(found: Mapping[str, str]) -> dict[str, str]:
    """Of an answer's headers, those that belong to the object."""
    kept: dict[str, str] = {}
    for name, value in found.items():
        lower = name.lower()
        if lower not in CONTENT and not lower.startswith(META):
            continue
        said = _without_framing(value) if lower == "content-encoding" else value
        if said:
            kept[lower] = in_ascii(said)
    return kept


def in_ascii(value: str) -> str:
    """S3 itself shows metadata beyond ASCII in the form of RFC 2047."""
    if value.isascii():
        return value
    return Header(
        value.encode(errors="surrogateescape").decode(errors="replace"),
        "utf-8",
        maxlinelen=10_000,
    ).encode()


def _without_framing(encoding: str) -> str:
    """Some servers store the framing of the upload as if it were the object's."""
    kept = [each.strip() for each in encoding.split(",")]
    return ", ".join(each for each in kept if each.lower() != "aws-chunked")
