"""The headers of S3's answers, in botocore's words and in ours."""

import re
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from handlers.mechanisms.headers import carried, unquoted
from handlers.mechanisms.s3 import properties
from handlers.ports import ObjectInfo

if TYPE_CHECKING:
    from types_aiobotocore_s3.type_defs import HeadObjectOutputTypeDef

_ALGORITHMS = ("CRC64NVME", "CRC32", "CRC32C", "SHA1", "SHA256")


_CRC64 = re.compile(r"[A-Za-z0-9+/]{11}=")


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
        checksums=full_checksums(head),
        traits=properties.told(raw),
    )


def full_checksums(head: Mapping[str, Any]) -> dict[str, str]:
    """Those of the whole object that the storage keeps, by algorithm."""
    if head.get("ChecksumType") == "COMPOSITE":
        return {}
    told = {name: full_crc(head.get(f"Checksum{name}")) for name in _ALGORITHMS}
    return {name: value for name, value in told.items() if value}


def full_crc(value: str | None) -> str | None:
    """A checksum of the whole object, which has eight bytes.

    One of checksums (`…-3`) proves no bytes, and moto tells another one by its name.
    """
    return value if value and _CRC64.fullmatch(value) else None
