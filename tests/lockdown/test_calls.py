"""Calls of the kernel that are refused, seem absent or are deadly, tried by number."""

from __future__ import annotations

import errno
import platform
import signal

import pytest
from lockdown.inside import Zygote

pytestmark = pytest.mark.slow

x86_only = pytest.mark.skipif(platform.machine() != "x86_64", reason="x86-64's second tables")

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
