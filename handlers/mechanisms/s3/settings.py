"""What an operator may turn, with values that suit most endpoints."""

from dataclasses import dataclass
from enum import StrEnum


class Integrity(StrEnum):
    """How the destination is made to vouch for what it got.

    `auto` finds the cheapest proof that the endpoint gives: the CRC64NVME it returns;
    else a checksum trailer, once it was seen to refuse a wrong one; else MD5 against
    the ETag. `crc` takes only what is returned, `trailer` always sends one, `md5`
    always computes it (1.2 CPU-seconds per GiB), `none` asks for nothing.
    """

    AUTO = "auto"
    CRC = "crc"
    TRAILER = "trailer"
    MD5 = "md5"
    NONE = "none"


@dataclass(frozen=True)
class S3Settings:
    """Limits of one executor. Sizes in bytes."""

    integrity: Integrity = Integrity.AUTO
    connect_seconds: float = 10.0
    idle_seconds: float = 60.0
    """Nothing comes of an answer for so long: given up."""
    control_read_seconds: float = 120.0
    control_attempts: int = 3
    read_buffer_bytes: int = 512 * 1024
    """Per relay; at most a small multiple of it is in memory."""
    small_object_bytes: int = 1024 * 1024
    """Objects up to this are held whole, so that a stale connection costs nothing."""
