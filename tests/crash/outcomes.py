"""What became of each kill point, and the table at the end."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from itertools import groupby

from tests.crash.kill_points import KillPoint


@dataclass(frozen=True)
class Outcome:
    """One kill point's; without a complaint everything held."""

    point: KillPoint
    effect: str
    seconds: float
    complaint: str

    @property
    def group(self) -> tuple[str, str]:
        """What it is counted with."""
        return self.point.role, self.point.when


@dataclass
class Outcomes:
    """Of a whole run, in its order."""

    all: list[Outcome] = field(default_factory=list[Outcome])

    def add(
        self, point: KillPoint, effect: str | None, seconds: float, complaint: str = ""
    ) -> None:
        """Note one; a point that was not reached, and did no harm, is none."""
        if effect is not None or complaint:
            self.all.append(Outcome(point, effect or "", seconds, complaint))

    def failures(self, role: str, when: str) -> int:
        """How many points of a role and side failed."""
        return sum(1 for e in self.all if e.group == (role, when) and e.complaint)

    def unmet(self, role: str, when: str, effects: Iterable[str]) -> list[str]:
        """Those effects of a role that were not killed on this side."""
        met = [each.effect for each in self.all if each.group == (role, when)]
        return [name for name in effects if not any(name in effect for effect in met)]

    def table(self) -> Iterator[str]:
        """A line per role and side with its effects, then each failure."""
        yield f"{'role':<12}{'when':<8}{'points':>9}{'survived':>10}{'seconds':>9}"
        for (role, when), group in groupby(self.all, key=lambda each: each.group):
            points = list(group)
            good = sum(1 for each in points if not each.complaint)
            seconds = sum(each.seconds for each in points)
            yield f"{role:<12}{when:<8}{len(points):>9}{good:>10}{seconds:>9.0f}"
            for effect in sorted({each.effect for each in points}):
                yield f"    {effect}"
        for each in self.all:
            if each.complaint:
                yield f"FAILED {each.point.name}: {each.complaint}"
