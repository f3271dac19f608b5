"""Signatures as values. Who makes and checks them is elsewhere."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from hashlib import sha256
from typing import TypeAlias

KEY_BYTES, SIGNATURE_BYTES = 32, 64

# Of public key, signature and data: whether the one made the other (Ed25519, RFC 8032).
# Answers False to whatever is no signature; never raises.
Verify: TypeAlias = Callable[[bytes, bytes, bytes], bool]
# Public keys, 32 bytes each, by their ids.
PublicKeys: TypeAlias = Mapping[str, bytes]


@dataclass(frozen=True)
class Signature:
    """64 bytes of Ed25519, and the id of the key that made them."""

    key_id: str
    value: bytes


def key_id_of(public_key: bytes) -> str:
    """The SHA-256 of the 32 bytes, in hex: what people compare over the telephone."""
    return sha256(public_key).hexdigest()
