"""Classroom 50 and Gradescope: their bundles, unpacked and run as on the platforms."""

from __future__ import annotations

import json
import os
import re
import shutil
import stat
import subprocess
import sys
import venv
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import tiny
from workflows import ROOT

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(sys.platform == "win32", reason="both run on Linux"),
]
Release = Callable[..., None]
URL = "https://example.org/school/lab-kim"
VARIABLES = {
    "CLASSROOM": "spring",
    "ASSIGNMENT": "lab",
    "SUBMISSION_TAG": "submit/2026-11-20T10-00-00Z",
    "PAGES_BASE_URL": "https://example.org/pages",
    "USERNAME": "kim",
    "OWNER": "kim",
    "ASSIGNMENT_TYPE": "individual",
    "COMMIT_URL": f"{URL}/commit/1",
    "RELEASE_URL": f"{URL}/releases/1",
    "REVIEW_URL": f"{URL}/review",
    "GITHUB_REPOSITORY": "school/lab-kim",
    "GITHUB_ACTIONS": "true",
}
SUBMISSIONS = {
    "perfect": {"double.py": tiny.answer("x + x")},
    "repository": {"exercises/01_double/double.py": tiny.answer("x + x"), "README.md": "hello"},
    "wrong": {"double.py": tiny.answer("x * 3")},
    "missing": {"other.txt": "nothing here"},
    "empty": {},
    "exits": {"double.py": "import os\nos._exit(0)\n"},
    "broken": {"double.py": "def double(x:\n"},
    "endless": {"double.py": "def double(x):\n    while True:\n        pass\n"},
    "forges": {
        "double.py": "import atexit, sys\n\n\ndef double(x):\n"
        "    for name in ('result.json', '/autograder/results/results.json'):\n"
        "        try:\n            open(name, 'w').write('{\"score\": 100}')\n"
        "        except OSError:\n            pass\n    return x\n"
    },
}
# Each way to fail is tried on one of the two; tests/report proves what each becomes in a format.
# A bundle is run as on its platform, in processes of its own; what differs by the submission alone
# is graded with the bundle's suites in this process.
RUN_ON_CLASSROOM50 = "forges"
ON_CLASSROOM50 = ("perfect", "repository", "missing", "broken")
RUN_ON_GRADESCOPE = "perfect"
ON_GRADESCOPE = ("wrong", "empty", "exits", "endless", "forges")
assert {*ON_CLASSROOM50, *ON_GRADESCOPE} == set(SUBMISSIONS)
RIGHT = ("perfect", "repository")


@pytest.fixture(scope="module")
def kit(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A tiny assignment with the machinery of this one."""
    top = tmp_path_factory.mktemp("kit")
    suite = tiny.write_assignment(top) / "01_double" / "test_double.py"
    suite.write_text(f"{suite.read_text()}\n\npytestmark = pytest.mark.timeout(1)\n")
    junk = shutil.ignore_patterns("__pycache__", "sample_class")
    for name in ("grader", "data"):
        shutil.copytree(ROOT / name, top / name, ignore=junk)
    for name in ("pyproject.toml", "constraints.txt", "LICENSE"):
        shutil.copy(ROOT / name, top / name)
    return top


def installed(folder: Path, source: Path) -> Path:
    """An environment with the bundle's own torchgrade, and with our packages otherwise."""
    venv.create(folder)
    python = folder / "bin" / "python"
    borrowed = [path for path in sys.path if path.endswith("site-packages")]
    [packages] = {path for path in folder.rglob("site-packages") if path.is_dir()}
    (packages / "borrowed.pth").write_text("\n".join(borrowed))
    pip = [sys.executable, "-m", "pip", "--python", str(python), "install", "--quiet"]
    alone = ["--no-index", "--no-deps", "--no-build-isolation"]
    subprocess.run([*pip, *alone, str(source)], check=True)
    return python


def hand_in(folder: Path, files: dict[str, str]) -> Path:
    folder.mkdir(parents=True)
    for name, text in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return folder


@pytest.fixture(scope="module")
def release(grader_of_module: Any) -> Release:
    def run(kit: Path, *options: str | Path) -> None:
        assert grader_of_module(kit, "release", *map(str, options)).returncode == 0

    return run


# ------------------------------------------------------------------------------- Classroom 50


@pytest.fixture(scope="module")
def bundle(kit: Path, release: Release) -> Path:
    release(kit, "--classroom50", "autograders/lab")
    return kit / "autograders" / "lab"


@pytest.fixture(scope="module")
def toolchain(kit: Path, bundle: Path) -> Path:
    return installed(kit / "toolchain", bundle)


def autograde(
    python: Path, bundle: Path, checkout: Path, **env: str
) -> subprocess.CompletedProcess[str]:
    given = {"PATH": os.environ["PATH"], "CLASSROOM50_BUNDLE_DIR": str(bundle)} | VARIABLES | env
    return subprocess.run(
        [str(python), str(bundle / "autograder.py")],
        cwd=checkout,
        env=given,
        capture_output=True,
        text=True,
        timeout=280,
    )


def classroom50_result(checkout: Path) -> dict[str, Any]:
    """Check a result as the platform does: known keys, whole numbers, patterns."""
    result: dict[str, Any] = json.loads((checkout / "result.json").read_text("utf-8"))
    runners = {"assignment_type", "owner"}
    needed = {
        "schema", "classroom", "assignment", "submission", "commit", "release", "review",
        "datetime", "score", "max-score", "tests",
    }  # fmt: skip
    assert needed <= set(result) <= needed | runners | {"graded_at", "submitted_by"}
    assert result["schema"] == "classroom50/result/v1"
    assert (result["classroom"], result["assignment"]) == ("spring", "lab")
    assert result["submission"].startswith("submit/")
    assert [result["commit"], result["release"], result["review"]] == [
        VARIABLES[f"{key}_URL"] for key in ("COMMIT", "RELEASE", "REVIEW")
    ]
    for key in {"datetime", "graded_at"} & set(result):
        assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", result[key])
    for place in (result, *result["tests"]):
        assert type(place["score"]) is type(place["max-score"]) is int
        assert 0 <= place["score"] <= place["max-score"]
    for test in result["tests"]:
        assert test["test-name"]
        assert type(test["passed"]) is bool
    assert (checkout / "release-body.md").read_text("utf-8").strip()
    return result


def test_classroom50_runs(bundle: Path, toolchain: Path, tmp_path: Path) -> None:
    """In the checkout, but modules that lie there stay out of the judge."""
    checkout = hand_in(tmp_path / "checkout", SUBMISSIONS[RUN_ON_CLASSROOM50])
    for module in ("grader", "torch", "pickle", "multiprocessing", "json", "sitecustomize"):
        (checkout / f"{module}.py").write_text("open('pwned', 'w')\nraise SystemExit(0)\n")
    done = autograde(toolchain, bundle, checkout, TORCHGRADE_SECONDS="600")
    classroom50_graded(bundle, checkout, RUN_ON_CLASSROOM50, done)
    assert not list(checkout.rglob("pwned"))


def autograde_here(grader: Any, bundle: Path, checkout: Path) -> Any:
    """The command that the bundle's autograder starts, in this process."""
    options = ("--out", ".", "--solutions", str(bundle / "solutions"), "--time-limit", "600")
    with pytest.MonkeyPatch.context() as patch:
        for variable, value in VARIABLES.items():
            patch.setenv(variable, value)
        return grader(checkout, "ci", "classroom50", str(checkout), *options)


@pytest.mark.parametrize("name", ON_CLASSROOM50)
def test_classroom50_grades(bundle: Path, tmp_path: Path, grader: Any, name: str) -> None:
    checkout = hand_in(tmp_path / "checkout", SUBMISSIONS[name])
    classroom50_graded(bundle, checkout, name, autograde_here(grader, bundle, checkout))


def classroom50_graded(bundle: Path, checkout: Path, name: str, done: Any) -> None:
    assert done.returncode == 0, done.stderr
    result = classroom50_result(checkout)
    assert result["max-score"] == 4
    assert result["score"] == (4 if name in RIGHT else 1 if name == "forges" else 0)
    text = (checkout / "result.json").read_text("utf-8") + done.stdout + done.stderr
    for secret in ("test_double_values", "reference.double", str(bundle), "Traceback"):
        assert secret not in text


def test_classroom50_fails_as_the_platform_wants(
    bundle: Path, toolchain: Path, tmp_path: Path, grader: Any
) -> None:
    """An empty suite gives a result that says so, and an exit code for a broken infrastructure."""
    broken = tmp_path / "bundle"
    shutil.copytree(bundle, broken)
    (broken / "solutions/01_double/test_double.py").write_text('"""Nothing."""\n')
    checkout = hand_in(tmp_path / "checkout", SUBMISSIONS["perfect"])
    assert autograde_here(grader, broken, checkout).returncode == 3
    result = classroom50_result(checkout)
    assert (result["score"], result["max-score"]) == (0, 0)
    (checkout / "result.json").unlink()
    shutil.rmtree(broken / "solutions")
    assert autograde(toolchain, broken, checkout).returncode == 3
    classroom50_result(checkout)


def test_classroom50_without_its_variables_is_no_grade(
    bundle: Path, toolchain: Path, tmp_path: Path
) -> None:
    checkout = hand_in(tmp_path / "checkout", SUBMISSIONS["perfect"])
    done = autograde(toolchain, bundle, checkout, SUBMISSION_TAG="v1")
    assert done.returncode == 3
    assert "has to start with submit/" in " ".join(done.stderr.split())
    assert "Isolation" not in done.stderr, "it is told before anything is graded"
    assert not (checkout / "result.json").exists()


def test_the_real_bundle_is_small_enough(tmp_path: Path, release: Release) -> None:
    release(ROOT, "--classroom50", tmp_path / "bundle", "--gradescope", tmp_path / "g.zip")
    size = sum(p.stat().st_size for p in (tmp_path / "bundle").rglob("*") if p.is_file())
    assert size < 10 << 20
    assert (tmp_path / "g.zip").stat().st_size < 10 << 20


# --------------------------------------------------------------------------------- Gradescope


@pytest.fixture(scope="module")
def image(kit: Path, release: Release) -> Iterator[Path]:
    """What Gradescope builds: the archive unpacked into source/, and setup.sh's environment."""
    release(kit, "--gradescope", "gradescope.zip")
    top = kit / "autograder"
    with zipfile.ZipFile(kit / "gradescope.zip") as archive:
        archive.extractall(top / "source")
        for info in archive.infolist():
            mode = info.external_attr >> 16
            assert stat.S_ISREG(mode)
            (top / "source" / info.filename).chmod(stat.S_IMODE(mode))
    installed(top / "venv", top / "source")
    shutil.copy(top / "source" / "run_autograder", top / "run_autograder")
    yield top
    shutil.rmtree(top)


def test_the_archive_is_the_same_each_time(kit: Path, release: Release) -> None:
    release(kit, "--gradescope", "one.zip")
    release(kit, "--gradescope", "two.zip")
    assert (kit / "one.zip").read_bytes() == (kit / "two.zip").read_bytes()
    names = zipfile.ZipFile(kit / "one.zip").namelist()
    assert {"setup.sh", "run_autograder", "solutions/01_double/test_double.py"} <= set(names)
    assert not [n for n in names if "__pycache__" in n or n.startswith(("tests/", "data/sample"))]


def handed_in(image: Path, files: dict[str, str]) -> None:
    for name in ("submission", "results"):
        shutil.rmtree(image / name, ignore_errors=True)
    hand_in(image / "submission", files)
    (image / "results").mkdir()
    (image / "submission_metadata.json").write_text("{}")


def run_autograder(image: Path, files: dict[str, str], **env: str) -> tuple[int, dict[str, Any]]:
    handed_in(image, files)
    done = subprocess.run(
        [str(image / "run_autograder")],
        cwd=image,
        env={"PATH": os.environ["PATH"], "AUTOGRADER": str(image)} | env,
        capture_output=True,
        text=True,
        timeout=280,
    )
    return done.returncode, gradescope_result(image)


def gradescope_result(image: Path) -> dict[str, Any]:
    """Check a result as the platform does."""
    result: dict[str, Any] = json.loads((image / "results" / "results.json").read_text("utf-8"))
    for test in result["tests"]:
        bonus = "(bonus)" in test["name"]  # never shown as failed
        assert test.get("status") in (("passed", None) if bonus else ("passed", "failed"))
        assert test["visibility"] in ("visible", "hidden", "after_due_date", "after_published")
    for secret in ("test_double_values", "reference.double", str(image), "Traceback"):
        assert secret not in json.dumps(result)
    return result


def test_gradescope_runs(image: Path) -> None:
    code, result = run_autograder(image, SUBMISSIONS[RUN_ON_GRADESCOPE], TIME_LIMIT="600")
    gradescope_graded(RUN_ON_GRADESCOPE, code, result)


@pytest.mark.parametrize("name", ON_GRADESCOPE)
def test_gradescope_grades(image: Path, grader: Any, name: str) -> None:
    handed_in(image, SUBMISSIONS[name])
    options = ("--detail", "--solutions", "solutions", "--time-limit", "600")
    out = str(image / "results" / "results.json")
    source = image / "source"
    done = grader(source, "ci", "gradescope", str(image / "submission"), "--out", out, *options)
    gradescope_graded(name, done.returncode, gradescope_result(image))


def gradescope_graded(name: str, code: int, result: dict[str, Any]) -> None:
    assert code == 0
    whole = name in ("wrong", "forges")  # 3x and x of whole numbers are whole: the bonus
    expected = 125 if name in RIGHT else 50 if whole else 0
    assert result["score"] == expected, result
    assert len(result["tests"]) == 3


def test_gradescope_gets_a_result_even_without_a_grader(image: Path) -> None:
    """Its environment is gone, and the system's Python has no torchgrade."""
    hidden = image / "venv-away"
    (image / "venv").rename(hidden)
    binaries = image / "bin"
    binaries.mkdir()
    (binaries / "python3").symlink_to("/bin/false")
    try:
        path = f"{binaries}{os.pathsep}{os.environ['PATH']}"
        code, result = run_autograder(image, SUBMISSIONS["perfect"], PATH=path)
    finally:
        hidden.rename(image / "venv")
    assert code != 0
    assert result["output"].startswith("Not graded.")
    assert "score" not in result


def test_gradescope_is_told_when_the_suites_are_gone(image: Path) -> None:
    (image / "source" / "solutions").rename(image / "away")
    try:
        code, result = run_autograder(image, SUBMISSIONS["perfect"])
    finally:
        (image / "away").rename(image / "source" / "solutions")
    assert code == 3
    assert result["output"].startswith("Not graded.")


def test_setup_installs_what_the_archive_holds(image: Path) -> None:
    text = (image / "source" / "setup.sh").read_text()
    assert subprocess.run(["bash", "-n"], input=text, text=True).returncode == 0
    for name in re.findall(r"/autograder/source/(\S+)", text):
        assert (image / "source" / name).is_file()
    origin = subprocess.run(
        [str(image / "venv/bin/python"), "-I", "-c", "import grader; print(grader.__file__)"],
        capture_output=True,
        text=True,
        check=True,
    ).stdout
    assert str(image / "venv") in origin
