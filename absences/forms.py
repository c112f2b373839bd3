"""What people type on the pages of absences, checked for shape; what is right is decided by rules."""

from collections.abc import Sequence
from typing import Any

from crispy_forms.bootstrap import InlineRadios
from crispy_forms.helper import FormHelper
from crispy_forms.layout import Column, Layout, Row, Submit
from django import forms

from absences.rules import contacts, reasons
from absences.rules.reasons import Channel, Outcome, Told
from absences.rules.spans import SESSION_WORDS, Span
from registers.forms import DayField
from registers.rules import codes
from registers.rules.sessions import Session, SessionOn

SESSION_CHOICES = [(session.value, f"{session} ({words})") for session, words in SESSION_WORDS.items()]
OUTCOME_HEADINGS = {
    Outcome.ACCEPTED: "If it is accepted",
    Outcome.NOT_ACCEPTED: "If it is not accepted",
    Outcome.EVIDENCE_WANTED: "While evidence is wanted",
}


def code_choices(symbols: Sequence[str]) -> list[tuple[str, str]]:
    return [(symbol, f"{symbol}  {codes.code(symbol).meaning}") for symbol in symbols]


class SpanForm(forms.Form):
    """From a session of one day to a session of another."""

    first_on = DayField(label="First day")
    first_session = forms.ChoiceField(label="From", choices=SESSION_CHOICES, initial=Session.AM)
    last_on = DayField(label="Last day")
    last_session = forms.ChoiceField(label="To", choices=SESSION_CHOICES, initial=Session.PM)

    @property
    def span(self) -> Span:
        typed = self.cleaned_data
        return Span(
            SessionOn(typed["first_on"], Session(typed["first_session"])),
            SessionOn(typed["last_on"], Session(typed["last_session"])),
        )


def span_initial(span: Span) -> dict[str, object]:
    """A span as the first values of a form."""
    return {
        "first_on": span.first.on,
        "first_session": span.first.session,
        "last_on": span.last.on,
        "last_session": span.last.session,
    }


class ReasonForm(SpanForm):
    """Why a pupil was away, and what the school makes of it."""

    text = forms.CharField(
        label="What was said",
        widget=forms.Textarea(attrs={"rows": 2}),
        max_length=2000,
        help_text="What is wrong, in a few words. “Ill” alone is not enough.",
    )
    told_by = forms.CharField(label="Told by", max_length=120, help_text="Name, or “Mum”, as the office knows them.")
    channel = forms.ChoiceField(
        label="How", choices=[(channel.value, name) for channel, name in reasons.CHANNEL_NAMES.items()]
    )
    outcome = forms.ChoiceField(
        label="The school’s decision",
        choices=[(outcome.value, name) for outcome, name in reasons.OUTCOME_NAMES.items()],
        initial=Outcome.ACCEPTED.value,
        widget=forms.RadioSelect,
    )
    code = forms.ChoiceField(
        label="Code",
        required=False,
        choices=[
            ("", "Choose a code"),
            *((OUTCOME_HEADINGS[outcome], code_choices(symbols)) for outcome, symbols in reasons.CODES_AFTER.items()),
        ],
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.helper = FormHelper()
        self.helper.layout = Layout(
            Row(Column("first_on"), Column("first_session")),
            Row(Column("last_on"), Column("last_session")),
            "text",
            Row(Column("told_by"), Column("channel")),
            InlineRadios("outcome"),
            "code",
            Submit("save", "Record the reason"),
        )

    @property
    def told(self) -> Told:
        typed = self.cleaned_data
        return Told(typed["text"], typed["told_by"], Channel(typed["channel"]))

    @property
    def decided(self) -> tuple[Outcome, str]:
        """The outcome and the code. While evidence is wanted there is only one code, so it need not be chosen."""
        outcome, code = Outcome(self.cleaned_data["outcome"]), self.cleaned_data["code"]
        return outcome, code or (codes.UNEXPLAINED if outcome is Outcome.EVIDENCE_WANTED else "")


class ContactForm(forms.Form):
    """One try to reach a family. `people` and `siblings` are pairs of id and label."""

    channel = forms.ChoiceField(
        label="How", choices=[(channel.value, name) for channel, name in contacts.CHANNEL_NAMES.items()]
    )
    outcome = forms.ChoiceField(
        label="What came of it",
        choices=[(outcome.value, name) for outcome, name in contacts.OUTCOME_NAMES.items()],
        widget=forms.RadioSelect,
    )
    words = forms.CharField(
        label="What was said", required=False, max_length=300, help_text="A few words, if there is anything to say."
    )
    tried_time = forms.TimeField(
        label="At", required=False, widget=forms.TimeInput(attrs={"type": "time"}, format="%H:%M")
    )
    next_time = forms.TimeField(
        label="Try again at",
        required=False,
        widget=forms.TimeInput(attrs={"type": "time"}, format="%H:%M"),
        help_text="Today. Leave it empty if a reason was given.",
    )
    next_in = forms.IntegerField(required=False, min_value=1, max_value=600, widget=forms.HiddenInput)
    """Minutes until the next try, for the buttons that ask no further question."""

    def __init__(
        self, *args: Any, people: Sequence[tuple[int, str]], siblings: Sequence[tuple[int, str]], **kwargs: Any
    ) -> None:
        super().__init__(*args, **kwargs)
        self.fields["parent"] = forms.TypedChoiceField(
            label="Whom",
            coerce=int,
            empty_value=None,
            required=False,
            widget=forms.RadioSelect,
            choices=[*people, ("", "Nobody in particular")],
        )
        self.fields["siblings"] = forms.TypedMultipleChoiceField(
            label="The same try was about",
            coerce=int,
            required=False,
            widget=forms.CheckboxSelectMultiple,
            choices=siblings,
        )
        self.helper = FormHelper()
        self.helper.form_tag = False
        self.helper.layout = Layout(
            "channel",
            "parent",
            *(["siblings"] if siblings else []),
            InlineRadios("outcome"),
            "words",
            Row(Column("tried_time"), Column("next_time")),
        )

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        if "siblings" in self.errors:
            # Where there is no brother or sister to tick there is no field to say it beside.
            self.add_error(None, "Somebody ticked is not a brother or sister on roll. Look at the list again.")
        return cleaned
