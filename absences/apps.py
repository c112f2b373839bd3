from django.apps import AppConfig


class AbsencesConfig(AppConfig):
    name = "absences"

    def ready(self) -> None:
        # Whoever does background work, and whoever takes lists away, must know of this app's part in them.
        from absences import lists, tasks  # noqa: F401
