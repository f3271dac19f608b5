"""Credentials: sealed at rest, opened at use, destroyed with their flow."""

import json
import os
from base64 import b64decode
from collections.abc import Mapping
from pathlib import Path

from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from psycopg_pool import AsyncConnectionPool
from pydantic import SecretStr

from domain.errors import StorageError

_NONCE_BYTES = 12


def read_key(path: Path) -> bytes:
    """The plane's key: 32 bytes, base64, alone in a file that only we can read."""
    key = b64decode(path.read_text("ascii"), validate=False)
    if len(key) != 32:  # noqa: PLR2004 (AES-256)
        msg = f"{path.name} does not hold 32 bytes in base64"
        raise ValueError(msg)
    return key


class SecretStore:
    """AES-256-GCM with a data key per flow; a reference is bound to its secret."""

    def __init__(self, pool: AsyncConnectionPool, key: bytes) -> None:
        """`key` is the plane's, and seals the data keys."""
        self._pool = pool
        self._plane_key = AESGCM(key)

    async def put(
        self, data_flow_id: str, reference: str, fields: Mapping[str, SecretStr]
    ) -> None:
        """Keep a secret. Safe to repeat."""
        async with self._pool.connection() as connection, connection.transaction():
            sealed_key = _seal(self._plane_key, os.urandom(32), data_flow_id)
            await connection.execute(
                "INSERT INTO secret.data_key VALUES (%s, %s) ON CONFLICT DO NOTHING",
                (data_flow_id, sealed_key),
            )
            row = await (
                await connection.execute(
                    "SELECT sealed_key FROM secret.data_key WHERE data_flow_id = %s",
                    (data_flow_id,),
                )
            ).fetchone()
            assert row is not None  # noqa: S101 (inserted above, same transaction)
            data_key = AESGCM(_open(self._plane_key, row[0], data_flow_id))
            plain = json.dumps({k: v.get_secret_value() for k, v in fields.items()})
            await connection.execute(
                "INSERT INTO secret.sealed VALUES (%s, %s, %s)"
                " ON CONFLICT (reference) DO UPDATE"
                " SET sealed_fields = excluded.sealed_fields",
                (reference, data_flow_id, _seal(data_key, plain.encode(), reference)),
            )

    async def renew(
        self, data_flow_id: str, reference: str, fields: Mapping[str, SecretStr]
    ) -> None:
        """Put others in a secret's place. One that was destroyed is a StorageError."""
        async with self._pool.connection() as connection, connection.transaction():
            rows = await connection.execute(
                "SELECT sealed_key FROM secret.data_key WHERE data_flow_id = %s"
                " FOR UPDATE",
                (data_flow_id,),
            )
            row = await rows.fetchone()
            if row is None:
                raise _gone()
            data_key = AESGCM(_open(self._plane_key, row[0], data_flow_id))
            plain = json.dumps({k: v.get_secret_value() for k, v in fields.items()})
            await connection.execute(
                "UPDATE secret.sealed SET sealed_fields = %s WHERE reference = %s",
                (_seal(data_key, plain.encode(), reference), reference),
            )

    async def get(self, reference: str | None) -> Mapping[str, SecretStr]:
        """The secret; empty for no reference. A destroyed one is a StorageError."""
        if reference is None:
            return {}
        async with self._pool.connection() as connection:
            rows = await connection.execute(
                "SELECT data_flow_id, sealed_key, sealed_fields"
                " FROM secret.sealed JOIN secret.data_key USING (data_flow_id)"
                " WHERE reference = %s",
                (reference,),
            )
            row = await rows.fetchone()
        if row is None:
            raise _gone()
        data_key = AESGCM(_open(self._plane_key, row[1], row[0]))
        fields = json.loads(_open(data_key, row[2], reference))
        return {name: SecretStr(value) for name, value in fields.items()}

    async def drop(self, data_flow_id: str, reference: str) -> None:
        """Forget one secret, and the data key with the last. Safe to repeat."""
        async with self._pool.connection() as connection, connection.transaction():
            await connection.execute(
                "DELETE FROM secret.sealed WHERE reference = %s", (reference,)
            )
            await connection.execute(
                "DELETE FROM secret.data_key k WHERE data_flow_id = %s AND NOT EXISTS"
                " (SELECT FROM secret.sealed s WHERE s.data_flow_id = k.data_flow_id)",
                (data_flow_id,),
            )

    async def destroy(self, data_flow_id: str) -> None:
        """Forget all secrets of a flow. Safe to repeat."""
        async with self._pool.connection() as connection:
            await connection.execute(
                "DELETE FROM secret.data_key WHERE data_flow_id = %s", (data_flow_id,)
            )


def _gone() -> StorageError:
    return StorageError(
        "the credentials are gone: the flow has ended",
        code="storage.credentials-expired",
    )


def _seal(key: AESGCM, plain: bytes, bound_to: str) -> bytes:
    nonce = os.urandom(_NONCE_BYTES)
    return nonce + key.encrypt(nonce, plain, bound_to.encode())


def _open(key: AESGCM, sealed: bytes, bound_to: str) -> bytes:
    return key.decrypt(sealed[:_NONCE_BYTES], sealed[_NONCE_BYTES:], bound_to.encode())
