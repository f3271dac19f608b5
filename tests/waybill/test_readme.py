"""Every command of the README does what the README says."""

import contextlib
import os
import re
import shutil
import signal
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from waybill.embedded.ports import answers, free_port

ROOT = Path(__file__).parents[2]
BLOCKS = [
    re.findall(r"^\$ (.+)$", block, re.MULTILINE)
    for block in re.findall(
        r"^```console\n(.*?)^```",
        (ROOT / "README.md").read_text(),
        re.DOTALL | re.MULTILINE,
    )
]
DEMO, TRY, FILES, WORK = BLOCKS
# Run as it stands, in the same place and after what is tried above.
(SIGNALING,) = re.findall(
    r"^```sh\n(.*?)^```", (ROOT / "README.md").read_text(), re.DOTALL | re.MULTILINE
)
READY_SECONDS = 90
UP = " &"


@pytest.fixture
def shell(tmp_path: Path) -> dict[str, str]:
    """An environment like a newcomer's, but for the port."""
    port = free_port()
    for each in (".venv", "examples"):
        (tmp_path / each).symlink_to(ROOT / each)
    return {
        **os.environ,
        "WAYBILL_GATEWAY_PORT": str(port),
        "WAYBILL_FILES_PORT": str(free_port()),
        "WAYBILL_API_BASE": f"http://127.0.0.1:{port}",
        "WAYBILL_DEMO_SIZE_MB": "64",
        "WAYBILL_DEMO_OBJECTS": "20",
    }


def test_the_demo_ends_well_and_leaves_nothing_running(shell: dict[str, str]) -> None:
    assert DEMO == ["make demo"]
    done = subprocess.run(
        DEMO[0].split(),
        cwd=ROOT,
        env=shell,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert "SIGKILL to worker-1" in done.stdout
    assert "suspended" in done.stdout
    assert "data-flow.completed.v1" in done.stdout
    assert "NOT identical" not in done.stdout
    assert "multipart uploads left open: 0" in done.stdout


def test_what_the_readme_tries_works(shell: dict[str, str], tmp_path: Path) -> None:
    up, *rest = TRY
    assert up.endswith(UP)
    with running(up.removesuffix(UP), shell, tmp_path):
        script = "\n".join(["set -e", *rest, *FILES, SIGNALING])
        done = subprocess.run(
            ["bash", "-c", script],
            cwd=tmp_path,
            env=shell,
            capture_output=True,
            text=True,
            check=False,
        )
    assert done.returncode == 0, done.stdout + done.stderr
    assert "COMPLETED: 40 objects" in done.stdout
    assert "segment.object-copied.v1" in done.stdout
    assert "Completed: 40 objects" in done.stdout
    assert "cancelled" in done.stdout
    assert '"state":"STARTED"' in done.stdout
    assert '"state":"COMPLETED"' in done.stdout


@pytest.mark.parametrize("command", WORK)
def test_each_verb_to_work_on_it_exists(command: str) -> None:
    program, *verbs = command.split()
    assert program == "make"
    subprocess.run([program, "--dry-run", *verbs], cwd=ROOT, check=True)


def test_every_test_that_a_promise_names_exists() -> None:
    pages = [ROOT / "README.md", *(ROOT / "docs").glob("*.md")]
    named = {
        name
        for page in pages
        for name in re.findall(r"tests/[a-z0-9_/]+\.py", page.read_text())
    }
    assert named
    assert [name for name in sorted(named) if not (ROOT / name).exists()] == []


@contextlib.contextmanager
def running(command: str, shell: dict[str, str], place: Path) -> Iterator[None]:
    """`waybill up` until the block ends; Ctrl-C must stop it cleanly."""
    log = (place / "up.log").open("wb")
    with (
        log,
        subprocess.Popen(
            command.split(), cwd=place, env=shell, stdout=log, stderr=log
        ) as process,
    ):
        try:
            ready = time.monotonic() + READY_SECONDS
            while (
                not answers(f"{shell['WAYBILL_API_BASE']}/readyz")
                or not (place / ".waybill" / "s3.env").exists()
            ):
                assert process.poll() is None, (place / "up.log").read_text()
                assert time.monotonic() < ready, (place / "up.log").read_text()
                time.sleep(0.1)
            yield
        finally:
            process.send_signal(signal.SIGINT)
            code = process.wait(60)
            # PostgreSQL cannot live below pytest's closed directory when we are root.
            elsewhere = place / ".waybill" / "postgres.location"
            if elsewhere.exists():
                shutil.rmtree(elsewhere.read_text().strip())
    assert code == 0, (place / "up.log").read_text()
