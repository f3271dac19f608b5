"""The conformance kit itself: where it comes from, and what it says."""

import os
import re
import shutil
import signal
import subprocess
from collections.abc import Mapping
from pathlib import Path

_ROOT = Path(__file__).parents[2]
_POM = Path(__file__).with_name("pom.xml")
_FETCHED = _ROOT / ".tools" / "tck"
_LOG = _FETCHED / "kit.log"
_CLASSPATH = "WAYBILL_TCK_CLASSPATH"
_LEAST_JAVA = 17
_SECONDS = 600
_MAIN = "org.eclipse.dataspacetck.dps.DpsTckSuite"
DATA_PLANE_TESTS = "org.eclipse.dataspacetck.dps.verification.dataplane"
_OUTCOME = re.compile(r"\b(SUCCESSFUL|FAILED|ABORTED|SKIPPED): (DP_\w+:\d\d-\d\d)")
_END = "Test run complete"
_PASSED = "SUCCESSFUL"

TESTS = tuple(
    f"{group}:{number}"
    for group, numbers in {
        "DP_C_PULL": "01-01 01-02 02-01 02-02 03-01 04-01",
        "DP_P_PULL": "01-01 01-02 02-01 02-02 04-01",
        "DP_C_PUSH": "01-01 01-02 02-01 02-02 03-01 04-01",
        "DP_P_PUSH": "01-01 01-02 02-01 02-02 03-01 04-01",
        "DP_C_HTTP_PULL": "01-01 02-01",
        "DP_P_HTTP_PULL": "01-01 02-01 02-02",
    }.items()
    for number in numbers.split()
)


class KitMissingError(Exception):
    """The kit cannot be had here; the message says what is missing."""


def classpath() -> str:
    """What to give to Java. Raises KitMissingError."""
    _require_java()
    given = os.environ.get(_CLASSPATH)
    if given:
        return given
    jars = _FETCHED / "lib"
    if not any(jars.glob("dps-tck-*.jar")):
        _fetch(jars)
    return f"{jars}/*"


def run(classpath: str, properties: Mapping[str, str]) -> dict[str, str]:
    """Outcome by test id. It exits with 0 whatever happens, so its words are read."""
    _FETCHED.mkdir(parents=True, exist_ok=True)
    file = _FETCHED / "kit.properties"
    file.write_text("".join(f"{k}={v}\n" for k, v in properties.items()))
    command = ["java", "-cp", classpath, _MAIN, "-config", str(file)]
    outcomes: dict[str, str] = {}
    with (
        _LOG.open("w") as log,
        subprocess.Popen(
            ["timeout", str(_SECONDS), *command],
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        ) as java,
    ):
        assert java.stdout is not None  # noqa: S101 (it is a pipe)
        for line in java.stdout:
            log.write(line)
            for outcome, test in _OUTCOME.findall(line):
                outcomes[test] = outcome
                print(f"{outcome:10} {test}", flush=True)
            if _END in line:
                # Its HTTP client would keep it alive for another minute. `timeout` has
                # made a group of its own; it passes on a SIGTERM most of the time only.
                os.killpg(java.pid, signal.SIGKILL)
    return outcomes


def verdict(outcomes: Mapping[str, str]) -> bool:
    """Print what passed, failed and did not run; true if all passed."""
    passed = [test for test in TESTS if outcomes.get(test) == _PASSED]
    failed = [test for test, said in outcomes.items() if said != _PASSED]
    missing = [test for test in TESTS if test not in outcomes]
    print(f"passed  {len(passed)} of {len(TESTS)}")
    for name, tests in (("failed", failed), ("not run", missing)):
        if tests:
            print(f"{name:7} {' '.join(tests)}")
    if failed or missing:
        print(f"what the kit said: {_LOG}")
    return not failed and not missing


def _require_java() -> None:
    if shutil.which("java") is None:
        raise KitMissingError(f"Java {_LEAST_JAVA} or newer is not installed")
    told = subprocess.run(["java", "-version"], capture_output=True, text=True)
    found = re.search(r'version "(\d+)', told.stderr)
    if found is None or int(found[1]) < _LEAST_JAVA:
        raise KitMissingError(f"Java is older than {_LEAST_JAVA}")


def _fetch(jars: Path) -> None:
    where = f"set {_CLASSPATH} to its jars"
    if shutil.which("mvn") is None:
        raise KitMissingError(f"Maven is not installed; or {where}")
    goal = ["dependency:copy-dependencies", "-DincludeScope=runtime"]
    told = subprocess.run(
        ["mvn", "-B", "-q", "-f", str(_POM), *goal, f"-DoutputDirectory={jars}"],
        capture_output=True,
        text=True,
    )
    if told.returncode:
        why = told.stdout.partition("[ERROR] ")[2].partition("\n")[0]
        raise KitMissingError(f"Maven cannot get it ({why:.200}); or {where}")
