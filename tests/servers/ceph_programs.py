"""
The programs of Ceph, unpacked from Debian's packages into a folder of this project.

With their whole dependency closure, the C library included, so that they run on any
Debian-like system: each is started through the folder's own dynamic loader. Nothing is
installed and no root is needed. `make clean` removes the folder.
"""

import fcntl
import shutil
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Self

from tests.servers.unpacking import merged_root, unpack
from waybill.embedded import debian

_FOLDER = Path(__file__).resolve().parents[2] / ".tools" / "ceph"
_PACKAGES = ("radosgw", "ceph-mon", "ceph-osd")


@dataclass(frozen=True)
class Programs:
    """Where they are. All paths are below the root."""

    root: Path

    @classmethod
    def get(cls) -> Self:
        """Fetch and unpack them (150 MB, 700 MB unpacked) unless they are there."""
        _FOLDER.parent.mkdir(parents=True, exist_ok=True)
        with _FOLDER.with_suffix(".lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            if not _FOLDER.exists():
                _fetch(_FOLDER)
        return cls(_FOLDER)

    @property
    def libraries(self) -> Path:
        """The folder of the shared libraries, named by the machine's architecture."""
        return next(self.root.glob("usr/lib/*/ceph")).parent

    def command(self, name: str, *arguments: str | Path) -> list[str]:
        """Return the command line of one of the programs."""
        return [*self._loaded(self.root / "usr" / "bin" / name), *map(str, arguments)]

    def client(self, *arguments: str | Path) -> list[str]:
        """Return the command line of `ceph`, which is written in Python."""
        python = min(self.root.glob("usr/bin/python3.[0-9]*"))
        packages = self.root / "usr" / "lib" / "python3" / "dist-packages"
        return [
            *("env", f"PYTHONHOME={self.root / 'usr'}", f"PYTHONPATH={packages}"),
            *self._loaded(python),
            *(str(self.root / "usr" / "bin" / "ceph"), *map(str, arguments)),
        ]

    def _loaded(self, program: Path) -> list[str]:
        libraries = self.libraries
        loader = next(libraries.glob("ld-linux*.so.*"))
        path = f"{libraries}:{libraries / 'ceph'}"
        return [str(loader), "--library-path", path, str(program)]


def _fetch(folder: Path) -> None:
    """Unpack beside it, and let it appear in one step."""
    with tempfile.TemporaryDirectory(dir=folder.parent) as scratch:
        fresh = merged_root(Path(scratch) / "root")
        found = debian.packages(
            Path(scratch) / "apt", *_PACKAGES, with_dependencies=True
        )
        for package in found:
            unpack(package, fresh)
        for unused in ("usr/share/doc", "usr/share/man", "usr/share/locale"):
            shutil.rmtree(fresh / unused, ignore_errors=True)
        fresh.rename(folder)
