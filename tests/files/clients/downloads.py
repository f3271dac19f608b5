"""Programs that go on with a download where it ended."""

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from tests.servers import closure

_BLOCK_BYTES: Final = 512
# By its own means; started anew when it has given up, as a person would.
_STARTS: Final = 40
_PAUSE_SECONDS: Final = 0.25


@dataclass(frozen=True)
class Download:
    """From an URL to a file, at so many bytes a second."""

    url: str
    target: Path
    bytes_per_second: int

    def there(self) -> int:
        """How many bytes of it are on the disk; there may be holes between them."""
        try:
            return self.target.stat().st_blocks * _BLOCK_BYTES
        except FileNotFoundError:
            return 0

    async def run(self, command: list[str]) -> int:
        """Until it says that it is whole; returns how often it was started."""
        for started in range(1, _STARTS):
            process = await asyncio.create_subprocess_exec(
                *command,
                stdout=asyncio.subprocess.DEVNULL,
                stderr=asyncio.subprocess.DEVNULL,
            )
            try:
                code = await process.wait()
            except asyncio.CancelledError:
                process.kill()
                raise
            if code == 0:
                return started
            await asyncio.sleep(_PAUSE_SECONDS)
        raise AssertionError(f"{command[0]} has given up")


def curl(download: Download) -> list[str]:
    """`curl -C -`: ends when the server does."""
    rate = str(download.bytes_per_second)
    return [
        *("curl", "-sS", "-f", "-C", "-", "--limit-rate", rate),
        *("-o", str(download.target), download.url),
    ]


def wget(download: Download) -> list[str]:
    """`wget -c`: tries again by itself."""
    return [
        *closure.program("wget", "wget", "usr/bin/wget"),
        *("-q", "-c", "--tries=20", "--waitretry=1", "--retry-connrefused"),
        f"--limit-rate={download.bytes_per_second}",
        *("-O", str(download.target), download.url),
    ]


def aria2c(download: Download) -> list[str]:
    """`aria2c -x 8`: eight ranges at once."""
    target = download.target
    return [
        *closure.program("aria2c", "aria2", "usr/bin/aria2c"),
        *("--no-conf", "-q", "-c", "-x", "8", "-s", "8", "-k", "1M"),
        *("--max-tries=20", "--retry-wait=1", "--disk-cache=0"),
        "--file-allocation=none",
        f"--max-overall-download-limit={download.bytes_per_second}",
        *("-d", str(target.parent), "-o", target.name, download.url),
    ]


PROGRAMS: Final[Mapping[str, Callable[[Download], list[str]]]] = {
    "curl": curl,
    "wget": wget,
    "aria2c": aria2c,
}
