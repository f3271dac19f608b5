"""
A browser for the tests of the page: the machine's own, or Debian's headless shell.

Fetched like every server of the tests: unpacked from Debian's packages into a folder of
this project, with its whole dependency closure, the C library included, and some fonts.
Nothing is installed and no root is needed. `make clean` removes the folder.

    WAYBILL_TEST_CHROMIUM     a program to take instead
"""

import fcntl
import os
import shutil
import subprocess
import tempfile
from pathlib import Path
from typing import Final

from tests.servers.unpacking import merged_root, unpack
from waybill.embedded import debian

_FOLDER: Final = Path(__file__).resolve().parents[2] / ".tools" / "chromium"
_PACKAGES: Final = (
    "chromium-headless-shell",
    "fonts-dejavu-core",
    "fonts-inter",
    "fonts-jetbrains-mono",
    "patchelf",
)
_INSTALLED: Final = ("chromium", "chromium-browser", "google-chrome", "chrome")
_UNUSED: Final = ("usr/share/doc", "usr/share/man", "usr/share/locale")
_FONTS: Final = """\
<?xml version="1.0"?>
<!DOCTYPE fontconfig SYSTEM "fonts.dtd">
<fontconfig>
  <dir>{root}/usr/share/fonts</dir>
  <cachedir>{root}/fonts</cachedir>
  <alias><family>system-ui</family><prefer><family>Inter</family></prefer></alias>
  <alias><family>sans-serif</family><prefer><family>Inter</family></prefer></alias>
  <alias><family>ui-monospace</family><prefer>{mono}</prefer></alias>
  <alias><family>monospace</family><prefer>{mono}</prefer></alias>
</fontconfig>
"""
_MONO: Final = "<family>JetBrains Mono</family>"
# Its processes start one another by their own path: only the first is this script.
_SCRIPT: Final = """\
#!/bin/sh
export FONTCONFIG_FILE='{root}/fonts.conf'
export LD_LIBRARY_PATH='{libraries}:{libraries}/pulseaudio'
exec '{program}' "$@"
"""


def chromium() -> Path:
    """The program; fetched (180 MB, 600 MB unpacked) where this machine has none."""
    named = os.environ.get("WAYBILL_TEST_CHROMIUM")
    if named:
        return Path(named)
    for name in _INSTALLED:
        found = shutil.which(name)
        if found:
            return Path(found)
    _FOLDER.parent.mkdir(parents=True, exist_ok=True)
    with _FOLDER.with_suffix(".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not _FOLDER.exists():
            _fetch(_FOLDER)
    return _FOLDER / "chromium"


def _fetch(folder: Path) -> None:
    """Unpack beside it, and let it appear in one step."""
    with tempfile.TemporaryDirectory(dir=folder.parent) as scratch:
        fresh = merged_root(Path(scratch) / "root")
        state = Path(scratch) / "apt"
        for package in debian.packages(state, *_PACKAGES, with_dependencies=True):
            unpack(package, fresh)
        for unused in _UNUSED:
            shutil.rmtree(fresh / unused, ignore_errors=True)
        _make_runnable(fresh, folder)
        fresh.rename(folder)


def _make_runnable(fresh: Path, folder: Path) -> None:
    """Let it be loaded by its own C library's loader, once it is in the folder."""
    loader = next(fresh.glob("usr/lib/*/ld-linux*.so.*"))
    libraries = loader.parent.relative_to(fresh)
    program = Path("usr/lib/chromium/chromium-headless-shell")
    subprocess.run(
        [
            *(str(loader), "--library-path", str(fresh / libraries)),
            *(str(fresh / "usr/bin/patchelf"), "--set-interpreter"),
            *(str(folder / libraries / loader.name), str(fresh / program)),
        ],
        check=True,
        capture_output=True,
    )
    (fresh / "fonts.conf").write_text(_FONTS.format(root=folder, mono=_MONO))
    script = fresh / "chromium"
    script.write_text(
        _SCRIPT.format(
            root=folder, libraries=folder / libraries, program=folder / program
        )
    )
    script.chmod(0o755)
