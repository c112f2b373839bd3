"""What people type into the admission register about a pupil; what is right is decided by rules."""

from collections.abc import Mapping, Sequence
from typing import Any
from unicodedata import category

from crispy_forms.helper import FormHelper
from crispy_forms.layout import HTML, Column, Fieldset, Layout, Row, Submit
from django import forms
from django.core import signing
from django.core.exceptions import ValidationError

from registers.forms import DayField
from registers.rules import admissions as rules
from registers.rules import deletion

SALT = "admission-register"
UNSEEN = frozenset({"Cc", "Cf", "Zl", "Zp"})
"""Characters that control, direct or join others and show nothing themselves, by their Unicode category."""


def check_plain(text: str) -> None:
    """Refuse characters that cannot be seen: they would show a name other than the one that is kept."""
    if any(category(character) in UNSEEN and character != "\n" for character in text):
        raise ValidationError("There is a character in this that cannot be seen. Type it again.")


class WordsField(forms.CharField):
    """Words with the line ends of the register, whatever a browser sends."""

    def to_python(self, value: Any) -> Any:
        words = super().to_python(value)
        return words.replace("\r\n", "\n") if isinstance(words, str) else words


def text(label: str, most: int, *, required: bool = False, rows: int = 0, help_text: str = "") -> forms.CharField:
    """A field for words."""
    widget = forms.Textarea(attrs={"rows": rows}) if rows else forms.TextInput(attrs={"autocomplete": "off"})
    return WordsField(
        label=label,
        max_length=most,
        required=required,
        widget=widget,
        help_text=help_text,
        validators=[check_plain],
    )


def tick(label: str, help_text: str = "") -> forms.BooleanField:
    return forms.BooleanField(label=label, required=False, help_text=help_text)


def day(label: str, help_text: str = "") -> DayField:
    """A day that may be left open."""
    return DayField(label=label, required=False, help_text=help_text)


def reason_field(example: str) -> forms.CharField:
    return text("Why", 200, required=True, help_text=f"Kept with the change: {example}")


def sign(key: str, values: Mapping[str, str]) -> str:
    """What a form shows, signed, so that what was seen can be told from what stands when it comes back."""
    return signing.dumps({"of": key, "values": dict(values)}, salt=SALT, compress=True)


def signed(key: str, token: str) -> dict[str, str] | None:
    """What a form showed, or None if the token is not ours or is about something else."""
    try:
        found = signing.loads(token, salt=SALT)
    except signing.BadSignature:
        return None
    return found["values"] if found.get("of") == key else None


def _legend(words: str) -> str:
    return f'<span class="fs-5 fw-semibold">{words}</span>'


def _parts(sensitive: bool, *first_rows: Any) -> list[Any]:
    parts = [
        Fieldset(
            _legend("Name"),
            Row(Column("legal_surname"), Column("legal_forename"), Column("middle_names")),
            Row(Column("preferred_forename"), Column("preferred_surname"), Column("former_surname")),
        ),
        Fieldset(
            _legend("Birth and number"),
            Row(Column("dob"), Column("sex"), Column("year_offset")),
            Row(Column("upn"), Column("former_upn"), Column("admission_no")),
        ),
        Fieldset(
            _legend("Coming here"),
            *first_rows,
            Row(Column("previous_school"), Column("previous_school_address")),
        ),
        Fieldset(
            _legend("Where the pupil lives"),
            Row(Column("address"), Column("postcode")),
            Row(Column("future_address"), Column("future_address_from"), Column("future_address_with")),
        ),
        Fieldset(_legend("Another school"), Row(Column("next_school"), Column("next_school_from"))),
        Fieldset(
            _legend("Needs and funding"),
            Row(Column("sen"), Column("ethnicity")),
            Row(Column("fsm", "pp"), Column("eal", "service"), Column("mobile_child")),
        ),
    ]
    if sensitive:
        parts.append(
            Fieldset(
                _legend("Sensitive"), Row(Column("social_worker", "lac"), Column("medical_note", css_class="col-8"))
            )
        )
    return parts


class _ParticularsForm(forms.Form):
    """The particulars of a pupil; the sensitive ones are there only for those who hold their right."""

    legal_surname = text("Legal surname", 80, required=True)
    legal_forename = text("Legal forename", 80, required=True)
    middle_names = text("Middle names", 80)
    preferred_forename = text("Known as", 80, help_text="If it is not the legal forename.")
    preferred_surname = text("Surname known by", 80, help_text="If it is not the legal surname.")
    former_surname = text("Former surname", 80)
    sex = forms.ChoiceField(label="Sex", choices=[("", "Choose"), *rules.SEX_NAMES.items()])
    dob = DayField(label="Date of birth")
    upn = text("UPN", 13, required=True, help_text="Its first letter is checked. A temporary one ends in a letter.")
    former_upn = text("Former UPN", 13)
    admission_no = text("Admission number", 20)
    starts_on = DayField(label="Starting day", help_text="The first day the pupil was to attend, as agreed.")
    year_offset = forms.TypedChoiceField(
        label="Year group", choices=list(rules.OFFSET_NAMES.items()), coerce=int, initial=0
    )
    previous_school = text("Last school attended", 120)
    previous_school_address = text("Its address", 400, rows=2)
    boarder = tick("Boarder")
    address = text("Address", 400, rows=3)
    postcode = text("Postcode", 10)
    future_address = text("Address to come", 400, rows=2, help_text="If a parent has told the school of a move.")
    future_address_from = day("Lives there from")
    future_address_with = text("With which parent", 120)
    next_school = text("Other or next school", 120, help_text="If a parent has told the school of one.")
    next_school_from = day("First day there")
    ethnicity = text("Ethnicity", 40)
    sen = forms.ChoiceField(
        label="Special educational needs", required=False, choices=[("", "Not recorded"), *rules.SEN_NAMES.items()]
    )
    fsm = tick("Free school meals")
    pp = tick("Pupil premium")
    eal = tick("English as an additional language")
    service = tick("Service child")
    mobile_child = tick("Mobile child", "Code T can be given only when this is ticked.")
    social_worker = tick("Has a social worker")
    lac = tick("Looked after by a local authority")
    medical_note = text("Medical note", 4000, rows=3)

    def __init__(self, *args: Any, sensitive: bool, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if not sensitive:
            for name in rules.SENSITIVE:
                del self.fields[name]
        self.helper = FormHelper()

    @property
    def particular_names(self) -> list[str]:
        """The columns that the form shows."""
        return [name for name in rules.PARTICULARS if name in self.fields]

    @property
    def particulars(self) -> dict[str, Any]:
        """The particulars that were typed, by column."""
        return {name: self.cleaned_data[name] for name in self.particular_names}


class EnrolForm(_ParticularsForm):
    """A new entry: the particulars, and the class from the starting day."""

    def __init__(self, *args: Any, classes: Sequence[tuple[int, str]], sensitive: bool, **kwargs: Any) -> None:
        super().__init__(*args, sensitive=sensitive, **kwargs)
        self.fields["school_class"] = forms.TypedChoiceField(
            label="Class", required=False, coerce=int, empty_value=None, choices=[("", "No class yet"), *classes]
        )
        self.fields["is_another_child"] = tick("Another child of the same name and birthday is meant; I have checked")
        first = Row(Column("starts_on"), Column("school_class"), Column("boarder", css_class="pt-4"))
        self.helper.layout = Layout(*_parts(sensitive, first), Submit("save", "Enrol the pupil"))

    def ask_whether_another(self) -> None:
        """Show the box that says a pupil of the same name and birthday is another child."""
        self.helper.layout.insert(len(self.helper.layout) - 1, "is_another_child")


class PupilForm(_ParticularsForm):
    """The particulars as they stand, to be changed, with the reason and what was shown."""

    def __init__(self, *args: Any, sensitive: bool, **kwargs: Any) -> None:
        super().__init__(*args, sensitive=sensitive, **kwargs)
        self.fields["reason"] = reason_field("who told the school, and how.")
        self.fields["stood"] = forms.CharField(widget=forms.HiddenInput)
        self.helper.layout = Layout(
            *_parts(sensitive, Row(Column("starts_on"), Column("boarder", css_class="pt-4"))),
            "stood",
            "reason",
            Submit("save", "Save the changes"),
        )


class LeaveRollForm(forms.Form):
    """The last day on roll with its ground, and where the pupil goes."""

    leaves_on = DayField(label="Last day on roll")
    leaving_ground = forms.ChoiceField(
        label="Ground of deletion",
        choices=[("", "Choose a ground"), *((ground.letter, str(ground)) for ground in deletion.TABLE)],
    )
    next_school = text("Next school", 120, help_text="Its name, and the town if there may be several.")
    next_school_from = day("First day there")
    leaving_note = text("Note", 200, help_text="What the school holds: a letter, an e-mail, and of what day.")

    def __init__(self, *args: Any, cautions: Sequence[deletion.Caution] = (), **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for caution in cautions:
            self.fields[f"sure_{caution.key}"] = tick(caution.words)
        sure = [
            HTML('<h2 class="fs-5">Make sure of each of these</h2>'),
            *(f"sure_{caution.key}" for caution in cautions),
        ]
        self.helper = FormHelper()
        self.helper.form_tag = False
        self.helper.disable_csrf = True
        self.helper.layout = Layout(
            Row(Column("leaves_on"), Column("leaving_ground")),
            Row(Column("next_school"), Column("next_school_from")),
            "leaving_note",
            *(sure if cautions else []),
            Submit("save", "Take the name off the roll" if cautions else "Go on"),
        )

    @property
    def sure_of(self) -> set[str]:
        """The cautions that were ticked; they come back under their own names whatever form was shown."""
        return {name.removeprefix("sure_") for name in self.data if name.startswith("sure_")}

    @property
    def without_ticks(self) -> dict[str, Any]:
        """What was sent, nothing of it confirmed."""
        return {name: value for name, value in self.data.items() if not name.startswith("sure_")}


class ReasonForm(forms.Form):
    """A reason, where nothing else is asked."""

    reason = reason_field("what was wrong.")

    def __init__(self, *args: Any, action: str, button: str, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.helper = FormHelper()
        self.helper.form_action = action
        submit = Submit("save", button)
        submit.field_classes = "btn btn-outline-primary"
        self.helper.layout = Layout("reason", submit)


class MoveForm(forms.Form):
    """Another class from a day."""

    new_class = forms.CharField(label="Or a new class", max_length=40, required=False, validators=[check_plain])
    on = DayField(label="From", help_text="The first day in the other class.")
    reason = reason_field("why the pupil moves.")

    def __init__(self, *args: Any, classes: Sequence[tuple[int, str]], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["school_class"] = forms.TypedChoiceField(
            label="Class", coerce=int, empty_value=None, required=False, choices=[("", "Choose a class"), *classes]
        )
        self.helper = FormHelper()
        self.helper.layout = Layout(
            Row(Column("school_class"), Column("new_class"), Column("on")), "reason", Submit("save", "Move the pupil")
        )

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        if bool(cleaned.get("school_class")) == bool(cleaned.get("new_class")) and "new_class" in cleaned:
            self.add_error("school_class", "Choose a class, or name a new one.")
        return cleaned


class AsStoodForm(forms.Form):
    """The day for which the entry is shown as it stood."""

    on = DayField(label="As it stood at the end of")
