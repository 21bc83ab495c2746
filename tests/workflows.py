"""Run the shell of shipped workflows by hand: as a runner would, in files of ours."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import yaml

ROOT = Path(__file__).parents[1]
TEMPLATES = ROOT / "grader" / "release" / "templates"
GRADER = [sys.executable, "-I", "-m", "grader"]


def parsed(name: str) -> dict[str, Any]:
    """A workflow or action, by a YAML parser. YAML takes its key `on` for a truth."""
    content: dict[Any, Any] = yaml.safe_load((TEMPLATES / name).read_text("utf-8"))
    return {("on" if key is True else key): value for key, value in content.items()}


def steps(name: str, job: str = "") -> dict[str, dict[str, Any]]:
    """The steps with a shell, by name."""
    content = parsed(name)
    found = content["jobs"][job]["steps"] if job else content["runs"]["steps"]
    return {step["name"]: step for step in found if "run" in step}


class Runner:
    """A workspace, and the files by which steps tell the runner things."""

    def __init__(self, top: Path) -> None:
        self.workspace, self.temp = top / "workspace", top / "temp"
        for folder in (self.workspace, self.temp, top / "bin"):
            folder.mkdir(parents=True)
        self.output, self.summary = top / "output", top / "summary"
        self._bin = top / "bin"
        self.script("python", f'exec "{sys.executable}" "$@"')

    def script(self, name: str, body: str) -> None:
        """A command that the steps will find first."""
        path = self._bin / name
        path.write_text(f"#!/usr/bin/env bash\n{body}\n")
        path.chmod(0o755)

    def run(
        self, step: dict[str, Any], processors: int = 0, **env: str
    ) -> subprocess.CompletedProcess[str]:
        """As `shell: bash` does. Expressions are for the caller to fill in, by `env`.

        `processors`: so many may be used, where the system can say so; 0 for all.
        """
        assert "${{" not in step["run"], "an expression in a script is an injection"
        missing = set(step.get("env", {})) - set(env)
        assert not missing, missing
        few = ()
        if processors and hasattr(os, "sched_getaffinity") and shutil.which("taskset"):
            few = (
                "taskset",
                "-c",
                ",".join(map(str, sorted(os.sched_getaffinity(0))[:processors])),
            )
        return subprocess.run(
            [*few, "bash", "--noprofile", "--norc", "-eo", "pipefail", "-c", step["run"]],
            cwd=self.workspace,
            env={
                "PATH": f"{self._bin}{os.pathsep}{os.environ['PATH']}",
                "HOME": str(self.temp),
                "OMP_NUM_THREADS": "1",
                "RUNNER_TEMP": str(self.temp),
                "GITHUB_WORKSPACE": str(self.workspace),
                "GITHUB_OUTPUT": str(self.output),
                "GITHUB_STEP_SUMMARY": str(self.summary),
                **env,
            },
            capture_output=True,
            text=True,
            encoding="utf-8",
            timeout=300,
        )

    def outputs(self) -> dict[str, str]:
        lines = self.output.read_text("utf-8").splitlines()
        return dict(line.split("=", 1) for line in lines)
