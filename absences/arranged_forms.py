"""What is typed about longer arrangements: one form made from the table of kinds, and a part-time timetable's."""

from collections.abc import Callable, Sequence
from datetime import date
from typing import Any

from crispy_forms.bootstrap import InlineCheckboxes, InlineRadios
from crispy_forms.helper import FormHelper
from crispy_forms.layout import Column, Layout, Row, Submit
from django import forms

from absences.forms import SpanForm
from absences.rules import part_time
from absences.rules.arranged import ArrangedRefusedError, Kind, KindRule, Particulars
from absences.rules.part_time import Agreeing, Proposal, ReviewOutcome
from absences.services.part_time import Held
from registers.admission_forms import check_plain
from registers.forms import DayField
from registers.rules.arrangements import PATTERN_CHOICES, pattern_of

INSTITUTION: dict[Kind, tuple[str, str]] = {
    Kind.DUAL: ("The other school", ""),
    Kind.PROVISION: ("Provider or place", "Such as the tuition service, the college, or “at home”."),
    Kind.ACTIVITY: ("Provider or place", "Where the pupil is and who supervises."),
}
NATURE: dict[Kind, tuple[str, str]] = {
    Kind.PROVISION: ("What it is", "The register must say, such as “home tuition” or “college course”."),
    Kind.ACTIVITY: ("What it is", "The register must say, such as “forest school” or “taster day”."),
    Kind.APPOINTMENTS: ("What it is for", "In a few words, such as “orthodontist”. It stands in no register."),
}
CONTACT: dict[Kind, tuple[str, str]] = {
    Kind.DUAL: ("Who confirms attendance there", ""),
    Kind.PROVISION: ("Officer at the local authority", ""),
    Kind.ACTIVITY: ("Who supervises", ""),
}
SESSIONS_HELP: dict[Kind, str] = {
    Kind.PART_TIME: "The sessions the pupil is not in school.",
    Kind.DUAL: "The sessions at the other school.",
    Kind.APPOINTMENTS: "The sessions of the appointment.",
}


def _text(label: str, help_text: str) -> forms.CharField:
    return forms.CharField(label=label, help_text=help_text, max_length=120, required=False, validators=[check_plain])


def _number(_kind: Kind) -> forms.Field:
    return forms.RegexField(
        r"^(\d{3}/?\d{4}|\d{6})$",
        label="Its DfE number or URN",
        required=False,
        help_text="Seven digits such as 886/2345, or the six of a URN.",
        error_messages={"invalid": "A DfE number has seven digits, a URN six."},
    )


def _is_main(_kind: Kind) -> forms.Field:
    return forms.TypedChoiceField(
        label="This school is the pupil’s",
        choices=[("yes", "main school"), ("no", "subsidiary school")],
        coerce=lambda value: value == "yes",
        empty_value=None,
        required=False,
        widget=forms.RadioSelect,
    )


FIELDS: dict[str, Callable[[Kind], forms.Field]] = {
    "institution": lambda kind: _text(*INSTITUTION[kind]),
    "nature": lambda kind: _text(*NATURE[kind]),
    "contact": lambda kind: _text(*CONTACT[kind]),
    "number": _number,
    "is_main": _is_main,
    "reference": lambda _kind: _text("The headteacher’s letter", "Its date or number."),
    "notice_on": lambda _kind: DayField(
        label="Notice given to the parents on",
        required=False,
        help_text="The notice names the days on which the child may not be in a public place (first five school days).",
    ),
    "at_time": lambda _kind: forms.TimeField(
        label="At", required=False, widget=forms.TimeInput({"type": "time"}, "%H:%M")
    ),
    "evidence_on": lambda _kind: DayField(
        label="Evidence seen on", required=False, help_text="Empty while it has not been seen."
    ),
}
"""The field of each particular, worded for its kind."""


def sessions_field(kind: Kind) -> forms.MultipleChoiceField:
    return forms.MultipleChoiceField(
        label="On",
        choices=PATTERN_CHOICES,
        widget=forms.CheckboxSelectMultiple,
        error_messages={"required": "Tick the sessions of the week."},
        help_text=SESSIONS_HELP.get(kind, "The sessions of the week."),
    )


class RefusableForm(forms.Form):
    """A form on which a refusal of the rules stands beside the field it is about."""

    def refuse(self, refused: ArrangedRefusedError) -> None:
        self.add_error(refused.field if refused.field in self.fields else None, str(refused))


class ArrangementForm(SpanForm, RefusableForm):
    """One arrangement of one kind, with the particulars the table asks for."""

    def __init__(self, *args: Any, rule: KindRule, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.rule = rule
        for name in rule.fields:
            self.fields[name] = FIELDS[name](rule.kind)
        if rule.by_weekday:
            self.fields["weekdays"] = sessions_field(rule.kind)
        shown = [InlineRadios(name) if name == "is_main" else name for name in rule.fields]
        self.helper = FormHelper()
        self.helper.layout = Layout(
            Row(Column("first_on"), Column("first_session")),
            Row(Column("last_on"), Column("last_session")),
            *([InlineCheckboxes("weekdays")] if rule.by_weekday else []),
            *shown,
            Submit("save", "Record"),
        )

    @property
    def particulars(self) -> Particulars:
        typed = {name: self.cleaned_data[name] for name in self.rule.fields if name in self.cleaned_data}
        if "number" in typed:
            typed["number"] = typed["number"].replace("/", "")
        return Particulars(**typed)

    @property
    def pattern(self) -> str:
        return pattern_of(self.cleaned_data["weekdays"]) if self.rule.by_weekday else ""


class PartTimeForm(RefusableForm):
    """What is proposed for a part-time timetable."""

    first_on = DayField(label="First day")
    last_on = DayField(label="Last day", error_messages={"required": "A part-time timetable has an end. Give it."})
    weekdays = sessions_field(Kind.PART_TIME)
    why = forms.CharField(
        label="What is exceptional",
        widget=forms.Textarea({"rows": 3}),
        max_length=2000,
        validators=[check_plain],
        help_text="Why a full week is too much for now, and how the pupil gets back to it.",
    )
    review_on = DayField(label="First review on")
    is_no_sanction = forms.BooleanField(
        label="It is not used to manage behaviour",
        required=False,
    )

    def __init__(self, *args: Any, most_days: int, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["review_on"].help_text = f"With the parent, within {most_days} days of the first day."
        self.helper = FormHelper()
        self.helper.layout = Layout(
            Row(Column("first_on"), Column("last_on"), Column("review_on")),
            InlineCheckboxes("weekdays"),
            "why",
            "is_no_sanction",
            Submit("save", "Propose it"),
        )

    @property
    def proposal(self) -> Proposal:
        typed = self.cleaned_data
        # Every session ticked is no timetable: the rule is told of none.
        pattern = pattern_of(typed["weekdays"])
        return Proposal(
            typed["first_on"],
            typed["last_on"],
            pattern,
            typed["why"],
            typed["review_on"],
            typed["is_no_sanction"],
        )


class EndForm(RefusableForm):
    """The last day of what ends before its time, and why."""

    last_on = DayField(label="Its last day")
    why = forms.CharField(label="Why", max_length=200, validators=[check_plain])

    def __init__(self, *args: Any, asks_day: bool, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if not asks_day:
            del self.fields["last_on"]


class ParentForm(RefusableForm):
    """Which parent agreed, on which day and how."""

    agreed_on = DayField(label="Agreed on")
    how = forms.ChoiceField(label="How", choices=[(str(way), name) for way, name in part_time.AGREEING_NAMES.items()])

    def __init__(self, *args: Any, parents: Sequence[tuple[int, str]], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["parent"] = forms.TypedChoiceField(label="Parent", coerce=int, choices=parents)
        self.order_fields(["parent", "agreed_on", "how"])

    @property
    def how_agreed(self) -> Agreeing:
        return Agreeing(self.cleaned_data["how"])


class ToldForm(RefusableForm):
    """When and how the local authority was told."""

    told_on = DayField(label="Told on")
    how = forms.CharField(label="How, and to whom", max_length=200, validators=[check_plain])


class ReviewForm(RefusableForm):
    """A review: when, with whom, what came of it, and when the next one is."""

    held_on = DayField(label="Held on")
    with_parent = forms.BooleanField(label="A parent took part", required=False)
    outcome = forms.ChoiceField(
        label="What came of it",
        choices=[(str(outcome), name) for outcome, name in part_time.OUTCOME_NAMES.items()],
        widget=forms.RadioSelect,
    )
    next_on = DayField(label="Next review on", required=False)
    words = forms.CharField(
        label="What it found and agreed",
        widget=forms.Textarea({"rows": 3}),
        max_length=2000,
        validators=[check_plain],
    )

    def __init__(self, *args: Any, most_days: int, last_on: date, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["next_on"].help_text = (
            f"If it goes on: within {most_days} days, by {last_on.day} {last_on:%B %Y} at the latest. "
            "Leave it empty for the latest day."
        )

    def refuse(self, refused: ArrangedRefusedError) -> None:
        field = "next_on" if refused.field == "review_on" else refused.field
        self.add_error(field if field in self.fields else None, str(refused))

    @property
    def held(self) -> Held:
        typed = self.cleaned_data
        outcome = ReviewOutcome(typed["outcome"])
        return Held(typed["held_on"], outcome, typed["words"], typed["with_parent"], typed["next_on"])
