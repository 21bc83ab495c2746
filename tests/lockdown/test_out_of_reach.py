"""Files, sockets and processes that code in a sandbox must not get at."""

from __future__ import annotations

import errno

import pytest
from lockdown.inside import Zygote, cases, is_refused

pytestmark = pytest.mark.slow

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
    assert is_refused(answer), answer


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
