from django.apps import AppConfig


class RegistersConfig(AppConfig):
    name = "registers"

    def ready(self) -> None:
        # Whoever does background work must know of this app's part in it.
        from registers.services import import_jobs  # noqa: F401
