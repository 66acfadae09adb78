"""Settings: the only place that reads the environment.

Values come from the process environment, then from a `.env` file beside `config.yml`, then from the defaults below.
`.env.example` names every one. Outside development, unsafe values are refused with a sentence that says what to do.
"""
from __future__ import annotations

import os
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path

from dotenv import dotenv_values

ROOT = Path(__file__).resolve().parents[1]

# Rasa phones home and sends crash reports unless told otherwise; this must be set before Rasa is imported.
os.environ["RASA_TELEMETRY_ENABLED"] = "false"
# OpenMP's threads spin while they wait: one question took 1.6 s instead of 57 ms in a busy server.
os.environ.setdefault("OMP_NUM_THREADS", "1")
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
os.environ.setdefault("SQLALCHEMY_SILENCE_UBER_WARNING", "1")

_DEVELOPMENT_SECRET = "alleen-voor-ontwikkeling"


class SettingsError(ValueError):
    """A setting has a value that the assistant refuses to start with."""


@dataclass(frozen=True)
class Settings:
    """All settings, checked. Times are in seconds, sizes in what their names say."""

    environment: str = "development"
    host: str = "127.0.0.1"
    port: int = 8000
    database_url: str = f"sqlite:///{ROOT / 'var' / 'kinderrechtenwijzer.db'}"
    redis_url: str = ""
    secret_key: str = field(default=_DEVELOPMENT_SECRET, repr=False)
    allowed_origins: tuple[str, ...] = ()
    model_dir: Path = ROOT / "models"
    cache_dir: Path = ROOT / ".cache"
    conversation_minutes: int = 30
    max_conversations: int = 5000
    max_turns: int = 200
    leave_url: str = "https://www.wikipedia.nl"
    public_url: str = ""
    log_level: str = "INFO"
    log_format: str = "text"
    rate_per_minute: int = 1200
    max_waiting: int = 100
    trusted_proxies: str = "127.0.0.1"
    model: str = ""
    fast_start: int = 1

    def __post_init__(self) -> None:
        problems = []
        if self.environment not in ("development", "production"):
            problems.append("KRW_ENVIRONMENT must be 'development' or 'production'")
        if not 1 <= self.port <= 65535:
            problems.append(f"KRW_PORT must be between 1 and 65535, not {self.port}")
        if not 1 <= self.conversation_minutes <= 30:
            problems.append("KRW_CONVERSATION_MINUTES must be between 1 and 30: what children type is not kept longer")
        if self.log_format not in ("text", "json"):
            problems.append("KRW_LOG_FORMAT must be 'text' or 'json'")
        if self.log_level not in ("DEBUG", "INFO", "WARNING", "ERROR"):
            problems.append("KRW_LOG_LEVEL must be DEBUG, INFO, WARNING or ERROR")
        for name in ("max_conversations", "max_turns", "max_waiting"):
            if getattr(self, name) < 1:
                problems.append(f"KRW_{name.upper()} must be 1 or more")
        if self.environment == "production":
            if self.secret_key == _DEVELOPMENT_SECRET or len(self.secret_key) < 32:
                problems.append("KRW_SECRET_KEY must be a random text of at least 32 characters in production")
            if "*" in self.allowed_origins:
                problems.append("KRW_ALLOWED_ORIGINS must name the sites in production, '*' is refused")
            if self.rate_per_minute < 1:
                problems.append("KRW_RATE_PER_MINUTE must be 1 or more in production")
            if "*" in self.trusted_proxies:
                problems.append("KRW_TRUSTED_PROXIES must name the proxies in production, '*' is refused")
        if problems:
            raise SettingsError("; ".join(problems))

    @property
    def production(self) -> bool:
        return self.environment == "production"


def _whole_number(name: str, value: str) -> int:
    try:
        return int(value)
    except ValueError:
        raise SettingsError(f"{name} must be a whole number, not {value!r}") from None


def read_settings(environ: dict[str, str] | None = None) -> Settings:
    """Reads the settings from `environ` (default: the `.env` file overlaid with the process environment).

    Raises:
        SettingsError: a value is missing or unsafe; the message names the setting.
    """
    if environ is None:
        from_file = {k: v for k, v in dotenv_values(ROOT / ".env").items() if v is not None}
        environ = {**from_file, **os.environ}
    values: dict[str, object] = {}
    for name, kind in Settings.__annotations__.items():
        key = f"KRW_{name.upper()}"
        # The names that hosting platforms use are understood as they are.
        raw = environ.get(key) or (environ.get(name.upper()) if name in ("database_url", "redis_url") else None)
        if not raw:
            continue
        if kind == "int":
            values[name] = _whole_number(key, raw)
        elif kind == "Path":
            values[name] = Path(raw)
        elif kind.startswith("tuple"):
            values[name] = tuple(part.strip() for part in raw.split(",") if part.strip())
        else:
            values[name] = raw
    return Settings(**values)  # type: ignore[arg-type]


@lru_cache(maxsize=1)
def settings() -> Settings:
    """The settings of this process, read once."""
    return read_settings()
