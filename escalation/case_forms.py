"""What people type on the pages of cases and meetings, checked for shape; what is right is decided by rules."""

from collections.abc import Iterable, Sequence
from typing import Any

from django import forms
from django.forms import BaseFormSet, formset_factory

from escalation.rules import meetings, referrals, tasks
from escalation.rules.cases import BARRIER_NAMES
from escalation.rules.holds import HOLD_KIND_NAMES, HoldKind
from registers.forms import DayField

Choices = Sequence[tuple[str, str]]


class WhyForm(forms.Form):
    """A reason, where a step needs one."""

    why = forms.CharField(label="Why", max_length=200)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        # The page of a case has another field of that name.
        super().__init__(*args, **{"auto_id": "close_%s", **kwargs})


class NoteForm(forms.Form):
    """A note in a case."""

    text = forms.CharField(label="Note", max_length=5000, widget=forms.Textarea(attrs={"rows": 3}))
    restricted = forms.BooleanField(
        label="Restricted: only you, the headteacher and the attendance lead can read it", required=False
    )


class TaskForm(forms.Form):
    """Something to do, by whom, in how many school days."""

    title = forms.CharField(label="What is to be done", max_length=200)
    owner_role = forms.ChoiceField(label="By", choices=tasks.OWNER_ROLE_CHOICES)
    in_days = forms.IntegerField(
        label="In school days", min_value=1, max_value=tasks.MOST_DAYS, initial=tasks.FOLLOW_IN
    )


class StageForm(forms.Form):
    """Another stage of the case's own policy."""

    stage = forms.ChoiceField(label="Stage")
    why = forms.CharField(label="Why", max_length=200)

    def __init__(self, *args: Any, stages: Iterable[str], **kwargs: Any) -> None:
        super().__init__(*args, **{"auto_id": "stage_%s", **kwargs})
        _choose(self, "stage", [(stage, stage) for stage in stages])


class DescribeForm(forms.Form):
    """Whose case it is, what stands in the way, who else helps, and the plan."""

    owner = forms.TypedChoiceField(label="Owner", required=False, coerce=int, empty_value=None)
    barriers = forms.MultipleChoiceField(
        label="What stands in the way",
        required=False,
        choices=[(barrier.value, name) for barrier, name in BARRIER_NAMES.items()],
        widget=forms.CheckboxSelectMultiple,
    )
    agencies = forms.CharField(
        label="Who else works with the family",
        required=False,
        max_length=2000,
        widget=forms.Textarea(attrs={"rows": 2}),
        help_text="One a line: service, name, since when.",
    )
    plan = forms.CharField(label="Plan", required=False, max_length=5000, widget=forms.Textarea(attrs={"rows": 4}))

    def __init__(self, *args: Any, owners: Sequence[tuple[int, str]], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        _choose(self, "owner", [("", "Nobody yet"), *((str(pk), name) for pk, name in owners)])


class MeetingForm(forms.Form):
    """A meeting to come."""

    kind = forms.ChoiceField(
        label="Meeting", choices=[(kind.value, name) for kind, name in meetings.MEETING_KIND_NAMES.items()]
    )
    on = DayField(label="Day")
    time = forms.TimeField(label="Time", required=False, widget=forms.TimeInput(attrs={"type": "time"}, format="%H:%M"))
    place = forms.CharField(label="Where", max_length=120, required=False)
    invited = forms.CharField(
        label="Who is to come",
        required=False,
        max_length=2000,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text="One a line.",
    )


class OutcomeForm(forms.Form):
    """What came of a meeting."""

    state = forms.ChoiceField(
        label="What happened",
        choices=[
            (state.value, meetings.MEETING_STATE_NAMES[state])
            for state in (meetings.MeetingState.HELD, meetings.MeetingState.NOT_ATTENDED)
        ],
        widget=forms.RadioSelect,
    )
    attendees = forms.CharField(
        label="Who was there", required=False, max_length=2000, widget=forms.Textarea(attrs={"rows": 3})
    )
    minutes = forms.CharField(
        label="Minutes", required=False, max_length=10000, widget=forms.Textarea(attrs={"rows": 6})
    )
    target = forms.DecimalField(
        label="Target: attendance in per cent",
        required=False,
        min_value=0,
        max_value=100,
        max_digits=4,
        decimal_places=1,
        help_text="From the day after the meeting to the day of the review.",
    )
    review_on = DayField(label="Review on", required=False)


class ActionForm(forms.Form):
    """One action agreed; an empty line is none."""

    title = forms.CharField(label="Action", max_length=200, required=False)
    owner_role = forms.ChoiceField(label="By", choices=tasks.OWNER_ROLE_CHOICES, required=False)
    in_days = forms.IntegerField(
        label="In school days", min_value=1, max_value=tasks.MOST_DAYS, initial=tasks.FOLLOW_IN, required=False
    )


ActionForms: "type[BaseFormSet[ActionForm]]" = formset_factory(ActionForm, extra=3, max_num=8)


class ReviewForm(forms.Form):
    """What follows from a meeting's result."""

    words = forms.CharField(label="What follows", max_length=2000, widget=forms.Textarea(attrs={"rows": 3}))


class ReferralForm(forms.Form):
    """A family referred on."""

    kind = forms.ChoiceField(
        label="Referral", choices=[(kind.value, name) for kind, name in referrals.REFERRAL_KIND_NAMES.items()]
    )
    to = forms.CharField(label="To", max_length=120, help_text="The service or the person it goes to.")
    reason = forms.CharField(
        label="Why the family is referred", max_length=4000, widget=forms.Textarea(attrs={"rows": 5})
    )
    consent = forms.BooleanField(
        label="The parents know of it and agree", required=False, help_text="Early help cannot go without."
    )


class HoldForm(forms.Form):
    """A flag put aside."""

    kind = forms.ChoiceField(
        label="Put aside",
        choices=[
            (HoldKind.SNOOZED.value, f"{HOLD_KIND_NAMES[HoldKind.SNOOZED]}: back on a day"),
            (HoldKind.DISMISSED.value, f"{HOLD_KIND_NAMES[HoldKind.DISMISSED]}: while this flag lasts"),
        ],
    )
    until_on = DayField(label="Back on", required=False)
    reason = forms.CharField(label="Why", max_length=200)


def _choose(form: forms.Form, name: str, choices: Choices) -> None:
    field = form.fields[name]
    assert isinstance(field, forms.ChoiceField)  # noqa: S101 - tells the type checker what stands above
    field.choices = list(choices)
