"""`make tck`: what it says without the kit, and how it reads what the kit says."""

import importlib.util
import re
import subprocess
import sys
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from tests.scenarios.plane import ROOT

HERE = Path(__file__).parent
TCK = ROOT / "deploy" / "tck"
FAKE_JAVA = """#!/bin/sh
[ "$1" = -version ] && echo 'openjdk version "21.0.1"' >&2 && exit
echo "[2026-01-01T00:00:00] Started: DP_C_PULL:01-01: Verify that"
echo "[2026-01-01T00:00:00] SUCCESSFUL: DP_C_PULL:01-01"
echo "[2026-01-01T00:00:00] FAILED: DP_C_PULL:04-01: Verify another"
echo "[2026-01-01T00:00:00] Test run complete"
exec sleep 60
"""


@pytest.fixture
def runner(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    """Give deploy/tck/kit.py, with its files elsewhere."""
    spec = importlib.util.spec_from_file_location("kit", TCK / "kit.py")
    assert spec is not None
    assert spec.loader is not None
    module: ModuleType = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    monkeypatch.setattr(module, "_FETCHED", tmp_path)
    monkeypatch.setattr(module, "_LOG", tmp_path / "kit.log")
    return module


def restated() -> set[str]:
    source = "".join(file.read_text() for file in HERE.glob("test_*.py"))
    found = re.findall(r"def test_(dp_\w+)_(\d\d)_(\d\d)\(", source)
    return {f"{group.upper()}:{one}-{two}" for group, one, two in found}


def test_every_test_of_the_kit_is_restated_here(runner: Any) -> None:
    assert len(runner.TESTS) == 28
    assert restated() == set(runner.TESTS)


@pytest.mark.parametrize(("arguments", "code"), [([], 2), (["--if-available"], 0)])
def test_without_java_it_says_so(arguments: list[str], code: int) -> None:
    command = [sys.executable, str(TCK / "run.py"), *arguments]
    told = subprocess.run(
        command, env={"PATH": "/nowhere"}, capture_output=True, text=True, check=False
    )
    assert told.returncode == code, told.stderr
    assert told.stdout.count("\n") == 1
    assert "Java 17 or newer is not installed" in told.stdout


def test_a_failed_test_and_one_that_did_not_run_are_failures(
    runner: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    java = tmp_path / "java"
    java.write_text(FAKE_JAVA)
    java.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path), prepend=":")
    monkeypatch.setenv("WAYBILL_TCK_CLASSPATH", "kit.jar")
    outcomes = runner.run(runner.classpath(), {"a": "b"})
    assert outcomes == {"DP_C_PULL:01-01": "SUCCESSFUL", "DP_C_PULL:04-01": "FAILED"}
    assert runner.verdict(outcomes) is False
    assert runner.verdict({**dict.fromkeys(runner.TESTS, "SUCCESSFUL")}) is True
