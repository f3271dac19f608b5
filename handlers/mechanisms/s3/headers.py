"""The headers of S3's answers, in botocore's words and in ours."""

import re
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from handlers.mechanisms.headers import carried, unquoted
from handlers.mechanisms.s3 import properties
from handlers.ports import ObjectInfo

if TYPE_CHECKING:
    from types_aiobotocore_s3.type_defs import HeadObjectOutputTypeDef

# The bytes that each has: by that, one of checksums (`…-3`) is told from one of bytes,
# and what moto tells by another's name is not believed.
_SIZES = {"CRC64NVME": 8, "CRC32": 4, "CRC32C": 4, "SHA1": 20, "SHA256": 32}
_BASE64 = re.compile(r"[A-Za-z0-9+/]+={0,2}")


def of_head(key: str, head: "HeadObjectOutputTypeDef") -> ObjectInfo:
    """What botocore understood of a HEAD."""
    raw: Mapping[str, str] = head["ResponseMetadata"]["HTTPHeaders"]
    version = raw.get("x-amz-version-id")
    return ObjectInfo(
        key=key,
        size_bytes=head["ContentLength"],
        etag=unquoted(head["ETag"]),
        version_id=None if version == "null" else version,
        crc64nvme=full("CRC64NVME", head.get("ChecksumCRC64NVME")),
        headers=carried(raw),
        modified_at=head.get("LastModified"),
        checksums=full_checksums(head),
        traits=properties.told(raw),
    )


def full_checksums(head: Mapping[str, Any]) -> dict[str, str]:
    """Those of the whole object that the storage keeps, by algorithm."""
    if head.get("ChecksumType") == "COMPOSITE":
        return {}
    told = {name: full(name, head.get(f"Checksum{name}")) for name in _SIZES}
    return {name: value for name, value in told.items() if value}


def full(algorithm: str, value: str | None) -> str | None:
    """A checksum of bytes by this algorithm, in base64; None where it is none."""
    if not value or not _BASE64.fullmatch(value):
        return None
    whole = (_SIZES[algorithm] + 2) // 3 * 4
    padded = -_SIZES[algorithm] % 3
    sized = len(value) == whole and value.count("=") == padded
    return value if sized else None
