"""What people type on the registers' pages, checked for shape; what is right is decided by rules."""

from datetime import date, timedelta
from typing import Any

from django import forms
from django.core.validators import MaxValueValidator, MinValueValidator

from registers.rules.sessions import Session

SESSION_CHOICES = [(str(session), str(session)) for session in Session]


LONGEST_PERIOD = timedelta(days=7 * 366)
EARLIEST, LATEST = date(2000, 1, 1), date(2100, 12, 31)


class DayField(forms.DateField):
    """A day, typed or picked with the browser's own calendar."""

    widget = forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")
    default_validators = [MinValueValidator(EARLIEST), MaxValueValidator(LATEST)]


class PeriodForm(forms.Form):
    """From a day to a day."""

    first_on = DayField(label="From")
    last_on = DayField(label="To")

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        first_on, last_on = cleaned.get("first_on"), cleaned.get("last_on")
        if first_on and last_on and last_on < first_on:
            self.add_error("last_on", "The last day is before the first.")
        elif first_on and last_on and last_on - first_on > LONGEST_PERIOD:
            self.add_error("first_on", "Choose at most seven years: registers are kept for six.")
        return cleaned
