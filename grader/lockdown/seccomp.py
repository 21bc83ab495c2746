"""The system calls that a sandbox may make: a seccomp filter, written as a table.

A call that isn't named here is refused, and so is any that a future kernel adds. The filter stops
what Landlock doesn't control: sockets, processes, programs, signals, tracing, and files' modes.
"""

from __future__ import annotations

import ctypes
import errno
import os
import struct
from collections.abc import Iterable
from dataclasses import dataclass

from grader.lockdown.kernel import PR_SET_NO_NEW_PRIVS, architecture, prctl, syscall

_SET_MODE_FILTER = 1
# Kernels before 5.16 slow a filtered process down, as a defence against Spectre v4. That lets code
# read the memory of its own process, and a sandbox holds nothing to hide from itself.
_FLAG_SPEC_ALLOW = 4

# Each call as name:number on x86-64:number on aarch64.
_ALLOWED = (
    # memory, within RLIMIT_AS
    "brk:12:214 mmap:9:222 munmap:11:215 mremap:25:216 mprotect:10:226 madvise:28:233 "
    "msync:26:227 get_mempolicy:239:236 map_shadow_stack:453:453 "
    # threads and locks
    "futex:202:98 futex_waitv:449:449 futex_wake:454:454 futex_wait:455:455 "
    "futex_requeue:456:456 set_robust_list:273:99 get_robust_list:274:100 "
    "set_tid_address:218:96 rseq:334:293 membarrier:324:283 gettid:186:178 sched_yield:24:124 "
    "sched_getaffinity:204:123 sched_getparam:143:121 sched_getscheduler:145:120 "
    "sched_get_priority_max:146:125 sched_get_priority_min:147:126 sched_getattr:315:275 "
    "getcpu:309:168 arch_prctl:158:- exit:60:93 exit_group:231:94 restart_syscall:219:128 "
    "wait4:61:260 waitid:247:95 "
    # its own signals and timers
    "rt_sigaction:13:134 rt_sigprocmask:14:135 rt_sigreturn:15:139 rt_sigpending:127:136 "
    "rt_sigtimedwait:128:137 rt_sigsuspend:130:133 sigaltstack:131:132 pause:34:- alarm:37:- "
    "getitimer:36:102 setitimer:38:103 nanosleep:35:101 clock_nanosleep:230:115 "
    "clock_gettime:228:113 clock_getres:229:114 gettimeofday:96:169 time:201:- times:100:153 "
    # the descriptors it has
    "read:0:63 write:1:64 readv:19:65 writev:20:66 pread64:17:67 pwrite64:18:68 preadv:295:69 "
    "pwritev:296:70 preadv2:327:286 pwritev2:328:287 lseek:8:62 close:3:57 "
    "close_range:436:436 dup:32:23 dup2:33:- dup3:292:24 pipe:22:- pipe2:293:59 eventfd:284:- "
    "eventfd2:290:19 select:23:- pselect6:270:72 poll:7:- ppoll:271:73 epoll_create:213:- "
    "epoll_create1:291:20 epoll_ctl:233:21 epoll_wait:232:- epoll_pwait:281:22 "
    "epoll_pwait2:441:441 sendfile:40:71 copy_file_range:326:285 fsync:74:82 fdatasync:75:83 "
    "ftruncate:77:46 fadvise64:221:223 readahead:187:213 "
    # the channel, and socket pairs of its own
    "sendto:44:206 recvfrom:45:207 sendmsg:46:211 recvmsg:47:212 shutdown:48:210 "
    "getsockname:51:204 getpeername:52:205 getsockopt:55:209 setsockopt:54:208 "
    # files, within Landlock's fence
    "creat:85:- stat:4:- fstat:5:80 lstat:6:- newfstatat:262:79 statx:332:291 statfs:137:43 "
    "fstatfs:138:44 access:21:- faccessat:269:48 faccessat2:439:439 readlink:89:- "
    "readlinkat:267:78 getdents:78:- getdents64:217:61 getcwd:79:17 chdir:80:49 fchdir:81:50 "
    "umask:95:166 mkdir:83:- mkdirat:258:34 getxattr:191:8 lgetxattr:192:9 fgetxattr:193:10 "
    "listxattr:194:11 llistxattr:195:12 flistxattr:196:13 "
    # who and where it is
    "getpid:39:172 getppid:110:173 getuid:102:174 geteuid:107:175 getgid:104:176 "
    "getegid:108:177 getresuid:118:148 getresgid:120:150 getgroups:115:158 getpgid:121:155 "
    "getpgrp:111:- getsid:124:156 getpriority:140:141 getrlimit:97:163 setrlimit:160:164 "
    "getrusage:98:165 capget:125:90 uname:63:160 sysinfo:99:179 getrandom:318:278 "
)

# These calls do nothing and report success, so that `shutil.copy` and `TemporaryDirectory`, which
# make them in passing, don't fail. Some change modes, owners and times, which Landlock doesn't
# guard: a sandbox may run as the user who owns files. The others remove a file. One that is removed
# while it is mapped takes disk space that nobody can see. Renaming is refused for the same reason.
_PRETENDED = (
    "chmod:90:- fchmod:91:52 fchmodat:268:53 fchmodat2:452:452 chown:92:- fchown:93:55 "
    "lchown:94:- fchownat:260:54 utime:132:- utimes:235:- futimesat:261:- utimensat:280:88 "
    "unlink:87:- unlinkat:263:35 rmdir:84:- "
)

# A filter can't see what a pointer points to. If these seem not to exist, libc falls back to the
# older calls, whose flags are in registers.
_ABSENT = "clone3:435:435 openat2:437:437 "
_LAST_KNOWN = 462  # mseal; libc falls back for newer ones too

_SELF = None  # stands for the id of the process, which is known only after the fork


@dataclass(frozen=True)
class _Argument:
    """One argument of a call, and the values that its bits in `mask` may have."""

    position: int
    allowed: Iterable[int | None]
    mask: int = 0xFFFFFFFF


_CLONE_THREAD = 0x10000
_NEW_NAMESPACE = 0x7E020080  # any of CLONE_NEW*
_STREAM = 1
_ACCESS_MODE, _TRUNCATE, _NAMELESS = 0o3, 0o1000, 0o20000000
# Before version 3 of Landlock, a file that may be read could be emptied by opening it for reading.
# A nameless file (O_TMPFILE) is like one that has been removed.
_OPEN_MODES = (0, 1, 2, 3, _TRUNCATE | 1, _TRUNCATE | 2)
_OPEN_MASK = _ACCESS_MODE | _TRUNCATE | _NAMELESS

_CHECKED = {
    "clone:56:220": [_Argument(0, [_CLONE_THREAD], _CLONE_THREAD | _NEW_NAMESPACE)],
    "kill:62:129": [_Argument(0, [_SELF])],
    "tgkill:234:131": [_Argument(0, [_SELF])],
    "prlimit64:302:261": [_Argument(0, [0, _SELF])],
    "open:2:-": [_Argument(1, _OPEN_MODES, _OPEN_MASK)],
    "openat:257:56": [_Argument(2, _OPEN_MODES, _OPEN_MASK)],
    # asyncio wakes itself up through a pair. Datagrams could be sent to any address.
    "socketpair:53:199": [_Argument(0, [1]), _Argument(1, [_STREAM], 0xF)],
    # TCGETS, TCGETS2, TIOCGWINSZ, FIONREAD, FIONBIO, FIONCLEX, FIOCLEX: none of these types into a
    # terminal or causes a signal.
    "ioctl:16:29": [_Argument(1, [0x5401, 0x802C542A, 0x5413, 0x541B, 0x5421, 0x5450, 0x5451])],
    # Duplicates, flags, locks, and the size of a pipe. F_SETOWN and F_SETSIG are left out: together
    # they send any signal to any process of the same user.
    "fcntl:72:25": [_Argument(1, [0, 1, 2, 3, 4, 5, 6, 7, 36, 37, 38, 1030, 1032])],
    # PR_SET_NAME, PR_SET_VMA, PR_SVE_GET_VL, PR_SME_GET_VL and the harmless PR_GET_*.
    # PR_SET_PDEATHSIG, which would let it outlive its parent, and PR_SET_DUMPABLE are left out.
    "prctl:157:167": [_Argument(0, [15, 0x53564D41, 51, 64, 2, 3, 16, 21, 23, 39])],
}

_ARCHITECTURES = {"x86_64": (1, 0xC000003E), "aarch64": (2, 0xC00000B7)}
_CALL_NUMBERS = {  # for installing the filter, and for trying it
    "x86_64": {"seccomp": 317, "clone": 56},
    "aarch64": {"seccomp": 277, "clone": 220},
}
_X32 = 0x40000000  # the calls of x86-64's second table, none of which is allowed

# Classic BPF, see linux/filter.h.
_LOAD, _AND, _RETURN = 0x20, 0x54, 0x06
_IF_EQUAL, _IF_ABOVE, _IF_AT_LEAST = 0x15, 0x25, 0x35
_NUMBER, _ARCHITECTURE, _ARGUMENTS = 0, 4, 16  # offsets in struct seccomp_data

_KILL, _ALLOW, _ERROR = 0x80000000, 0x7FFF0000, 0x00050000
_REFUSE = _ERROR | errno.EPERM
_NOT_THERE = _ERROR | errno.ENOSYS
_PRETEND = _ERROR | 0

_Instruction = tuple[int, int, int, int | None]


@dataclass(frozen=True)
class Filter:
    """An assembled filter, and the offsets at which the id of the process belongs."""

    code: bytes
    holes: tuple[int, ...]

    @classmethod
    def build(cls) -> Filter:
        """Assemble the filter for this machine. Raises OSError if there is no table for it."""
        name = architecture()
        if name not in _ARCHITECTURES:
            raise OSError(errno.ENOSYS, f"no table of system calls for {name}")
        program = _assemble(*_ARCHITECTURES[name])
        code = b"".join(struct.pack("=HBBI", *step[:3], step[3] or 0) for step in program)
        holes = tuple(8 * i + 4 for i, step in enumerate(program) if step[3] is None)
        return cls(code, holes)

    def install(self) -> None:
        """Put this process under the filter, for good."""
        own_id = struct.pack("=I", os.getpid())
        code = bytearray(self.code)
        for hole in self.holes:
            code[hole : hole + 4] = own_id
        buffer = (ctypes.c_char * len(code)).from_buffer(code)
        program = struct.pack("@HP", len(code) // 8, ctypes.addressof(buffer))
        prctl(PR_SET_NO_NEW_PRIVS, 1)
        number = _CALL_NUMBERS[architecture()]["seccomp"]
        syscall(number, _SET_MODE_FILTER, _FLAG_SPEC_ALLOW, program)


def try_fork() -> None:
    """Fork without libc and Python's hooks. Raises OSError if that is refused, as it should be."""
    sigchld = 17
    if syscall(_CALL_NUMBERS[architecture()]["clone"], sigchld, 0, 0, 0, 0) == 0:
        os._exit(0)


def _assemble(column: int, architecture: int) -> list[_Instruction]:
    def numbers(table: str) -> list[int]:
        """The numbers of the calls that this architecture has."""
        columns = [entry.split(":")[column] for entry in table.split()]
        return [int(number) for number in columns if number != "-"]

    verdicts = dict.fromkeys(numbers(_ALLOWED), _ALLOW)
    verdicts |= dict.fromkeys(numbers(_PRETENDED), _PRETEND)
    verdicts |= dict.fromkeys(numbers(_ABSENT), _NOT_THERE)

    program: list[_Instruction] = [
        (_LOAD, 0, 0, _ARCHITECTURE),
        (_IF_EQUAL, 1, 0, architecture),
        (_RETURN, 0, 0, _KILL),
        (_LOAD, 0, 0, _NUMBER),
        (_IF_AT_LEAST, 0, 1, _X32),
        (_RETURN, 0, 0, _KILL),
        (_IF_ABOVE, 0, 1, _LAST_KNOWN),
        (_RETURN, 0, 0, _NOT_THERE),
    ]
    for call, arguments in _CHECKED.items():
        for number in numbers(call):
            block = _check(arguments)
            program += [(_IF_EQUAL, 0, len(block), number), *block]
    for first, last, verdict in _ranges(verdicts):
        program += [
            (_IF_AT_LEAST, 0, 2, first),
            (_IF_ABOVE, 1, 0, last),
            (_RETURN, 0, 0, verdict),
        ]
    return [*program, (_RETURN, 0, 0, _REFUSE)]


def _check(arguments: Iterable[_Argument]) -> list[_Instruction]:
    """Allow the call if each argument has one of its allowed values, and refuse it otherwise."""
    block: list[_Instruction] = []
    for argument in arguments:
        values = list(argument.allowed)
        block += [
            (_LOAD, 0, 0, _ARGUMENTS + 8 * argument.position),  # the low half
            (_AND, 0, 0, argument.mask),
            *[(_IF_EQUAL, len(values) - i, 0, value) for i, value in enumerate(values)],
            (_RETURN, 0, 0, _REFUSE),
        ]
    return [*block, (_RETURN, 0, 0, _ALLOW)]


def _ranges(verdicts: dict[int, int]) -> list[tuple[int, int, int]]:
    """Consecutive numbers with the same verdict, merged: (first, last, verdict)."""
    merged: list[tuple[int, int, int]] = []
    for number, verdict in sorted(verdicts.items()):
        if merged and merged[-1][1:] == (number - 1, verdict):
            merged[-1] = (merged[-1][0], number, verdict)
        else:
            merged.append((number, number, verdict))
    return merged
