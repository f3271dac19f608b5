"""How bytes that pass are held to a limit; a port, with the others in `ports`."""

from typing import Protocol


class Meter(Protocol):
    """Counts the bytes that pass, and says when reading must pause for a limit."""

    def moved(self, count: int) -> float:
        """So many bytes were read; seconds to read nothing for, mostly 0.

        At most a quarter of a second: what is allowed may change meanwhile. After the
        pause it is to be asked again, with 0, and reading goes on when it gives 0.
        """
        ...
