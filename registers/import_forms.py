"""What people say of a file they upload."""

from typing import Any

from django import forms
from django.core.exceptions import ValidationError

from registers.forms import DayField
from registers.models import ImportFile
from registers.rules import columns
from registers.rules.admissions import SENSITIVE
from registers.rules.import_files import KIND_NAMES, FileKind
from registers.rules.marks import MarkRefusedError
from registers.services import marks
from registers.services.rolls import IMPORTED

MOST_REASON = 200


class UploadForm(forms.Form):
    """A file and what it holds."""

    kind = forms.ChoiceField(label="What the file holds", choices=[(str(kind), KIND_NAMES[kind]) for kind in FileKind])
    file = forms.FileField(
        label="File",
        help_text="CSV or Excel (.xlsx), at most 20 MB; a Common Transfer File as XML.",
        allow_empty_file=True,
        max_length=1000,
        widget=forms.FileInput(attrs={"accept": ".csv,.txt,.tsv,.xlsx,.xml"}),
    )


def _check_reason(text: str) -> None:
    try:
        marks.check_reason(text)
    except MarkRefusedError as refused:
        raise ValidationError(str(refused)) from None


class ChoicesForm(forms.Form):
    """What each column stands for, and what a file of this kind does not tell itself."""

    def __init__(self, data: Any, row: ImportFile, class_names: list[str], *, sees_sensitive: bool) -> None:
        super().__init__(data)
        self.row = row
        self._hidden = () if sees_sensitive else (*SENSITIVE, "comment")
        kind = FileKind(row.kind)
        sheets = row.options.get("sheets") or []
        if len(sheets) > 1:
            self.fields["sheet"] = forms.ChoiceField(
                label="Sheet", choices=[("" if place == 0 else name, name) for place, name in enumerate(sheets)],
                required=False, initial=row.options.get("sheet", ""),
            )  # fmt: skip
        if kind in (FileKind.PUPILS, FileKind.CONTACTS):
            self.fields["on"] = DayField(
                label="The day the file stands for", required=False, initial=row.options.get("on", ""),
                help_text="Today unless you say otherwise. Moves between classes count from it.",
            )  # fmt: skip
        if kind is FileKind.CTF:
            self.fields["starts_on"] = DayField(
                label="Starting day of pupils not yet on roll", required=False,
                initial=row.options.get("starts_on", ""),
            )  # fmt: skip
            self.fields["class_name"] = forms.ChoiceField(
                label="Their class", required=False, initial=row.options.get("class_name", ""),
                choices=[("", "Choose a class"), *((name, name) for name in class_names)],
            )  # fmt: skip
        self.fields["reason"] = forms.CharField(
            label="Reason, kept with every change", max_length=MOST_REASON, required=False,
            initial=row.options.get("reason") or IMPORTED, validators=[_check_reason],
        )  # fmt: skip
        self._add_columns(kind)
        for name, made in self.fields.items():
            is_select = isinstance(made.widget, forms.Select)
            made.widget.attrs["class"] = "form-select" if is_select else "form-control"
            made.widget.attrs["id"] = f"id_{name}"

    def _add_columns(self, kind: FileKind) -> None:
        """A choice for each column but those that are a session by their heading."""
        headings = self.row.options.get("headings") or []
        choice = columns.choose(kind, headings, self.row.mapping) if headings else columns.Choice(())
        ours = [("", "Not used")]
        if headings:
            ours += sorted(((name, columns.label(name)) for name in columns.TABLES[kind]), key=lambda one: one[1])
        said = dict(self.row.mapping)
        for place, name in enumerate(choice.columns):
            if name and name not in columns.TABLES[kind]:
                continue
            heading = headings[place] or f"Column {place + 1}, without a heading"
            doubled = any(headings[place] in many for many in choice.doubled.values())
            self.fields[f"c{place}"] = forms.ChoiceField(
                label=heading, choices=ours, required=False, initial=said.get(str(place), name),
                help_text="Choose one" if doubled else "",
            )  # fmt: skip

    @property
    def columns(self) -> list[tuple[forms.BoundField, str]]:
        """The fields of the columns, each with a sample of what stands below its heading."""
        samples = self.row.options.get("samples") or []
        return [
            (field, "" if field.initial in self._hidden else samples[int(field.name[1:])])
            for field in (self[name] for name in self.fields if _is_column(name))
        ]

    @property
    def options(self) -> list[forms.BoundField]:
        return [self[name] for name in self.fields if not _is_column(name)]

    @property
    def session_columns(self) -> int:
        """How many of the file's columns are a session by their heading."""
        return len(self.row.options.get("headings") or []) - len(self.columns)

    def mapping(self) -> dict[str, str]:
        return {name[1:]: value for name, value in self.cleaned_data.items() if _is_column(name)}

    def told(self) -> dict[str, str]:
        """The options as they are kept with the file."""
        plain = {name: value for name, value in self.cleaned_data.items() if not _is_column(name)}
        return {
            name: value.isoformat() if hasattr(value, "isoformat") else value or "" for name, value in plain.items()
        }


def _is_column(name: str) -> bool:
    return name[0] == "c" and name[1:].isdigit()
