"""The headers that travel with an object's bytes, and values found in answers."""

from collections.abc import Mapping
from email.header import Header
from typing import TYPE_CHECKING, Any

from handlers.ports import ObjectInfo

if TYPE_CHECKING:
    from types_aiobotocore_s3.type_defs import HeadObjectOutputTypeDef

CRC = "x-amz-checksum-crc64nvme"
_META = "x-amz-meta-"
_CONTENT = {
    "content-type": "ContentType",
    "content-encoding": "ContentEncoding",
    "content-language": "ContentLanguage",
    "content-disposition": "ContentDisposition",
    "cache-control": "CacheControl",
    "expires": "Expires",
}


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
        if lower not in _CONTENT and not lower.startswith(_META):
            continue
        said = _without_framing(value) if lower == "content-encoding" else value
        if said:
            kept[lower] = _ascii(said)
    return kept


def of_head(key: str, head: "HeadObjectOutputTypeDef") -> ObjectInfo:
    """What botocore understood of a HEAD."""
    raw: Mapping[str, str] = head["ResponseMetadata"]["HTTPHeaders"]
    version = raw.get("x-amz-version-id")
    return ObjectInfo(
        key=key,
        size_bytes=head["ContentLength"],
        etag=unquoted(head["ETag"]),
        version_id=None if version == "null" else version,
        crc64nvme=full_crc(head.get("ChecksumCRC64NVME")),
        headers=carried(raw),
    )


def full_crc(value: str | None) -> str | None:
    """A checksum of the whole object; one of checksums (`…-3`) proves no bytes."""
    return value if value and "-" not in value else None


def upload_arguments(headers: Mapping[str, str]) -> dict[str, Any]:
    """Carried headers as the arguments of CreateMultipartUpload."""
    arguments: dict[str, Any] = {
        ours: headers[name] for name, ours in _CONTENT.items() if name in headers
    }
    metadata = {
        name.removeprefix(_META): _ascii(value)
        for name, value in headers.items()
        if name.startswith(_META)
    }
    return {**arguments, "Metadata": metadata}


def _ascii(value: str) -> str:
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
