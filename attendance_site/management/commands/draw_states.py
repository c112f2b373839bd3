from collections.abc import Mapping
from enum import StrEnum
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand

from absences.rules import arranged, leave, leave_outcomes, missing, support
from escalation.rules import cases, meetings, runs, simulations, tasks
from letters.rules import batches, messages, states
from registers.rules import import_files, jobs

Moves = Mapping[Any, frozenset[Any]]

DIAGRAMS: tuple[tuple[str, Moves], ...] = (
    ("A leave request", leave.MOVES),
    ("A longer arrangement", arranged.MOVES),
    ("A support plan", support.MOVES),
    ("The search for a child who left", missing.MOVES),
    ("Whether leave was taken", leave_outcomes.MOVES),
    ("A letter", states.MOVES),
    ("A text or e-mail to a family", messages.MOVES),
    ("Letters to many", batches.MOVES),
    ("One pupil of letters to many", batches.ITEM_MOVES),
    ("A scan of one school for one day", runs.MOVES),
    ("A simulation of a draft policy", simulations.MOVES),
    ("A case", cases.MOVES),
    ("A task of a case", tasks.MOVES),
    ("A meeting with a family", meetings.MOVES),
    ("Background work", jobs.MOVES),
    ("An uploaded file", import_files.MOVES),
)
PLACE = settings.BASE_DIR / "docs" / "states.md"


class Command(BaseCommand):
    help = "Draw the states that things pass through into docs/states.md."

    def handle(self, *args: Any, **options: Any) -> None:
        PLACE.write_text(drawn(), encoding="utf-8")
        self.stdout.write(f"Drawn into {PLACE.relative_to(settings.BASE_DIR)}.")


def drawn() -> str:
    """Every state machine as a diagram, from the tables the rules use."""
    parts = ["# The states things pass through\n\nDrawn by `manage.py draw_states` from the tables in the rules.\n"]
    for title, moves in DIAGRAMS:
        lines = [f"    {_name(old)} --> {_name(new)}" for old in moves for new in sorted(moves[old])]
        parts.append(f"\n## {title}\n\n```mermaid\nstateDiagram-v2\n" + "\n".join(lines) + "\n```\n")
    return "".join(parts)


def _name(state: StrEnum) -> str:
    return state.value.replace(" ", "_")
