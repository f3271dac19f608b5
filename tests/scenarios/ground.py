"""What a plane stands on."""

from dataclasses import dataclass
from pathlib import Path

from tests.services import BucketPair


@dataclass(frozen=True)
class Ground:
    """A home, a database, a broker and two buckets of one test's own."""

    home: Path
    database_url: str
    nats_url: str
    pair: BucketPair
