"""What is deployed: container, manifests, dashboard, alerts, backups, bill of materials, audit."""
from __future__ import annotations

import json
import os
import re
import shutil
import sqlite3
import subprocess
from datetime import date

import pytest
import yaml
from sqlalchemy import text

from bot.operations.audit import audit, pinned, sbom
from bot.settings import ROOT, Settings
from bot.store.counts import Counts
from bot.store.database import engine, make_engine, upgrade
from bot.web.metrics import Metrics
from tests.trust.servers import POSTGRES

DEPLOY = ROOT / "deploy"
MANIFESTS = [d for file in sorted((DEPLOY / "kubernetes").glob("*.yml")) for d in yaml.safe_load_all(file.read_text())]


def one(kind: str) -> dict:
    return next(manifest for manifest in MANIFESTS if manifest["kind"] == kind)


def test_the_container_has_no_root_and_its_command_exists():
    lines = (DEPLOY / "Dockerfile").read_text().splitlines()
    last = lines[max(n for n, line in enumerate(lines) if line.startswith("FROM ")):]
    users = [line.split()[1] for line in last if line.startswith("USER ")]
    assert users and users[-1].split(":")[0].isdigit() and users[-1] != "0:0"
    assert last.index(f"USER {users[-1]}") < next(n for n, line in enumerate(last) if line.startswith("CMD"))
    assert any("KRW_ENVIRONMENT=production" in line for line in last)
    assert not any(re.search(r"SECRET|PASSWORD", line) for line in lines), "a secret in the image"
    ignored = (ROOT / ".dockerignore").read_text().split()
    assert {".env", "var", ".git"} <= set(ignored)


def _settings_used(text_: str) -> set[str]:
    return set(re.findall(r"\bKRW_[A-Z_]+\b", text_))


@pytest.mark.parametrize("file", [p for p in sorted(DEPLOY.rglob("*")) if p.is_file()], ids=lambda p: str(p.relative_to(DEPLOY)))
def test_only_settings_that_exist_are_named(file):
    known = {f"KRW_{name.upper()}" for name in Settings.__annotations__}
    assert _settings_used(file.read_text()) <= known, _settings_used(file.read_text()) - known


def test_every_setting_is_in_the_example():
    assert {f"KRW_{name.upper()}" for name in Settings.__annotations__} - _settings_used((ROOT / ".env.example").read_text()) \
        <= {"KRW_PUBLIC_URL"}


def test_compose_is_locked_down():
    compose = yaml.safe_load((DEPLOY / "compose.yml").read_text())
    assert {"app", "database", "redis", "proxy", "migrate"} == set(compose["services"])
    app = compose["services"]["app"]
    assert app["read_only"] is True and app["cap_drop"] == ["ALL"] and "no-new-privileges:true" in app["security_opt"]
    assert app["deploy"]["replicas"] >= 2 and "mem_limit" in app
    assert [name for name, service in compose["services"].items() if service.get("ports")] == ["proxy"]
    assert "--save" in compose["services"]["redis"]["command"] and compose["services"]["redis"]["command"][2] == ""
    assert "volumes" not in compose["services"]["redis"], "conversations would be written to a disk"
    subnet = compose["networks"]["inside"]["ipam"]["config"][0]["subnet"]
    assert app["environment"]["KRW_TRUSTED_PROXIES"] == subnet
    values = str(compose)
    assert "${KRW_SECRET_KEY:?}" in values and "${POSTGRES_PASSWORD:?}" in values


def test_the_proxy_keeps_no_log_and_hides_metrics():
    caddy = (DEPLOY / "Caddyfile").read_text()
    assert caddy.count("{") == caddy.count("}") and "respond @inside 404" in caddy and "path /metrics" in caddy
    assert "output file" not in caddy and "X-Forwarded-For {remote_host}" in caddy
    # When no process is ready, the help card of one that has no model is shown.
    assert caddy.count("health_uri") == 1 and "reverse_proxy" in caddy.split("handle_errors")[1]
    site = caddy.split("{$SITE} {")[1]
    assert not re.search(r"^\s*log\b", site, re.MULTILINE)


def test_manifests_have_probes_limits_and_a_disruption_budget():
    pod = one("Deployment")["spec"]["template"]["spec"]
    assert pod["securityContext"]["runAsNonRoot"] and not pod["automountServiceAccountToken"]
    for container in (*pod["containers"], *pod["initContainers"]):
        locked = container["securityContext"]
        assert locked["readOnlyRootFilesystem"] and not locked["allowPrivilegeEscalation"] and locked["capabilities"] == {"drop": ["ALL"]}
        assert container["resources"]["limits"]["memory"] and container["resources"]["requests"]
    container = pod["containers"][0]
    assert container["livenessProbe"]["httpGet"]["path"] == "/health/live"
    assert container["readinessProbe"]["httpGet"]["path"] == container["startupProbe"]["httpGet"]["path"] == "/health/ready"
    replicas = one("Deployment")["spec"]["replicas"]
    assert 1 <= one("PodDisruptionBudget")["spec"]["minAvailable"] < replicas
    assert one("Deployment")["spec"]["strategy"]["rollingUpdate"]["maxUnavailable"] == 0
    labels = one("Deployment")["spec"]["template"]["metadata"]["labels"]
    services = {manifest["metadata"]["name"]: manifest["spec"] for manifest in MANIFESTS if manifest["kind"] == "Service"}
    assert all(service["selector"] == labels for service in services.values())
    # Readiness keeps children away from a process without a model; when there is no other, its help card is shown.
    assert [name for name, service in services.items() if service.get("publishNotReadyAddresses")] == ["kinderrechtenwijzer-help"]
    assert one("PodDisruptionBudget")["spec"]["selector"]["matchLabels"] == labels
    assert "Egress" in one("NetworkPolicy")["spec"]["policyTypes"]


def _names_of_metrics() -> set[str]:
    names = {"process_resident_memory_bytes"}
    for metric in Metrics().registry.collect():
        names |= {metric.name, f"{metric.name}_total", f"{metric.name}_bucket"}
    return names


def test_dashboard_and_alerts_ask_for_numbers_that_exist():
    dashboard = json.loads((DEPLOY / "grafana" / "dashboard.json").read_text())
    alerts = yaml.safe_load((DEPLOY / "alerts.yml").read_text())["groups"][0]["rules"]
    asked = [target["expr"] for panel in dashboard["panels"] for target in panel["targets"]] + [rule["expr"] for rule in alerts]
    known = _names_of_metrics()
    for expression in asked:
        assert expression.count("(") == expression.count(")") and expression.count("{") == expression.count("}")
        for name in re.findall(r"\b(?:krw|process)_[a-z_]+", expression):
            assert name in known, name
    guide = (ROOT / "docs" / "operations.md").read_text().lower()
    for rule in alerts:
        heading = rule["annotations"]["runbook"].split("#")[1].replace("-", " ")
        assert f"### {heading}" in guide, f"{rule['alert']}: docs/operations.md has no '{heading}'"
        assert rule["labels"]["severity"] in ("page", "ticket") and rule["annotations"]["summary"]


# -- backups


def _fill(url: str) -> None:
    upgrade(url)
    counts = Counts(url)
    for _ in range(3):
        counts.helpful(True)
    assert counts.flush()


def _total(url: str) -> int:
    with make_engine(url).connect() as connection:
        return connection.execute(text("SELECT SUM(count) FROM daily_count")).fetchone()[0]


def _script(name: str, argument: str, url: str) -> subprocess.CompletedProcess:
    return subprocess.run([str(DEPLOY / name), argument], env={**os.environ, "KRW_DATABASE_URL": url}, capture_output=True, text=True)


@pytest.fixture(params=["sqlite", "postgresql"])
def database(request, tmp_path):
    if request.param == "sqlite":
        yield f"sqlite:///{tmp_path / 'one.db'}", lambda: (tmp_path / "one.db").unlink()
        return
    admin = make_engine(POSTGRES).execution_options(isolation_level="AUTOCOMMIT")
    name = "krw_backup"

    def fresh() -> None:
        engine.cache_clear()
        with admin.connect() as connection:
            connection.execute(text(f"DROP DATABASE IF EXISTS {name} WITH (FORCE)"))
            connection.execute(text(f"CREATE DATABASE {name}"))

    fresh()
    yield f"{POSTGRES.rsplit('/', 1)[0]}/{name}", fresh
    engine.cache_clear()
    with admin.connect() as connection:
        connection.execute(text(f"DROP DATABASE {name} WITH (FORCE)"))


def test_a_backup_can_be_restored(database, tmp_path):
    url, lose = database
    _fill(url)
    made = _script("backup", str(tmp_path / "backups"), url)
    assert made.returncode == 0, made.stderr
    (file,) = (tmp_path / "backups").iterdir()
    assert str(file) == made.stdout.strip() and file.stat().st_mode & 0o077 == 0
    engine.cache_clear()
    lose()
    damaged = tmp_path / "damaged"
    damaged.write_bytes(b"nothing" * 100)
    _fill(url)
    assert _script("restore", str(damaged), url).returncode != 0 and _total(url) == 3, "a damaged backup was restored"
    _fill(url)
    assert _total(url) == 6
    engine.cache_clear()
    restored = _script("restore", str(file), url)
    assert restored.returncode == 0, restored.stderr
    assert _total(url) == 3
    assert upgrade(url).startswith("Database is up to date")


def test_a_backup_while_it_is_written_is_whole(tmp_path):
    url = f"sqlite:///{tmp_path / 'one.db'}"
    _fill(url)
    with sqlite3.connect(tmp_path / "one.db") as writer:
        writer.execute("UPDATE daily_count SET count = 100")
        made = _script("backup", str(tmp_path / "backups"), url)
        assert made.returncode == 0
        writer.rollback()
    assert _total(f"sqlite:///{made.stdout.strip()}") == 3


def test_the_database_can_go_back_and_forth_without_losing_counts(tmp_path):
    url = f"sqlite:///{tmp_path / 'one.db'}"
    _fill(url)
    shutil.copy(tmp_path / "one.db", tmp_path / "before.db")
    from alembic import command

    from bot.store.database import _config

    command.downgrade(_config(url), "0001")
    assert _total(url) == 3
    upgrade(url)
    assert _total(url) == 3


# -- what is inside


def test_the_bill_of_materials_names_every_pinned_package():
    bill = sbom()
    assert bill["bomFormat"] == "CycloneDX" and bill == sbom()
    names = {row["name"] for row in bill["components"]}
    assert names == set(pinned()) and {"rasa", "fastapi", "tensorflow-cpu"} <= names and len(names) > 150
    assert all(row["hashes"] and row["purl"] == f"pkg:pypi/{row['name']}@{row['version']}" for row in bill["components"])


def test_every_known_advisory_has_a_reason():
    assert audit() == []


def test_the_audit_notices_what_changed(tmp_path):
    lock = tmp_path / "run.lock"
    lock.write_text((ROOT / "requirements" / "run.lock").read_text().replace("keras==2.12.0", "keras==2.99.0"))
    assert any("keras is now 2.99.0" in problem for problem in audit(lock))
    assert any("look again" in problem for problem in audit(today=date(2028, 1, 1)))
    lock.write_text("rasa==3.6.21\n")
    assert any("no hash" in problem for problem in audit(lock)) and any("remove it" in problem for problem in audit(lock))
