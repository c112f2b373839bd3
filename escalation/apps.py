from django.apps import AppConfig


class EscalationConfig(AppConfig):
    name = "escalation"

    def ready(self) -> None:
        # Whoever does background work, and whoever writes letters, must know of this app's part in them.
        from escalation import letter_facts, tasks  # noqa: F401
