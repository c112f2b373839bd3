from django.apps import AppConfig


class LettersConfig(AppConfig):
    name = "letters"

    def ready(self) -> None:
        from letters import checks, tasks  # noqa: F401  (registers the check and the background work)
