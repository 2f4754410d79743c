#!/usr/bin/python3
"""Runs user-mode-linux, also where the processor has AMX.

Linux 6.1's user-mode-linux keeps a child's floating-point state in a buffer that AMX's tile data
outgrows, so its PTRACE_SETREGSET fails at the first process. Where the first PTRACE_GETREGSET fails it
falls back to the older calls; a seccomp filter makes it fail.
"""

import ctypes
import errno
import os
import struct
import sys

PR_SET_SECCOMP, PR_SET_NO_NEW_PRIVS, SECCOMP_MODE_FILTER = 22, 38, 2
SYS_PTRACE, PTRACE_GETREGSET, PTRACE_SETREGSET = 101, 0x4204, 0x4205
LOAD, JUMP_IF_EQUAL, RETURN = 0x20, 0x15, 0x06
ALLOW, FAIL = 0x7FFF0000, 0x00050000 | errno.EIO


def refuse_register_sets():
    program = b"".join(
        struct.pack("HBBI", *row)
        for row in [
            (LOAD, 0, 0, 0),  # the system call's number
            (JUMP_IF_EQUAL, 0, 3, SYS_PTRACE),
            (LOAD, 0, 0, 16),  # its first argument
            (JUMP_IF_EQUAL, 2, 0, PTRACE_GETREGSET),
            (JUMP_IF_EQUAL, 1, 0, PTRACE_SETREGSET),
            (RETURN, 0, 0, ALLOW),
            (RETURN, 0, 0, FAIL),
        ])
    libc = ctypes.CDLL(None, use_errno=True)
    code = ctypes.create_string_buffer(program)
    header = ctypes.create_string_buffer(struct.pack("HP", len(program) // 8, ctypes.addressof(code)))
    if (libc.prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0 or
            libc.prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, header, 0, 0) != 0):
        raise OSError(ctypes.get_errno(), "the seccomp filter was refused")


if __name__ == "__main__":
    with open("/proc/cpuinfo", encoding="ascii") as cpuinfo:
        if "amx_tile" in cpuinfo.read():
            refuse_register_sets()
    os.execvp("linux.uml", ["linux.uml", *sys.argv[1:]])
