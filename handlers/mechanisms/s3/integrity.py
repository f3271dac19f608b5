"""How bytes are proven: what is computed on the way, and what the answer must say."""

import asyncio
import re
from collections.abc import Mapping
from dataclasses import dataclass, field

from domain.endpoint import COPIES_AT_ONCE
from domain.errors import StorageError
from domain.transfer.parts import DEFAULT_THRESHOLD_BYTES, GIB
from handlers.judging import StoredWrongError
from handlers.mechanisms.hashes import CRC32C_HEADER, CRC_HEADER, Hashes, must_equal
from handlers.mechanisms.headers import unquoted
from handlers.mechanisms.s3.headers import full
from handlers.mechanisms.s3.settings import Integrity
from handlers.mechanisms.unaided import Kind
from handlers.ports import Copied

__all__ = ["EndpointMemory", "Kind", "Plan", "Upload", "plan", "verdict"]

_MD5 = re.compile(r"[0-9a-f]{32}")

# How long a copy may take that moves no byte, and one that does: seconds, and GiB/s.
_QUICK_SECONDS, _QUICK_GIB = 0.1, 4.0
_SLOW_SECONDS, _SLOW_GIB = 1.0, 1.0

Upload = tuple[str, str, str]
"""Bucket, key and id of an upload."""


@dataclass
class EndpointMemory:
    """What one endpoint was seen to do; None or absent: not seen yet.

    Whether a CRC comes back is kept apart for parts and whole objects: Ceph tells that
    of a part only. Likewise which copies it was seen not to make by itself.
    """

    returns_crc: dict[Kind, bool] = field(default_factory=dict["Kind", bool])
    refuses_wrong_trailer: bool | None = None
    untaken_checksums: set[str] = field(default_factory=set[str])
    """With which it does not begin an upload."""
    takes_conditions: bool | None = None
    """Whether it refuses to replace what is there, when it is asked to."""
    lacks_copies: set[Kind] = field(default_factory=set["Kind"])
    copies_at_once: bool | None = None
    """Whether a large object is copied by one request as if it were a small one."""
    probes_left: int = 3
    left_probes: set[Upload] = field(default_factory=set["Upload"])
    """What probes could not end: their credentials had expired."""
    probing: asyncio.Lock = field(default_factory=asyncio.Lock)

    @property
    def learned(self) -> dict[str, bool]:
        """What it was seen to be able to do, or not, by name."""
        seen: dict[str, bool | None] = {
            "checksum-trailers": self.refuses_wrong_trailer,
            "conditional-writes": self.takes_conditions,
            COPIES_AT_ONCE: self.copies_at_once,
            **{f"checksums-of-{k}s": can for k, can in self.returns_crc.items()},
            # Asked for where nothing speaks against it: only a refusal tells.
            **{
                f"uploads-with-{each.lower()}": False for each in self.untaken_checksums
            },
            **{f"server-side-copy-of-{k}s": False for k in self.lacks_copies},
        }
        return {name: can for name, can in seen.items() if can is not None}

    def copied(self, size_bytes: int, seconds: float) -> None:
        """One request has copied so much in such a time.

        By reference it takes some milliseconds, whatever the size; byte by byte an
        endpoint of much load may be as slow with a small one. What lies between the two
        changes nothing.
        """
        if size_bytes <= DEFAULT_THRESHOLD_BYTES:
            return
        gib = size_bytes / GIB
        if seconds < _QUICK_SECONDS + gib / _QUICK_GIB:
            self.copies_at_once = True
        elif seconds > _SLOW_SECONDS + gib / _SLOW_GIB:
            self.copies_at_once = False

    @property
    def lets_probe(self) -> bool:
        """Whether it is not known about trailers, and may still be found out."""
        return self.refuses_wrong_trailer is None and self.probes_left > 0


@dataclass(frozen=True)
class Plan:
    """What one relay does for its proof."""

    kind: Kind
    md5: bool = False
    trailer: bool = False
    compares_crc: bool = True


def plan(integrity: Integrity, memory: EndpointMemory, kind: Kind) -> Plan:
    """The cheapest proof that the endpoint is known to give.

    Not known: both are computed, once, and the answer tells which of them counts. A
    trailer is only sent where a wrong one was refused: a server that does not know
    them stores the framing as if it were the object.
    """
    if integrity in {Integrity.AUTO, Integrity.TRAILER}:
        auto = integrity is Integrity.AUTO
        crc = auto and memory.returns_crc.get(kind, False)
        trailer = not crc and bool(memory.refuses_wrong_trailer)
        return Plan(kind, md5=not crc and not trailer, trailer=trailer)
    return Plan(
        kind,
        md5=integrity is Integrity.MD5,
        compares_crc=integrity is not Integrity.NONE,
    )


def verdict(
    made: Plan, hashes: Hashes, answer: Mapping[str, str], memory: EndpointMemory
) -> Copied:
    """What the destination's answer proves. Raises `storage.mismatch`."""
    etag = unquoted(answer.get("etag", ""))
    crc64nvme = full("CRC64NVME", answer.get(CRC_HEADER))
    crc32c = full("CRC32C", answer.get(CRC32C_HEADER))
    if not made.trailer:
        # One that was sent comes back also from those that tell none by themselves.
        memory.returns_crc[made.kind] = bool(crc64nvme or crc32c)
    proven = made.trailer and bool(memory.refuses_wrong_trailer)
    try:
        if crc64nvme and made.compares_crc:
            must_equal("CRC64NVME", crc64nvme, hashes.crc64nvme)
            proven = True
        if crc32c and made.compares_crc:
            must_equal("CRC32C", crc32c, hashes.crc32c)
            proven = True
        if hashes.md5 is not None and _is_md5(etag, answer):
            must_equal("MD5", etag, hashes.md5)
            proven = True
    except StorageError as error:
        if made.kind is Kind.PART:
            raise
        version_id = answer.get("x-amz-version-id")
        raise StoredWrongError(error.detail, version_id) from None
    told = hashes.crc32c if crc32c else ""
    return Copied(etag, hashes.crc64nvme, proven=proven, crc32c=told)


def _is_md5(etag: str, answer: Mapping[str, str]) -> bool:
    """Encrypted with a key of the caller or of KMS, the ETag is no MD5."""
    encryption = answer.get("x-amz-server-side-encryption", "AES256")
    own_key = "x-amz-server-side-encryption-customer-algorithm" in answer
    return bool(_MD5.fullmatch(etag)) and encryption == "AES256" and not own_key
