"""
The official release of nats-server, version and SHA-256 pinned.

The sums are those the project publishes as SHA256SUMS beside the release.
"""

import hashlib
import platform
import tarfile
import urllib.request
from pathlib import Path

from waybill.embedded.errors import MissingProgramError

VERSION = "2.14.5"
SHA256 = {
    "amd64": "5e3b603d47c447bda1f77f9ac16dbf91c90aac4ff3681f8fbbc7201e4ed99355",
    "arm64": "673a98d3faa79dde3f9ebf16d6dfac36a5f694e7ad2015e4954dd7939c85cd4c",
}
_ARCHITECTURES = {"x86_64": "amd64", "aarch64": "arm64"}
_RELEASES = "https://github.com/nats-io/nats-server/releases/download"


def fetch(directory: Path) -> Path:
    """Download the release into the directory; return the unpacked program."""
    machine = platform.machine()
    architecture = _ARCHITECTURES.get(machine)
    if architecture is None:
        message = f"no pinned release of nats-server for {machine}"
        raise MissingProgramError(message)
    name = f"nats-server-v{VERSION}-linux-{architecture}"
    url = f"{_RELEASES}/v{VERSION}/{name}.tar.gz"
    with urllib.request.urlopen(url, timeout=60) as reply:  # noqa: S310 - https
        archive: bytes = reply.read()
    if hashlib.sha256(archive).hexdigest() != SHA256[architecture]:
        message = f"{url} does not have the pinned SHA-256"
        raise MissingProgramError(message)
    packed = directory / "release.tar.gz"
    packed.write_bytes(archive)
    program = directory / "nats-server"
    with tarfile.open(packed) as members:
        member = members.extractfile(f"{name}/nats-server")
        if member is None:
            message = f"{url} holds no nats-server"
            raise MissingProgramError(message)
        program.write_bytes(member.read())
    return program
