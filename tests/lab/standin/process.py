"""What the stand-in's processes have in common: the command line of the real program, not Python's."""

from __future__ import annotations

import ctypes
import sys

PR_SET_MM, PR_SET_MM_MAP = 35, 14


class MemoryMap(ctypes.Structure):
    """struct prctl_mm_map of linux/prctl.h."""

    _fields_ = [
        *((name, ctypes.c_uint64) for name in ("start_code", "end_code", "start_data", "end_data", "start_brk", "brk")),
        *((name, ctypes.c_uint64) for name in ("start_stack", "arg_start", "arg_end", "env_start", "env_end", "auxv")),
        ("auxv_size", ctypes.c_uint32),
        ("exe_fd", ctypes.c_int32),
    ]


def hide_interpreter() -> None:
    """Let /proc/PID/cmdline begin with the program, as k0stui's probes read it, and not with /usr/bin/python3.

    By PR_SET_MM_MAP: it needs no capability as long as no file is exchanged.
    """
    with open("/proc/self/cmdline", "rb") as cmdline:
        interpreter = cmdline.read().split(b"\0")[0]
    if not interpreter.startswith(b"/usr/bin/python"):
        return
    with open("/proc/self/stat") as stat:
        field = dict(enumerate(stat.read().rpartition(")")[2].split(), start=3))  # numbered as in proc(5)
    libc = ctypes.CDLL(None, use_errno=True)
    libc.sbrk.restype = ctypes.c_void_p
    new = MemoryMap(
        *(int(field[number]) for number in (26, 27, 45, 46, 47)),
        libc.sbrk(0),
        int(field[28]),
        int(field[48]) + len(interpreter) + 1,
        *(int(field[number]) for number in (49, 50, 51)),
        exe_fd=-1,
    )
    libc.prctl(PR_SET_MM, PR_SET_MM_MAP, ctypes.byref(new), ctypes.c_ulong(ctypes.sizeof(new)), 0)


def flag(name: str, default: str = "") -> str:
    """The value of `--name=value` on our own command line."""
    prefix = f"--{name}="
    return next((each[len(prefix) :] for each in sys.argv[1:] if each.startswith(prefix)), default)
