# pyright: reportMissingTypeStubs=false, reportUnknownMemberType=false
"""
Writes the rings of a one-device Swift: run as a program, `DIRECTORY PORT DEVICE`.

A program of its own because Swift's modules bring eventlet, which has no place in the
process that starts the servers.
"""

import sys
from pathlib import Path

from swift.common.ring import RingBuilder

SERVERS = ("object", "container", "account")
PORT_STEP = 10
_PART_POWER = 4


def write_rings(directory: Path, proxy_port: int, device: str) -> None:
    """Write one ring file per kind of server."""
    for position, server in enumerate(SERVERS, start=1):
        ring = RingBuilder(_PART_POWER, replicas=1, min_part_hours=0)
        ring.add_dev(
            {
                "id": 0,
                "region": 1,
                "zone": 1,
                "weight": 1.0,
                "ip": "127.0.0.1",
                "port": proxy_port + position * PORT_STEP,
                "device": device,
            }
        )
        ring.rebalance()
        ring.get_ring().save(str(directory / f"{server}.ring.gz"))


if __name__ == "__main__":
    write_rings(Path(sys.argv[1]), int(sys.argv[2]), sys.argv[3])
