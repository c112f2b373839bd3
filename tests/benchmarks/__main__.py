"""Runs every benchmark on SQLite and, where there is a server, on PostgreSQL: python -m tests.benchmarks"""

import os
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
DATABASE = "attendance_benchmark"
MODULES = ("imports", "grid", "scans", "desk", "letters")


def main() -> int:
    failed = max(_run(module, "SQLite", {}) for module in MODULES)
    if subprocess.run(["pg_isready", "-q"], check=False).returncode != 0:
        print("PostgreSQL: no server here")
        return failed
    server = {"DATABASE_URL": f"postgres:///{DATABASE}", "SECRET_KEY": "benchmark"}
    for module in MODULES:
        subprocess.run(["dropdb", "--if-exists", DATABASE], check=True, stderr=subprocess.DEVNULL)
        subprocess.run(["createdb", DATABASE], check=True)
        try:
            failed |= _run(module, "PostgreSQL", server)
        finally:
            subprocess.run(["dropdb", DATABASE], check=True)
    return failed


def _run(module: str, name: str, environment: dict[str, str]) -> int:
    """Run one benchmark in a folder of its own."""
    plain = {key: value for key, value in os.environ.items() if key not in ("DATABASE_URL", "REDIS_URL")}
    with tempfile.TemporaryDirectory() as folder:
        command = [sys.executable, "-m", f"tests.benchmarks.{module}", name]
        return subprocess.run(
            command, cwd=ROOT, env=plain | environment | {"DATA_DIR": folder, "LOG_LEVEL": "ERROR"}, check=False
        ).returncode


if __name__ == "__main__":
    sys.exit(main())
