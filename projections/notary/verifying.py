"""Checks the log in the database: against its seals, and these against the witness."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from psycopg import Connection

from domain.notary.check import Checker
from domain.notary.encoding import count, position_at
from domain.notary.findings import Finding, Wrong
from domain.notary.key_chain import KeyChain
from domain.notary.pieces import Pieces
from domain.notary.seals import Seal
from domain.notary.statements import SealStatement
from domain.notary.verdict import Verdict
from domain.notary.witness import Witness
from projections.notary import reading
from projections.notary.archived import Archived
from projections.notary.keys import verify_with

_BEFORE_ALL = -(1 << 63)


@dataclass(frozen=True)
class Trust:
    """Whom to believe: key ids that were told by another way; else the key chain."""

    key_ids: Collection[str] = ()


class LogVerification:
    """One pass over the log, from its beginning."""

    def __init__(
        self, connection: Connection, trust: Trust, witness: Witness | None = None
    ) -> None:
        """The witness was read before: what is sealed meanwhile does not disturb."""
        self._connection = connection
        self._trust = trust
        self._witness = witness
        self._began = datetime.now(UTC)
        # What is sealed from now on is of the next verification: the last page grows,
        # and those behind it would follow another than the one that we have seen.
        self._end = reading.last_seal(connection)
        signed = reading.signed_keys(connection)
        keys = KeyChain.of(signed, verify_with, trust.key_ids)
        if keys.keys and keys.keys[-1].from_seal > self._end + 1:
            # A key was introduced between the two reads; or seals were cut off.
            self._end = reading.last_seal(connection)
        if witness and not keys.continues(witness.keys):
            keys = witness.keys
        self._checker = Checker(
            keys,
            verify_with,
            head=reading.log_head(connection),
            absent=Archived(connection, keys),
        )
        self._pieces = Pieces()
        self._read = _BEFORE_ALL
        self._seals = self._unwitnessed = 0

    def close(self) -> None:
        """Give the connection back."""
        self._connection.close()

    def run(self) -> Finding | None:
        """The first thing that is wrong, or None."""
        for chunk in reading.seal_chunks(self._connection, self._end):
            self._fetch(chunk)
            for seal in chunk:
                finding = self._take(seal)
                if finding:
                    return finding
        return self._cut() or self._checker.unreached() or self._overdue()

    def against(self, told: bytes) -> Finding | None:
        """The first event of the next page that is not as the witness was told.

        For after a finding: the witness knows the event where seals tell only the page.
        """
        begin = self._checker.last if self._checker.number else _BEFORE_ALL
        last = position_at(told, -1)
        there = reading.log_entries(self._connection, begin, last, count(told) + 1)
        finding = self._checker.compared(told, there)
        if finding is None:
            self._checker.number, self._checker.last = self._checker.number + 1, last
        return finding

    def verdict(self, finding: Finding | None) -> Verdict:
        """What it has come to."""
        keys, checker = self._checker.keys, self._checker
        signer = keys.of_seal(checker.number) if checker.number else None
        return Verdict(
            finding=finding,
            events=checker.sealed,
            archived=checker.archived,
            seals=self._seals,
            unsealed=reading.unsealed(self._connection, checker.last),
            key=signer.new_key if signer else "",
            trusted=bool(self._trust.key_ids) and bool(keys.keys),
            witness=len(self._witness.told) if self._witness else None,
            unwitnessed=self._unwitnessed,
        )

    def _fetch(self, chunk: Sequence[Seal]) -> None:
        said = [SealStatement.read(each.statement) for each in chunk]
        last = max((each.last for each in said if each), default=self._read)
        if last > self._read:
            most = sum(count(each.entries) for each in chunk) + 1
            self._pieces.add(
                reading.log_entries(self._connection, self._read, last, most)
            )
            self._read = last

    def _take(self, seal: Seal) -> Finding | None:
        said = SealStatement.read(seal.statement)
        found = self._pieces.take(said.last, said.count) if said else b""
        told = self._witness.told.get(said.number, ()) if self._witness and said else ()
        finding = self._checker.take(seal, found, told)
        self._seals += finding is None
        if said and finding is None:
            self._unwitnessed += self._untold(said)
        return finding

    def _untold(self, said: SealStatement) -> bool:
        """Whether the witness should know of a seal by now, and does not."""
        if self._witness is None or self._began - said.at < reading.OVERDUE:
            return False
        told = self._witness.told.get(said.number, ())
        return max((each.size for each in told), default=0) < said.count

    def _cut(self) -> Finding | None:
        last = self._witness.last if self._witness else None
        if last is None or last.number <= self._checker.number:
            return None
        detail = f"the witness knows of seals up to {last.number}"
        return self._checker.fault(Wrong.MISSING_SEAL, detail, last.last)

    def _overdue(self) -> Finding | None:
        first = reading.recorded_behind(self._connection, self._checker.last)
        if first is None or not first.overdue(self._began, reading.OVERDUE):
            return None
        since = f"{first.at:%Y-%m-%d %H:%M:%S} UTC" if first.at else "nobody knows when"
        detail = f"not sealed since {since}"
        finding = self._checker.fault(Wrong.MISSING_SEAL, detail)
        return finding.model_copy(
            update={"position": first.position, "until": first.position}
        )
