"""What a Swift instance needs of its home before it can start."""

import importlib.util
import os
import pwd
import subprocess
import sys
import tempfile
from pathlib import Path

from waybill.embedded import swift_conf
from waybill.embedded.errors import (
    MissingProgramError,
    ServerStartError,
    UnsuitableHomeError,
)


def make_rings(directory: Path, port: int) -> None:
    """Write the rings for these ports."""
    program = Path(__file__).with_name("swift_rings.py")
    command = [sys.executable, "-P", str(program), str(directory), str(port)]
    done = subprocess.run(
        [*command, swift_conf.DEVICE], check=False, capture_output=True, text=True
    )
    if done.returncode != 0:
        raise ServerStartError("swift", "could not make its rings", done.stderr)


def require_swift() -> None:
    """Raise unless the package is installed."""
    if importlib.util.find_spec("swift") is None:
        message = "Swift is not installed (pip install 'waybill[embedded]')"
        raise MissingProgramError(message)


def require_extended_attributes(directory: Path) -> None:
    """Raise unless files here can carry extended user attributes."""
    with tempfile.NamedTemporaryFile(dir=directory) as probe:
        try:
            os.setxattr(probe.name, "user.waybill", b"1")
        except OSError as error:
            message = (
                f"the file system of {directory} has no extended user attributes "
                f"({error.strerror}), which the S3 server needs; choose another home"
            )
            raise UnsuitableHomeError(message) from error


def user_name() -> str:
    """Return the name of the user we run as, whom Swift looks up."""
    try:
        return pwd.getpwuid(os.geteuid()).pw_name
    except KeyError as error:
        message = f"user id {os.geteuid()} has no entry in the user database"
        raise UnsuitableHomeError(message) from error


def write_private(file: Path, text: str) -> None:
    """Write a file that only its owner can read."""
    file.touch(mode=0o600)
    file.chmod(0o600)
    file.write_text(text)
