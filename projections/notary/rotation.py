"""A new key for the notary: introduced by the old one, after the last seal."""

import os
from pathlib import Path

import psycopg
from psycopg import AsyncConnection

from domain.errors import NotaryKeyError
from domain.notary.signing import KEY_BYTES
from domain.notary.statements import KeyStatement
from projections.notary import rows
from projections.notary.keys import Signer, read_seeds, write_seeds
from projections.notary.sealing import NAME, introduce

_HOLD = "SELECT position FROM notary.positions WHERE name = %s FOR UPDATE"


async def rotate(database_url: str, key_file: Path) -> KeyStatement:
    """Make a key, let the old one introduce it, and forget the old one.

    The notary goes on with it by itself, wherever it reads the same file. Killed at any
    moment, it can be called again: the file holds both keys until the new one is known.
    Raises NotaryKeyError before the first seal, and where the file is not the one.
    """
    connect = psycopg.AsyncConnection.connect(database_url, autocommit=True)
    async with await connect as connection:
        async with connection.transaction():
            known = await _introduced(connection, key_file)
        # Only now it is sure that the new key is known.
        async with connection.transaction():
            await _forget(connection, key_file)
    return known


async def _held(connection: AsyncConnection) -> KeyStatement:
    """The key in use, while nobody else seals, rotates or writes the file.

    Two rotations at once would else write over each other's keys.
    """
    # The notary moves its position first: now it waits for us.
    await connection.execute(_HOLD, (NAME,))
    known = await rows.last_key(connection)
    if known is None:
        raise NotaryKeyError("the notary has sealed nothing yet")
    return known


async def _introduced(connection: AsyncConnection, key_file: Path) -> KeyStatement:
    known = await _held(connection)
    seeds = read_seeds(key_file)[:2]
    old = Signer(seeds[0])
    if known.new_key != old.key_id:
        # Killed between the two files; or it is the file of another notary.
        if known.new_key not in {Signer(each).key_id for each in seeds}:
            raise NotaryKeyError("the notary's key file does not hold the key in use")
        return known
    if len(seeds) == 1:
        seeds.append(os.urandom(KEY_BYTES))
        write_seeds(key_file, seeds)
    return await introduce(connection, old, Signer(seeds[1]))


async def _forget(connection: AsyncConnection, key_file: Path) -> None:
    """Leave the key in use in the file, alone."""
    known = await _held(connection)
    seeds = read_seeds(key_file)
    used = [each for each in seeds if Signer(each).key_id == known.new_key]
    if used and used != seeds:
        write_seeds(key_file, used)
