"""Files are counted as they are made, where a sandbox has no disk of its own.

A second seccomp filter hands each call that may make a file or a folder to whoever holds its
listener. So the number of files is bounded, and with the size of each all that a sandbox can write.
"""

from __future__ import annotations

import ctypes
import errno
import os
import socket
import struct
import sys
from pathlib import Path

from grader.lockdown.kernel import PR_SET_NO_NEW_PRIVS, architecture, prctl, syscall

if sys.platform != "win32":
    import fcntl

_SECCOMP = {"x86_64": 317, "aarch64": 277}
_SET_MODE_FILTER, _SPEC_ALLOW, _NEW_LISTENER = 1, 4, 8
_RECEIVE, _SEND = 0xC0502100, 0xC0182101  # ioctls, see linux/seccomp.h
_CALL, _ANSWER = 80, struct.Struct("=QqiI")
_GO_ON = 1

_CREATE = 0o100
# Calls by architecture: those that make something, and those that do with O_CREAT, and where that
# is among their arguments. All others that make something are refused to every sandbox.
_MAKE = {"x86_64": [85, 83, 258], "aarch64": [34]}  # creat, mkdir, mkdirat
_OPEN = {"x86_64": [(2, 1), (257, 2)], "aarch64": [(56, 2)]}  # open, openat

_LOAD, _RETURN, _IF_EQUAL, _IF_ANY_BIT = 0x20, 0x06, 0x15, 0x45
_ASK, _ALLOW = 0x7FC00000, 0x7FFF0000


def _program() -> bytes:
    name = architecture()
    if name not in _SECCOMP:
        raise OSError(errno.ENOSYS, f"no table of system calls for {name}")
    steps = [(_LOAD, 0, 0, 0)]
    for number in _MAKE[name]:
        steps += [(_IF_EQUAL, 0, 1, number), (_RETURN, 0, 0, _ASK)]
    for number, position in _OPEN[name]:
        steps += [
            (_IF_EQUAL, 0, 4, number),
            (_LOAD, 0, 0, 16 + 8 * position),
            (_IF_ANY_BIT, 0, 1, _CREATE),
            (_RETURN, 0, 0, _ASK),
            (_RETURN, 0, 0, _ALLOW),
        ]
    steps.append((_RETURN, 0, 0, _ALLOW))
    return b"".join(struct.pack("=HBBI", *step) for step in steps)


def be_counted(counter: int) -> None:
    """Put this process under the filter, and send its listener over the socket `counter`.

    Raises `OSError` where the kernel has no such listeners (before Linux 5.5).
    """
    code = _program()
    buffer = ctypes.create_string_buffer(code, len(code))
    program = struct.pack("@HP", len(code) // 8, ctypes.addressof(buffer))
    prctl(PR_SET_NO_NEW_PRIVS, 1)
    flags = _SPEC_ALLOW | _NEW_LISTENER
    listener = syscall(_SECCOMP[architecture()], _SET_MODE_FILTER, flags, program)
    with socket.socket(fileno=counter) as there:
        socket.send_fds(there, [b"1"], [listener])
    os.close(listener)


class Counter:
    """The other end: allows calls that make files, as long as there are few files in the folder.

    It refuses the very first call, by which a sandbox finds out that it is counted.
    """

    def __init__(self, sock: socket.socket, folder: Path, most: int) -> None:
        self._sock, self._folder, self._most = sock, folder, most
        self._listener: int | None = None
        self._asked = False
        self._there = most  # so many at most, but for what other threads are making now

    def fileno(self) -> int:
        """The descriptor to wait for; -1 if nothing will come any more."""
        return self._sock.fileno() if self._listener is None else self._listener

    def answer(self) -> None:
        """Read the calls that wait, and answer them."""
        if self._listener is None:
            _, descriptors, _, _ = socket.recv_fds(self._sock, 1, 1)
            self._sock.close()
            self._listener = descriptors[0] if descriptors else -1
            return
        call = bytearray(_CALL)
        try:
            fcntl.ioctl(self._listener, _RECEIVE, call)
            [number] = struct.unpack_from("=Q", call)
            answer = (0, _GO_ON) if self._has_room() else (-errno.EDQUOT, 0)
            fcntl.ioctl(self._listener, _SEND, _ANSWER.pack(number, 0, *answer))
        except OSError:  # the caller has ended, or asks again after a signal
            return

    def _has_room(self) -> bool:
        """Count one more, where there is room for it."""
        first, self._asked = not self._asked, True
        if self._there >= self._most:
            self._there = _made(self._folder, self._most)
        room = not first and self._there < self._most
        self._there += room
        return room

    def close(self) -> None:
        self._sock.close()
        if self._listener is not None and self._listener >= 0:
            os.close(self._listener)
        self._listener = -1


def _made(folder: Path, most: int) -> int:
    """How many files and folders there are in a folder, up to `most`.

    `most` too where a folder in it can't be listed.
    """

    def hidden(error: OSError) -> None:
        raise error

    count = 0
    try:
        for _, folders, files in os.walk(folder, onerror=hidden):
            count += len(folders) + len(files)
            if count >= most:
                break
    except OSError:
        return most
    return min(count, most)
