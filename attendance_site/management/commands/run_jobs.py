import signal
import time
from argparse import ArgumentParser
from datetime import timedelta
from types import FrameType
from typing import Any

import structlog
from django.core.management.base import BaseCommand
from django.db import DatabaseError, close_old_connections
from django.utils import timezone

from absences.tasks import fill_reported_all, give_up_all, lapse_all
from attendance_site.tasks import forget_sign_ins
from escalation.tasks import scan_all
from letters.tasks import read_back_all
from registers.services import jobs
from registers.tasks import copy_all, sweep_imports

log = structlog.get_logger(__name__)

PAUSE_SECONDS = 2
LOOK_AT_THE_CLOCK = timedelta(minutes=10)


class Command(BaseCommand):
    help = "Do the background work that waits. With --loop it goes on, nightly work included: for sites without Redis."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--loop", action="store_true")

    def handle(self, *args: Any, **options: Any) -> None:
        if not options["loop"]:
            self.stdout.write(f"{jobs.run_waiting(timezone.now)} done.")
            return
        self._stopping = False
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, self._stop)
        self._next_look = timezone.now()
        while not self._stopping:
            try:
                self._round()
            except DatabaseError:
                # A database that is away for a moment must not end the night's work; the next round tries again.
                log.exception("round_failed")
                close_old_connections()
            time.sleep(PAUSE_SECONDS)

    def _round(self) -> None:
        if timezone.now() >= self._next_look:
            # What beat would do: asking for the same scan or copy again is harmless, a job has one row.
            scan_all()
            copy_all()
            sweep_imports()
            forget_sign_ins()
            give_up_all()
            fill_reported_all()
            lapse_all()
            read_back_all()
            self._next_look = timezone.now() + LOOK_AT_THE_CLOCK
        jobs.run_waiting(timezone.now)

    def _stop(self, _number: int, _frame: FrameType | None) -> None:
        self._stopping = True
