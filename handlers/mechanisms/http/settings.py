"""What suits most servers. Sizes in bytes."""

from dataclasses import dataclass


@dataclass(frozen=True)
class HttpSettings:
    """Limits of one executor."""

    connect_seconds: float = 10.0
    idle_seconds: float = 60.0
    """Nothing comes of an answer for so long: given up."""
    read_buffer_bytes: int = 512 * 1024
    small_object_bytes: int = 1024 * 1024
    """Bodies up to this are held whole, so that they can be sent again."""
    longest_pause_seconds: float = 30.0
    """A Retry-After beyond this is not honoured: the journal above decides then."""
    renewal_margin_seconds: float = 30.0
    """A token is renewed so long before it expires, or at four fifths of its life."""
