"""What became of each transfer, what it cost, and the table at the end."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field


@dataclass(frozen=True)
class Result:
    """One transfer's; `code` is None when it was completed."""

    flow: str
    mix: str
    seconds: float
    code: str | None
    complaints: tuple[str, ...]


@dataclass
class Outcomes:
    """Of a whole run. `minimum` is what the same transfers cost without faults."""

    results: list[Result] = field(default_factory=list[Result])
    minimum: Counter[str] = field(default_factory=Counter[str])
    requests: Counter[str] = field(default_factory=Counter[str])
    faults: Counter[str] = field(default_factory=Counter[str])
    seconds: float = 0.0

    @property
    def complaints(self) -> list[str]:
        """All that was wrong, by transfer."""
        return [f"{e.flow}: {what}" for e in self.results for what in e.complaints]

    @property
    def ratio(self) -> float:
        """Requests made, as a multiple of those that were needed."""
        return self.requests.total() / max(1, self.minimum.total())

    def table(self) -> Iterator[str]:
        """Transfers by kind, requests by operation, faults by kind, complaints."""
        yield f"{'transfers':<26}{'all':>8}{'completed':>11}{'longest s':>11}  errored"
        for mix in sorted({each.mix for each in self.results}):
            yield self._line(mix, [e for e in self.results if e.mix == mix])
        yield f"together {self.seconds:.0f} s"
        yield f"{'requests':<26}{'minimum':>8}{'made':>11}{'ratio':>11}"
        for name in sorted(self.minimum | self.requests):
            yield _cost(name, self.minimum[name], self.requests[name])
        yield _cost("all", self.minimum.total(), self.requests.total())
        yield f"{'faults':<26}{'':>8}{'met':>11}{'share':>11}"
        for name, count in sorted(self.faults.items()):
            share = count / max(1, self.requests.total())
            yield f"{name:<26}{'':>8}{count:>11}{share:>11.1%}"
        yield from (f"WRONG {each}" for each in self.complaints)

    def _line(self, mix: str, results: list[Result]) -> str:
        codes = Counter(each.code for each in results)
        completed = codes.pop(None, 0)
        longest = max(each.seconds for each in results)
        said = ", ".join(
            f"{count} {code}" for code, count in sorted(codes.items(), key=str)
        )
        return f"{mix:<26}{len(results):>8}{completed:>11}{longest:>11.1f}  {said}"


def _cost(name: str, minimum: int, made: int) -> str:
    ratio = f"{made / minimum:.2f}" if minimum else "-"
    return f"{name:<26}{minimum:>8}{made:>11}{ratio:>11}"
