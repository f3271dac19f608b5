"""The demo, step by step."""

import shutil
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from rich.console import Console

from projections.views import Progress
from waybill.cli.progress_bar import follow
from waybill.cli.wording import line
from waybill.client import Client
from waybill.demo.objects import Store, checksums, open_uploads, seed
from waybill.embedded import Servers
from waybill.messages import push
from waybill.processes import Processes

_LARGE, _PREFIX = "lake/2026.parquet", "small/"
_KILL_AT, _SUSPEND_AT = 0.25, 0.6
_SUSPENDED_SECONDS = 2.0
_FEW = 3


def run(console: Console, *, size_mb: int, objects: int) -> int:
    """Run the demo; returns the exit code: 0 when both sides are the same."""
    home = Path(tempfile.mkdtemp(prefix="waybill-demo-"))
    # Readable for the user that PostgreSQL runs as when we are root.
    home.chmod(0o755)
    began = time.monotonic()
    try:
        console.rule("two S3 servers, PostgreSQL, NATS")
        with Servers(home, s3=("source", "destination")) as servers:
            settings = {"WAYBILL_ACK_WAIT_SECONDS": "5"}
            with Processes(
                home,
                database_url=servers.database_url,
                nats_url=servers.nats_url,
                settings=settings,
            ) as processes:
                source = Store(servers.s3["source"], "lake")
                destination = Store(servers.s3["destination"], "partner")
                show = _Show(console, processes, source, destination)
                same = show.play(size_mb, objects)
        console.print(f"everything stopped after {time.monotonic() - began:.0f} s")
    finally:
        shutil.rmtree(home, ignore_errors=True)
    return 0 if same else 1


@dataclass(frozen=True)
class _Show:
    console: Console
    processes: Processes
    source: Store
    destination: Store

    def play(self, size_mb: int, objects: int) -> bool:
        """Push, disturb, verify. Whether both sides are the same in the end."""
        self.console.print(f"gateway {self.processes.api_base}, two workers")
        seed(
            self.source,
            large_key=_LARGE,
            size_mb=size_mb,
            prefix=_PREFIX,
            count=objects,
        )
        self.destination.client().create_bucket(Bucket=self.destination.bucket)
        with Client(self.processes.api_base) as client:
            self._push_large(client, size_mb)
            self._push_small(client, objects)
            self._history(client, "demo-large")
        return self._verify()

    def _push_large(self, client: Client, size_mb: int) -> None:
        self.console.rule(f"one object of {size_mb} MiB")
        client.start(
            push(
                self.source.side(_LARGE),
                self.destination.side("in/2026.parquet"),
                data_flow_id="demo-large",
            )
        )
        follow(self.console, self._disturbed(client))

    def _disturbed(self, client: Client) -> Iterator[Progress]:
        """The progress; on the way, a worker is killed and the flow suspended."""
        kill = _Once(_KILL_AT, self._kill_a_worker)
        suspend = _Once(_SUSPEND_AT, lambda: self._suspend_and_resume(client))
        for row in client.watch("demo-large"):
            yield row
            if row.bytes_total:
                done = row.bytes_copied / row.bytes_total
                kill.when(done)
                suspend.when(done)

    def _kill_a_worker(self) -> None:
        pid = self.processes.kill("worker-1")
        self.console.print(f"[red]✗[/red] SIGKILL to worker-1 (pid {pid})")
        self.processes.start("worker-1")
        pid = self.processes.pid("worker-1")
        self.console.print(f"[green]✓[/green] worker-1 started again (pid {pid})")

    def _suspend_and_resume(self, client: Client) -> None:
        confirmed = client.signal("demo-large", "suspend", "shown in the demo")
        word = "confirmed by the workers" if confirmed else "confirmation pending"
        self.console.print(f"‖ suspended, {word}")
        time.sleep(_SUSPENDED_SECONDS)
        client.signal("demo-large", "resume")
        self.console.print("▶ resumed")

    def _push_small(self, client: Client, objects: int) -> None:
        self.console.rule(f"a prefix of {objects} objects")
        client.start(
            push(
                self.source.side(_PREFIX),
                self.destination.side("in/small/"),
                data_flow_id="demo-small",
            )
        )
        follow(self.console, client.watch("demo-small"))

    def _history(self, client: Client, flow: str) -> None:
        self.console.rule(f"waybill history {flow}")
        for each in client.history(flow):
            self.console.print(
                line(each), markup=False, highlight=False, soft_wrap=True
            )

    def _verify(self) -> bool:
        self.console.rule("SHA-256 of source and destination, read back")
        large = self._compared(_LARGE, "in/2026.parquet")
        small = self._compared(_PREFIX, "in/small/")
        left = open_uploads(self.source) + open_uploads(self.destination)
        self.console.print(f"multipart uploads left open: {left}")
        return large and small and left == 0

    def _compared(self, here: str, there: str) -> bool:
        before = list(checksums(self.source, here))
        after = list(checksums(self.destination, there))
        shown = zip(before[:_FEW], after[:_FEW], strict=False)
        for (key, size, digest), (_, _, copied) in shown:
            self.console.print(
                f"{here}{key} → {there}{key}  {size} bytes\n"
                f"  source      {digest}\n  destination {copied}",
                highlight=False,
                soft_wrap=True,
            )
        if len(before) > _FEW:
            self.console.print(f"… and {len(before) - _FEW} more, compared alike")
        same = bool(before) and before == after
        verdict = "[green]identical[/green]" if same else "[red]NOT identical[/red]"
        self.console.print(f"{len(after)} of {len(before)} objects: {verdict}")
        return same


class _Once:
    """Does something once, when a share of the bytes has been copied."""

    def __init__(self, share: float, act: Callable[[], None]) -> None:
        self._share = share
        self._act: Callable[[], None] | None = act

    def when(self, done: float) -> None:
        act = self._act
        if act is not None and done >= self._share:
            self._act = None
            act()
