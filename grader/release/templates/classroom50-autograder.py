"""Classroom 50's autograder: grades the checkout it runs in, and writes result.json and a body.

The bundle that holds this file is published on the course's Pages: whoever has its address can read
it, including hidden suites. docs/ci.md of torchgrade says what to do about that.
"""

import os
import subprocess
import sys
import tempfile
import time
import venv
from pathlib import Path

BUNDLE = Path(os.environ.get("CLASSROOM50_BUNDLE_DIR") or Path(__file__).parent).resolve()
CPU_BUILDS = "https://download.pytorch.org/whl/cpu"
# The job ends after 900 seconds, checkout and upload included.
SECONDS = int(os.environ.get("TORCHGRADE_SECONDS", "840"))


def main() -> int:
    """Grade the checkout. Returns 0 if that worked; else, the infrastructure failed."""
    end = time.monotonic() + SECONDS
    python = sys.executable
    if not works(python):  # a self-hosted runner has everything already
        python = installed(end)
    # -I: nothing is imported from the checkout, which is the student's.
    command = [python, "-I", "-m", "grader", "ci", "classroom50", str(Path.cwd()), "--out", "."]
    command += ["--solutions", str(BUNDLE / "solutions")]
    command += ["--time-limit", str(max(20, int(end - time.monotonic())))]
    return subprocess.run(command, check=False, env={**os.environ, **data()}).returncode


def works(python: str) -> bool:
    """Whether it has what is needed. Torch is only looked for: importing it takes seconds."""
    code = "import grader.cli, importlib.util; assert importlib.util.find_spec('torch')"
    command = [python, "-I", "-c", code]
    return subprocess.run(command, check=False, capture_output=True).returncode == 0


def installed(end: float) -> str:
    """The Python of a new environment with torchgrade in it."""
    folder = Path(tempfile.mkdtemp(prefix="torchgrade-"))
    venv.create(folder, with_pip=True)
    python = str(folder / ("Scripts/python.exe" if os.name == "nt" else "bin/python"))
    pip = [python, "-I", "-m", "pip", "install", "--quiet", "--extra-index-url", CPU_BUILDS]
    wanted = ["-c", str(BUNDLE / "constraints.txt"), str(BUNDLE)]
    subprocess.run([*pip, *wanted], check=True, timeout=max(1, end - time.monotonic()))
    return python


def data() -> dict[str, str]:
    return {"TORCHGRADE_DATA": str(BUNDLE / "data")}


if __name__ == "__main__":
    try:
        sys.exit(main())
    except (OSError, subprocess.SubprocessError) as problem:
        sys.exit(f"torchgrade could not be installed: {type(problem).__name__}")
