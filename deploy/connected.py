"""
Health check of a container: does it hold a connection to each of these ports?

Run as `python deploy/connected.py 4222 5432`. It reads the kernel's table of the
container's connections, so it asks the process itself for nothing.
"""

import sys
from collections.abc import Iterator
from pathlib import Path

ESTABLISHED = "01"
TABLES = (Path("/proc/net/tcp"), Path("/proc/net/tcp6"))


def connected_ports() -> Iterator[int]:
    """Yield the remote port of every established connection."""
    for table in filter(Path.exists, TABLES):
        for line in table.read_text().splitlines()[1:]:
            _, _, remote, state, *_ = line.split()
            if state == ESTABLISHED:
                yield int(remote.rpartition(":")[2], base=16)


if __name__ == "__main__":
    missing = {int(port) for port in sys.argv[1:]} - set(connected_ports())
    sys.exit(f"no connection to port {sorted(missing)}" if missing else 0)
