"""Memory, time, files, threads and disk: what is left of them for code in a sandbox."""

from __future__ import annotations

import errno
import os
import select
import signal
import subprocess
from pathlib import Path

import pytest
from lockdown.inside import Zygote, linux_only, start_zygote

from grader.lockdown.limits import Limits, outgrown

pytestmark = pytest.mark.slow


@pytest.mark.parametrize(
    ("code", "error"),
    [
        ("x = b'x' * (3 << 30)", "MemoryError"),
        ("x = [0]\nwhile True: x = x + x", "MemoryError"),
        ("import mmap; mmap.mmap(-1, 3 << 30)", "OSError"),
    ],
)
def test_memory(zygote: Zygote, code: str, error: str) -> None:
    assert zygote.run(code, memory_bytes=256 << 20)["error"] == error


def test_processor_time(zygote: Zygote) -> None:
    forever = "while True: pass"
    assert zygote.run(forever, cpu_seconds=1)["signal"] == signal.SIGXCPU
    ignoring = "signal.signal(signal.SIGXCPU, signal.SIG_IGN)\n" + forever
    assert zygote.run(ignoring, cpu_seconds=1)["signal"] == signal.SIGKILL


def test_file_size(zygote: Zygote) -> None:
    answer = zygote.run("open('big', 'wb').write(bytes(1 << 20))", file_bytes=1 << 16)
    assert answer["errno"] == errno.EFBIG
    answer = zygote.run("open('big', 'wb').truncate(1 << 20)", file_bytes=1 << 16)
    assert answer["errno"] == errno.EFBIG


def test_disk_space_is_seen(tmp_path: Path) -> None:
    limits = Limits(scratch_bytes=1 << 20, scratch_files=10)
    assert not outgrown(tmp_path, limits)
    (tmp_path / "sparse").touch()
    os.truncate(tmp_path / "sparse", 1 << 30)
    assert not outgrown(tmp_path, limits)
    (tmp_path / "deep" / "deeper").mkdir(parents=True)
    (tmp_path / "deep" / "deeper" / "big").write_bytes(bytes(2 << 20))
    assert outgrown(tmp_path, limits)
    assert outgrown(tmp_path, Limits(scratch_files=3))
    assert not outgrown(tmp_path, Limits())
    assert not outgrown(tmp_path / "gone", limits)


@linux_only
def test_what_cannot_be_looked_into_is_too_much(tmp_path: Path) -> None:
    start = Path.cwd()
    os.chdir(tmp_path)
    try:
        for _ in range(20):  # deeper than any path can be long
            Path("d" * 250).mkdir()
            os.chdir("d" * 250)
    finally:
        os.chdir(start)
    assert outgrown(tmp_path, Limits())
    subprocess.run(["rm", "-rf", str(tmp_path / ("d" * 250))], check=True)


def test_open_files(zygote: Zygote) -> None:
    answer = zygote.run("keep = [open(os.devnull) for _ in range(1000)]", open_files=64)
    assert answer["errno"] == errno.EMFILE


def test_threads(zygote: Zygote) -> None:
    answer = zygote.run(
        """
        threading.stack_size(32 << 10)
        stop = threading.Event()
        started = []
        try:
            while len(started) < 20_000:
                started.append(threading.Thread(target=stop.wait))
                started[-1].start()
        except RuntimeError:
            started.pop()
        stop.set()
        for thread in started:
            thread.join()
        return len(started)
        """,
        threads=32,
    )
    bound = 32 if zygote.profile.startswith("linux-root") else 32 * 8
    assert 16 <= answer["value"] <= bound + 64, answer


def test_processors(zygote: Zygote) -> None:
    one = min(os.sched_getaffinity(0))
    assert zygote.run("return list(os.sched_getaffinity(0))", cpus=[one])["value"] == [one]


@linux_only
def test_it_dies_with_its_parent() -> None:
    started, stack = start_zygote("me", warm=False)
    with stack:
        child = os.pidfd_open(started.start("signal.pause()"))
        try:
            started.process.kill()
            ended, _, _ = select.select([child], [], [], 30)
            if not ended:
                signal.pidfd_send_signal(child, signal.SIGKILL)
            assert ended
        finally:
            os.close(child)


def test_a_disk_of_its_own_has_a_fixed_size(zygote: Zygote) -> None:
    """However it is filled: by writing, by allocating, by files without end."""
    if zygote.layers["own disk"][0] != "on":
        pytest.skip("this machine gives no disk of its own")
    small = {"scratch_bytes": 1 << 20, "scratch_files": 20}
    written = """
        sizes = 0
        try:
            for number in range(100):
                sizes += open(f"{number}", "wb", 0).write(bytes(1 << 18))
        except OSError as error:
            return [error.errno, sizes <= 1 << 20]
    """
    answer = zygote.run(written, **small)
    assert answer["value"] == [errno.ENOSPC, True], answer
    answer = zygote.run("open('x', 'w'); os.posix_fallocate(os.open('x', os.O_RDWR), 0, 1 << 30)")
    assert answer["errno"] in {errno.EPERM, errno.EFBIG}, answer
    files = "for number in range(100): open(f'{number}', 'w').close()"
    assert zygote.run(files, **small)["errno"] == errno.ENOSPC
    assert not [path for path in zygote.base.rglob("0") if path.is_file()], "none is outside"


def test_threads_are_counted_by_themselves(zygote: Zygote) -> None:
    """One that takes all of its own leaves another's as they were."""
    if zygote.layers["own users"][0] != "on" and zygote.layers["identity"][0] != "on":
        pytest.skip("this kernel counts all of a user's threads together")
    code = """
        count = 0
        try:
            while count < 50:
                threading.Thread(target=time.sleep, args=(0.2,), daemon=True).start()
                count += 1
        except RuntimeError:
            pass
        return count
    """
    assert zygote.run(code, threads=10)["value"] < 10
    assert zygote.run(code, threads=60)["value"] == 50
