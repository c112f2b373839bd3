"""What people type about leave, checked for shape; what is right is decided by rules."""

from collections.abc import Sequence
from typing import Any, TypedDict

from crispy_forms.bootstrap import InlineCheckboxes, InlineRadios
from crispy_forms.helper import FormHelper
from crispy_forms.layout import Column, Field, Fieldset, Layout, Row, Submit
from django import forms

from absences.forms import SpanForm, code_choices
from absences.rules import leave, leave_details, spans
from absences.rules.leave import Category, Decision, FourTests
from registers.forms import DayField
from registers.rules.sessions import SessionOn

YES_OR_NO = (("", "Not judged"), ("yes", "Yes"), ("no", "No"))
MOST_WORDS = 4000


def session_ticks(label: str, places: Sequence[SessionOn], help_text: str = "") -> forms.TypedMultipleChoiceField:
    """A tick box for each session."""
    return forms.TypedMultipleChoiceField(
        label=label,
        coerce=spans.read_key,
        required=False,
        widget=forms.CheckboxSelectMultiple,
        choices=[(spans.key(place), spans.short(place)) for place in places],
        help_text=help_text,
    )


class LeaveForm(SpanForm):
    """A request for leave as it came on paper.

    `applicants` are the pupil's own contacts and `siblings` brothers and sisters on roll, as pairs of id and label.
    """

    received_on = DayField(label="Received on", help_text="The day the request reached the school.")
    category = forms.ChoiceField(
        label="What for", choices=[(category.value, name) for category, name in leave.CATEGORY_NAMES.items()]
    )
    reason = forms.CharField(label="The family’s reason", widget=forms.Textarea(attrs={"rows": 3}), max_length=4000)

    def __init__(
        self,
        *args: Any,
        applicants: Sequence[tuple[int, str]],
        siblings: Sequence[tuple[int, str]] = (),
        **kwargs: Any,
    ) -> None:
        super().__init__(*args, **kwargs)
        self.fields["siblings"] = forms.TypedMultipleChoiceField(
            label="The same request is for",
            coerce=int,
            required=False,
            widget=forms.CheckboxSelectMultiple,
            choices=siblings,
            help_text="Each child has a line of their own and may be decided apart.",
        )
        self.fields["applicant"] = forms.TypedChoiceField(
            label="Asked for by", coerce=int, choices=[("", "Choose a parent"), *applicants]
        )
        self.helper = FormHelper()
        self.helper.layout = Layout(
            Row(Column("applicant"), Column("received_on")),
            *(["siblings"] if siblings else []),
            Row(Column("first_on"), Column("first_session"), Column("last_on"), Column("last_session")),
            "category",
            "reason",
            Submit("save", "Enter the request"),
        )


class Answer(TypedDict):
    """What the headteacher decided, as `services.leave.decide` takes it."""

    decision: Decision
    granted: list[SessionOn]
    code: str
    words: str
    tests: FourTests


class DecisionForm(forms.Form):
    """The decision on a request for the sessions `asked`; one that came too late offers only a refusal.

    `family` are requests for brothers and sisters that may be decided alike, as pairs of id and label.
    """

    words = forms.CharField(
        label="Your reasons",
        widget=forms.Textarea(attrs={"rows": 4}),
        max_length=4000,
        help_text="In your own words. They are kept with the request.",
    )
    rare = forms.ChoiceField(required=False, choices=YES_OR_NO)
    significant = forms.ChoiceField(required=False, choices=YES_OR_NO)
    unavoidable = forms.ChoiceField(required=False, choices=YES_OR_NO)
    short = forms.ChoiceField(required=False, choices=YES_OR_NO)

    def __init__(
        self,
        *args: Any,
        asked: Sequence[SessionOn],
        symbols: Sequence[str],
        may_grant: bool,
        family: Sequence[tuple[int, str]] = (),
        **kwargs: Any,
    ) -> None:
        super().__init__(*args, **kwargs)
        offered = list(Decision) if may_grant else [Decision.REFUSE]
        self.fields["decision"] = forms.ChoiceField(
            label="Decision",
            widget=forms.RadioSelect,
            choices=[(decision.value, leave.DECISION_NAMES[decision]) for decision in offered],
            initial=None if may_grant else Decision.REFUSE.value,
        )
        self.fields["granted"] = session_ticks("Sessions granted", asked, "Only when part is granted: tick each one.")
        self.fields["same_for"] = forms.TypedMultipleChoiceField(
            label="Decide the same for",
            coerce=int,
            required=False,
            widget=forms.CheckboxSelectMultiple,
            choices=family,
            help_text="The same words and code; of a part, the same sessions as far as they were asked for.",
        )
        self.fields["code"] = forms.ChoiceField(label="Code", required=False, choices=code_choices(symbols))
        for name, label in leave.TEST_NAMES.items():
            self.fields[name].label = label
        self.helper = FormHelper()
        self.helper.layout = self._layout(may_grant, bool(family))

    def _layout(self, may_grant: bool, has_family: bool) -> Layout:
        tests = Fieldset(
            '<span class="fs-6 fw-semibold">The four tests</span>', Row(*(Column(name) for name in leave.TEST_NAMES))
        )
        grant = [InlineCheckboxes("granted"), "code"] if may_grant else []
        family = ["same_for"] if has_family else []
        return Layout(
            tests, InlineRadios("decision"), *grant, Field("words"), *family, Submit("save", "Record the decision")
        )

    @property
    def same_for(self) -> list[int]:
        """The requests for brothers and sisters that are decided alike."""
        return list(self.cleaned_data["same_for"])

    @property
    def answer(self) -> Answer:
        typed = self.cleaned_data
        decision = Decision(typed["decision"])
        return Answer(
            decision=decision,
            granted=typed["granted"] if decision is Decision.PART else [],
            code="" if decision is Decision.REFUSE else typed["code"],
            words=typed["words"],
            tests=FourTests(**{name: _judged(typed[name]) for name in leave.TEST_NAMES}),
        )


def _judged(typed: str) -> bool | None:
    return {"yes": True, "no": False}.get(typed)


class WordsForm(forms.Form):
    """What is said with a step: what is asked of the family, what it answered, why leave is withdrawn."""

    words = forms.CharField(widget=forms.Textarea(attrs={"rows": 2}), max_length=MOST_WORDS)

    def __init__(self, *args: Any, label: str, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["words"].label = label


class ShortenForm(WordsForm):
    """Which of the granted sessions remain, and why the others are given back."""

    def __init__(self, *args: Any, granted: Sequence[SessionOn], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["keep"] = session_ticks("Sessions that remain", granted)
        self.fields["keep"].initial = [spans.key(place) for place in granted]
        self.order_fields(["keep", "words"])


class DetailsForm(forms.Form):
    """The particulars that a kind of leave wants."""

    def __init__(self, *args: Any, category: Category, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for detail in leave_details.of(category):
            widget = forms.DateInput({"type": "date"}) if detail.is_date else forms.TextInput()
            self.fields[detail.name] = forms.CharField(
                label=detail.label,
                help_text=detail.help,
                required=False,
                widget=widget,
                max_length=leave_details.MOST_DETAIL,
            )
