"""
Who PostgreSQL runs as, and where that user can reach things.

PostgreSQL refuses to run as root. Root therefore runs it as `postgres`, or `nobody`,
and that user may be shut out of a home or of an installation below `/root`. Nobody
else's directory is ever opened for it: what it cannot reach is put elsewhere.
"""

import hashlib
import os
import pwd
import shutil
import subprocess
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from waybill.embedded.errors import UnsuitableHomeError

_CANDIDATES = ("postgres", "nobody")
_SYSTEM_STATE = Path("/var/lib/waybill")


@dataclass(frozen=True)
class Account:
    """A user of this machine that a server runs as."""

    name: str
    uid: int
    gid: int

    def prefix(self) -> list[str]:
        """Return the setpriv options that change to this user."""
        return [f"--reuid={self.uid}", f"--regid={self.gid}", "--clear-groups"]


def unprivileged_account() -> Account | None:
    """Return the account to change to, or None when we are not root."""
    if os.geteuid() != 0:
        return None
    for name in _CANDIDATES:
        try:
            entry = pwd.getpwnam(name)
        except KeyError:
            continue
        return Account(entry.pw_name, entry.pw_uid, entry.pw_gid)
    message = f"root cannot run PostgreSQL and none of the users {_CANDIDATES} exists"
    raise UnsuitableHomeError(message)


def as_account(account: Account | None, *command: str | Path) -> list[str]:
    """Return the command, to be run as the account."""
    privileges = ["setpriv", *account.prefix(), "--"] if account else []
    return [*privileges, *map(str, command)]


def can_reach(account: Account | None, path: Path) -> bool:
    """Tell whether the account can read and enter the existing path."""
    if account is None:
        return True
    test = as_account(account, "sh", "-c", 'test -r "$0" && test -x "$0"', path)
    return subprocess.run(test, check=False, cwd="/").returncode == 0


def reachable_directory(account: Account | None, home: Path, name: str) -> Path:
    """
    Return a directory owned by the account: home/name, or one elsewhere for this home.

    Elsewhere is the temporary directory for a home that is itself temporary, else
    /var/lib/waybill. The same home always gets the same directory.
    """
    home = home.resolve()
    home.mkdir(parents=True, exist_ok=True)
    own = home / name
    if account is None:
        own.mkdir(exist_ok=True)
        return own
    if own.exists() or can_reach(account, home):
        return _owned(own, account)
    temporary = Path(tempfile.gettempdir()).resolve()
    root = temporary if home.is_relative_to(temporary) else _SYSTEM_STATE
    root.mkdir(mode=0o755, parents=True, exist_ok=True)
    tag = hashlib.sha256(os.fsencode(home)).hexdigest()[:12]
    elsewhere = _owned(root / f"waybill-{name}-{tag}", account)
    (home / f"{name}.location").write_text(f"{elsewhere}\n")
    return elsewhere


def reachable_copy(
    account: Account | None, root: Path, members: Sequence[str], name: str
) -> Path:
    """
    Return the root, or a copy of its members in a place that the account can reach.

    The copy appears in one step, so that it is whole for whoever finds it.
    """
    if all(can_reach(account, root / member) for member in members):
        return root
    copy = Path(tempfile.gettempdir()) / f"waybill-{os.geteuid()}-{name}"
    if not copy.exists():
        with tempfile.TemporaryDirectory(dir=copy.parent) as scratch:
            fresh = Path(scratch) / "copy"
            for member in members:
                shutil.copytree(root / member, fresh / member, symlinks=True)
            for directory in fresh.rglob("."):
                directory.chmod(0o755)
            try:
                fresh.rename(copy)
            except OSError:  # another process was faster
                if not copy.exists():
                    raise
    _refuse_foreign(copy, {os.geteuid()})
    return copy


def _owned(path: Path, account: Account) -> Path:
    path.mkdir(mode=0o700, exist_ok=True)
    _refuse_foreign(path, {os.geteuid(), account.uid})
    os.chown(path, account.uid, account.gid, follow_symlinks=False)
    return path


def _refuse_foreign(path: Path, owners: set[int]) -> None:
    if path.is_symlink() or path.lstat().st_uid not in owners:
        message = f"{path} belongs to somebody else; remove it or choose another home"
        raise UnsuitableHomeError(message)
