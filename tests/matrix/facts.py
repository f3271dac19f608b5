"""What each server is known to do otherwise than Amazon, as far as a copy meets it.

The matrix asserts every word of it: a server that gets better fails the run as one
that gets worse does. `docs/storages.md` tells the same to people.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from handlers.mechanisms.s3 import Integrity
from tests.matrix import names
from tests.matrix.ways import Role, Shape

_MOST_FILE_NAME_BYTES = 200


def _none(_: str) -> bool:
    return False


def _no_path(key: str) -> bool:
    """It waits for ever at what a file system would call another place."""
    pieces = key.removesuffix("/").split("/")
    return any(each in {"", ".", ".."} for each in pieces)


def _no_path_or_unsteady(key: str) -> bool:
    """It also names control characters by chance by the pictures that Unicode has.

    An object with one is there by its own name after its PUT, and by the other after
    the folder was read anew, or the other way round.
    """
    return _no_path(key) or any(ord(each) < 0x20 or each == "\x7f" for each in key)


def _no_file_name(key: str) -> bool:
    """Its process ends at a name that the file system refuses.

    It cannot list a bucket with a name that XML cannot hold, and `..` leaves it.
    """
    pieces = key.split("/")
    most = max(len(each.encode()) for each in pieces)
    return most > _MOST_FILE_NAME_BYTES or ".." in pieces or not names.fits_xml(key)


def _reserved(key: str) -> bool:
    """It leaves these encoded in the name of a copy's source, and does not find it."""
    return any(each in ";?:@&=+$,#" for each in key)


Refusals = Mapping[tuple[Role, Shape], str]


@dataclass(frozen=True)
class Facts:
    """Of one server.

    `refusals`: where copies of large objects end with this code, and nothing is there.
    The rest is what it vouches with: a CRC64NVME that it returns unasked, of parts and
    of objects; ETags that are the MD5s of objects, and of parts what Amazon makes of
    them; a refusal of wrong checksum trailers. `never_sent` are names at which the
    server itself hangs, or dies, or that it tells one way now and another later; `adds`
    are headers that it makes up at copies. `page`: so many names it lists at a time
    without failing itself. Without `folders`, what is put below the name of an object
    that ends in a slash is never answered.
    `not_found` are names that it does not find when it is to copy them by itself.
    """

    crc_of_parts: bool = False
    crc_of_objects: bool = False
    md5_of_parts: bool = True
    md5_of_objects: bool = True
    refuses_wrong_trailers: bool = False
    refusals: Refusals = field(default_factory=dict[tuple[Role, Shape], str])
    never_sent: Callable[[str], bool] = _none
    adds: frozenset[str] = frozenset()
    large: bool = False
    page: int = 7
    folders: bool = True
    not_found: Callable[[str], bool] = _none

    def expects(self, role: Role, shape: Shape, key: str) -> str | None:
        """The code that a copy of this name may end with there, if any."""
        if role is Role.WITHIN and shape is not Shape.PARTS and self.not_found(key):
            return "storage.not-found"
        return self.refusals.get((role, shape))

    def proves(self, integrity: Integrity, *, parts: bool) -> bool:
        """Whether it vouches for what it is sent so."""
        crc = self.crc_of_parts if parts else self.crc_of_objects
        md5 = self.md5_of_parts if parts else self.md5_of_objects
        trailers = self.refuses_wrong_trailers
        return {
            Integrity.AUTO: crc or md5 or trailers,
            Integrity.CRC: crc,
            Integrity.TRAILER: crc or md5 or trailers,
            Integrity.MD5: crc or md5,
            Integrity.NONE: False,
        }[integrity]


FACTS: Mapping[str, Facts] = {
    "swift": Facts(refuses_wrong_trailers=True, large=True),
    # Where a page ends among names of ASCII and others, it answers 500 to any client.
    "ceph": Facts(crc_of_parts=True, large=True, page=1000),
    "ministack": Facts(crc_of_parts=True),
    # These answer 500 where a listing is to begin behind a control character.
    "moto": Facts(page=1000),
    "rclone": Facts(
        md5_of_parts=False,
        refusals={
            (Role.FROM, Shape.PARTS): "storage.refused",
            (Role.FROM, Shape.PLANNED): "storage.refused",
            (Role.WITHIN, Shape.PARTS): "storage.refused",
            (Role.WITHIN, Shape.PLANNED): "storage.refused",
        },
        never_sent=_no_path_or_unsteady,
        folders=False,
        page=1000,
        adds=frozenset({"x-amz-meta-mtime"}),
    ),
    "s3rver": Facts(
        md5_of_parts=False,
        never_sent=_no_file_name,
        not_found=_reserved,
        page=1000,
    ),
}
