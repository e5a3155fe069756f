"""What a benchmark ran on, as far as it matters to its figures; without a name of the machine or an address."""

import os
import platform
import re
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

import psycopg

from pipeline.postgres.embedded import Server

PACKAGES = ("polars", "connectorx", "adbc-driver-postgresql", "pyarrow", "psycopg", "phonenumbers", "bcrypt", "nameparser", "dlt")

POSTGRES_SETTINGS = (
    "shared_buffers", "work_mem", "maintenance_work_mem", "max_parallel_maintenance_workers", "max_wal_size", "wal_level", "fsync",
    "synchronous_commit", "full_page_writes", "autovacuum", "jit",
)  # fmt: skip


def describe(server: Server, /) -> dict[str, Any]:
    """Processor, memory, system, PostgreSQL with its settings, and versions of packages that are installed."""
    with psycopg.connect(server.url(server.maintenance_database)) as connection:
        settings = {name: _one(connection, f"SHOW {name}") for name in POSTGRES_SETTINGS}
        postgres = _one(connection, "SHOW server_version").split()[0]
    return {
        "cores": os.cpu_count(),
        "processor": _processor(),
        "memory_bytes": os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES"),
        "system": f"{platform.system()} {'.'.join(re.findall(r'[0-9]+', platform.release())[:2])}",
        "python": platform.python_version(),
        "packages": {name: found for name in PACKAGES if (found := _version(name))},
        "postgresql": postgres,
        "postgresql_is_embedded": server.is_embedded,
        "postgresql_settings": settings,
    }


def sentence(machine: dict[str, Any], /) -> str:
    """The machine in one line, for people."""
    settings = machine["postgresql_settings"]
    kept = ", ".join(f"{name} {settings[name]}" for name in ("shared_buffers", "maintenance_work_mem", "fsync"))
    return (
        f"{machine['cores']} cores ({machine['processor']}), {machine['memory_bytes'] / 2**30:.0f} GiB, {machine['system']}; "
        f"PostgreSQL {machine['postgresql']} ({kept}); Python {machine['python']}, Polars {machine['packages']['polars']}"
    )


def _one(connection: psycopg.Connection, statement: str) -> str:
    row = connection.execute(statement.encode()).fetchone()
    return str(row[0]) if row else ""


def _processor() -> str:
    try:
        found = re.search(r"^model name\s*: (.+)$", Path("/proc/cpuinfo").read_text(encoding="utf-8"), re.MULTILINE)
    except OSError:
        found = None
    return found[1] if found else platform.machine()


def _version(package: str) -> str | None:
    try:
        return version(package)
    except PackageNotFoundError:
        return None
