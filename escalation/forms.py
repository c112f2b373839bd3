from collections.abc import Iterable, Sequence
from typing import Any

from django import forms

from escalation.queries.desk import GROUPS

FILTERS = ("stage", "school_class", "group", "owner", "due")
DUE_CHOICES = (
    ("", "Whenever due"),
    ("overdue", "Overdue"),
    ("today", "Due today"),
    ("soon", "Due within a week"),
    ("later", "Due later"),
)


class DeskFilter(forms.Form):
    """Which of the pupils on the desk to show; the choices are those there are."""

    stage = forms.ChoiceField(required=False)
    school_class = forms.ChoiceField(required=False, label="Class")
    group = forms.ChoiceField(required=False, choices=[("", "Everybody"), *GROUPS.items()])
    owner = forms.ChoiceField(required=False)
    due = forms.ChoiceField(required=False, choices=DUE_CHOICES)

    def __init__(
        self,
        *args: Any,
        stages: Iterable[str],
        classes: Iterable[str],
        owners: Sequence[tuple[int, str]] = (),
        **kwargs: Any,
    ) -> None:
        super().__init__(*args, **kwargs)
        self._choose("stage", [("", "Every stage"), *((value, value) for value in stages)])
        self._choose("school_class", [("", "Every class"), *((value, value) for value in classes)])
        people = [(str(pk), name) for pk, name in owners]
        self._choose("owner", [("", "Every owner"), ("nobody", "Nobody yet"), *people])

    def _choose(self, name: str, choices: list[tuple[str, str]]) -> None:
        field = self.fields[name]
        assert isinstance(field, forms.ChoiceField)  # noqa: S101 - tells the type checker what stands above
        field.choices = choices
