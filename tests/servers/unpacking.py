"""Debian's packages, unpacked into a folder."""

import subprocess
from pathlib import Path


def merged_root(root: Path) -> Path:
    """Make it as a merged system is, so that no package's file shuts out another's."""
    for name in ("lib", "lib64", "bin", "sbin"):
        (root / "usr" / name).mkdir(parents=True, exist_ok=True)
        (root / name).symlink_to(f"usr/{name}")
    return root


def unpack(package: Path, root: Path) -> None:
    """Put a package's files below the root."""
    with subprocess.Popen(
        ["dpkg-deb", "--fsys-tarfile", package], stdout=subprocess.PIPE
    ) as files:
        # The folders' links stay, where a package has a folder of that name.
        subprocess.run(
            ["tar", "--extract", "--keep-directory-symlink", "--no-same-owner"],
            check=True,
            stdin=files.stdout,
            cwd=root,
        )
    if files.returncode:
        raise OSError(f"{package.name} cannot be unpacked")
