"""
The gateway against its own OpenAPI document, by schemathesis, with every check.

No 5xx, no status and no body that the document does not name. `make fuzz` makes twenty
thousand cases of it; the suite a few.
"""

import asyncio
import os
import re
import sys
from collections.abc import AsyncIterator
from pathlib import Path
from uuid import uuid4

import pytest

from tests.scenarios.flows import PULL
from tests.scenarios.plane import Plane
from waybill.secret_key import ensure_key

_CASES = int(os.environ.get("WAYBILL_TEST_FUZZ_CASES", "300"))
_CONFIG = Path(__file__).with_name("fuzz.toml")
# Endless for a flow that does not end; tests/gateway/test_progress_events.py has it.
_STREAM = "progress/events"
_COUNTED = re.compile(r"^\s*(\d+) generated", re.MULTILINE)


@pytest.fixture
async def served(server_home: Path, database: str, broker: str) -> AsyncIterator[Plane]:
    """Give a plane with a gateway and somebody to answer its questions."""
    home = server_home / f"fuzz-{uuid4().hex[:8]}"
    sealing = {
        "notary_key_file": str(ensure_key(home / "notary.key")),
        "notary_seconds": "0.2",
    }
    async with Plane.open(home, database, broker, **sealing) as plane:
        plane.start("commands", "projections", "gateway")
        assert (await plane.http("GET", "/dataflows/none/status")).status_code == 404
        yield plane


async def test_whatever_is_sent_is_answered_as_documented(served: Plane) -> None:
    known, unknown = _CASES // 2, _CASES - _CASES // 2
    assert await _fuzz(served, unknown) >= unknown
    flow = await _started(served)
    fixed = f'[parameters]\n"path.data_flow_id" = "{flow}"\n'
    assert await _fuzz(served, known, fixed) >= known


async def _started(plane: Plane) -> str:
    flow = f"flow-{uuid4().hex[:8]}"
    metadata = {"sourceBucket": "lake", "sourceKey": "in/"}
    body = {
        "messageId": "m-1",
        "dataFlowId": flow,
        "participantId": "us",
        "counterPartyId": "them",
        "dataspaceContext": "test",
        "agreementId": "agreement-1",
        "datasetId": "dataset-1",
        "claims": {},
        "profile": PULL,
        "metadata": metadata,
    }
    assert (await plane.http("POST", "/dataflows/start", body)).is_success
    return flow


async def _fuzz(plane: Plane, cases: int, more: str = "") -> int:
    """At least so many cases; how many there were. Fails with what was found."""
    made, seed = 0, 1
    while made < cases:
        made += await _run(plane, max(5, cases // 40), seed, more)
        seed += 1
    return made


async def _run(plane: Plane, examples: int, seed: int, more: str) -> int:
    config = plane.home / "schemathesis.toml"
    config.write_text(more + _CONFIG.read_text())
    program = [
        *(sys.executable, "-m", "schemathesis.cli"),
        *("--config-file", str(config)),
        *("run", f"{plane.api_base}/openapi.json"),
        *("--checks", "all", "--phases", "examples,coverage,fuzzing"),
        *("--max-examples", str(examples), "--seed", str(seed)),
        *("--exclude-path-regex", _STREAM, "--no-color"),
        *("--request-timeout", "30", "--suppress-health-check", "all"),
    ]
    process = await asyncio.create_subprocess_exec(
        *program,
        cwd=plane.home,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    output, _ = await process.communicate()
    text = output.decode()
    assert process.returncode == 0, text[-20000:]
    found = _COUNTED.search(text)
    assert found is not None, text[-2000:]
    return int(found.group(1))
