"""What an operator may turn, with values that suit most endpoints."""

from dataclasses import dataclass, field

from handlers.settings import Integrity, RelayKind, RelaySettings

__all__ = ["Integrity", "RelayKind", "S3Settings"]


@dataclass(frozen=True)
class S3Settings:
    """Limits of one executor, as the environment says. Sizes in bytes."""

    integrity: Integrity = field(
        default_factory=lambda: RelaySettings().storage_integrity
    )
    relay: RelayKind = field(default_factory=lambda: RelaySettings().relay)
    connect_seconds: float = field(
        default_factory=lambda: RelaySettings().storage_connect_seconds
    )
    idle_seconds: float = field(
        default_factory=lambda: RelaySettings().storage_read_seconds
    )
    """Nothing comes of an answer for so long: given up."""
    control_read_seconds: float = field(
        default_factory=lambda: RelaySettings().storage_answer_seconds
    )
    control_attempts: int = field(
        default_factory=lambda: RelaySettings().storage_attempts
    )
    read_buffer_bytes: int = field(
        default_factory=lambda: RelaySettings().relay_buffer_bytes
    )
    """Per relay; at most a small multiple of it is in memory."""
    small_object_bytes: int = 1024 * 1024
    """Objects up to this are held whole, so that a stale connection costs nothing."""
