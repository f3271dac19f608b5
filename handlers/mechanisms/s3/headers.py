"""The headers of S3's answers and requests, in botocore's words and in ours."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from handlers.mechanisms.headers import CONTENT, META, carried, in_ascii, unquoted
from handlers.ports import ObjectInfo

if TYPE_CHECKING:
    from types_aiobotocore_s3.type_defs import HeadObjectOutputTypeDef


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
        modified_at=head.get("LastModified"),
    )


def full_crc(value: str | None) -> str | None:
    """A checksum of the whole object; one of checksums (`…-3`) proves no bytes."""
    return value if value and "-" not in value else None


def upload_arguments(headers: Mapping[str, str]) -> dict[str, Any]:
    """Carried headers as the arguments of CreateMultipartUpload."""
    arguments: dict[str, Any] = {
        _argument(name): headers[name] for name in CONTENT if name in headers
    }
    metadata = {
        name.removeprefix(META): in_ascii(value)
        for name, value in headers.items()
        if name.startswith(META)
    }
    return {**arguments, "Metadata": metadata}


def _argument(name: str) -> str:
    """`content-type` is botocore's ContentType."""
    return "".join(word.capitalize() for word in name.split("-"))
