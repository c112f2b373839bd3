"""What is typed around a parent's link: by the office that makes one, and by the parent who uses it."""

from collections.abc import Sequence
from typing import Any

from django import forms
from django.core.exceptions import ValidationError

from absences.forms import SpanForm
from absences.rules import leave_links
from absences.rules.evidence import MOST_BYTES, TAKEN
from absences.rules.leave import CATEGORY_NAMES, Category

ACCEPT = ".pdf,.jpg,.jpeg,.png,.heic"


class LinkForm(forms.Form):
    """For whom a link is made. `applicants` and `children` are pairs of id and label."""

    def __init__(
        self,
        *args: Any,
        applicants: Sequence[tuple[int, str]],
        children: Sequence[tuple[int, str]],
        **kwargs: Any,
    ) -> None:
        super().__init__(*args, **kwargs)
        self.fields["applicant"] = forms.TypedChoiceField(
            label="For which parent", coerce=int, choices=applicants, widget=forms.RadioSelect
        )
        self.fields["children"] = child_ticks("For which children", children)


def child_ticks(label: str, children: Sequence[tuple[int, str]]) -> forms.TypedMultipleChoiceField:
    return forms.TypedMultipleChoiceField(
        label=label, coerce=int, choices=children, required=False, widget=forms.CheckboxSelectMultiple
    )


class ChildrenForm(forms.Form):
    """Which of a link's children a parent meant."""

    def __init__(self, *args: Any, children: Sequence[tuple[int, str]], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["children"] = child_ticks("For whom it was sent", children)


class DropForm(forms.Form):
    """Why what a parent sent is put aside."""

    words = forms.CharField(label="Why", max_length=300)


class AskForm(SpanForm):
    """A parent's request, sent by a link. Nothing in it tells anything of a child."""

    children = forms.CharField(
        label="For which child or children",
        help_text="First name and surname, one child on each line.",
        max_length=leave_links.MOST_CHILDREN_TYPED,
        widget=forms.Textarea(attrs={"rows": 2, "autocomplete": "off"}),
    )
    category = forms.ChoiceField(
        label="What for",
        choices=[("", "Choose"), *((category.value, name) for category, name in CATEGORY_NAMES.items())],
    )
    reason = forms.CharField(
        label="Why, and why it has to be in term time",
        max_length=leave_links.MOST_REASON_TYPED,
        widget=forms.Textarea(attrs={"rows": 4}),
    )
    file = forms.FileField(
        label="A letter or picture, if you have one",
        required=False,
        widget=forms.FileInput({"accept": ACCEPT}),
        help_text=f"{TAKEN}, at most {MOST_BYTES // 1024**2} MB.",
    )
    website = forms.CharField(required=False, widget=forms.TextInput({"tabindex": "-1", "autocomplete": "off"}))
    """Nobody sees it; only a machine that fills in whatever there is fills it in."""

    field_order = ["children", "first_on", "first_session", "last_on", "last_session", "category", "reason", "file"]

    def clean_reason(self) -> str:
        return _shown(self.cleaned_data["reason"])

    def clean_children(self) -> str:
        return _shown(self.cleaned_data["children"])

    @property
    def kind(self) -> Category:
        return Category(self.cleaned_data["category"])


def _shown(text: str) -> str:
    """A text in which everything can be seen, line by line."""
    lines = [" ".join(line.split()) for line in text.splitlines()]
    if not all(line.isprintable() for line in lines):
        raise ValidationError("There is a character here that cannot be kept. Type it again.")
    return "\n".join(lines).strip()
