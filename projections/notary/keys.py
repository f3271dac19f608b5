"""The notary's private keys in their file, and Ed25519 by the `cryptography` library.

The file holds one key a line: 32 bytes in base64. The first is the one in use; there is
a second only while a rotation is being made. No key is ever shown, logged or stored.
"""

import os
from base64 import b64decode, b64encode
from collections.abc import Sequence
from pathlib import Path

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import (
    Ed25519PrivateKey,
    Ed25519PublicKey,
)
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from domain.errors import NotaryKeyError
from domain.notary.signing import KEY_BYTES, PublicKeys, Signature, key_id_of


class Signer:
    """One private key, and its public half. What it signs says what it is.

    Every kind of statement that is signed begins with, or holds, its own kind, so that
    none can be passed off as another.
    """

    def __init__(self, seed: bytes) -> None:
        """`seed` is the private key of RFC 8032: 32 random bytes."""
        self._key = Ed25519PrivateKey.from_private_bytes(seed)
        self.public_key = self._key.public_key().public_bytes(
            Encoding.Raw, PublicFormat.Raw
        )
        self.key_id = key_id_of(self.public_key)

    @classmethod
    def from_file(cls, path: Path) -> "Signer":
        """The key in use. Raises OSError, and ValueError for what is no key file."""
        return cls(read_seeds(path)[0])

    @classmethod
    def of(cls, path: Path | None) -> "Signer":
        """The key in use of the file that a setting names. Raises NotaryKeyError."""
        try:
            if path is not None:
                return cls.from_file(path)
        except (OSError, ValueError):
            pass
        raise NotaryKeyError("there is no key to sign with")

    def sign(self, data: bytes) -> Signature:
        """Some 30 microseconds; the same data give the same signature."""
        return Signature(self.key_id, self._key.sign(data))


def introduction(statement: bytes, signer: Signer, new: Signer) -> Signature:
    """A key statement's: by the key before, then by the new one, which consents."""
    both = signer.sign(statement).value + new.sign(statement).value
    return Signature(signer.key_id, both)


def verify(public_keys: PublicKeys, signature: Signature, data: bytes) -> bool:
    """Whether one of these keys has signed the data, the one that it says."""
    public_key = public_keys.get(signature.key_id)
    return public_key is not None and verify_with(public_key, signature.value, data)


def verify_with(public_key: bytes, signature: bytes, data: bytes) -> bool:
    """Whether this key has signed the data: `domain.notary.signing.Verify`."""
    try:
        Ed25519PublicKey.from_public_bytes(public_key).verify(signature, data)
    except (InvalidSignature, ValueError):
        return False
    return True


def read_seeds(path: Path) -> list[bytes]:
    """The keys of a file, the one in use first; at least one. Raises ValueError."""
    seeds = [b64decode(line) for line in path.read_text("ascii").split()]
    if not seeds or any(len(each) != KEY_BYTES for each in seeds):
        msg = f"{path.name} does not hold keys of 32 bytes in base64"
        raise ValueError(msg)
    return seeds


def write_seeds(path: Path, seeds: Sequence[bytes]) -> None:
    """Replace the file, whole or not at all, readable by its owner only."""
    beside = path.with_name(f"{path.name}.new")
    descriptor = os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        file.write(b"\n".join(map(b64encode, seeds)) + b"\n")
        file.flush()
        os.fsync(file.fileno())
    beside.replace(path)
    # Else a crash may bring the old file back, after the key in use has changed.
    directory = os.open(path.parent, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(directory)
    finally:
        os.close(directory)
