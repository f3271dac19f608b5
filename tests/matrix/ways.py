"""Which copies there are: from where to where, in which shape, by whom, how proven."""

from collections.abc import AsyncGenerator, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from enum import StrEnum

from domain.location import CopyOptions
from domain.transfer.parts import MAXIMUM_COPY_OBJECT_BYTES
from handlers.mechanisms.pair import Pair
from handlers.mechanisms.s3 import Integrity, RelayKind, S3Executor, S3Settings
from tests.handlers.s3_sides import MIB, copier
from tests.matrix.sides import Bucket
from tests.services import BucketPair

PART = 5 * MIB


class Role(StrEnum):
    """What the server is to the copy; the other side is Swift, or itself."""

    FROM = "from"
    TO = "to"
    WITHIN = "within"


class Shape(StrEnum):
    """In one piece, in parts of 5 MiB, or as the plan has it without options."""

    WHOLE = "whole"
    PARTS = "parts"
    PLANNED = "planned"


_OPTIONS = {
    Shape.WHOLE: CopyOptions(multipart_threshold_bytes=MAXIMUM_COPY_OBJECT_BYTES),
    Shape.PARTS: CopyOptions(part_size_bytes=PART, force_multipart=True),
    Shape.PLANNED: CopyOptions(),
}


@dataclass(frozen=True)
class Way:
    """One of them."""

    role: Role
    shape: Shape
    relay: RelayKind = RelayKind.PLAIN
    integrity: Integrity = Integrity.AUTO

    def __str__(self) -> str:
        """As tests are called."""
        by_us = () if self.role is Role.WITHIN else (self.relay, self.integrity)
        return "-".join((self.role, self.shape, *by_us))

    @property
    def options(self) -> CopyOptions:
        """What the control plane would have to say."""
        return _OPTIONS[self.shape]

    @asynccontextmanager
    async def open(self, source: Bucket, destination: Bucket) -> AsyncGenerator[Pair]:
        """The product's own copier, with an executor that has seen nothing yet."""
        settings = S3Settings(integrity=self.integrity, relay=self.relay)
        pair = BucketPair(
            source.endpoint, destination.endpoint, source.name, destination.name
        )
        async with copier(pair, S3Executor(settings)) as made:
            assert made.same_endpoint is (self.role is Role.WITHIN)
            yield made


def through_us(role: Role, *integrities: Integrity) -> Iterator[Way]:
    """By both relays, in both shapes."""
    for integrity in integrities or (Integrity.AUTO,):
        for relay in RelayKind:
            for shape in (Shape.WHOLE, Shape.PARTS):
                yield Way(role, shape, relay, integrity)


# Each route once, by each relay.
ROUTES = (
    *through_us(Role.FROM),
    *through_us(Role.TO),
    Way(Role.WITHIN, Shape.WHOLE),
    Way(Role.WITHIN, Shape.PARTS),
)
AS_PLANNED = tuple(Way(role, Shape.PLANNED) for role in Role)
_OTHERS = tuple(each for each in Integrity if each is not Integrity.AUTO)
PROOFS = tuple(through_us(Role.TO, *_OTHERS))
