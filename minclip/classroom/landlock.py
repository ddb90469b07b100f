"""Landlock, the file sandbox of Linux 5.13 and newer: a process gives up access to files, with all its children.

It needs no privileges. Python has no function for it, so these are the three system calls, from the kernel's
userspace-api/landlock documentation. What is not allowed here is refused with "Permission denied".
"""

import ctypes
import os
import stat
import struct
import sys
from collections.abc import Iterable

CREATE, ADD_RULE, RESTRICT = 444, 445, 446  # the same numbers on every architecture
BENEATH, VERSION, NO_NEW_PRIVILEGES = 1, 1, 38

EXECUTE, WRITE_FILE, READ_FILE, READ_DIR = (1 << bit for bit in range(4))
REFER, TRUNCATE, IOCTL_DEV = 1 << 13, 1 << 14, 1 << 15
READ = EXECUTE | READ_FILE | READ_DIR
RIGHTS_SINCE = {1: (1 << 13) - 1, 2: REFER, 3: TRUNCATE, 5: IOCTL_DEV}  # by the version of Landlock
OF_FILES = EXECUTE | WRITE_FILE | READ_FILE | TRUNCATE | IOCTL_DEV  # the others belong to folders
TCP = 0b11  # to bind and to connect
SIGNALS_AND_SOCKETS = 0b11  # to processes and abstract sockets outside


def call(number: int, *given: object) -> int:
    """A system call. OSError where it fails."""
    libc = ctypes.CDLL(None, use_errno=True)
    result: int = libc.syscall(ctypes.c_long(number), *given)
    if result < 0:
        raise OSError(ctypes.get_errno(), f"system call {number}: {os.strerror(ctypes.get_errno())}")
    return result


def version() -> int:
    """Of the running system's Landlock; 0 where it has none."""
    if sys.platform != "linux":
        return 0
    try:
        return call(CREATE, None, ctypes.c_size_t(0), ctypes.c_uint32(VERSION))
    except OSError:
        return 0


def rights(landlock: int) -> int:
    """All that this version can take away."""
    return sum(bits for since, bits in RIGHTS_SINCE.items() if since <= landlock)


def restrict(read: Iterable[str], listed: Iterable[str], write: Iterable[str], tcp: bool) -> None:
    """From now on this process reads `read`, lists the folders `listed`, and writes `write`, each with all beneath.

    Paths that are not there are left out. tcp: whether it may use TCP. OSError where the system refuses.
    """
    landlock = version()
    if not landlock:
        raise OSError("this system has no Landlock")
    every = rights(landlock)
    network = TCP if landlock >= 4 and not tcp else 0
    scope = SIGNALS_AND_SOCKETS if landlock >= 6 else 0
    size = 24 if landlock >= 6 else 16 if landlock >= 4 else 8
    attributes = struct.pack("=QQQ", every, network, scope)[:size]
    ruleset = call(CREATE, attributes, ctypes.c_size_t(size), ctypes.c_uint32(0))
    for paths, allowed in ((read, READ), (listed, READ_DIR), (write, every)):
        for path in paths:
            allow(ruleset, path, allowed & every)
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.prctl(NO_NEW_PRIVILEGES, 1, 0, 0, 0):
        raise OSError(ctypes.get_errno(), "prctl(PR_SET_NO_NEW_PRIVS)")
    call(RESTRICT, ctypes.c_int(ruleset), ctypes.c_uint32(0))
    os.close(ruleset)


def allow(ruleset: int, path: str, allowed: int) -> None:
    try:
        place = os.open(path, os.O_PATH | os.O_CLOEXEC)
    except OSError:
        return
    try:
        if not stat.S_ISDIR(os.fstat(place).st_mode):
            allowed &= OF_FILES
        if allowed:
            rule = struct.pack("=Qi", allowed, place)
            call(ADD_RULE, ctypes.c_int(ruleset), ctypes.c_int(BENEATH), rule, ctypes.c_uint32(0))
    finally:
        os.close(place)
