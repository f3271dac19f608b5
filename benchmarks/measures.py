"""What is measured, in this order: who copies what, from where to where."""

from dataclasses import dataclass, replace

from benchmarks.workloads import LARGE, MIDDLING, SMALL, TEN, Workload

RELAY = "relay"
RELAY_ROUNDS = 3


@dataclass(frozen=True)
class Measure:
    """Rounds of one workload; in each, every contender copies it once.

    Between two servers; `within` one, where the storage can copy by itself. The
    contenders' names are those of `Contender.name`. No further round begins that would
    probably not end within `seconds`: all of them are to stay below 25 minutes. With
    `part_mib`, ours is told to copy in parts of that size.
    """

    name: str
    workload: Workload
    contenders: tuple[str, ...]
    seconds: float
    within: bool = False
    tls: bool = False
    rounds: int = 3
    part_mib: int | None = None

    def quick(self) -> "Measure":
        """A test of the measure itself."""
        return replace(self, workload=self.workload.quick(), rounds=1)


# Those of one workload stand together: it is put only once.
MEASURES = (
    Measure("stream", LARGE, ("waybill", "rclone", "bare", "one_worker"), 220),
    Measure("stream.tls", LARGE, ("waybill", "rclone"), 130, tls=True),
    Measure("server_side", LARGE, ("waybill", "bare"), 100, within=True, part_mib=128),
    Measure("server_side.any", LARGE, ("waybill", "rclone"), 60, within=True),
    Measure("stream.ten", TEN, ("waybill", "rclone"), 190),
    Measure(
        "server_side.objects",
        MIDDLING,
        ("waybill", "s5cmd", "rclone", "bare"),
        90,
        within=True,
    ),
    Measure("small", SMALL, ("waybill", "rclone", "bare"), 220),
    Measure("small.copied", SMALL, ("waybill", "s5cmd", "rclone"), 140, within=True),
)
