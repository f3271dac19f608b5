"""What became of each kill point, and the table at the end."""

from dataclasses import dataclass, field

from tests.crash.kill_points import KillPoint


@dataclass(frozen=True)
class Outcome:
    """One kill point's."""

    point: KillPoint
    effect: str
    seconds: float
    complaint: str = ""


@dataclass
class Outcomes:
    """Of a whole run."""

    all: list[Outcome] = field(default_factory=list[Outcome])

    def survived(self, point: KillPoint, effect: str, seconds: float) -> None:
        """Everything held."""
        self.all.append(Outcome(point, effect, seconds))

    def failed(self, point: KillPoint, complaint: str, seconds: float) -> None:
        """Something did not."""
        self.all.append(Outcome(point, "", seconds, complaint))

    def failures(self, role: str, when: str) -> int:
        """How many points of a role and side failed."""
        return sum(
            1
            for each in self.all
            if (each.point.role, each.point.when) == (role, when) and each.complaint
        )

    def table(self) -> list[str]:
        """A line per role and side, then each failure."""
        lines = [f"{'role':<12}{'when':<8}{'kill points':>12}{'survived':>10}{'s':>8}"]
        groups = dict.fromkeys((e.point.role, e.point.when) for e in self.all)
        for role, when in groups:
            of_group = [
                e for e in self.all if (e.point.role, e.point.when) == (role, when)
            ]
            good = sum(1 for each in of_group if not each.complaint)
            seconds = sum(each.seconds for each in of_group)
            lines.append(f"{role:<12}{when:<8}{len(of_group):>12}{good:>10}{seconds:>8.0f}")
        for each in self.all:
            if each.complaint:
                lines.append(f"FAILED {each.point.name}: {each.complaint}")
        return lines
