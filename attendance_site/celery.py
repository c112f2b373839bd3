"""The Celery application: with REDIS_URL set, workers and beat; without it, nothing is ever published."""

import gc
import os
from typing import Any

from celery import Celery
from celery.signals import worker_process_init

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "attendance_site.settings")

app = Celery("attendance_site")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()


@worker_process_init.connect
def set_code_aside(**_: Any) -> None:
    """The program itself never becomes rubbish: looking through it again and again takes a fifth of a scan's time."""
    gc.collect()
    gc.freeze()
