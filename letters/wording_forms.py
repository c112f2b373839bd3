"""The editor of a letter's wording: its head, and its paragraphs one under the other."""

from collections.abc import Mapping, Sequence
from typing import Any

from django import forms
from django.forms import BaseFormSet, formset_factory
from django.http import QueryDict

from letters.rules.comparison import when_in_words
from letters.rules.conditions import CONDITIONS, NOT
from letters.rules.kind_parts import LANGUAGES, Block

RUN_ON = "run_on"
CELL = "|"
MOST_PARAGRAPHS = 60
BLOCKS = [
    (Block.TEXT, "A paragraph or a list"),
    (RUN_ON, "Goes on in the paragraph before"),
    (Block.HEADING, "A heading"),
    (Block.TABLE, "A table"),
]
_WHEN = [
    ("", "Always"),
    ("Only when it is so", [(name, when_in_words(name)) for name in CONDITIONS]),
    ("Only when it is not so", [(NOT + name, when_in_words(NOT + name)) for name in CONDITIONS]),
]


def _area(rows: int) -> forms.Textarea:
    return forms.Textarea(attrs={"rows": rows, "class": "form-control", "spellcheck": "true"})


def _line() -> forms.TextInput:
    return forms.TextInput(attrs={"class": "form-control"})


def _select() -> forms.Select:
    return forms.Select(attrs={"class": "form-select form-select-sm"})


class WordingForm(forms.Form):
    """What stands around the paragraphs."""

    based_on = forms.IntegerField(min_value=1, widget=forms.HiddenInput)
    title = forms.CharField(label="Name of the letter", max_length=80, widget=_line())
    marking = forms.CharField(
        label="Above the address",
        max_length=60,
        required=False,
        widget=_line(),
        help_text="For example: Private and confidential.",
    )
    subject = forms.CharField(label="Subject", max_length=300, widget=_area(2), help_text="One line under the other.")
    signatory_title = forms.CharField(label="Signed as", max_length=80, widget=_line())
    interval_days = forms.IntegerField(
        label="Not again to the same family within (days)",
        min_value=0,
        max_value=400,
        widget=forms.NumberInput(attrs={"class": "form-control"}),
    )
    summary_language = forms.ChoiceField(
        label="Summary in another language",
        required=False,
        choices=[("", "None"), *LANGUAGES.items()],
        widget=_select(),
        help_text="Printed on a page of its own after the letter.",
    )
    summary_text = forms.CharField(label="The summary", max_length=4000, required=False, widget=_area(4))

    def clean(self) -> dict[str, Any]:
        typed: dict[str, Any] = super().clean() or {}
        if typed.get("summary_language") and not typed.get("summary_text"):
            self.add_error("summary_text", "Enter the summary, or choose no language.")
        if typed.get("summary_text") and not typed.get("summary_language"):
            self.add_error("summary_language", "Choose the language of the summary.")
        return typed


class ParagraphForm(forms.Form):
    """One paragraph: its text, how it is set, and when it stands in the letter."""

    text = forms.CharField(
        label="Text", max_length=4000, widget=_area(4), error_messages={"required": "Write something, or take it out."}
    )
    block = forms.ChoiceField(label="Set as", choices=BLOCKS, initial=Block.TEXT, widget=_select())
    when = forms.ChoiceField(label="Shown", choices=_WHEN, required=False, widget=_select())
    caption = forms.CharField(max_length=200, required=False, widget=forms.HiddenInput)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        text = str(self["text"].value() or "")
        self.fields["text"].widget.attrs["rows"] = max(2, sum(1 + len(line) // 68 for line in text.split("\n")))


Paragraphs = formset_factory(
    ParagraphForm, formset=BaseFormSet, extra=0, min_num=0, max_num=MOST_PARAGRAPHS, validate_max=True
)


class Editor:
    """The whole editor of one wording: as it was opened, or as it was sent."""

    def __init__(
        self, document: Mapping[str, Any], version: int, sent: QueryDict | None = None, step: str = ""
    ) -> None:
        self._document = document
        if sent is None:
            self.form, rows = WordingForm(initial=head_of(document, version)), rows_of(document)
            self.paragraphs = Paragraphs(initial=rows, prefix="p")
            return
        self.form, self.paragraphs = WordingForm(sent), Paragraphs(sent, prefix="p")
        if step:
            rows = stepped([_typed(each) for each in self.paragraphs.forms], step)
            self.form = WordingForm(initial={name: self.form[name].value() for name in self.form.fields})
            self.paragraphs = Paragraphs(initial=rows, prefix="p")

    def is_valid(self) -> bool:
        """Whether what was sent can be read at all; both parts are looked at, so that every fault shows at once."""
        return all([self.form.is_valid(), self.paragraphs.is_valid()])

    @property
    def document(self) -> dict[str, Any]:
        """The wording as a document: what was typed over what it was opened with."""
        if not self.form.is_bound:
            return dict(self._document)
        typed = self.form.cleaned_data
        document = {
            **self._document,
            "title": typed["title"],
            "subject": [line.strip() for line in typed["subject"].splitlines() if line.strip()],
            "interval_days": typed["interval_days"],
            "signatory": {**self._document["signatory"], "title": typed["signatory_title"]},
            "paragraphs": [paragraph_of(form.cleaned_data) for form in self.paragraphs.forms],
        }
        for name in ("marking", "summary"):
            document.pop(name, None)
        if typed["marking"]:
            document["marking"] = typed["marking"]
        if typed["summary_language"]:
            document["summary"] = {"language": typed["summary_language"], "text": typed["summary_text"]}
        return document


def head_of(document: Mapping[str, Any], version: int) -> dict[str, Any]:
    """What the head of the editor shows of a document."""
    summary = document.get("summary", {})
    return {
        "based_on": version,
        "title": document["title"],
        "marking": document.get("marking", ""),
        "subject": "\n".join(document["subject"]),
        "signatory_title": document["signatory"]["title"],
        "interval_days": document["interval_days"],
        "summary_language": summary.get("language", ""),
        "summary_text": summary.get("text", ""),
    }


def rows_of(document: Mapping[str, Any]) -> list[dict[str, str]]:
    """The paragraphs of a document as the editor shows them; a table is a line for each row, its cells between bars."""
    return [_row(paragraph) for paragraph in document["paragraphs"]]


def _row(paragraph: Mapping[str, Any]) -> dict[str, str]:
    text = paragraph.get("text", "").strip()
    if "rows" in paragraph:
        text = "\n".join(f" {CELL} ".join(cells) for cells in paragraph["rows"])
    block = RUN_ON if paragraph.get("run_on") else paragraph.get("block", Block.TEXT)
    return {
        "text": text,
        "block": str(block),
        "when": paragraph.get("when", ""),
        "caption": paragraph.get("caption", ""),
    }


def paragraph_of(typed: Mapping[str, str]) -> dict[str, Any]:
    """A paragraph of a document, from what was typed; only what it needs stands in it."""
    block, text = typed["block"], typed["text"].replace("\r\n", "\n").strip()
    paragraph: dict[str, Any] = {}
    if block == Block.TABLE:
        lines = [line for line in text.split("\n") if line.strip()]
        paragraph |= {"block": block, "rows": [[cell.strip() for cell in line.split(CELL)] for line in lines]}
        if typed.get("caption"):
            paragraph["caption"] = typed["caption"]
    else:
        paragraph["text"] = text
        if block == Block.HEADING:
            paragraph["block"] = block
        if block == RUN_ON:
            paragraph["run_on"] = True
    if typed["when"]:
        paragraph["when"] = typed["when"]
    return paragraph


def stepped(rows: Sequence[dict[str, str]], step: str) -> list[dict[str, str]]:
    """The paragraphs after a step such as “up:3”: up, down, remove, or add one below; an unknown step changes none."""
    action, _, place = step.partition(":")
    changed = list(rows)
    index = int(place) if place.isdigit() else len(rows)
    if action == "add":
        changed.insert(index + 1, {"text": "", "block": Block.TEXT, "when": "", "caption": ""})
    elif index >= len(rows):
        return changed
    elif action == "remove":
        del changed[index]
    elif action in ("up", "down"):
        moved = changed.pop(index)
        changed.insert(max(0, index + (1 if action == "down" else -1)), moved)
    return changed


def _typed(form: forms.Form) -> dict[str, str]:
    return {name: form[name].value() or "" for name in form.fields}
