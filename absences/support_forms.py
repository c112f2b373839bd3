"""What is typed about support plans."""

from typing import Any

from django import forms

from absences.rules.support import CONCERN_NAMES, Concern, Plan, SupportRefusedError
from registers.admission_forms import check_plain
from registers.forms import DayField


def _words(label: str, help_text: str = "", *, required: bool = True) -> forms.CharField:
    return forms.CharField(
        label=label,
        help_text=help_text,
        required=required,
        max_length=4000,
        widget=forms.Textarea({"rows": 3}),
        validators=[check_plain],
    )


class SupportForm(forms.Form):
    """A form on which a refusal of the rules stands beside the field it is about."""

    def refuse(self, refused: SupportRefusedError) -> None:
        self.add_error(refused.field if refused.field in self.fields else None, str(refused))


class PlanForm(SupportForm):
    """A new plan."""

    concern = forms.ChoiceField(label="About", choices=[(str(key), name) for key, name in CONCERN_NAMES.items()])
    worry = _words("What the concern is", "What is seen, since when, and what the pupil and the family say.")
    adjustments = _words("What the school does differently", "Such as a quieter way in, a named adult, a later start.")
    agencies = _words(
        "Who else helps", "Such as early help, the school nurse, an educational psychologist.", required=False
    )
    review_on = DayField(label="Looked at again on")

    @property
    def plan(self) -> Plan:
        typed: dict[str, Any] = {**self.cleaned_data}
        return Plan(
            Concern(typed["concern"]), typed["worry"], typed["adjustments"], typed["agencies"], typed["review_on"]
        )


class PlanReviewForm(SupportForm):
    """A look at a plan: what was found, what is done from now on, and when it is looked at next."""

    held_on = DayField(label="Held on")
    words = _words("What was found")
    adjustments = _words("What the school does from now on")
    agencies = _words("Who else helps", required=False)
    review_on = DayField(label="Looked at again on")


class PlanCloseForm(SupportForm):
    """What a plan came to."""

    why = _words("What it came to")
