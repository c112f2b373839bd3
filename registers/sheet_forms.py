"""What is chosen on the register sheet and the certificate: whose, which days, and in which state."""

from collections.abc import Mapping, Sequence
from datetime import datetime, time
from typing import Any

from django import forms
from django.utils import timezone

from registers.forms import DayField, PeriodForm
from registers.queries import history
from registers.queries.register_sheets import MOST_DAYS
from registers.rules.calendar import Calendar
from registers.rules.history import SHOW_NAMES, AsOf, Show


class AsOfForm(PeriodForm):
    """A period, and whether it is shown as first taken, as it stood at a moment, or now."""

    show = forms.ChoiceField(label="Show", choices=[(str(show), name) for show, name in SHOW_NAMES.items()])
    stood_on = DayField(label="As it stood on", required=False)
    stood_at = forms.TimeField(
        label="At", required=False, widget=forms.TimeInput(attrs={"type": "time"}, format="%H:%M")
    )

    def __init__(self, data: Mapping[str, Any], *, at: datetime) -> None:
        super().__init__(data, label_suffix="")
        self._at = at

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean()
        cleaned["as_of"] = AsOf(Show(cleaned["show"])) if cleaned.get("show") in (Show.NOW, Show.FIRST) else None
        if cleaned.get("show") == Show.STOOD and not self.errors:
            cleaned["as_of"] = self._stood(cleaned)
        return cleaned

    def _stood(self, cleaned: Mapping[str, Any]) -> AsOf | None:
        if cleaned.get("stood_on") is None:
            self.add_error("stood_on", "Say on which day the register stood as you want to see it.")
            return None
        moment = history.end_of_minute(cleaned["stood_on"], cleaned.get("stood_at") or time(23, 59))
        if cleaned["stood_on"] > timezone.localdate(self._at):
            self.add_error("stood_on", "This day has not come yet. Choose one that has.")
            return None
        return AsOf(Show.STOOD, moment)


class SheetForm(AsOfForm):
    """Whose register, for which days, in which state."""

    group = forms.ChoiceField(label="Register of", required=False)
    field_order = ["group", "first_on", "last_on", "show", "stood_on", "stood_at"]

    def __init__(
        self, data: Mapping[str, Any], groups: Sequence[tuple[str, str]], calendar: Calendar, *, at: datetime
    ) -> None:
        super().__init__(data, at=at)
        self._calendar = calendar
        field = self.fields["group"]
        assert isinstance(field, forms.ChoiceField)  # noqa: S101 - declared above
        field.choices = list(groups)

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean()
        if not self.errors:
            days = len(self._calendar.school_days_between(cleaned["first_on"], cleaned["last_on"]))
            if days > MOST_DAYS:
                self.add_error("last_on", f"These are {days} school days; a sheet holds {MOST_DAYS}. Choose fewer.")
        return cleaned
