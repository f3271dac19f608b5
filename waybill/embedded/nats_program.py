"""
Finds the program `nats-server`, or fetches it once into the cache.

In this order: `$WAYBILL_NATS_SERVER`, the path, the cache, the distribution's package
(unpacked, not installed; no root needed), the official release with pinned checksum.
"""

import os
import re
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

from waybill.embedded import debian, nats_release
from waybill.embedded.errors import MissingProgramError

_VARIABLE = "WAYBILL_NATS_SERVER"
_VERSION = re.compile(r"v(\d+)\.(\d+)\.(\d+)")
_OLDEST = (2, 9, 0)


def nats_server_program() -> Path:
    """Return the program, fetching it when this machine has none."""
    named = os.environ.get(_VARIABLE)
    if named:
        if version_of(Path(named)) is None:
            message = f"${_VARIABLE} is {named}, which is not a nats-server"
            raise MissingProgramError(message)
        return Path(named)
    return _installed() or _cached() or _fetched()


def version_of(program: Path) -> tuple[int, int, int] | None:
    """Return what the program says its version is, or None when it cannot run."""
    try:
        said = subprocess.run(
            [program, "--version"],
            check=True,
            capture_output=True,
            text=True,
            timeout=20,
        ).stdout
    except (OSError, subprocess.SubprocessError):
        return None
    found = _VERSION.search(said)
    if found is None:
        return None
    major, minor, patch = map(int, found.groups())
    return major, minor, patch


def cache_directory() -> Path:
    """Return where fetched programs are kept."""
    own = os.environ.get("WAYBILL_CACHE")
    if own:
        return Path(own)
    base = os.environ.get("XDG_CACHE_HOME")
    return (Path(base) if base else Path.home() / ".cache") / "waybill"


def _installed() -> Path | None:
    found = shutil.which("nats-server")
    return Path(found) if found and _recent(Path(found)) else None


def _cached() -> Path | None:
    programs = [p for p in cache_directory().glob("nats-server-*") if _recent(p)]
    return max(programs, key=lambda p: version_of(p) or _OLDEST, default=None)


def _recent(program: Path) -> bool:
    version = version_of(program)
    return version is not None and version >= _OLDEST


def _fetched() -> Path:
    directory = cache_directory()
    directory.mkdir(parents=True, exist_ok=True)
    sources: list[Callable[[Path], Path]] = [debian.nats_server, nats_release.fetch]
    reasons: list[str] = []
    for source in sources:
        work = directory / f"fetching-{os.getpid()}"
        shutil.rmtree(work, ignore_errors=True)
        work.mkdir()
        try:
            return _keep(source(work), directory)
        except (OSError, subprocess.SubprocessError, MissingProgramError) as error:
            reasons.append(f"{source.__module__.rpartition('.')[2]}: {error}")
        finally:
            shutil.rmtree(work, ignore_errors=True)
    message = (
        "nats-server is not installed and could not be fetched; install it "
        f"(Debian: apt install nats-server) or set ${_VARIABLE}. " + "; ".join(reasons)
    )
    raise MissingProgramError(message)


def _keep(program: Path, directory: Path) -> Path:
    program.chmod(0o755)
    version = version_of(program)
    if version is None:
        message = "the fetched nats-server does not run on this machine"
        raise MissingProgramError(message)
    kept = directory / f"nats-server-{'.'.join(map(str, version))}"
    program.replace(kept)
    return kept
