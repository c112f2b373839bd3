from django.apps import AppConfig


class PenaltiesConfig(AppConfig):
    name = "penalties"

    def ready(self) -> None:
        # Whoever writes letters must know of this app's part in them.
        from penalties import letter_facts  # noqa: F401
