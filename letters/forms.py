"""What people type on the letters' pages."""

import re
from typing import Any

from crispy_forms.helper import FormHelper
from crispy_forms.layout import HTML, Layout, Submit
from django import forms

from letters.rules import posting
from letters.rules.message_wordings import Words
from letters.rules.messages import STATE_NAMES, TO_LOOK_AT, MessageState
from letters.rules.posting import How
from registers.forms import DayField

LOOK_AT = "look-at"


class DraftForm(forms.Form):
    """Which letter to draft, and what it answers."""

    kind = forms.SlugField(max_length=40)
    because = forms.RegexField(r"^[a-z_]+:[0-9]+$", max_length=60, required=False)


class ChosenForm(forms.Form):
    """A kind, the pupils who are to have it, and what each letter answers."""

    kind = forms.SlugField(max_length=40)

    def clean(self) -> dict[str, Any]:
        data: Any = self.data  # a QueryDict, of which a form's type says less
        numbers = data.getlist("pupil")
        if not all(text.isascii() and text.isdecimal() and len(text) < 19 for text in numbers):
            raise forms.ValidationError("These are no pupils of this school. Go back and choose again.")
        self.cleaned_data["pupil"] = list(dict.fromkeys(int(text) for text in numbers))
        found = {int(text): data.get(f"because_{text}", "") for text in numbers}
        if not all(re.fullmatch(r"([a-z_]+:[0-9]+)?", because) for because in found.values()):
            raise forms.ValidationError("What a letter answers is not one this page knows. Go back and choose again.")
        self.because = {pk: because[:60] for pk, because in found.items()}
        return self.cleaned_data

    @property
    def said(self) -> str:
        """What is wrong, in one sentence."""
        if "kind" in self.errors:
            return "Choose which letter it is to be."
        return " ".join(str(error) for error in self.non_field_errors())


class SentForm(forms.Form):
    """Which letters went, how, and when."""

    how = forms.ChoiceField(choices=[(str(how), posting.WORDS[how].capitalize()) for how in (How.POST, How.HAND)])
    on = forms.DateField(label="On", widget=forms.DateInput(attrs={"type": "date"}))


class OrderForm(forms.Form):
    """Whether somebody is written to in spite of a court order, and why."""

    may_write = forms.ChoiceField(
        label="Letters about this child",
        choices=[("yes", "May be sent to them"), ("no", "Are not sent to them")],
        widget=forms.RadioSelect,
    )
    reason = forms.CharField(
        label="Why", max_length=200, help_text="What the order allows, and who was asked. Kept with the decision."
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.helper = FormHelper()
        self.helper.form_tag = False
        self.helper.layout = Layout("may_write", "reason", Submit("decide", "Keep this decision"))


class SendBackForm(forms.Form):
    """Why a letter is not signed as it stands."""

    reason = forms.CharField(label="What is to be looked at again", max_length=200)


class WithdrawForm(forms.Form):
    """Why an issued letter is taken back."""

    reason = forms.CharField(
        label="Why it is withdrawn",
        max_length=200,
        help_text="Kept with the letter. Tell the family as well: withdrawing here sends nothing.",
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.helper = FormHelper()
        self.helper.form_tag = False
        self.helper.layout = Layout(
            "reason", HTML('<button type="submit" class="btn btn-outline-danger">Withdraw this letter</button>')
        )


class OutboxForm(forms.Form):
    """Which messages to show."""

    state = forms.ChoiceField(
        label="State",
        required=False,
        choices=[
            ("", "Any"),
            (LOOK_AT, "Failed, or not known"),
            *((state.value, name) for state, name in STATE_NAMES.items()),
        ],
    )
    day = DayField(label="Day", required=False)

    @property
    def states(self) -> list[MessageState]:
        chosen = self.cleaned_data["state"]
        if not chosen:
            return []
        return sorted(TO_LOOK_AT) if chosen == LOOK_AT else [MessageState(chosen)]


class WordingForm(forms.Form):
    """What a school's texts and e-mails of a purpose say."""

    text = forms.CharField(label="Text", widget=forms.Textarea(attrs={"rows": 4}), max_length=2000)
    subject = forms.CharField(label="Subject of the e-mail", max_length=300)
    body = forms.CharField(label="E-mail", widget=forms.Textarea(attrs={"rows": 12}), max_length=20_000)

    @property
    def words(self) -> Words:
        return Words(self.cleaned_data["text"], self.cleaned_data["subject"], self.cleaned_data["body"])
