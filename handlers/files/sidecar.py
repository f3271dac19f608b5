"""What stands beside a file's bytes in a directory, for people and their tools.

Nothing of ours is decided by it but this: which upload brought bytes that nobody has
recorded. A line each: `sha256`, `size_bytes`, `content_type`, `created_at`, `filename`
and `upload_id`.
"""

import os
from pathlib import Path

from handlers.files.store import About, Kept


def write_sidecar(path: Path, kept: Kept, about: About, upload_id: str) -> None:
    """Write it, on the disk when this returns. Raises OSError."""
    lines = {
        "sha256": kept.file_id,
        "size_bytes": str(kept.size_bytes),
        "content_type": about.content_type,
        "created_at": about.created_at,
        "filename": about.filename,
        "upload_id": upload_id,
    }
    text = "".join(f"{name}={_one_line(each)}\n" for name, each in lines.items())
    fd = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o640)
    try:
        os.write(fd, text.encode())
        os.fsync(fd)
    finally:
        os.close(fd)


def read_sidecar(path: Path) -> dict[str, str]:
    """What stands there; nothing where there is none. Raises OSError."""
    try:
        text = path.read_text("utf-8", errors="replace")
    except FileNotFoundError:
        return {}
    pairs = (line.partition("=") for line in text.splitlines())
    return {name: value for name, _, value in pairs}


def _one_line(text: str) -> str:
    return "".join(each if each.isprintable() else "?" for each in text)
