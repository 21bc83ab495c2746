"""Each layer of the lock-down, tried from inside by what it must stop and what it must let through.

A zygote, warmed like the real one, forks a child for each piece of code here; the child locks
itself down, runs the code and reports. As root everything is tried twice: as root and as an
ordinary user.
"""

from __future__ import annotations

import errno
import json
import os
import platform
import re
import select
import signal
import struct
import subprocess
import sys
import tempfile
import textwrap
from collections.abc import Iterator
from contextlib import ExitStack, suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest
from hostile import as_nobody

from grader.lockdown import layers, seccomp
from grader.lockdown.apply import shield
from grader.lockdown.limits import Limits, outgrown
from grader.lockdown.probe import probe

pytestmark = pytest.mark.slow

ROOT = Path(__file__).resolve().parent.parent
NOBODY = 65534

linux_only = pytest.mark.skipif(sys.platform != "linux", reason="these layers are Linux's")
x86_only = pytest.mark.skipif(platform.machine() != "x86_64", reason="x86-64's second tables")

ZYGOTE = r"""
import ctypes, json, os, select, signal, socket, struct, sys, tempfile, textwrap, threading, time
sys.path.insert(0, sys.argv[1])
base = sys.argv[2]
from dataclasses import replace
from pathlib import Path
from grader.lockdown import layers, seccomp
from grader.lockdown.apply import apply, prepare
from grader.lockdown.limits import Limits
from grader.lockdown.probe import probe
from grader.lockdown.kernel import syscall as call

if "warm" in sys.argv[3:]:
    import numpy as np
    import torch

    torch.set_num_threads(1)
    model = torch.nn.Linear(4, 2)
    optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
    model(torch.randn(3, 4)).sum().backward()
    optimizer.step()

secret = Path(base, "secret.txt")
secret.write_text("the hidden suite")
public = Path(base, "public")
public.mkdir()
(public / "data.txt").write_text("public")
os.environ["SECRET"] = "token"
os.set_inheritable(os.open(secret, os.O_RDONLY), True)

profile = probe()
prepared = prepare(profile, Limits(), [public])
parent = os.getpid()


def tried(job, workdir, channel):
    limits = replace(Limits(), **job["limits"])
    ready = replace(prepared, limits=limits)
    broken = job["broken"]
    layers.STEPS = [
        replace(step, apply=lambda here: None) if step.name == broken else step
        for step in layers.STEPS
    ]
    try:
        if job["locked"]:
            apply(ready, workdir, [channel])
        names = dict(globals(), workdir=workdir, channel=channel)
        exec("def code():\n" + textwrap.indent(job["code"], "    "), names)
        return {"value": names["code"]()}
    except BaseException as error:
        return {
            "error": type(error).__name__,
            "errno": getattr(error, "errno", None),
            "text": str(error),
        }


def run(job):
    workdir = Path(tempfile.mkdtemp(dir=base))
    reader, writer = os.pipe()
    child = os.fork()
    if child == 0:
        try:
            with open("/dev/null", "r+b") as null:
                os.dup2(null.fileno(), 0)
            answer = tried(job, workdir, writer)
            os.write(writer, json.dumps(answer).encode())
        finally:
            os._exit(0)
    os.close(writer)
    print(json.dumps({"pid": child}), flush=True)
    hung = not select.select([reader], [], [], 60)[0]
    answer = {} if hung else json.loads(os.read(reader, 1 << 16) or b"{}")
    os.close(reader)
    if hung:
        os.kill(child, signal.SIGKILL)
    _, status = os.waitpid(child, 0)
    killer = os.WTERMSIG(status) if os.WIFSIGNALED(status) else 0
    print(json.dumps({"hung": hung, "signal": killer, **answer}), flush=True)


found = {layer.name: [layer.status, layer.why] for layer in profile.layers}
print(json.dumps({"profile": profile.name, "layers": found}), flush=True)
for line in sys.stdin:
    run(json.loads(line))
"""


@dataclass
class Zygote:
    """A warmed process that forks a locked-down child for each piece of code."""

    process: subprocess.Popen[str]
    base: Path
    profile: str
    layers: dict[str, list[str]]

    def run(
        self, code: str, locked: bool = True, broken: str | None = None, **limits: Any
    ) -> dict[str, Any]:
        """Run the code in a child: its value, or its exception, or the signal that killed it."""
        self.start(code, locked, broken, **limits)
        return self.read()

    def start(
        self, code: str, locked: bool = True, broken: str | None = None, **limits: Any
    ) -> int:
        """Start a child and return its id, without waiting for its end."""
        job = {"code": textwrap.dedent(code), "locked": locked, "broken": broken, "limits": limits}
        assert self.process.stdin is not None
        self.process.stdin.write(json.dumps(job) + "\n")
        self.process.stdin.flush()
        return int(self.read()["pid"])

    def read(self) -> dict[str, Any]:
        """The next report."""
        assert self.process.stdout is not None
        answer: dict[str, Any] = json.loads(self.process.stdout.readline())
        return answer

    def needs(self, *names: str) -> None:
        """Skip the test if the machine lacks one of these layers."""
        for name in names:
            status, why = self.layers[name]
            if status == "missing":
                pytest.skip(f"this machine lacks {name}: {why}")


def start_zygote(user: str, *, warm: bool = True) -> tuple[Zygote, ExitStack]:
    """Start a zygote as the current user, or as nobody; `warm`: with torch."""
    stack = ExitStack()
    base = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="lockdown-")))
    command = [sys.executable, "-I", "-c", ZYGOTE, str(ROOT), str(base)]
    command += ["warm"] * warm
    if user == "nobody":
        os.chown(base, NOBODY, NOBODY)
        command = as_nobody(command)
    process = subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, cwd="/"
    )
    stack.callback(process.wait)
    stack.callback(process.kill)
    assert process.stdout is not None
    line = process.stdout.readline()
    if not line:
        stack.close()
        pytest.skip("no zygote could be started as nobody")
    hello = json.loads(line)
    return Zygote(process, base, hello["profile"], hello["layers"]), stack


@pytest.fixture(scope="module", params=["me", "nobody"])
def zygote(request: pytest.FixtureRequest) -> Iterator[Zygote]:
    if sys.platform != "linux":
        pytest.skip("these layers are Linux's")
    if request.param == "nobody" and os.getuid() != 0:
        pytest.skip("only root can become nobody")
    started, stack = start_zygote(request.param)
    with stack:
        yield started


# --- what must be refused -------------------------------------------------------------------------

READING = {
    "a secret of the same user": "return secret.read_text()",
    "through a link": "os.symlink(secret, 'link'); return open('link').read()",
    "a hard link": "os.link(secret, 'link'); return open('link').read()",
    "the roots": "return os.listdir('/')",
    "the neighbours": "return os.listdir(workdir.parent)",
    "the users": "return open('/etc/passwd').read()",
    "the grader": "return os.listdir(sys.argv[1])",
    "its parent's environment": "return len(open(f'/proc/{parent}/environ', 'rb').read())",
    "its parent's command": "return open(f'/proc/{parent}/cmdline', 'rb').read().decode()",
    "its parent's memory": "return os.open(f'/proc/{parent}/mem', os.O_RDONLY)",
    "its parent's descriptors": "return os.listdir(f'/proc/{parent}/fd')",
    "its own environment": "return len(open('/proc/self/environ', 'rb').read())",
    "its own descriptors": "return os.listdir('/proc/self/fd')",
}

WRITING = {
    "over a public file": "open(public / 'data.txt', 'a').write('x')",
    "beside it": "open(workdir.parent / 'x', 'w')",
    "a temporary file": "open('/tmp/lockdown-test', 'w')",
    "shared memory": "open('/dev/shm/lockdown-test', 'w')",
    "a named block": """
        from multiprocessing.shared_memory import SharedMemory
        SharedMemory('lockdown-test', create=True, size=10)
    """,
    "emptying while reading": "os.open(public / 'data.txt', os.O_RDONLY | os.O_TRUNC)",
    "emptying, oddly": "os.open(public / 'data.txt', 3 | os.O_TRUNC)",
    "truncate": "os.truncate(public / 'data.txt', 0)",
    "moving in": "os.rename(public / 'data.txt', 'data.txt')",
    "a nameless file": "os.open('.', os.O_TMPFILE | os.O_RDWR)",
    "moving": "open('x', 'w').close(); os.rename('x', 'y')",
    "moving out": "open('x', 'w').close(); os.rename('x', public / 'x')",
    "a pipe with a name": "os.mkfifo('pipe')",
    "a device": "os.mknod('null', 0o20666, os.makedev(1, 3))",
    "an attribute": "os.setxattr(public / 'data.txt', 'user.x', b'1')",
    "Python itself": "open(os.__file__, 'r+')",
}

SOCKETS = {
    "TCP": "socket.socket(socket.AF_INET, socket.SOCK_STREAM)",
    "UDP": "socket.socket(socket.AF_INET6, socket.SOCK_DGRAM)",
    "MPTCP": "socket.socket(socket.AF_INET, socket.SOCK_STREAM, 262)",
    "raw": "socket.socket(socket.AF_INET, socket.SOCK_RAW, 1)",
    "Unix": "socket.socket(socket.AF_UNIX)",
    "abstract Unix": "socket.socket(socket.AF_UNIX).connect('\\0x')",
    "netlink": "socket.socket(socket.AF_NETLINK, socket.SOCK_RAW)",
    "vsock": "socket.socket(40, socket.SOCK_STREAM)",
    "packets": "socket.socket(socket.AF_PACKET, socket.SOCK_RAW)",
    "kernel crypto": "socket.socket(38, socket.SOCK_SEQPACKET)",
    "a pair of datagrams": "socket.socketpair(socket.AF_UNIX, socket.SOCK_DGRAM)",
    "a pair elsewhere": "socket.socketpair(socket.AF_INET, socket.SOCK_STREAM)",
    "a name": "import urllib.request; urllib.request.urlopen('http://127.0.0.1:1/')",
    "bind": "socket.socketpair()[0].bind('here')",
    "connect": "socket.socketpair()[0].connect('/run/there')",
}

PROCESSES = {
    "fork": "os.fork()",
    "fork in C": "seccomp.try_fork()",
    "vfork": "if ctypes.CDLL(None).vfork() < 0: raise PermissionError",
    "spawn": "os.posix_spawn('/bin/true', ['true'], {})",
    "exec": "os.execv('/bin/true', ['true'])",
    "exec of a descriptor": "os.execve(os.open(sys.executable, os.O_PATH), ['x'], {})",
    "subprocess": "import subprocess; subprocess.run(['true'])",
    "shell": "if os.system('true') != 0: raise PermissionError",
    "multiprocessing": """
        import multiprocessing
        multiprocessing.get_context('fork').Process(target=print).start()
    """,
    "workers": """
        from torch.utils.data import DataLoader
        next(iter(DataLoader(range(8), num_workers=1)))
    """,
    "kill the parent": "os.kill(parent, 9)",
    "kill all": "os.kill(-1, 9)",
    "kill a group": "os.killpg(os.getpgid(parent), 9)",
    "kill init": "os.kill(1, 0)",
    "hold on to a process": "os.pidfd_open(parent)",
    "outlive the parent": "from grader.lockdown.kernel import prctl; prctl(1, 0)",
    "be looked into": "from grader.lockdown.kernel import prctl; prctl(4, 1)",
    "signals by descriptor": """
        import fcntl
        reader, writer = os.pipe()
        fcntl.fcntl(reader, fcntl.F_SETOWN, parent)
    """,
    "a signal of choice": """
        import fcntl
        fcntl.fcntl(os.pipe()[0], 10, 9)
    """,
    "signals by ioctl": """
        import fcntl
        fcntl.ioctl(os.pipe()[0], 0x8901, struct.pack('i', parent))
    """,
    "type into a terminal": "import fcntl; fcntl.ioctl(0, 0x5412, b'x')",
    "slow others down": "os.setpriority(os.PRIO_PROCESS, parent, 19)",
    "leave its processors": "os.sched_setaffinity(0, {0})",
    "limits of others": "import resource; resource.prlimit(parent, resource.RLIMIT_CPU)",
    "more files": "import resource; resource.setrlimit(resource.RLIMIT_NOFILE, (4096, 4096))",
    "more memory": "import resource; resource.setrlimit(resource.RLIMIT_AS, (-1, -1))",
    "become root": "os.setuid(0)",
    "become another": "os.setresuid(1, 1, 1)",
    "other groups": "os.setgroups([0])",
    "another root": "os.chroot('.')",
}

# By number, so that a call doesn't depend on what libc wraps: (x86-64, aarch64, arguments).
CALLS: dict[str, tuple[int, int, str]] = {
    "ptrace": (101, 117, "16, parent, 0, 0"),
    "process_vm_readv": (310, 270, "parent, 0, 0, 0, 0, 0"),
    "process_vm_writev": (311, 271, "parent, 0, 0, 0, 0, 0"),
    "pidfd_send_signal": (424, 424, "0, 0, 0, 0"),
    "pidfd_getfd": (438, 438, "0, 0, 0"),
    "tkill": (200, 130, "parent, 0"),
    "tgkill": (234, 131, "parent, parent, 0"),
    "rt_sigqueueinfo": (129, 138, "parent, 0, 0"),
    "kcmp": (312, 272, "parent, parent, 0, 0, 0"),
    "unshare": (272, 97, "0x10000000"),
    "setns": (308, 268, "0, 0"),
    "mount": (165, 40, "0, 0, 0, 0, 0"),
    "umount2": (166, 39, "0, 0"),
    "pivot_root": (155, 41, "0, 0"),
    "open_tree": (428, 428, "0, 0, 0"),
    "fsopen": (430, 430, "0, 0"),
    "clone into namespaces": (56, 220, "0x10000000 | 17, 0, 0, 0, 0"),
    "clone sharing memory": (56, 220, "0x100 | 17, 0, 0, 0, 0"),
    "memfd_create": (319, 279, "b'x', 0"),
    "memfd_secret": (447, 447, "0"),
    "shmget": (29, 194, "0, 4096, 0o1600"),
    "semget": (64, 190, "0, 1, 0o1600"),
    "msgget": (68, 186, "0, 0o1600"),
    "mq_open": (240, 180, "b'x', 0o100, 0o600, 0"),
    "io_uring_setup": (425, 425, "1, 0"),
    "io_setup": (206, 0, "1, 0"),
    "bpf": (321, 280, "0, 0, 0"),
    "perf_event_open": (298, 241, "0, 0, 0, 0, 0"),
    "userfaultfd": (323, 282, "1"),
    "add_key": (248, 217, "0, 0, 0, 0, 0"),
    "keyctl": (250, 219, "0, 0, 0, 0, 0"),
    "personality": (135, 92, "0x0040000"),
    "name_to_handle_at": (303, 264, "0, 0, 0, 0, 0"),
    "open_by_handle_at": (304, 265, "0, 0, 0"),
    "quotactl": (179, 60, "0, 0, 0, 0"),
    "reboot": (169, 142, "0, 0, 0, 0"),
    "kexec_load": (246, 104, "0, 0, 0, 0"),
    "init_module": (175, 105, "0, 0, 0"),
    "swapon": (167, 224, "0, 0"),
    "sethostname": (170, 161, "0, 0"),
    "settimeofday": (164, 170, "0, 0"),
    "syslog": (103, 116, "3, 0, 0"),
    "sync": (162, 81, ""),
    "inotify_init1": (294, 26, "0"),
    "fanotify_init": (300, 262, "0, 0"),
    "mlockall": (151, 230, "3"),
    "ioprio_set": (251, 30, "1, 0, 0"),
    "sched_setscheduler": (144, 119, "0, 0, 0"),
    "setsid": (112, 157, ""),
    "seccomp": (317, 277, "0, 0, 0"),
    "vmsplice": (316 - 38, 75, "0, 0, 0, 0"),
    "execveat": (322, 281, "0, b'', 0, 0, 0x1000"),
}


def cases(*tables: dict[str, str]) -> list[Any]:
    return [pytest.param(code, id=name) for table in tables for name, code in table.items()]


@pytest.mark.parametrize("code", cases(READING, WRITING))
def test_files_out_of_reach(zygote: Zygote, code: str) -> None:
    zygote.needs("landlock", "seccomp")
    answer = zygote.run(code)
    assert answer.get("error") in {"PermissionError", "FileNotFoundError", "OSError"}, answer
    assert answer["errno"] in {errno.EACCES, errno.EPERM, errno.ENOENT, errno.EXDEV}, answer
    assert (zygote.base / "public" / "data.txt").read_text() == "public"


@pytest.mark.parametrize("code", cases(SOCKETS, PROCESSES))
def test_calls_refused(zygote: Zygote, code: str) -> None:
    zygote.needs("landlock", "seccomp")
    answer = zygote.run(code)
    refused = answer.get("error") == "PermissionError" or (
        answer.get("error") in {"URLError", "ValueError"} and "permitted" in answer["text"]
    )
    assert refused or "not allowed to raise" in answer.get("text", ""), answer


@pytest.mark.parametrize("name", CALLS)
def test_calls_refused_by_number(zygote: Zygote, name: str) -> None:
    zygote.needs("seccomp")
    x86, arm, arguments = CALLS[name]
    number = x86 if platform.machine() == "x86_64" else arm
    answer = zygote.run(f"return call({number}, {arguments})")
    assert answer.get("errno") == errno.EPERM, answer


@pytest.mark.parametrize("number", [435, 437, 470, 999])
def test_calls_that_libc_can_do_without_seem_absent(zygote: Zygote, number: int) -> None:
    zygote.needs("seccomp")
    assert zygote.run(f"return call({number}, 0, 0, 0, 0)")["errno"] == errno.ENOSYS


@x86_only
def test_other_tables_of_calls_are_deadly(zygote: Zygote) -> None:
    zygote.needs("seccomp")
    assert zygote.run("return call(0x40000000 | 39)")["signal"] == signal.SIGSYS
    int80 = r"""
    import mmap
    page = mmap.mmap(-1, 4096, prot=mmap.PROT_READ | mmap.PROT_WRITE | mmap.PROT_EXEC)
    page.write(b"\xb8\x14\x00\x00\x00\xcd\x80\xc3")  # mov eax, getpid; int 0x80; ret
    address = ctypes.addressof(ctypes.c_char.from_buffer(page))
    return ctypes.CFUNCTYPE(ctypes.c_int)(address)()
    """
    assert zygote.run(int80)["signal"] == signal.SIGSYS


@pytest.mark.parametrize(
    "code",
    [
        READING["a secret of the same user"],
        READING["its parent's command"],
        WRITING["beside it"],
        SOCKETS["UDP"],
        "if os.fork() == 0: os._exit(0)",
        "os.kill(parent, 0)",
        "return call(319 if sys.maxsize and os.uname().machine == 'x86_64' else 279, b'x', 0)",
        "os.fstat(3)",
    ],
)
def test_the_attacks_work_without_the_layers(zygote: Zygote, code: str) -> None:
    assert "error" not in zygote.run(code, locked=False)


def test_others_files_are_left_alone(zygote: Zygote) -> None:
    zygote.needs("seccomp")
    target = zygote.base / "public" / "data.txt"
    before = target.stat()
    answer = zygote.run("""
        path = public / 'data.txt'
        os.chmod(path, 0)
        os.chown(path, 1, 1)
        os.utime(path, (0, 0))
        os.chmod(secret, 0o777)
        os.unlink(path)
        os.unlink(secret)
        descriptor = os.open(path, os.O_RDONLY)
        os.fchmod(descriptor, 0o777)
        os.utime(descriptor, (0, 0))
    """)
    assert "error" not in answer, answer
    after = target.stat()
    assert (after.st_mode, after.st_uid, after.st_mtime) == (
        before.st_mode,
        before.st_uid,
        before.st_mtime,
    )


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


# --- limits ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("code", "error"),
    [
        ("x = b'x' * (3 << 30)", "MemoryError"),
        ("x = [0]\nwhile True: x = x + x", "MemoryError"),
        ("np.ones(3 << 27)", "MemoryError"),
        ("torch.ones(3 << 28)", "RuntimeError"),
        ("import mmap; mmap.mmap(-1, 3 << 30)", "OSError"),
    ],
)
def test_memory(zygote: Zygote, code: str, error: str) -> None:
    assert zygote.run(code, memory_bytes=256 << 20)["error"] == error


def test_memory_within_the_limit(zygote: Zygote) -> None:
    answer = zygote.run("return torch.ones(1 << 25).numel()", memory_bytes=256 << 20)
    assert answer["value"] == 1 << 25


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


# --- what must work -------------------------------------------------------------------------------

HONEST = {
    "lazy imports": """
        import csv, decimal, difflib, email.message, sqlite3, uuid, xml.dom, zoneinfo
        import multiprocessing, subprocess, concurrent.futures, ssl, ctypes.util
        import numpy.polynomial, numpy.fft, torch.utils.data, torch.distributions
        import torch.optim.swa_utils, torchgrade_missing
    """,
    "training": """
        from torch import nn
        for name in ("SGD", "Adam", "AdamW", "RMSprop", "Adagrad"):
            optimizer = getattr(torch.optim, name)
            model = nn.Sequential(
                nn.Conv2d(1, 4, 3), nn.BatchNorm2d(4), nn.ReLU(), nn.Flatten(), nn.Linear(144, 3)
            )
            steps = optimizer(model.parameters(), lr=0.01)
            for _ in range(3):
                loss = nn.functional.cross_entropy(
                    model(torch.randn(5, 1, 8, 8)), torch.zeros(5).long()
                )
                steps.zero_grad()
                loss.backward()
                steps.step()
        return bool(torch.isfinite(loss))
    """,
    "kinds of layers": """
        from torch import nn
        nn.LSTM(4, 5)(torch.randn(3, 2, 4))[0].sum().backward()
        nn.TransformerEncoderLayer(8, 2)(torch.randn(3, 2, 8)).sum().backward()
        nn.Embedding(9, 3)(torch.arange(5))
        return True
    """,
    "linear algebra": """
        square = torch.randn(64, 64)
        torch.linalg.svd(square), torch.linalg.eigh(square @ square.T), torch.linalg.inv(square)
        torch.fft.fft(square), np.linalg.svd(square.numpy()), square @ square
        return True
    """,
    "two threads in torch": """
        torch.set_num_threads(2)
        x = torch.randn(512, 512, requires_grad=True)
        (x @ x).sum().backward()
        return True
    """,
    "threads": """
        from concurrent.futures import ThreadPoolExecutor
        with ThreadPoolExecutor(8) as pool:
            return sum(pool.map(lambda n: n * n, range(10))) == 285
    """,
    "asyncio": """
        import asyncio
        async def main():
            queue = asyncio.Queue()
            await asyncio.gather(queue.put(1), asyncio.sleep(0.001), asyncio.to_thread(sum, [1]))
            return await queue.get() == 1
        return asyncio.run(main())
    """,
    "data loader": """
        from torch.utils.data import DataLoader, TensorDataset
        data = TensorDataset(torch.arange(10.0), torch.arange(10.0))
        return sum(len(x) for x, _ in DataLoader(data, batch_size=3, shuffle=True)) == 10
    """,
    "saving": """
        torch.save({'w': torch.ones(3)}, 'weights.pt')
        np.savez('arrays.npz', x=np.ones(3))
        os.makedirs('runs/one')
        torch.save(model.state_dict(), 'runs/one/weights.pt')
        return bool(torch.load('weights.pt')['w'].sum() == 3)
    """,
    "files of its own": """
        import shutil, tempfile, zipfile
        with (
            tempfile.TemporaryDirectory() as folder,
            tempfile.NamedTemporaryFile() as file,
            tempfile.TemporaryFile() as nameless,
        ):
            nameless.write(b'x')
            inside = Path(folder).is_relative_to(workdir) and Path(file.name).parent == workdir
            shutil.copy2(public / 'data.txt', folder)
            shutil.copytree(public, 'copy')
            shutil.move('copy', 'moved')
            Path('moved', 'data.txt').touch()
            shutil.rmtree('moved')
        return inside
    """,
    "reading what is public": "return (public / 'data.txt').read_text() == 'public'",
    "chance and time": """
        import random, secrets, time
        time.sleep(0.001)
        with open('/dev/urandom', 'rb') as file, open(os.devnull, 'w') as null:
            null.write('x')
            random.seed(), np.random.default_rng(), torch.seed(), secrets.token_hex()
            return len(os.urandom(8) + file.read(8)) == 16 and time.localtime().tm_year > 2000
    """,
    "signals to itself": """
        seen = []
        signal.signal(signal.SIGALRM, lambda *_: seen.append(1))
        signal.signal(signal.SIGUSR1, lambda *_: seen.append(2))
        signal.raise_signal(signal.SIGUSR1)
        os.kill(os.getpid(), signal.SIGUSR1)
        signal.setitimer(signal.ITIMER_REAL, 0.001)
        while 1 not in seen:
            time.sleep(0.001)
        return seen.count(2) == 2
    """,
    "asking about itself": """
        import getpass, platform, resource, shutil
        resource.getrusage(resource.RUSAGE_SELF), resource.getrlimit(resource.RLIMIT_AS)
        os.cpu_count(), os.getpid(), os.getppid(), os.uname(), platform.platform()
        shutil.get_terminal_size(), sys.stdin.isatty(), os.path.expanduser('~'), os.getcwd()
        return str(Path.cwd()) == str(workdir)
    """,
    "script": """
        Path('double.py').write_text('import torch\\ndef double(x: torch.Tensor): return x * 2')
        sys.path.insert(0, '.')
        import double
        return bool(torch.jit.script(double.double)(torch.ones(2)).sum() == 4)
    """,
    "tracing": "return torch.jit.trace(lambda x: x * 2, torch.ones(2))(torch.ones(2)).tolist()",
    "profiler": """
        import cProfile, faulthandler, io, tracemalloc
        faulthandler.enable(file=open('trace', 'w'))
        with torch.profiler.profile():
            torch.ones(3) + 1
        return True
    """,
}


@pytest.mark.parametrize("code", cases(HONEST))
def test_honest_code_works(zygote: Zygote, code: str) -> None:
    answer = zygote.run(code)
    assert answer.get("value") or answer.get("error") == "ModuleNotFoundError", answer
    assert answer.get("text", "torchgrade_missing").count("torchgrade_missing"), answer


# --- the profile and the proof --------------------------------------------------------------------


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


# --- the filter's tables, also for processors of another kind -------------------------------------

X86, ARM = (1, 0xC000003E), (2, 0xC00000B7)
ALLOWED, KILLED = 0x7FFF0000, 0x80000000
PRETENDED, REFUSED, ABSENT = (0x50000 | number for number in (0, errno.EPERM, errno.ENOSYS))


def verdict(architecture: tuple[int, int], number: int, *arguments: int, run_on: int = 0) -> int:
    """Run the filter for an architecture on one call, as the kernel would."""
    program = seccomp._assemble(*architecture)
    arguments = (*arguments, *[0] * (6 - len(arguments)))
    data = struct.pack("<IIQ6Q", number, run_on or architecture[1], 0, *arguments)
    accumulator = position = 0
    while True:
        operation, then, otherwise, k = program[position]
        k = 4242 if k is None else k  # this process's id
        position += 1
        if operation == 0x20:
            (accumulator,) = struct.unpack_from("<I", data, k)
        elif operation == 0x54:
            accumulator &= k
        elif operation == 0x06:
            return k
        else:
            holds = {0x15: accumulator == k, 0x25: accumulator > k, 0x35: accumulator >= k}
            position += then if holds[operation] else otherwise


@pytest.mark.parametrize(
    ("x86", "arm", "arguments", "expected"),
    [
        (0, 63, [], ALLOWED),  # read
        (41, 198, [2, 1], REFUSED),  # socket
        (53, 199, [1, 1 | 0o2000000], ALLOWED),  # socketpair, a stream
        (53, 199, [1, 2], REFUSED),  # datagrams
        (56, 220, [0x3D0F00], ALLOWED),  # clone, a thread
        (56, 220, [17], REFUSED),  # a process
        (56, 220, [0x3D0F00 | 0x40000000], REFUSED),  # a thread in another network
        (59, 221, [], REFUSED),  # execve
        (62, 129, [4242, 9], ALLOWED),  # kill itself
        (62, 129, [4243, 9], REFUSED),
        (62, 129, [2**64 - 1, 9], REFUSED),
        (257, 56, [0, 0, 0o2000000], ALLOWED),  # openat
        (257, 56, [0, 0, 0o1101], ALLOWED),
        (257, 56, [0, 0, 0o1000], REFUSED),
        (257, 56, [0, 0, 0o20200002], REFUSED),
        (91, 52, [], PRETENDED),  # fchmod
        (435, 435, [], ABSENT),  # clone3
        (500, 500, [], ABSENT),
        (317, 277, [], REFUSED),  # seccomp
    ],
)
def test_filter(x86: int, arm: int, arguments: list[int], expected: int) -> None:
    assert verdict(X86, x86, *arguments) == expected
    assert verdict(ARM, arm, *arguments) == expected


def test_filter_kills_on_other_tables() -> None:
    assert verdict(X86, 0, run_on=0x40000003) == KILLED  # 32-bit
    assert verdict(X86, 0x40000000) == KILLED  # x32
    assert verdict(ARM, 63, run_on=0x40000028) == KILLED


@pytest.mark.parametrize(
    ("column", "header"),
    [
        (1, "/usr/include/x86_64-linux-gnu/asm/unistd_64.h"),
        (2, "/usr/include/asm-generic/unistd.h"),
    ],
)
def test_numbers_are_the_kernels(column: int, header: str) -> None:
    if not Path(header).exists():
        pytest.skip(f"{header} isn't installed")
    known = dict(re.findall(r"#define __NR(?:3264)?_(\w+)\s+(\d+)", Path(header).read_text()))
    known.setdefault("newfstatat", known.get("fstatat"))
    tables = [seccomp._ALLOWED, seccomp._PRETENDED, seccomp._ABSENT, *seccomp._CHECKED]
    entries = [entry.split(":") for table in tables for entry in table.split()]
    assert len({entry[0] for entry in entries}) == len(entries)
    for entry in entries:
        if entry[0] in known:
            assert entry[column] == known[entry[0]], entry


# --- a disk and users of its own ------------------------------------------------------------------


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
