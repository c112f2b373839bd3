"""What people type about a pupil's parents and other contacts."""

from collections.abc import Sequence
from typing import Any

from crispy_forms.helper import FormHelper
from crispy_forms.layout import Column, Fieldset, Layout, Row, Submit
from django import forms

from registers.admission_forms import reason_field, text, tick
from registers.rules import admissions as rules

MOST_CONTACTS = 30


class _ContactForm(forms.Form):
    """A parent's own particulars, and what they are to one pupil."""

    title = text("Title", 20)
    forename = text("Forename", 80)
    surname = text("Surname", 80)
    phone1 = text("First telephone", 30)
    phone2 = text("Second telephone", 30)
    phone3 = text("Third telephone", 30)
    email = forms.EmailField(label="E-mail", required=False, max_length=254)
    address = text("Address", 400, rows=3, help_text="Blank for a parent at the pupil’s own address.")
    postcode = text("Postcode", 10)

    relationship = text("What they are to the pupil", 40, help_text="Mother, stepfather, grandmother, childminder …")
    priority = forms.IntegerField(label="Place in the order to ring", min_value=1, max_value=MOST_CONTACTS)
    parental_responsibility = tick("Has parental responsibility")
    lives_with_pupil = tick("The pupil lives with them")
    emergency = tick("Emergency contact")
    court_order = tick("A court order limits contact", "Everybody who rings sees this.")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.helper = FormHelper()

    @property
    def particulars(self) -> dict[str, Any]:
        """What was typed about the parent, by column."""
        return {name: self.cleaned_data[name] for name in rules.PARENT_PARTICULARS}

    @property
    def what(self) -> dict[str, Any]:
        """What was typed about what they are to the pupil, by column."""
        return {name: self.cleaned_data[name] for name in rules.CONTACT_PARTICULARS}


def _person() -> Fieldset:
    return Fieldset(
        '<span class="fs-5 fw-semibold">Who they are</span>',
        Row(Column("title", css_class="col-md-2"), Column("forename"), Column("surname")),
        Row(Column("phone1"), Column("phone2"), Column("phone3")),
        "email",
        Row(Column("address"), Column("postcode")),
    )


def _what() -> Fieldset:
    return Fieldset(
        '<span class="fs-5 fw-semibold">What they are to the pupil</span>',
        Row(Column("relationship"), Column("priority")),
        Row(Column("parental_responsibility", "lives_with_pupil"), Column("emergency", "court_order")),
    )


class NewContactForm(_ContactForm):
    """Somebody the school knows already, or a new person."""

    def __init__(self, *args: Any, parents: Sequence[tuple[str, list[tuple[int, str]]]], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["parent"] = forms.TypedChoiceField(
            label="Somebody the school knows",
            required=False,
            coerce=int,
            empty_value=None,
            choices=[("", "Somebody new"), *parents],
            help_text="A parent of a brother or sister, say. What is entered under “Who they are” is then not used.",
        )
        self.helper.layout = Layout("parent", _person(), _what(), Submit("save", "Add to the contacts"))


class ContactForm(_ContactForm):
    """A contact as it stands, to be changed, with the reason and what was shown."""

    surname = text("Surname", 80, required=True)
    reason = reason_field("who told the school, and how.")
    stood = forms.CharField(widget=forms.HiddenInput)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.helper.layout = Layout(_person(), _what(), "stood", "reason", Submit("save", "Save the changes"))
