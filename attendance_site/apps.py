from typing import Any

from django.apps import AppConfig, apps
from django.contrib.staticfiles.apps import StaticFilesConfig
from django.core.management import call_command
from django.db.models.signals import post_migrate


class AttendanceSiteConfig(AppConfig):
    default = True
    name = "attendance_site"
    verbose_name = "Attendance"

    def ready(self) -> None:
        """`migrate` is the one command that prepares a database: the table of the cache comes with it."""
        post_migrate.connect(_make_cache_table, sender=apps.get_app_config("registers"))


def _make_cache_table(using: str, **_: Any) -> None:
    call_command("createcachetable", database=using, verbosity=0)


class StaticFiles(StaticFilesConfig):
    """Static files without the builds of Bootstrap and htmx that no page uses."""

    ignore_patterns = [
        *StaticFilesConfig.ignore_patterns,
        "bootstrap*.rtl.*",
        "bootstrap-*",
        "bootstrap.css*",
        "bootstrap*.js*",
        "ht*x-4*",
        "ext",
        "htmx-2.js",
    ]
