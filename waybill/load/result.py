"""What a run has shown, as one JSON document."""

from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime

from pydantic import BaseModel, ConfigDict
from pydantic.alias_generators import to_camel

from waybill.load.profiles import Load


class _Shown(BaseModel):
    model_config = ConfigDict(
        frozen=True,
        alias_generator=to_camel,
        populate_by_name=True,
        serialize_by_alias=True,
    )


class Latencies(_Shown):
    """Of one kind of request, in milliseconds."""

    count: int
    p50: float
    p90: float
    p95: float
    p99: float
    max: float


class Asked(_Shown):
    """The settings of the run, as they were in effect; sizes in bytes."""

    profile: str
    files: int
    file_size_bytes: int
    chunk_size_bytes: int
    concurrent_files: int
    per_file_chunk_workers: int


class Result(_Shown):
    """The run: `bytes_stored` are of files that are complete, each proven by its hash.

    `latencies` by kind: `init`, `chunk`, `complete`, and `file` from the first to the
    last. `busy` counts the answers that asked to come again later, `errors` the files
    that failed, by code.
    """

    base_url: str
    started_at: datetime
    settings: Asked
    seconds: float
    files_completed: int
    files_failed: int
    bytes_stored: int
    bytes_per_second: float
    files_per_second: float
    busy: int
    errors: dict[str, int]
    latencies: dict[str, Latencies]


@dataclass
class Tally:
    """What is noted while the run goes on; seconds, by kind of request."""

    seconds: dict[str, list[float]] = field(default_factory=lambda: defaultdict(list))
    completed: list[str] = field(default_factory=list[str])
    errors: Counter[str] = field(default_factory=Counter[str])

    def latencies(self) -> dict[str, Latencies]:
        """Summed up."""
        return {kind: summed(each) for kind, each in self.seconds.items() if each}


def summed(seconds: Sequence[float]) -> Latencies:
    """The percentiles: each is the least that so many of a hundred do not exceed."""
    ordered = sorted(seconds)

    def at(percent: int) -> float:
        place = -(-percent * len(ordered) // 100) - 1
        return round(1000 * ordered[place], 2)

    return Latencies(
        count=len(ordered), p50=at(50), p90=at(90), p95=at(95), p99=at(99), max=at(100)
    )


def result_of(
    base_url: str, started_at: datetime, load: Load, tally: Tally, seconds: float
) -> Result:
    """The document; `busy` is the client's to say."""
    stored = len(tally.completed) * load.file_size_bytes
    return Result(
        base_url=base_url,
        started_at=started_at,
        settings=Asked(
            profile=load.profile,
            files=load.files,
            file_size_bytes=load.file_size_bytes,
            chunk_size_bytes=load.chunk_size_bytes,
            concurrent_files=load.files_at_once,
            per_file_chunk_workers=load.chunks_at_once,
        ),
        seconds=round(seconds, 3),
        files_completed=len(tally.completed),
        files_failed=sum(tally.errors.values()),
        bytes_stored=stored,
        bytes_per_second=round(stored / seconds, 1),
        files_per_second=round(len(tally.completed) / seconds, 3),
        busy=0,
        errors=dict(tally.errors),
        latencies=tally.latencies(),
    )
