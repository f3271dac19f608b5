"""A sealed log, and what somebody with the database's password may do to it."""

from collections.abc import Callable
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

import psycopg

from domain.notary.encoding import Stored, entries
from domain.notary.findings import Finding
from domain.notary.statements import NOTHING, KeyStatement, SealStatement, digest_of
from domain.notary.verdict import Verdict
from projections.notary.keys import Signer, introduction
from projections.notary.sealing import Notary
from projections.notary.verifying import LogVerification, Trust
from tests.projections.lives import life
from tests.projections.story import Story
from waybill.secret_key import ensure_key

CHANGE = "UPDATE waybill_events SET state = state || ' ' WHERE notification_id = {0}"
REMOVE = "DELETE FROM waybill_events WHERE notification_id = {0}"
CUT = "DELETE FROM waybill_events WHERE notification_id > {0}"
SWAP = """
    UPDATE waybill_events SET notification_id = -1 WHERE notification_id = {0};
    UPDATE waybill_events SET notification_id = {0} WHERE notification_id = {1};
    UPDATE waybill_events SET notification_id = {1} WHERE notification_id = -1
"""

# Three pages, the last one not full.
LAST = 1230


@dataclass(frozen=True)
class Sealed:
    """A sealed log, and the notary's key file."""

    story: Story
    key_file: Path

    async def seal(self) -> None:
        await Notary(self.key_file).follower(self.story.log.pool).catch_up()


async def sealed_in(story: Story, key_file: Path) -> Sealed:
    """A log of some flows, sealed."""
    number = 0
    while (last := await story.happened(*life(number, 90))) < LAST:
        number += 1
    assert last > LAST
    sealed = Sealed(story, ensure_key(key_file))
    await sealed.seal()
    return sealed


def verified(connection: psycopg.Connection, trust: Trust | None = None) -> Verdict:
    verification = LogVerification(connection, trust or Trust())
    return verification.verdict(verification.run())


def after(url: str, tamper: Callable[[psycopg.Connection], object]) -> Finding | None:
    """What is found in a log that was tampered with; it is put right again."""
    with (
        psycopg.connect(url) as connection,
        connection.transaction(force_rollback=True),
    ):
        tamper(connection)
        return verified(connection).finding


def sql(text: str) -> Callable[[psycopg.Connection], object]:
    return lambda connection: connection.execute(text.encode())


def forge(
    connection: psycopg.Connection, position: int, mallory: Signer, first: int = 0
) -> None:
    """Change an event, and make all digests, seals and signatures anew behind it."""
    connection.execute(
        "UPDATE waybill_events SET state = state || ' ' WHERE notification_id = %s",
        (position,),
    )
    rows = connection.execute(
        "SELECT number, statement, last FROM notary.seal ORDER BY number"
    ).fetchall()
    previous = NOTHING
    for number, old, last in rows:
        said = SealStatement.model_validate_json(old)
        if number < first or (not first and last < position):
            previous = digest_of(old)
            continue
        events = connection.execute(
            "SELECT notification_id, originator_id, originator_version, topic, state"
            " FROM waybill_events WHERE notification_id > %s AND notification_id <= %s"
            " ORDER BY notification_id",
            (said.after, last),
        ).fetchall()
        made = entries(Stored(*each) for each in events)
        new = said.model_copy(
            update={
                "events": sha256(made).hexdigest(),
                "previous": previous,
                "key": mallory.key_id if first else said.key,
            }
        ).to_bytes()
        previous = digest_of(new)
        connection.execute(
            "UPDATE notary.seal SET statement = %s, signature = %s, entries = %s"
            " WHERE number = %s",
            (new, mallory.sign(new).value, made, number),
        )


def forge_key(connection: psycopg.Connection, mallory: Signer) -> None:
    """Let the chain of keys begin with another one."""
    row = connection.execute("SELECT statement FROM notary.key").fetchone()
    assert row is not None
    new = KeyStatement.model_validate_json(row[0]).model_copy(
        update={
            "key": mallory.key_id,
            "new_key": mallory.key_id,
            "public_key": mallory.public_key.hex(),
        }
    )
    connection.execute(
        "UPDATE notary.key SET key_id = %s, statement = %s, signature = %s",
        (
            mallory.key_id,
            new.to_bytes(),
            introduction(new.to_bytes(), mallory, mallory).value,
        ),
    )
