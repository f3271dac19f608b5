"""A new key for the notary: introduced by the old one, after the last seal."""

import os
from pathlib import Path

import psycopg

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
    seeds = read_seeds(key_file)[:2]
    if len(seeds) == 1:
        seeds.append(os.urandom(KEY_BYTES))
        write_seeds(key_file, seeds)
    old, new = (Signer(seed) for seed in seeds)
    connect = psycopg.AsyncConnection.connect(database_url, autocommit=True)
    async with await connect as connection, connection.transaction():
        # The notary moves its position first: now it waits for us.
        await connection.execute(_HOLD, (NAME,))
        known = await rows.last_key(connection)
        if known is None:
            raise NotaryKeyError("the notary has sealed nothing yet")
        if known.new_key not in {old.key_id, new.key_id}:
            raise NotaryKeyError("the notary's key file does not hold the key in use")
        # Else we were killed between the two files.
        if known.new_key == old.key_id:
            known = await introduce(connection, old, new)
    write_seeds(key_file, seeds[1:])
    return known
