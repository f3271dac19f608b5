"""Checks an export, line by line: its keys, its seals, its events, what it adds up to.

docs/proof.md says the same in words, `examples/verify_export.py` in plain Python.
"""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from hashlib import sha256
from typing import Any

from domain.notary.encoding import Stored, entry
from domain.notary.export_lines import (
    KINDS,
    UnreadableError,
    read_event,
    read_line,
    read_seal,
    read_signed,
    receipt_digest,
)
from domain.notary.export_receipt import ExportedReceipt
from domain.notary.export_seals import Segment
from domain.notary.findings import Finding, Wrong
from domain.notary.key_chain import SignedKey
from domain.notary.signing import Verify
from domain.notary.statements import NOTHING, ExportStatement, positions_of
from domain.notary.verdict import Verdict

_ONCE = {"format", "receipt", "export"}
_DETAILS = {
    Wrong.ALTERED: "the event here is not the one that was sealed",
    Wrong.INSERTED: "no event was sealed here",
    Wrong.REORDERED: "an event was moved",
}


@dataclass
class ExportCheck:
    """Takes the lines in order; then `verdict`.

    `trusted` are ids of keys that were told by another way. Without any, an export is
    only found to agree with itself.
    """

    verify: Verify
    trusted: Collection[str] = ()
    data_flow_id: str = ""
    receipt: Mapping[str, Any] | None = None
    _segment: Segment = field(init=False)
    _positions: list[int] = field(default_factory=list[int])
    _entries: Any = field(default_factory=sha256)
    _sealed: int = 0
    _unsealed_from: int = 0
    _exact: list[Finding] = field(default_factory=list[Finding])
    _vague: list[Finding] = field(default_factory=list[Finding])
    _seen: str = ""
    _stopped: bool = False

    def __post_init__(self) -> None:
        """Nothing is taken yet."""
        self._segment = Segment(self.verify, self.trusted)

    def line(self, line: bytes) -> None:
        """The next line. Behind one that cannot be read, none is looked at."""
        if self._stopped:
            return
        try:
            kind, body = read_line(line)
            self._enter(kind)
            self._take(kind, body)
        except UnreadableError as error:
            self._stop(Wrong.UNREADABLE, str(error))

    def verdict(self) -> Verdict:
        """What it has come to: the first bad position, where there is one."""
        if self._seen != "export":
            self._stop(Wrong.TRUNCATED, "the export has no last line")
        if fault := self._segment.fault:
            begin = self._positions[0] if self._positions else 1
            if not self._segment.seals:
                until = max(begin, fault.until)
                fault = fault.model_copy(update={"position": begin, "until": until})
            self._exact.append(fault)
        found = sorted(self._exact, key=lambda each: each.position) or self._vague
        keys = self._segment.chain.keys
        return Verdict(
            finding=found[0] if found else None,
            events=self._sealed,
            seals=self._segment.seals,
            unsealed=len(self._positions) - self._sealed,
            key=keys[-1].new_key if keys else "",
            trusted=bool(self.trusted) and bool(keys),
        )

    def _take(self, kind: str, body: Mapping[str, Any]) -> None:
        match kind:
            case "format":
                self.data_flow_id = body["data_flow_id"]
            case "key":
                self._segment.keys.append(SignedKey(*read_signed(body)))
            case "seal":
                seal, told = read_seal(body)
                self._segment.add(seal, told=told)
            case "event":
                self._event(read_event(body))
            case "receipt":
                self._receipt(body)
            case _:
                self._export(*read_signed(body))

    def _enter(self, kind: str) -> None:
        before = KINDS.index(self._seen) if self._seen else -1
        now = KINDS.index(kind)
        if now < before or (now == before and kind in _ONCE) or (before < 0 < now):
            raise UnreadableError("a line is not in its place")
        self._seen = kind

    def _stop(self, wrong: Wrong, detail: str) -> None:
        self._stopped = True
        self._note(wrong, self._last() + 1, detail)

    def _note(self, wrong: Wrong, position: int, detail: str) -> None:
        self._exact.append(
            Finding(
                position=position,
                until=position,
                wrong=wrong,
                seal=self._segment.checker.number,
                detail=detail,
            )
        )

    def _last(self) -> int:
        return self._positions[-1] if self._positions else 0

    def _event(self, event: Stored) -> None:
        if self._positions and event.position <= self._last():
            wrong = Wrong.REORDERED
            if event.position in self._positions:
                wrong = Wrong.INSERTED
            self._note(wrong, event.position, "an event is not in its place")
            return
        self._positions.append(event.position)
        self._entries.update(entry(event))
        judged = self._segment.judge(event)
        if isinstance(judged, Wrong):
            self._note(judged, event.position, _DETAILS[judged])
        elif judged:
            self._sealed += 1
        else:
            self._unsealed_from = self._unsealed_from or event.position

    def _receipt(self, body: Mapping[str, Any]) -> None:
        read = ExportedReceipt.read(body)
        self.receipt = body
        chain = self._segment.chain
        if problem := read.problem(self.data_flow_id, chain, self.verify):
            self._doubt(problem)

    def _export(self, statement: bytes, signature: bytes) -> None:
        said = ExportStatement.read(statement)
        chain = self._segment.chain
        if said is None:
            self._doubt("what the export adds up to is no statement")
        elif chain.problem or not chain.keys or chain.keys[-1].new_key != said.key:
            self._doubt(f"the export's key is not vouched for: {chain.problem}")
        elif not chain.signed(said.key, signature, statement, self.verify):
            self._doubt("the export's signature is not that of its key")
        elif said.data_flow_id != self.data_flow_id:
            self._doubt("the export is of another flow")
        else:
            self._compare(said)

    def _doubt(self, detail: str, begin: int = 0) -> None:
        first = begin or (self._positions[0] if self._positions else 0)
        self._vague.append(
            Finding(
                position=first,
                until=max(self._last(), first),
                wrong=Wrong.FORGED_EXPORT,
                seal=self._segment.checker.number,
                detail=detail,
            )
        )

    def _compare(self, said: ExportStatement) -> None:
        try:
            positions, missing = (
                positions_of(said.positions),
                positions_of(said.missing),
            )
        except ValueError:
            self._doubt("the positions in the export's statement are none")
            return
        if said.receipt != receipt_digest(self.receipt):
            self._doubt("the receipt is not the one that belongs to the export")
        self._compare_seals(said)
        self._differ(Wrong.REMOVED, set(positions) - set(self._positions))
        self._differ(Wrong.INSERTED, set(self._positions) - set(positions))
        self._differ(Wrong.REMOVED, missing, " when the export was made")
        if self._entries.hexdigest() != said.events:
            self._doubt("an event that is not sealed was changed", self._unsealed_from)

    def _differ(self, wrong: Wrong, positions: Iterable[int], when: str = "") -> None:
        if first := min(positions, default=0):
            what = "gone" if wrong is Wrong.REMOVED else "none of the flow's"
            self._note(wrong, first, f"the event here is {what}{when}")

    def _compare_seals(self, said: ExportStatement) -> None:
        segment = self._segment
        if segment.fault:
            return
        first = segment.first.number if segment.first else 0
        if first != said.first_seal:
            self._note(Wrong.MISSING_SEAL, said.after + 1, "the first seal is missing")
        last = segment.checker.previous or NOTHING
        if segment.seals != said.seals or last != said.last_seal:
            after = segment.checker.last + 1
            self._note(Wrong.MISSING_SEAL, after, "the last seals are missing")
