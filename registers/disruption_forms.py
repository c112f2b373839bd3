"""What is typed to enter an unexpected closure."""

from collections.abc import Sequence
from typing import Any

from crispy_forms.bootstrap import InlineCheckboxes
from crispy_forms.helper import FormHelper
from crispy_forms.layout import Column, Layout, Row, Submit
from django import forms

from registers.admission_forms import check_plain
from registers.forms import SESSION_CHOICES, DayField
from registers.rules.disruptions import DISRUPTION_NAMES, LONGEST_REASON, Closing, DisruptionCode
from registers.rules.sessions import Session, SessionOn


class DisruptionForm(forms.Form):
    """An unexpected closure of the whole school, or of a part of it for the classes chosen."""

    code = forms.ChoiceField(
        label="What was closed",
        choices=[(str(code), name) for code, name in DISRUPTION_NAMES.items()],
        initial=str(DisruptionCode.WHOLE),
        widget=forms.RadioSelect,
    )
    classes = forms.TypedMultipleChoiceField(
        label="Classes, if it was a part of the premises",
        required=False,
        coerce=int,
        widget=forms.CheckboxSelectMultiple,
    )
    first_on = DayField(label="First day")
    first_session = forms.ChoiceField(label="From", choices=SESSION_CHOICES, initial=Session.AM)
    last_on = DayField(label="Last day")
    last_session = forms.ChoiceField(label="To", choices=SESSION_CHOICES, initial=Session.PM)
    reason = forms.CharField(
        label="Reason",
        max_length=LONGEST_REASON,
        validators=[check_plain],
        help_text="Such as “Snow: the site is not safe”; name the rooms if it was a part. Kept with every mark.",
    )
    also_marked = forms.BooleanField(
        label="Also give it to those already marked present, absent or ill",
        required=False,
        help_text="Otherwise only blanks and N are filled. Leave, visits and other codes with a record always stay.",
    )
    why = forms.CharField(
        label="Why marks already entered are changed",
        max_length=200,
        validators=[check_plain],
        required=False,
        help_text="Kept with each amendment. Empty for “Unexpected closure” and the reason above.",
    )

    def __init__(self, *args: Any, classes: Sequence[tuple[int, str]] = (), **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["classes"].choices = list(classes)  # type: ignore[attr-defined]
        self.helper = FormHelper()
        self.helper.form_id = "closure"
        self.helper.layout = Layout(
            "code",
            InlineCheckboxes("classes"),
            Row(Column("first_on"), Column("first_session"), Column("last_on"), Column("last_session")),
            "reason",
            "also_marked",
            "why",
            Submit("show", "Show what would be marked"),
        )

    @property
    def closing(self) -> Closing:
        typed = self.cleaned_data
        code = DisruptionCode(typed["code"])
        return Closing(
            code=code,
            first=SessionOn(typed["first_on"], Session(typed["first_session"])),
            last=SessionOn(typed["last_on"], Session(typed["last_session"])),
            reason=typed["reason"],
            class_ids=frozenset(typed["classes"]) if code is DisruptionCode.PART else frozenset(),
            also_marked=typed["also_marked"],
            why=typed["why"],
        )
