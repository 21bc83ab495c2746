"""What a machine gives and lacks is said, and a child proves that it is locked down."""

from __future__ import annotations

import errno
import os
import subprocess
import sys
import textwrap
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

import pytest
from lockdown.inside import NOBODY, ROOT, Zygote, linux_only

from grader.lockdown import layers
from grader.lockdown.apply import shield
from grader.lockdown.probe import probe

pytestmark = pytest.mark.slow


def test_no_descriptor_is_inherited(zygote: Zygote) -> None:
    answer = zygote.run("""
        import errno
        found = []
        for descriptor in range(3, 250):
            try:
                os.fstat(descriptor)
                found.append(descriptor)
            except OSError as error:
                assert error.errno == errno.EBADF
        return found
    """)
    assert len(answer["value"]) == 1, "the channel, and nothing else"


def test_no_capabilities_no_root(zygote: Zygote) -> None:
    zygote.needs("capabilities", "identity")
    answer = zygote.run("""
        from grader.lockdown import identity
        return [os.getuid(), os.getgid(), os.getgroups(), identity.capabilities()]
    """)
    uid, gid, groups, capabilities = answer["value"]
    if zygote.profile.startswith("linux-root"):
        assert uid == gid >= 1000
        assert uid != NOBODY
        assert groups == []
        assert capabilities in {0, 1 << 2}  # to pass through root's home, if Python is there
    else:
        assert capabilities == 0


def test_uids_are_thrown_away(zygote: Zygote) -> None:
    if not zygote.profile.startswith("linux-root"):
        pytest.skip("only root can take another uid")
    assert len({zygote.run("return os.getuid()")["value"] for _ in range(5)}) == 5


@pytest.mark.parametrize("step", [step.name for step in layers.STEPS])
def test_a_layer_that_fails_silently_is_noticed(zygote: Zygote, step: str) -> None:
    if zygote.layers[step][0] != "on":
        pytest.skip(f"{step} is {zygote.layers[step][0]} here")
    answer = zygote.run("return 'ran'", broken=step)
    if "error" in answer:
        assert answer["error"] == "LockdownError", answer
    else:
        # Landlock and seccomp each set the first of these too, a change of uid sets the second, and
        # an ordinary user has no capabilities to lose. To mount, it enters a user namespace anyway.
        assert step in {"no new privileges", "hidden memory", "capabilities", "own users"}


def test_every_layer_says_what_it_stops() -> None:
    profile = probe()
    assert [layer.name for layer in profile.layers] == [step.name for step in layers.STEPS]
    for layer in profile.layers:
        assert layer.gives
        assert bool(layer.why) == (layer.status != "on")
    assert profile.full == all(layer.status != "missing" for layer in profile.layers)
    assert profile.name.endswith("full") <= profile.full


def test_a_missing_layer_is_said_to_be_missing(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(here: object) -> None:
        raise OSError(errno.ENOSYS, "Function not implemented")

    steps = list(layers.STEPS)
    broken = [replace(step, apply=refuse) if step.name == "session" else step for step in steps]
    monkeypatch.setattr(layers, "STEPS", broken)
    profile = probe()
    missing = [layer for layer in profile.layers if layer.status == "missing"]
    assert "session" in [layer.name for layer in missing]
    assert not profile.full
    assert "implemented" in next(layer.why for layer in missing if layer.name == "session")


@linux_only
def test_a_shielded_process_cannot_be_looked_into() -> None:
    child = os.fork()
    if child == 0:
        status = 1
        with suppress(BaseException):
            shield()
            status = 0 if Path("/proc/self/environ").stat().st_uid == 0 else 2
        os._exit(status)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0


def test_a_process_with_threads_is_not_locked_down(zygote: Zygote) -> None:
    answer = zygote.run(
        """
        stop = threading.Event()
        threading.Thread(target=stop.wait, daemon=True).start()
        apply(prepared, workdir, [channel])
        """,
        locked=False,
    )
    assert answer["error"] == "LockdownError"
    assert "threads" in answer["text"]


@pytest.mark.parametrize(("system", "name"), [("win32", "windows"), ("darwin", "macos")])
def test_elsewhere_it_says_what_is_missing(system: str, name: str) -> None:
    code = f"""
        import sys
        import ctypes, socket, sysconfig, tempfile  # before the platform seems another
        sysconfig.get_paths()
        sys.platform = {system!r}
        if {system!r} == "win32":
            sys.modules["resource"] = None
        sys.path.insert(0, {str(ROOT)!r})
        from grader.lockdown.apply import prepare
        from grader.lockdown.limits import Limits
        from grader.lockdown.probe import probe
        profile = probe()
        assert profile.name == {name!r} and not profile.full
        assert not profile.promises("landlock") and not profile.promises("seccomp")
        prepare(profile, Limits())
    """
    subprocess.run([sys.executable, "-c", textwrap.dedent(code)], check=True, timeout=60)
