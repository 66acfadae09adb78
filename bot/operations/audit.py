"""What is inside, and what is known about it: a software bill of materials and an offline audit, both from the lock.

    python -m bot.operations.audit sbom > build/sbom.json
    python -m bot.operations.audit check
"""
from __future__ import annotations

import hashlib
import json
import re
import sys
from datetime import date
from pathlib import Path
from typing import Any

import yaml

from bot.settings import ROOT

LOCK = ROOT / "requirements" / "run.lock"
ADVISORIES = ROOT / "deploy" / "advisories.yml"
_LINE = re.compile(r"^([A-Za-z0-9][A-Za-z0-9._-]*)==([^\s;\\]+)")
_HASH = re.compile(r"--hash=sha256:([0-9a-f]{64})")


def pinned(lock: Path = LOCK) -> dict[str, tuple[str, list[str]]]:
    """Name -> (version, sha256 hashes) of every package in a lock."""
    found: dict[str, tuple[str, list[str]]] = {}
    current: list[str] = []
    for line in lock.read_text(encoding="utf-8").splitlines():
        if match := _LINE.match(line):
            current = []
            found[match.group(1).lower().replace("_", "-").replace(".", "-")] = (match.group(2), current)
        current += _HASH.findall(line)
    return found


def sbom(lock: Path = LOCK) -> dict[str, Any]:
    """The bill of materials as CycloneDX 1.5. The same lock always gives the same one."""
    rows = [{"type": "library", "bom-ref": f"pkg:pypi/{name}@{version}", "name": name, "version": version,
             "purl": f"pkg:pypi/{name}@{version}",
             "hashes": [{"alg": "SHA-256", "content": one} for one in sorted(hashes)]}
            for name, (version, hashes) in sorted(pinned(lock).items())]
    digest = hashlib.sha256(json.dumps(rows).encode()).hexdigest()
    return {"bomFormat": "CycloneDX", "specVersion": "1.5", "version": 1,
            "serialNumber": f"urn:uuid:{digest[:8]}-{digest[8:12]}-5{digest[13:16]}-8{digest[17:20]}-{digest[20:32]}",
            "metadata": {"component": {"type": "application", "name": "kinderrechtenwijzer", "version": "0.1.0"}},
            "components": rows}


def audit(lock: Path = LOCK, advisories: Path = ADVISORIES, today: date | None = None) -> list[str]:
    """What is wrong with the lock or with the list of advisories; empty when all is accounted for."""
    packages, data = pinned(lock), yaml.safe_load(advisories.read_text(encoding="utf-8"))
    problems = [f"{name} {version} has no hash in the lock" for name, (version, hashes) in packages.items() if not hashes]
    if ((today or date.today()) - data["reviewed"]).days > 365:
        problems.append(f"the list of advisories was last reviewed on {data['reviewed']}: look again")
    for name, version in data["watched"].items():
        if name not in packages:
            problems.append(f"{name} is watched but not pinned any more: remove it")
        elif packages[name][0] != str(version):
            problems.append(f"{name} is now {packages[name][0]}, and {version} was looked at: look again")
    for row in data["advisories"]:
        if row["package"] not in data["watched"]:
            problems.append(f"{row['package']} has advisories and is not watched")
        if not row.get("ids") or len(row.get("reason") or "") < 30:
            problems.append(f"{row['package']}: an advisory needs its ids and a reason")
    return problems


def main() -> None:
    if sys.argv[1:] == ["sbom"]:
        print(json.dumps(sbom(), indent=1))
        return
    problems = audit()
    data = yaml.safe_load(ADVISORIES.read_text(encoding="utf-8"))
    for problem in problems:
        print(problem)
    print(f"{len(pinned())} packages pinned with hashes; {sum(len(r['ids']) for r in data['advisories'])} known advisories, "
          f"each with the reason why it does not apply; reviewed {data['reviewed']} from own knowledge, not from a database.")
    if problems:
        sys.exit(1)


if __name__ == "__main__":
    main()
