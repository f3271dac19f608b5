"""Files that commands write beside the standard output."""

import os
from collections.abc import Generator
from contextlib import contextmanager
from errno import EISDIR
from pathlib import Path
from typing import BinaryIO

from waybill.files_client.pipes import is_pipe


@contextmanager
def whole(output: Path) -> Generator[BinaryIO]:
    """One under another name until it is whole: what breaks off never looks like it.

    Into a pipe or a device what is written goes as it comes. Raises OSError.
    """
    if is_pipe(output):
        with output.open("ab") as file:
            yield file
        return
    if output.is_dir():
        raise IsADirectoryError(EISDIR, os.strerror(EISDIR), str(output))
    part = output.with_name(f"{output.name}.part")
    with part.open("wb") as file:
        yield file
    part.replace(output)
