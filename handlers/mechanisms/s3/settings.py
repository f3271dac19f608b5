"""What an operator may turn, with values that suit most endpoints."""

from dataclasses import dataclass, field
from enum import StrEnum

from pydantic_settings import BaseSettings, SettingsConfigDict


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


class RelayKind(StrEnum):
    """Who moves bytes from S3 to S3: `fast`, two sockets; `plain`, aiohttp."""

    FAST = "fast"
    PLAIN = "plain"


class RelaySettings(BaseSettings):
    """The environment variable WAYBILL_RELAY."""

    model_config = SettingsConfigDict(env_prefix="WAYBILL_", frozen=True)

    relay: RelayKind = RelayKind.PLAIN


@dataclass(frozen=True)
class S3Settings:
    """Limits of one executor. Sizes in bytes."""

    integrity: Integrity = Integrity.AUTO
    relay: RelayKind = field(default_factory=lambda: RelaySettings().relay)
    connect_seconds: float = 10.0
    idle_seconds: float = 60.0
    """Nothing comes of an answer for so long: given up."""
    control_read_seconds: float = 120.0
    control_attempts: int = 3
    read_buffer_bytes: int = 512 * 1024
    """Per relay; at most a small multiple of it is in memory."""
    small_object_bytes: int = 1024 * 1024
    """Objects up to this are held whole, so that a stale connection costs nothing."""
