"""Real server processes for the tests: the same command that people run, with settings of their own."""
from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import httpx

from bot.settings import ROOT

REDIS = os.environ.get("TEST_REDIS_URL", "redis://127.0.0.1:6379/15")
POSTGRES = os.environ.get("TEST_DATABASE_URL", "postgresql://postgres@127.0.0.1:5432/test")

# Starts the command line with a hook that writes down every address the process connects to, sends to or looks up, every
# program it starts and every file it opens to write.
_WATCHED = """
import os, sys
out = open({file!r}, "a", buffering=1)
writes = os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC | os.O_APPEND
def hook(event, args):
    if event == "open":
        if isinstance(args[2], int) and args[2] & writes and not isinstance(args[0], int):
            out.write(f"{{event}} {{os.path.abspath(os.fsdecode(args[0]))!r}}\\n")
    elif event in ("os.mkdir", "os.rename", "os.link", "os.symlink", "sqlite3.connect"):
        out.write(f"{{event}} {{os.path.abspath(os.fsdecode(args[0]))!r}}\\n")
    elif event in ("socket.connect", "socket.sendto", "socket.sendmsg"):
        out.write(f"{{event}} {{args[1]!r}}\\n")
    elif event in ("socket.getaddrinfo", "socket.gethostbyname"):
        out.write(f"{{event}} {{args[0]!r}}\\n")
    elif event == "subprocess.Popen":
        out.write(f"{{event}} {{args[0]!r}}\\n")
sys.addaudithook(hook)
sys.argv = ["kinderrechten", "serve"]
from bot.cli import main
main()
"""


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


class Server:
    """One server process. `settings` are environment variables; `folder` holds its database and what it prints."""

    def __init__(self, folder: Path, watch: Path | None = None, before: str = "", **settings: str):
        self.folder, self._watch, self._before = folder, watch, before
        folder.mkdir(parents=True, exist_ok=True)
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self.printed = folder / "printed.txt"
        temporary = folder / "tmp"
        temporary.mkdir(exist_ok=True)
        self.environment = {**os.environ, "KRW_PORT": str(self.port), "TMPDIR": str(temporary),
                            "KRW_DATABASE_URL": f"sqlite:///{folder / 'test.db'}", "OMP_NUM_THREADS": "1",
                            "PYTHONPATH": str(ROOT), **settings}
        self.process: subprocess.Popen | None = None

    def start(self) -> Server:
        command = [sys.executable, "-W", "ignore"]
        if self._watch:
            command += ["-c", _WATCHED.format(file=str(self._watch))]
        else:
            command += ["-c", f"{self._before}\nimport sys; sys.argv=['kinderrechten','serve']\n"
                              "from bot.cli import main; main()"]
        with self.printed.open("ab") as out:
            self.process = subprocess.Popen(command, cwd=ROOT, env=self.environment, stdout=out, stderr=out)
        return self

    def wait(self, path: str = "/health/ready", seconds: float = 240) -> Server:
        """Until it answers `path` with 200.

        Raises:
            RuntimeError: it ended, or took too long; with what it printed.
        """
        until = time.monotonic() + seconds
        while time.monotonic() < until:
            if self.process.poll() is not None:
                break
            try:
                answer = httpx.get(self.url + path, timeout=5)
                if answer.status_code == 200:
                    return self
                if answer.json().get("status") == "failed":
                    break
            except httpx.TransportError:
                pass
            time.sleep(0.1)
        raise RuntimeError(f"The server did not answer {path}:\n{self.printed.read_text(errors='replace')[-3000:]}")

    def stop(self, how: int = signal.SIGTERM) -> int:
        """Ends it and gives its exit status."""
        if self.process is None or self.process.poll() is not None:
            return 0 if self.process is None else self.process.returncode
        self.process.send_signal(how)
        try:
            return self.process.wait(30)
        except subprocess.TimeoutExpired:
            self.process.kill()
            return self.process.wait(10)

    def memory(self) -> int:
        """Resident memory in MB."""
        pages = int(Path(f"/proc/{self.process.pid}/statm").read_text().split()[1])
        return pages * os.sysconf("SC_PAGE_SIZE") // 1_000_000

    def __enter__(self) -> Server:
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()


def temporary_folder() -> Path:
    return Path(tempfile.mkdtemp(prefix="krw-test-"))
