"""What people type on the pages of a school's settings and calendar, checked for shape."""

from typing import Any

from crispy_forms.bootstrap import InlineCheckboxes
from crispy_forms.helper import FormHelper
from crispy_forms.layout import Column, Field, Hidden, Layout, Row, Submit
from django import forms

from registers.admission_forms import check_plain
from registers.forms import SESSION_CHOICES, DayField
from registers.rules import calendar, calendar_files, closures
from registers.rules.school_settings import KEY_STAGES, LONGEST_FOLDER
from registers.rules.sessions import Session
from registers.services.settings import NewTimes

WHOLE_DAY = ""
MOST_BYTES = 256 * 1024
"""How large a calendar file may be: a line is some sixty bytes, and a school year is thirty lines."""


class MinuteField(forms.TimeField):
    """A minute of the school's clock."""

    widget = forms.TimeInput(attrs={"type": "time"}, format="%H:%M")


def _helper(*parts: object) -> FormHelper:
    helper = FormHelper()
    helper.layout = Layout(*parts)
    return helper


def _stood() -> forms.CharField:
    """What stood when the form was opened, in words."""
    return forms.CharField(required=False, widget=forms.HiddenInput)


class TimesForm(forms.Form):
    """The times of a session for some key stages, from a day on."""

    session = forms.ChoiceField(label="Session", choices=SESSION_CHOICES)
    applies_from = DayField(label="From", help_text="Earlier times stay in force until the day before.")
    key_stages = forms.MultipleChoiceField(label="For", widget=forms.CheckboxSelectMultiple)
    starts = MinuteField(label="Register opens")
    on_time_until = MinuteField(label="On time until", help_text="An arrival after this minute is late, L.")
    closes = MinuteField(label="Register closes", help_text="An arrival after this minute is U.")
    assumed = forms.BooleanField(label="The policy does not state these times", required=False)
    confirmed = forms.CharField(required=False, widget=forms.HiddenInput)

    def __init__(self, *args: Any, key_stages: tuple[str, ...] = (), **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["key_stages"].choices = [(stage, stage) for stage in key_stages or KEY_STAGES]  # type: ignore[attr-defined]
        self.helper = _helper(
            Hidden("save", "times"),
            Row(Column("session"), Column("applies_from")),
            InlineCheckboxes("key_stages"),
            Row(Column("starts"), Column("on_time_until"), Column("closes")),
            "assumed",
            "confirmed",
            Submit("submit", "Enter these times"),
        )
        self.helper.form_id = "times"

    @property
    def times(self) -> NewTimes:
        typed = self.cleaned_data
        return NewTimes(
            key_stages=list(dict.fromkeys(typed["key_stages"])),
            session=Session(typed["session"]),
            applies_from=typed["applies_from"],
            starts=typed["starts"],
            on_time_until=typed["on_time_until"],
            closes=typed["closes"],
            assumed=typed["assumed"],
        )


class LatenessForm(forms.Form):
    """Whether a pupil who is not there when the register begins is late."""

    from_start = forms.BooleanField(label="Late from the moment the register opens", required=False)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.helper = _helper(Hidden("save", "lateness"), "from_start", Submit("submit", "Save"))
        self.helper.form_id = "lateness"


class CopiesForm(forms.Form):
    """Where the monthly copies of both registers go."""

    folder = forms.CharField(
        label="Folder",
        required=False,
        max_length=LONGEST_FOLDER,
        help_text="A plain name such as “registers”. Leave it empty to make no copies.",
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.helper = _helper(Hidden("save", "copies"), "folder", Submit("submit", "Save"))
        self.helper.form_id = "copies"


class TermForm(forms.Form):
    """One half-term."""

    number = forms.TypedChoiceField(
        label="Half-term", choices=[(number, f"Term {number}") for number in range(1, 7)], coerce=int
    )
    name = forms.CharField(
        label="Name",
        max_length=calendar_files.LONGEST_TERM_NAME,
        validators=[check_plain],
        required=False,
        help_text="Empty for “Term 1” and so on.",
    )
    first_on = DayField(label="First day", help_text="An INSET day at its beginning belongs to it.")
    last_on = DayField(label="Last day")
    stood = _stood()

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.helper = _helper(
            Row(Column("number"), Column("name")),
            Row(Column("first_on"), Column("last_on")),
            "stood",
            Submit("submit", "Save"),
        )

    @property
    def term(self) -> calendar.Term:
        typed = self.cleaned_data
        return calendar.Term(
            typed["name"] or f"Term {typed['number']}", typed["number"], typed["first_on"], typed["last_on"]
        )


class ClosureForm(forms.Form):
    """One planned closure."""

    kind = forms.ChoiceField(label="What it is", choices=list(closures.CLOSURE_NAMES.items()))
    name = forms.CharField(
        label="Name",
        max_length=calendar_files.LONGEST_CLOSURE_NAME,
        validators=[check_plain],
        required=False,
        help_text="As it should be printed, such as “May Day”. Empty for what it is.",
    )
    first_on = DayField(label="First day")
    last_on = DayField(label="Last day", required=False, help_text="Empty for one day.")
    session = forms.ChoiceField(
        label="Closed",
        required=False,
        choices=[(WHOLE_DAY, "The whole day"), (str(Session.AM), "The morning"), (str(Session.PM), "The afternoon")],
    )
    stood = _stood()

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.helper = _helper(
            Row(Column("kind"), Column("name")),
            Row(Column("first_on"), Column("last_on"), Column("session")),
            "stood",
            Submit("submit", "Save"),
        )

    @property
    def closure(self) -> calendar.Closure:
        typed = self.cleaned_data
        return calendar.Closure(
            first_on=typed["first_on"],
            last_on=typed["last_on"] or typed["first_on"],
            kind=typed["kind"],
            name=typed["name"] or closures.kind_name(typed["kind"]),
            session=Session(typed["session"]) if typed["session"] else None,
        )


class CalendarUploadForm(forms.Form):
    """A calendar as a file."""

    file = forms.FileField(label="Calendar file", widget=forms.FileInput(attrs={"accept": ".csv,.xlsx"}))

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.helper = _helper(Field("file"), Submit("submit", "Show what would change"))

    def clean_file(self) -> Any:
        file = self.cleaned_data["file"]
        if file.size > MOST_BYTES:
            raise forms.ValidationError(f"The file is larger than {MOST_BYTES // 1024} KB. A calendar needs far less.")
        return file
