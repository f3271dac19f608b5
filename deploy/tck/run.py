"""
Run the official conformance kit of Data Plane Signaling against a whole plane.

    python deploy/tck/run.py [--if-available]

The kit comes from Maven, or from WAYBILL_TCK_CLASSPATH (a Java class path). Exit code:
0 all its data plane tests ran and passed, 1 not so, 2 the kit cannot be had here (0
with --if-available).
"""

import json
import shutil
import sys
import tempfile
import time
from http import HTTPStatus
from pathlib import Path

import kit

from waybill.embedded import Servers
from waybill.embedded.ports import answers, free_port
from waybill.embedded.process import READY_SECONDS
from waybill.processes import Processes

_REHEARSAL = Path(__file__).parents[2] / "examples" / "rehearsal"
_PLANE_DID = "did:web:plane.example"
# Only some tests want a flow that ends by itself, or that is ready later.
_PROFILES = {
    "DP_C_PULL_03_01": "finite-http-pull",
    "DP_P_PUSH_03_01": "finite-http-push",
    "DP_C_PULL_04_01": "async-http-pull",
    "DP_P_PULL_04_01": "async-http-pull",
    "DP_C_PUSH_04_01": "async-http-push",
    "DP_P_PUSH_04_01": "async-http-push",
}


def main() -> int:
    """Returns the exit code."""
    try:
        classpath = kit.classpath()
    except kit.KitMissingError as missing:
        print(f"the conformance kit cannot run here: {missing}")
        return 0 if "--if-available" in sys.argv[1:] else 2
    home = Path(tempfile.mkdtemp(prefix="waybill-tck-"))
    # Readable for the user that PostgreSQL runs as when we are root.
    home.chmod(0o755)
    try:
        return 0 if _passes(home, classpath) else 1
    finally:
        shutil.rmtree(home, ignore_errors=True)


def _passes(home: Path, classpath: str) -> bool:
    callbacks = free_port()
    with (
        Servers(home) as servers,
        Processes(
            home,
            database_url=servers.database_url,
            nats_url=servers.nats_url,
            workers=1,
            settings=_settings(home, callbacks),
        ) as processes,
    ):
        _wait_for(processes.door_url)
        properties = _properties(processes.api_base, callbacks)
        return kit.verdict(kit.run(classpath, properties))


def _settings(home: Path, callbacks: int) -> dict[str, str]:
    """Every caller is the kit, and what nobody has said is a rehearsal."""
    datasets = home / "datasets.json"
    datasets.write_text(json.dumps({"*": {"rehearsal": True}}))
    http = {"allow_http": True, "require_renewal": True}
    return {
        "PYTHONPATH": str(_REHEARSAL),
        "WAYBILL_AUTHORIZATION": "development",
        "WAYBILL_CONTROL_PLANE_URL": f"http://localhost:{callbacks}",
        "WAYBILL_DATASETS_FILE": str(datasets),
        "WAYBILL_MECHANISM_OPTIONS": json.dumps({"http": http}),
    }


def _wait_for(url: str) -> None:
    deadline = time.monotonic() + READY_SECONDS
    while not answers(url, HTTPStatus.NOT_FOUND):
        if time.monotonic() > deadline:
            raise TimeoutError(f"nothing answers at {url}")
        time.sleep(0.1)


def _properties(api_base: str, callbacks: int) -> dict[str, str]:
    plane = "dataspacetck.dps.dataplane"
    return {
        "dataspacetck.test.package": kit.DATA_PLANE_TESTS,
        "dataspacetck.ansi": "false",
        "dataspacetck.port": str(callbacks),
        "dataspacetck.callback.address": f"http://localhost:{callbacks}",
        f"{plane}.url": api_base,
        f"{plane}.provider.id": _PLANE_DID,
        f"{plane}.counterparty.id": f"did:web:localhost%3A{callbacks}",
        **{f"{test}_PROFILE": profile for test, profile in _PROFILES.items()},
    }


if __name__ == "__main__":
    sys.exit(main())
