"""The plane's key: made once per home, readable by its owner only."""

import os
from base64 import b64encode
from pathlib import Path


def ensure_key(path: Path) -> Path:
    """The key file, made when it is not there. Safe to repeat."""
    path.parent.mkdir(parents=True, exist_ok=True)
    try:
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        return path
    with os.fdopen(descriptor, "wb") as file:
        file.write(b64encode(os.urandom(32)))
    return path
