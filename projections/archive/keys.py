"""A key per archived flow, sealed by the archive's own: AES-256-GCM."""

import os
from base64 import b64decode
from pathlib import Path
from typing import Final

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from psycopg import AsyncConnection

from domain.errors import ArchiveError

_KEY_BYTES, _NONCE_BYTES = 32, 12
_NO_KEY: Final = "WAYBILL_ARCHIVE_KEY_FILE names no file with 32 bytes in base64"


class FlowKey:
    """Seals and opens what is archived of one flow, and of no other."""

    def __init__(self, key: bytes, data_flow_id: str) -> None:
        """`key` is the flow's."""
        self._key = AESGCM(key)
        self._bound_to = data_flow_id.encode()

    def seal(self, plain: bytes) -> bytes:
        """A nonce, and what only `open` reads."""
        nonce = os.urandom(_NONCE_BYTES)
        return nonce + self._key.encrypt(nonce, plain, self._bound_to)

    def open(self, sealed: bytes) -> bytes:
        """The plain bytes. Raises ArchiveError where they were changed."""
        nonce, rest = sealed[:_NONCE_BYTES], sealed[_NONCE_BYTES:]
        try:
            return self._key.decrypt(nonce, rest, self._bound_to)
        except (InvalidTag, ValueError):
            raise ArchiveError("it does not open with its key") from None


class FlowKeys:
    """The table `archive.key`."""

    def __init__(self, path: Path | None) -> None:
        """The file is read at each use."""
        self._path = path

    async def make(self, connection: AsyncConnection, data_flow_id: str) -> FlowKey:
        """The flow's key, a new one where it has none."""
        own = self._own(data_flow_id)
        await connection.execute(
            "INSERT INTO archive.key VALUES (%s, %s) ON CONFLICT DO NOTHING",
            (data_flow_id, own.seal(os.urandom(_KEY_BYTES))),
        )
        found = await self.find(connection, data_flow_id)
        if found is None:
            raise ArchiveError("its key was destroyed meanwhile")
        return found

    async def find(
        self, connection: AsyncConnection, data_flow_id: str
    ) -> FlowKey | None:
        """The flow's key; None where there is none, or none any more."""
        cursor = await connection.execute(
            "SELECT sealed_key FROM archive.key WHERE data_flow_id = %s",
            (data_flow_id,),
        )
        row = await cursor.fetchone()
        if row is None:
            return None
        return FlowKey(self._own(data_flow_id).open(bytes(row[0])), data_flow_id)

    async def destroy(self, connection: AsyncConnection, data_flow_id: str) -> None:
        """Make what is archived unreadable, for good. Safe to repeat."""
        await connection.execute(
            "DELETE FROM archive.key WHERE data_flow_id = %s", (data_flow_id,)
        )

    def _own(self, data_flow_id: str) -> FlowKey:
        try:
            key = b64decode(self._path.read_bytes()) if self._path else b""
        except (OSError, ValueError):
            key = b""
        if len(key) != _KEY_BYTES:
            raise ArchiveError(_NO_KEY)
        return FlowKey(key, data_flow_id)
