"""A file as its stream left it."""

from dataclasses import dataclass
from typing import assert_never

from domain.file.events import (
    FileDeleted,
    FileEvent,
    FilePlaced,
    FileStored,
    FileUploadedAgain,
)


@dataclass(frozen=True)
class File:
    """`stored` is what was recorded when its bytes came; None: it is not there."""

    stored: FileStored | None = None


INITIAL = File()


def evolve(file: File, event: FileEvent) -> File:
    """The file after the event. That it came again changes nothing in it."""
    match event:
        case FileStored():
            return File(stored=event)
        case FileUploadedAgain() | FilePlaced():
            return file
        case FileDeleted():
            return File()
        case _:
            assert_never(event)
