"""Schemathesis asks the service what its documentation allows, and what it does not."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

from mlwidgets_mlops.models import Served
from mlwidgets_mlops.service import Together
from mlwidgets_mlops.serving import Service
from mlwidgets_mlops.web import app_of

SCHEMATHESIS = Path(sys.executable).with_name("st")


def fuzzed(service: Service, folder: Path) -> subprocess.CompletedProcess[str]:
    command = [str(SCHEMATHESIS), "run", f"{service.url}/openapi.json", "--checks", "all"]
    command += ["-H", f"Authorization: Bearer {service.token}"]
    command += ["--max-examples", "15", "--seed", "1", "--no-color", "--phases", "coverage,fuzzing"]
    where = {**os.environ, "HYPOTHESIS_STORAGE_DIRECTORY": str(folder)}
    return subprocess.run(
        command, cwd=folder, env=where, capture_output=True, text=True, check=False, timeout=300
    )


def test_no_request_makes_it_fail_and_every_status_is_documented(tmp_path: Path) -> None:
    served = Served.of(None, None, 0.5)
    together = Together(served, 64)
    with Service(lambda token: app_of(served, token, 100, together)) as service:
        done = fuzzed(service, tmp_path)
    assert done.returncode == 0, done.stdout[-4000:]
    assert "No issues found" in done.stdout
    assert together.answered > 0, "some of what it asked was answered"


def test_a_service_that_fails_is_found(tmp_path: Path) -> None:
    served = Served.of(None, None, 0.5)

    async def broken(X: object) -> object:
        raise ArithmeticError

    with Service(lambda token: app_of(served, token, 100, broken)) as service:  # type: ignore[arg-type]  # broken on purpose
        done = fuzzed(service, tmp_path)
    assert done.returncode != 0
    assert "Server error" in done.stdout
