"""What is left when a file server is killed at some effect, and who removes it."""

import asyncio
import os
import sys
from collections.abc import AsyncIterator, Awaitable, Callable
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from handlers.files import directory
from handlers.files.local import LocalStore
from handlers.files.locks import Locks, lock_pool
from handlers.files.metrics import Metrics
from handlers.files.reaper import Reaper
from handlers.files.service import Files, cause_of
from handlers.files.store import About, FileStore, Kept
from tests.files.house import FileHouse, Ground, sha256

ABOUT = About("text/plain", "2026-11-21T09:30:00+00:00")
CAUSE = cause_of("test", "test")


async def body(content: bytes) -> AsyncIterator[bytes]:
    yield content


async def nobody(_: str) -> bool:
    return False


class Freezes:
    """Stops for ever at its n-th effect, before it or after: as a kill would."""

    def __init__(self, at: int, *, after: bool) -> None:
        self.left, self.after = at, after
        self.reached = asyncio.Event()

    def around(self, effect: Callable[..., Awaitable[Any]]) -> Callable[..., Any]:
        async def carried_out(*args: Any, **kwargs: Any) -> Any:
            self.left -= 1
            if self.left == 0 and not self.after:
                await self._freeze()
            result = await effect(*args, **kwargs)
            if self.left == 0:
                await self._freeze()
            return result

        return carried_out

    async def _freeze(self) -> None:
        self.reached.set()
        await asyncio.get_running_loop().create_future()


EFFECTS = ("keep", "discard", "remove")


class Doomed:
    """A file server's inside, one effect of which it does not survive."""

    def __init__(self, ground: Ground, root: Path, freezes: Freezes | None) -> None:
        self.store = LocalStore(root)
        self.pool = lock_pool(ground.settings.database_url, 2)
        self.files = Files(ground.log, self.store, Locks(self.pool))
        if freezes is not None:
            for name in EFFECTS:
                setattr(self.store, name, freezes.around(getattr(self.store, name)))
            log = _Log(ground.log)
            log.append = freezes.around(log.append)
            self.files._log = log  # type: ignore[assignment]

    async def __aenter__(self) -> Files:
        await self.pool.open()
        return self.files

    async def __aexit__(self, *_: object) -> None:
        await self.pool.close()
        self.store.close()


class _Log:
    def __init__(self, log: Any) -> None:
        self.load, self.append = log.load, log.append


async def survives(
    ground: Ground, root: Path, freezes: Freezes, life: Callable[[Files], Any]
) -> bool:
    """Live it until the kill, or to its end; whether there was a kill."""
    async with Doomed(ground, root, freezes) as files:
        living = asyncio.ensure_future(life(files))
        frozen = asyncio.ensure_future(freezes.reached.wait())
        await asyncio.wait({living, frozen}, return_when=asyncio.FIRST_COMPLETED)
        living.cancel()
        frozen.cancel()
        await asyncio.wait({living, frozen})
        return freezes.reached.is_set()


@pytest.mark.parametrize("after", [False, True])
async def test_a_kill_at_any_effect_leaves_no_half_file(
    ground: Ground, tmp_path: Path, *, after: bool
) -> None:
    """Stored, sent again, deleted: killed at each effect, and then done once more."""
    for n in range(1, 20):
        content = f"killed at {n} {after}".encode()
        root, freezes = tmp_path / str(n), Freezes(n, after=after)
        file_id = sha256(content)

        async def life(files: Files, content: bytes = content) -> None:
            for upload in ("first", "second"):
                taken = await files.store.take(upload, body(content))
                await files.keep(taken, ABOUT, CAUSE, "alice")
            await files.delete(sha256(content), CAUSE, "alice")

        killed = await survives(ground, root, freezes, life)
        async with Doomed(ground, root, None) as files:
            await _is_consistent(ground, files, root, file_id)
            taken = await files.store.take("again", body(content))
            info = await files.keep(taken, ABOUT, CAUSE, "alice")
            async with files.open(info, None) as reading:
                assert reading.file is not None
                assert reading.file.read() == content
            reaper = Reaper(files, nobody, Metrics(), 1.0, 0.0)
            await reaper.reap_staged()
            await reaper.sweep()
            assert list((root / "tmp").iterdir()) == []
            await _is_consistent(ground, files, root, file_id)
        if not killed:
            assert n > len(EFFECTS)
            return
    pytest.fail("it never came to its end")


async def _is_consistent(
    ground: Ground, files: Files, root: Path, file_id: str
) -> None:
    """What is recorded is there, whole."""
    path = root / directory.place(file_id)
    stored = (await files._records.read(file_id)).state.stored
    if path.exists():
        assert sha256(path.read_bytes()) == file_id
    if stored is not None:
        assert path.exists(), await ground.events(file_id)


def test_a_kill_between_any_two_steps_of_the_disk_leaves_no_half_file(
    tmp_path: Path,
) -> None:
    """Each step that opens, makes, renames or removes something, in turn."""
    content = b"renamed " * 1000
    kept = Kept(sha256(content), len(content), directory.place(sha256(content)))
    for n in range(1, 40):
        root = tmp_path / str(n)
        directory.make(root / directory.TEMPORARY, root)
        staged = directory.staging(root, "u1")
        staged.write_bytes(content)
        code = _killed_at(n, partial(directory.install, root, staged, kept, ABOUT))
        final = root / kept.place
        assert staged.exists() != final.exists()
        whole = final if final.exists() else staged
        assert whole.read_bytes() == content
        if final.exists():
            assert "upload_id=u1" in directory.sidecar_of(final).read_text()
        if code == 0:
            assert n > 5
            return
    pytest.fail("it never came to its end")


def _killed_at(n: int, work: Callable[[], None]) -> int:
    child = os.fork()
    if not child:
        left = [n]

        def hook(event: str, _: tuple[object, ...]) -> None:
            if event in {"open", "os.mkdir", "os.rename", "os.remove"}:
                left[0] -= 1
                if not left[0]:
                    os._exit(9)

        sys.addaudithook(hook)
        work()
        os._exit(0)
    _, status = os.waitpid(child, 0)
    return os.waitstatus_to_exitcode(status)


# The reaper


async def test_what_may_go_on_and_what_is_young_is_left_alone(
    ground: Ground, tmp_path: Path
) -> None:
    async def lives(upload_id: str) -> bool:
        return upload_id == "alive"

    async with Doomed(ground, tmp_path, None) as files:
        store: FileStore = files.store
        for upload in ("alive", "dead"):
            await store.begin(upload)
            taken = await store.take(f"{upload}-2", body(upload.encode()))
            alike = f"{upload}-3"
            await store.keep(taken.staging, taken.pieces, taken.file_id, ABOUT)
            await store.take(alike, body(b"staged"))
        young = Reaper(files, lives, Metrics(), 1.0, 3600.0)
        assert await young.reap_staged() == await young.sweep() == []
        old = Reaper(files, lives, Metrics(), 1.0, 0.0)
        assert await old.reap_staged() == ["alive-3", "dead", "dead-3"]
        assert len(await old.sweep()) == 2
        assert [each.name for each in (tmp_path / "tmp").iterdir()] == ["alive"]


async def test_recorded_files_are_never_swept(house: FileHouse) -> None:
    file_id = await house.store(b"recorded")
    files = Files(house.ground.log, LocalStore(house.directory), Locks(None))  # type: ignore[arg-type]
    assert not await files.is_stray(file_id, directory.place(file_id))
