"""A process that crashes leaves no copy of its memory on a disk: what somebody typed just then would be in it."""
from __future__ import annotations

import resource
from contextlib import suppress
from pathlib import Path


def no_memory_dumps() -> None:
    """Switches core dumps of this process off, where the system lets it."""
    with suppress(OSError, ValueError):
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    # Where a program of the system's receives dumps, it is not bound by that limit: then no memory is put into one.
    with suppress(OSError):
        Path("/proc/self/coredump_filter").write_text("0")
