import json
import os
import shutil
import signal
import subprocess
import sys
import time
from argparse import ArgumentParser
from datetime import date
from types import FrameType
from typing import Any

from django.conf import settings
from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError
from django.db import connection
from django.utils import timezone

from attendance_site.demonstration import build
from letters import pdf

STAMP = "demonstration.json"


class Command(BaseCommand):
    help = "Build the demonstration of both schools if there is none yet, and run the site with its background work."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--afresh", action="store_true", help="throw the demonstration away and build it again")
        parser.add_argument("--port", type=int, default=8000)
        parser.add_argument("--build-only", action="store_true", help="build, and do not start the site")

    def handle(self, *args: Any, **options: Any) -> None:
        self._started = time.monotonic()
        self._stamp = settings.DATA_DIR / STAMP
        if settings.DATABASE_URL:
            raise CommandError("The demonstration keeps to its own embedded database. Unset DATABASE_URL.")
        if options["afresh"]:
            self._throw_away()
        self._prepare()
        for package in pdf.missing_libraries():
            self.stdout.write(f"Letters cannot become PDFs: the Debian package {package} is missing. All else works.")
        if not options["build_only"]:
            self._serve(options["port"])

    def _say(self, words: str) -> None:
        self.stdout.write(f"[{time.monotonic() - self._started:5.1f} s] {words}")
        self.stdout.flush()

    def _throw_away(self) -> None:
        if not self._stamp.exists() and settings.DATABASES["default"]["NAME"].exists():
            raise CommandError("This database is not the demonstration's, so it stays.")
        connection.close()
        for path in settings.DATA_DIR.glob("attendance.sqlite3*"):
            path.unlink()
        shutil.rmtree(settings.LETTERS_DIR, ignore_errors=True)
        self._stamp.unlink(missing_ok=True)

    def _prepare(self) -> None:
        self._say("Preparing the database")
        call_command("migrate", verbosity=0)
        folder = settings.DATA_DIR / "demonstration"
        now = timezone.now()
        if build.is_empty():
            built = build.build(folder, now, self._say)
        elif self._stamp.exists():
            since = date.fromisoformat(json.loads(self._stamp.read_text(encoding="ascii"))["until"])
            built = build.catch_up(folder, since, now, self._say)
        else:
            raise CommandError("This database holds schools that are not the demonstration's. Choose another DATA_DIR.")
        self._today = built
        self._stamp.write_text(json.dumps({"until": built.isoformat()}), encoding="ascii")
        self._say("Collecting the site's static files")
        call_command("collectstatic", interactive=False, verbosity=0)

    def _serve(self, port: int) -> None:
        """Run the site and its background work until somebody stops them, or one of them ends."""
        address = f"127.0.0.1:{port}"
        environment = os.environ | {"HTTPS": "off", "LAST_SCHOOL_DAY_AS_TODAY": "on", "LOG_LEVEL": "WARNING"}
        manage = [sys.executable, str(settings.BASE_DIR / "manage.py")]
        web = [sys.executable, "-m", "gunicorn", "attendance_site.wsgi", "--bind", address, "--workers", "2"]
        processes = [
            subprocess.Popen(command, env=environment, cwd=settings.BASE_DIR)  # noqa: S603 - our own commands
            for command in ([*web, "--threads", "4", "--log-level", "warning"], [*manage, "run_jobs", "--loop"])
        ]
        stopping = False

        def stop(_number: int, _frame: FrameType | None) -> None:
            nonlocal stopping
            stopping = True

        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, stop)
        self._introduce(address)
        while not stopping and all(process.poll() is None for process in processes):
            time.sleep(0.3)
        for process in processes:
            process.terminate()
        for process in processes:
            process.wait(timeout=20)
        if not stopping:
            raise CommandError(f"The site stopped. Is something else using port {port}? Try --port.")

    def _introduce(self, address: str) -> None:
        self._say("Ready")
        lines = [f"\nOpen  http://{address}/  and sign in with the password  {build.PASSWORD}\n"]
        school = ""
        for name, part, email in build.sign_ins(self._today):
            if name != school:
                lines.append(f"  {name}")
                school = name
            lines.append(f"    {part:<24}{email}")
        lines.append("\nCtrl-C stops the site; started again, it keeps what you changed (--afresh begins anew).\n")
        self.stdout.write("\n".join(lines))
        self.stdout.flush()
