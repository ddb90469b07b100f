"""Namespaces of Linux: a process with a network, processes and mounts of its own. They need no privileges.

The network has a loopback and nothing else. Of the files only what is named can be changed. Some systems forbid
namespaces to ordinary users (Ubuntu since 23.10, many containers); `possible` tries.
"""

import ctypes
import fcntl
import os
import signal
import socket
import struct
import sys
from collections.abc import Callable, Iterable

from minclip.classroom.landlock import call

NEW_MOUNTS, NEW_IPC, NEW_USER, NEW_PIDS, NEW_NETWORK = 0x20000, 0x8000000, 0x10000000, 0x20000000, 0x40000000
BIND, RECURSIVE, PRIVATE, NO_SUID, NO_DEVICES, NO_EXECUTE = 0x1000, 0x4000, 0x40000, 2, 4, 8
MOUNT_SETATTR, HERE, ALL_BENEATH, READ_ONLY = 442, -100, 0x8000, 1
DIES_WITH_PARENT = 1  # prctl(PR_SET_PDEATHSIG)
SET_FLAGS, UP = 0x8914, 1  # of a network interface
NOT_ROOT = 1000  # who root is inside: root's program would keep its powers
SHARED_MEMORY = "/dev/shm"


def checked(result: int, what: str) -> None:
    if result:
        raise OSError(ctypes.get_errno(), f"{what}: {os.strerror(ctypes.get_errno())}")


def die_with_parent() -> None:
    ctypes.CDLL(None).prctl(DIES_WITH_PARENT, signal.SIGKILL, 0, 0, 0)


def separate() -> None:
    """Gives this process namespaces of its own. Its children are in the new one of processes."""
    user, group = os.getuid(), os.getgid()
    libc = ctypes.CDLL(None, use_errno=True)
    checked(libc.unshare(NEW_USER | NEW_MOUNTS | NEW_IPC | NEW_PIDS | NEW_NETWORK), "unshare")
    for name, text in (
        ("setgroups", "deny"),
        ("uid_map", f"{user or NOT_ROOT} {user} 1"),
        ("gid_map", f"{group or NOT_ROOT} {group} 1"),
    ):
        with open(f"/proc/self/{name}", "w", encoding="ascii") as file:  # noqa: PTH123 (one write, as it must be)
            file.write(text)


def mount(source: str, target: str, kind: str, flags: int, options: str = "") -> None:
    libc = ctypes.CDLL(None, use_errno=True)
    words = [word.encode() for word in (source, target, kind, options)]
    checked(libc.mount(words[0], words[1], words[2], ctypes.c_ulong(flags), words[3]), f"mount {target}")


def set_read_only(path: str, on: bool) -> None:
    """Of the mount at a path; on: and of all beneath."""
    attributes = struct.pack("=QQQQ", READ_ONLY if on else 0, 0 if on else READ_ONLY, 0, 0)
    flags = ctypes.c_uint(ALL_BENEATH if on else 0)
    call(MOUNT_SETATTR, ctypes.c_int(HERE), path.encode(), flags, attributes, ctypes.c_size_t(len(attributes)))


def arrange_files(write: Iterable[str], hide: Iterable[str], memory: int) -> None:
    """Everything can be read and nothing changed but `write` and shared memory; `hide` are empty folders."""
    mount("none", "/", "", RECURSIVE | PRIVATE)
    for folder in write:
        mount(folder, folder, "", BIND | RECURSIVE)
    for folder in hide:
        mount("none", folder, "tmpfs", NO_SUID | NO_DEVICES, "size=4k,mode=755")
    mount("none", SHARED_MEMORY, "tmpfs", NO_SUID | NO_DEVICES, f"size={memory},mode=1777")
    set_read_only("/", True)
    for folder in (*write, SHARED_MEMORY):
        set_read_only(folder, False)


def raise_loopback() -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as any_socket:
        fcntl.ioctl(any_socket, SET_FLAGS, struct.pack("16sh14x", b"lo", UP))


def enter(write: Iterable[str], hide: Iterable[str], memory: int) -> None:
    """Goes on in a child process that is alone with its children, and ends with its exit code."""
    separate()
    arrange_files(write, hide, memory)
    raise_loopback()
    forward()
    mount("proc", "/proc", "proc", NO_SUID | NO_DEVICES | NO_EXECUTE)
    forward()  # this one stays as the first process: when it ends, the system ends all the others


def forward() -> None:
    """Goes on in a child. This process waits for it and ends with its code; the child dies with this one."""
    child = os.fork()
    if not child:
        die_with_parent()
        return
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # it is the kernel that is interrupted
    code = 1
    while True:
        try:
            ended, status = os.wait()  # the first process also gets those whose parents have ended
        except ChildProcessError:
            break
        if ended == child:
            code = os.waitstatus_to_exitcode(status)
            break
    os._exit(code if code >= 0 else 128 - code)


def possible(attempt: Callable[[], None]) -> bool:
    """Whether this works, tried in a child process that ends at once."""
    sys.stdout.flush()
    child = os.fork()
    if not child:
        try:
            attempt()
            os._exit(0)
        except BaseException:
            os._exit(1)
    return os.waitpid(child, 0)[1] == 0
