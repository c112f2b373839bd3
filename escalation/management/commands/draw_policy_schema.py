import json
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand

from escalation import policy_file

PLACE = settings.BASE_DIR / "docs" / "policy-schema.json"


class Command(BaseCommand):
    help = "Write the schema of a policy's document into docs/policy-schema.json."

    def handle(self, *args: Any, **options: Any) -> None:
        PLACE.write_text(drawn(), encoding="utf-8")
        self.stdout.write(f"Written to {PLACE.relative_to(settings.BASE_DIR)}.")


def drawn() -> str:
    return json.dumps(policy_file.schema(), indent=2, ensure_ascii=False) + "\n"
