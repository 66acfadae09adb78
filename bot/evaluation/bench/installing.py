"""What an installation weighs, in MB and seconds: our lock, and `pip install rasa[spacy]`."""
from __future__ import annotations

import subprocess
import tempfile
import time
from pathlib import Path

from bot.settings import ROOT

UV = ROOT / ".uv" / "bin" / "uv"
PYTHON = ROOT / ".venv" / "bin" / "python"
OURS = ("sync", "--require-hashes", str(ROOT / "requirements" / "run.lock"))
# Rasa 3.6 declares Python < 3.11; its own pins say what it installs there.
STOCK = ("install", "--python-version", "3.10", "rasa[spacy]==3.6.21")


def missing() -> Path | None:
    """What an installation needs and is not there."""
    return next((file for file in (UV, PYTHON) if not file.exists()), None)


def megabytes(folder: Path) -> float:
    return sum(file.lstat().st_size for file in folder.rglob("*") if file.is_file()) / 1e6


def install(arguments: tuple[str, ...], uv: str = str(UV)) -> dict[str, float]:
    """Installs into an empty folder, with nothing cached. Returns `mb` and `seconds` (the download is among them)."""
    with tempfile.TemporaryDirectory() as folder:
        begun = time.perf_counter()
        subprocess.run([uv, "pip", *arguments, "--quiet", "--no-cache", "--python", str(PYTHON), "--target", folder], check=True)
        return {"mb": megabytes(Path(folder)), "seconds": time.perf_counter() - begun}
