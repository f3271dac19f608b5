"""What is there beside what should be, and what the product said of it."""

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from domain.segment.events import Verdict
from tests.matrix.carrying import Said
from tests.matrix.sides import Held

_SHOWN = 12


@dataclass(frozen=True)
class Case:
    """A copy of some objects: `sent` by key, what the product `said`, what is there."""

    sent: Mapping[str, Held]
    said: Mapping[str, Said]
    there: Mapping[str, Held | None]

    def silent(self) -> Iterator[str]:
        """Differences of objects that the product calls copied: there may be none."""
        for key, said in self.said.items():
            if said.code is None and self.there[key] != self.sent[key]:
                found = self.there[key]
                size = "nothing" if found is None else f"{found.size_bytes} bytes"
                yield (
                    f"{shown(key)} ({self.sent[key].size_bytes} bytes) is called"
                    f" {said}, and {size} of other content is there"
                )

    def failed(self) -> dict[str, Said]:
        """Those of which it says that they could not be copied."""
        return {key: said for key, said in self.said.items() if said.code}

    def wrong_remains(self) -> Iterator[str]:
        """What failed, and has left something other behind."""
        for key, said in self.failed().items():
            found = self.there[key]
            if found is not None and found != self.sent[key]:
                yield f"{shown(key)} failed with {said}, and {found} is there"

    def verdicts(self) -> set[Verdict]:
        """Of those that are called copied."""
        return {each.verdict for each in self.said.values() if each.verdict}


@dataclass
class Table:
    """What became of the objects of a whole run, by server and what was done."""

    rows: dict[tuple[str, str], Counter[str]] = field(
        default_factory=dict[tuple[str, str], Counter[str]]
    )

    def add(self, server: str, what: str, case: Case, unkept: int = 0) -> None:
        """Note a case; `unkept` of its objects have names the server does not keep."""
        row = self.rows.setdefault((server, what), Counter())
        row.update(str(each) for each in case.said.values())
        row["not kept by the server"] += unkept

    def lines(self) -> Iterator[str]:
        """In the order of the run."""
        yield f"{'server':<10} {'what':<34}  outcomes"
        for (server, what), outcomes in self.rows.items():
            said = ", ".join(f"{n} {each}" for each, n in sorted(outcomes.items()) if n)
            yield f"{server:<10} {what:<34}  {said}"


def shown(key: str) -> str:
    """A name that a terminal can print."""
    said = ascii(key)
    return said if len(said) <= 80 else f"{said[:60]}… ({len(key.encode())} bytes)"


def some(lines: Iterator[str] | list[str]) -> str:
    """The first lines of many."""
    every = list(lines)
    more = [f"… and {len(every) - _SHOWN} more"] if len(every) > _SHOWN else []
    return "\n".join(["", *every[:_SHOWN], *more])
