"""Dask: the same judges in its workers. A real scheduler, real workers, one of which is killed."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from concurrent.futures import BrokenExecutor
from pathlib import Path

import pytest
import tiny

from grader.grading import cluster, cluster_worker
from grader.grading.cluster_worker import Facts, WarmJudge

SLOW = "import time\n\n\ndef double(x):\n    time.sleep(0.2)\n    return x + x\n"
NAMES = [f"s{number}" for number in range(6)]


@pytest.fixture
def kit(tmp_path: Path) -> Path:
    tiny.write_assignment(tmp_path)
    tiny.write_class(tmp_path, NAMES, SLOW)
    return tmp_path


class Dask:
    """A scheduler and two workers, started as a school's launchers do it."""

    def __init__(self, folder: Path) -> None:
        self.tmp = folder / "tmp"
        self.tmp.mkdir(mode=0o755)
        self._file = folder / "scheduler.json"
        self._processes = [self._start("scheduler", "--port", "0", "--no-dashboard")]
        self.workers = [
            self._start("worker", "--no-nanny", "--nthreads", "1", "--no-dashboard")
            for _ in range(2)
        ]
        self._processes += self.workers

    def _start(self, kind: str, *options: str) -> subprocess.Popen[bytes]:
        command = [sys.executable, "-m", f"distributed.cli.dask_{kind}", *options]
        return subprocess.Popen(
            [*command, "--scheduler-file", str(self._file)],
            env=os.environ | {"OMP_NUM_THREADS": "1", "TMPDIR": str(self.tmp)},
            cwd=self.tmp,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )

    @property
    def address(self) -> str:
        until(self._file.exists)
        return str(json.loads(self._file.read_text())["address"])

    def folders(self) -> list[Path]:
        """Those in which workers keep suites."""
        return list(self.tmp.glob("torchgrade-worker-*"))

    def end(self) -> None:
        for process in self._processes:
            process.kill()
            process.wait()


def until(condition: object, seconds: float = 240) -> None:
    """Wait for it."""
    give_up = time.monotonic() + seconds
    while not condition():  # type: ignore[operator]
        assert time.monotonic() < give_up
        time.sleep(0.05)


@pytest.fixture
def dask(tmp_path: Path) -> Iterator[Dask]:
    dask = Dask(tmp_path)
    yield dask
    dask.end()


@pytest.mark.slow
@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="looks for folders by TMPDIR")
def test_what_a_killed_worker_had_is_graded_by_the_other(
    kit: Path, dask: Dask, grader, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each has its grade once, workers are named, and no suite stays behind anywhere."""
    monkeypatch.setattr(cluster, "LOOK_SECONDS", 0.1)
    modes = []

    def kill() -> None:
        """As soon as both have the suites, which is when they are at their first submissions."""
        until(lambda: len(list(dask.tmp.glob("torchgrade-worker-*/judge-*"))) == 2)
        modes.extend(oct((f / "suites").stat().st_mode & 0o777) for f in dask.folders())
        dask.workers[0].send_signal(signal.SIGKILL)

    with cluster.Client(dask.address, set_as_default=False) as client:
        client.wait_for_workers(2)
    killer = threading.Thread(target=kill)
    killer.start()
    done = grader(kit, "grade", "class", "--scheduler", dask.address)
    killer.join()
    assert done.returncode == 0, done.stderr
    results = json.loads((kit / "grades" / "results.json").read_text())["results"]
    assert sorted(result["submission"] for result in results) == NAMES
    for result in results:
        assert {t["outcome"] for e in result["exercises"] for t in e["tests"]} == {"passed"}
        assert result["isolation"]
    assert done.stderr.count(f"judges: 1): {results[0]['isolation']}") == 2
    assert done.stderr.count("is gone; what it had is graded elsewhere.") == 1
    assert modes == ["0o700", "0o700"]
    until(lambda: not dask.folders())


def test_a_scheduler_that_is_not_there(kit: Path, grader, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cluster, "CONNECT_SECONDS", 0.2)
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))  # nobody listens
        address = f"tcp://127.0.0.1:{taken.getsockname()[1]}"
        done = grader(kit, "grade", "class", "--scheduler", address)
    assert done.returncode == 2
    assert f"No Dask scheduler answers at {address}" in done.stderr
    assert not (kit / "grades").exists()


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (["--scheduler", "tcp://a:1", "--cluster", "local:2"], "not both"),
        (["--scheduler", "tcp://a:1", "--workers", "2"], "--workers is for this machine"),
        (["--scheduler", "nonsense://a"], "No Dask scheduler answers at nonsense://a"),
        (["--scheduler", "tls://127.0.0.1:1"], "check your TLS configuration"),
        (["--cluster", "slurm:2"], "give local:N"),
        (["--cluster", "local:0"], "give local:N"),
    ],
)
def test_what_can_not_be_meant(kit: Path, grader, options: list[str], said: str) -> None:
    done = grader(kit, "grade", "class", *options)
    assert done.returncode == 2
    assert said in done.stderr


def test_a_scheduler_without_workers(kit: Path, grader, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cluster, "WAIT_SECONDS", 0.2)
    with cluster.LocalCluster(n_workers=0, processes=False, dashboard_address=None) as empty:
        done = grader(kit, "grade", "class", "--scheduler", empty.scheduler_address)
    assert done.returncode == 2
    assert "The Dask scheduler has no workers." in done.stderr


@pytest.mark.slow
def test_a_judge_stays_until_it_dies(tmp_path: Path) -> None:
    """And a new one takes its place: the worker goes on."""
    judge = WarmJudge(tmp_path / "suites")
    try:
        first = judge.submit(os.getpid).result()
        assert judge.stop() == []
        assert judge.submit(os.getpid).result() == first
        with pytest.raises(BrokenExecutor):
            judge.submit(os._exit, 9).result()
        judge.stop()
        assert judge.submit(os.getpid).result() != first
    finally:
        judge.end()


def test_a_worker_is_shown_with_what_is_not_as_here() -> None:
    here = cluster_worker.versions()
    facts = Facts("node7", 4, "linux-partial", ("landlock",), here, cluster.machinery_digest())
    assert cluster.line("tcp://10.0.0.7:1", facts) == (
        "Worker tcp://10.0.0.7:1 (node7, judges: 4): linux-partial, without landlock "
        "(see `grader doctor` there)"
    )
    older = Facts("node8", 1, "linux-full", (), here | {"torch": "2.6.0"}, "")
    assert cluster.line("a", older).endswith(f"it has torch 2.6.0 (here {here['torch']})")
    other = Facts("node9", 1, "linux-full", (), here, "other")
    assert cluster.line("a", other).endswith("its grader or its data differ from those here")
