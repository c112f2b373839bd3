"""What a letter asks of whoever drafts it: one field for each blank that no register fills."""

from collections.abc import Sequence
from datetime import date
from decimal import Decimal
from typing import Any

from crispy_forms.helper import FormHelper
from crispy_forms.layout import Layout, Submit
from django import forms

from letters.queries.standing import day
from letters.rules.blanks import BLANKS, Blank, Entry
from registers.forms import DayField


class AskingForm(forms.Form):
    """The blanks of one kind; what is typed comes out as the letter prints it."""

    def __init__(self, blanks: Sequence[str], *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name in blanks:
            self.fields[name] = _field(BLANKS[name])
        self.helper = FormHelper()
        self.helper.form_tag = False
        self.helper.layout = Layout(*blanks, Submit("draft", "Draft it"))

    @property
    def values(self) -> dict[str, str]:
        return {name: _printed(typed) for name, typed in self.cleaned_data.items()}


def _field(blank: Blank) -> forms.Field:
    label = blank.meaning[:1].upper() + blank.meaning[1:]
    if blank.entry is Entry.DAY:
        return DayField(label=label)
    if blank.entry is Entry.PERCENT:
        return forms.DecimalField(
            label=label,
            min_value=Decimal(1),
            max_value=Decimal(100),
            decimal_places=1,
            help_text="A number, without %.",
        )
    if blank.entry is Entry.LINES:
        example = "; ".join(blank.sample.splitlines())
        area = forms.Textarea(attrs={"rows": 5})
        return forms.CharField(label=label, max_length=2000, widget=area, help_text=f"For example: {example}.")
    return forms.CharField(label=label, max_length=300, help_text=f"For example: {blank.sample}.")


def _printed(typed: Any) -> str:
    if isinstance(typed, date):
        return day(typed)
    if isinstance(typed, Decimal):
        return f"{typed.normalize():f}"
    return str(typed).replace("\r\n", "\n").strip()
