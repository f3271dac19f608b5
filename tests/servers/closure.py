"""
Programs out of Debian's packages, each with all that it stands on in a folder of ours.

The dependency closure, the C library included, is unpacked below `.tools`, and the
program is started through the folder's own dynamic loader: so it runs on any machine
like Debian. Nothing is installed and no root is needed. `make clean` removes it.
"""

import fcntl
import shutil
import tempfile
from pathlib import Path
from typing import Final

from tests.servers.unpacking import merged_root, unpack
from waybill.embedded import debian

_TOOLS: Final = Path(__file__).resolve().parents[2] / ".tools"
_UNUSED: Final = ("usr/share/doc", "usr/share/man", "usr/share/locale")


def program(name: str, package: str, place: str) -> list[str]:
    """How to start it: what is on the path, else what is fetched.

    `place` is where the package has the program, as `usr/bin/aria2c`.
    """
    found = shutil.which(name)
    return [found] if found else unpacked(package, place)


def unpacked(package: str, place: str) -> list[str]:
    """How to start the program of this package, fetched once."""
    folder = _TOOLS / package
    folder.parent.mkdir(parents=True, exist_ok=True)
    with folder.with_suffix(".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not folder.exists():
            _fetch(package, folder)
    loader = next(folder.glob("usr/lib/*/ld-linux*.so.*"))
    return [str(loader), "--library-path", str(loader.parent), str(folder / place)]


def _fetch(package: str, folder: Path) -> None:
    """Unpack beside it, and let it appear in one step."""
    with tempfile.TemporaryDirectory(dir=folder.parent) as scratch:
        fresh = merged_root(Path(scratch) / "root")
        apt = Path(scratch) / "apt"
        for each in debian.packages(apt, package, with_dependencies=True):
            unpack(each, fresh)
        for unused in _UNUSED:
            shutil.rmtree(fresh / unused, ignore_errors=True)
        fresh.rename(folder)
