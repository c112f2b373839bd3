"""The forms of a policy's draft; a rule's fields come from what its kind of measure names."""

from collections.abc import Iterator, Mapping
from dataclasses import MISSING, Field, fields
from decimal import Decimal
from typing import Any, get_args, get_type_hints

from django import forms

from escalation.rules import measuring
from escalation.rules.measuring import HALF_TERM, TEN_WEEKS, TERM, YEAR, Measure, over_words
from escalation.rules.policy import OWNERS, Fault, When
from letters.rules import kinds
from registers.forms import DayField
from registers.rules.rights import ROLE_NAMES

KIND_NAMES: Mapping[str, str] = {
    "attendance_band": "Attendance in a band",
    "absence_at_least": "Absence of at least so many per cent",
    "unauthorised_at_least": "Unauthorised absence of at least so many per cent",
    "below_expected": "Attendance below what is expected",
    "sessions_missed": "A number of sessions missed, or of given codes",
    "lates_in_half_term": "Late arrivals in a half-term (L and U)",
    "illness_occasions": "Separate occasions of illness",
    "days_on_end": "School days on end of given codes",
    "no_improvement": "No improvement since a letter, or over some weeks",
    "improvement": "Improvement over some weeks",
    "no_contact": "Away, and nobody reached",
    "review_overdue": "A review that is overdue",
    "best_classes": "The best classes of the week",
    "school_below": "The whole school below a figure",
}
_LABELS: Mapping[str, str] = {
    "above": "Above, per cent",
    "at_least": "At least",
    "below": "Below, per cent",
    "at_most": "Not above, per cent",
    "percent": "Per cent",
    "over": "Counted over",
    "codes": "Codes",
    "letters": "Since the last of these letters",
    "weeks": "School weeks",
    "unauthorised": "At least so many unauthorised sessions in them",
    "points": "Percentage points better",
    "from_below": "From below, per cent",
    "days": "School days",
    "places": "How many classes",
}
_BAND_LABELS: Mapping[str, str] = {"at_least": "At least, per cent"}
_WEEKS = ("2 weeks", "4 weeks", "6 weeks", "8 weeks", TEN_WEEKS, "12 weeks")
_MEASURE = "measure_"
_FOLLOWS = ("owner", "due_in", "meeting", "referral", "return_to", "praise")
_POPULATION = ("compulsory_age", "year_groups")


def measure_of(kind: str) -> type[Measure] | None:
    """The kind of measure that a name stands for."""
    return next((one for one in measuring.MEASURES if kind_of(one) == kind), None)


def kind_of(measure: type[Measure]) -> str:
    return str(get_args(get_type_hints(measure)["kind"])[0])


class HeadForm(forms.Form):
    """What stands above a draft's rules."""

    version = forms.CharField(max_length=40, label="Name of this version", help_text="Such as 2026-12; no two alike.")
    title = forms.CharField(max_length=120, label="Title")
    expected_attendance = forms.DecimalField(
        min_value=0, max_value=100, decimal_places=2, label="Expected attendance, per cent"
    )
    expected_attendance_assumed = forms.BooleanField(
        required=False,
        label="This figure is only assumed",
        help_text="While it is, no rule or letter goes by it.",
    )
    review_on = DayField(required=False, label="To be reviewed on")

    def document(self) -> dict[str, Any]:
        """What was typed, as a document has it."""
        told = dict(self.cleaned_data)
        told["expected_attendance"] = float(told["expected_attendance"])
        return told


class KindForm(forms.Form):
    """What the next rule measures."""

    kind = forms.ChoiceField(label="What the new rule measures", choices=list(KIND_NAMES.items()))


class ImportForm(forms.Form):
    """A policy's file."""

    file = forms.FileField(label="Policy file (TOML)", max_length=1000, allow_empty_file=True)


class AdoptForm(forms.Form):
    """From which day a draft applies."""

    applies_from = DayField(label="Applies from")
    revision = forms.IntegerField(widget=forms.HiddenInput)


class SimulateForm(forms.Form):
    """The days a draft is tried on."""

    first_on = DayField(label="From")
    last_on = DayField(label="To", help_text="The same day for one day; a whole term is judged week by week.")


class CompareForm(forms.Form):
    """Two versions to stand side by side."""

    first = forms.ChoiceField(label="Version")
    second = forms.ChoiceField(label="Beside")

    def __init__(self, *args: Any, versions: list[tuple[str, str]], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name in ("first", "second"):
            self.fields[name].choices = versions  # type: ignore[attr-defined]


class RuleForm(forms.Form):
    """One rule of a draft; the fields of its measure are those of its kind."""

    id = forms.CharField(max_length=40, label="Short name", help_text="Such as PA; it stands with every flag.")
    title = forms.CharField(max_length=120, label="Title", help_text="As the desk shows it.")
    paragraph = forms.CharField(max_length=200, label="Paragraph", help_text="Where the policy says so.")
    says = forms.CharField(
        max_length=600, label="What the policy says", widget=forms.Textarea(attrs={"rows": 2}), help_text="To be read."
    )
    minimum_possible = forms.IntegerField(
        min_value=0, max_value=400, initial=11, label="Not before so many possible sessions"
    )
    interval = forms.IntegerField(
        min_value=0, max_value=200, initial=0, label="Not again for so many school days", help_text="After it ended."
    )
    when = forms.ChoiceField(label="Looked at", choices=[(str(one), str(one).capitalize()) for one in When])
    compulsory_age = forms.BooleanField(required=False, label="Only pupils of compulsory school age")
    year_groups = forms.CharField(
        required=False, label="Only these year groups", help_text="Numbers with commas, Reception 0; empty for all."
    )
    stage = forms.CharField(max_length=40, label="Stage")
    risk = forms.IntegerField(min_value=0, max_value=9, initial=1, label="Risk", help_text="0 to 9; 9 comes first.")
    desk = forms.BooleanField(required=False, initial=True, label="Show on the desk")
    follow_up = forms.CharField(max_length=200, label="Next step")
    owner = forms.ChoiceField(label="Whose", choices=[(str(role), ROLE_NAMES[role]) for role in OWNERS])
    due_in = forms.IntegerField(min_value=0, max_value=60, initial=5, label="Due in school days")
    letter = forms.ChoiceField(required=False, label="Letter")
    meeting = forms.CharField(required=False, max_length=80, label="Meeting")
    referral = forms.CharField(required=False, max_length=80, label="Referral to")
    return_to = forms.CharField(required=False, max_length=80, label="Return")
    praise = forms.CharField(required=False, max_length=80, label="Praise")

    def __init__(self, *args: Any, measure: type[Measure], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.measure = measure
        letters = [("", "None"), *((slug, kind.title) for slug, kind in kinds.KINDS.items())]
        self.fields["letter"].choices = letters  # type: ignore[attr-defined]
        for one in _measure_fields(measure):
            self.fields[_MEASURE + one.name] = _field_of(measure, one)

    def measured(self) -> Iterator[forms.BoundField]:
        """The fields of the measure."""
        return (self[name] for name in self.fields if name.startswith(_MEASURE))

    def clean_year_groups(self) -> list[int]:
        text = self.cleaned_data["year_groups"]
        try:
            return [int(part) for part in text.replace(" ", "").split(",") if part]
        except ValueError:
            raise forms.ValidationError("Give numbers with commas between them, such as 1, 2, 3.") from None

    def document(self) -> dict[str, Any]:
        """The rule as a document has it."""
        told = {name: value for name, value in self.cleaned_data.items() if not name.startswith(_MEASURE)}
        rule: dict[str, Any] = {
            name: value for name, value in told.items() if name not in (*_FOLLOWS, *_POPULATION) and value != ""
        }
        rule["measure"] = {"kind": kind_of(self.measure), **self._measure_document()}
        rule["population"] = {name: told[name] for name in _POPULATION}
        rule["follows"] = {name: told[name] for name in _FOLLOWS if told[name] != ""}
        return rule

    def _measure_document(self) -> dict[str, Any]:
        values = {one.name: self.cleaned_data[_MEASURE + one.name] for one in _measure_fields(self.measure)}
        return {
            name: float(value) if isinstance(value, Decimal) else value
            for name, value in values.items()
            if value is not None
        }

    def show(self, faults: list[Fault]) -> None:
        """Put each fault of the rule beside the field it is about."""
        for fault in faults:
            steps = [str(step) for step in fault.path[3:]]
            name = _MEASURE + steps[1] if steps[:1] == ["measure"] and len(steps) > 1 else (steps or [""])[-1]
            self.add_error(name if name in self.fields else None, fault.sentence)


class JudgementForm(forms.Form):
    """One judgement of a draft."""

    id = forms.CharField(max_length=40, label="Short name", help_text="Such as EH; no rule has the same.")
    title = forms.CharField(max_length=120, label="Title")
    paragraph = forms.CharField(max_length=200, label="Paragraph", help_text="Where the policy says so.")
    says = forms.CharField(
        max_length=600, label="What the policy says", widget=forms.Textarea(attrs={"rows": 2}), help_text="To be read."
    )
    referral = forms.CharField(
        required=False, max_length=80, label="Referral to", help_text="Such as early help; empty for none."
    )

    def document(self) -> dict[str, Any]:
        """The judgement as a document has it."""
        return {name: value for name, value in self.cleaned_data.items() if value != ""}

    def show(self, faults: list[Fault]) -> None:
        """Put each fault of the judgement beside the field it is about."""
        for fault in faults:
            name = str(fault.path[-1])
            self.add_error(name if name in self.fields else None, fault.sentence)


def initial_of(rule: Mapping[str, Any]) -> dict[str, Any]:
    """A rule of a document as its form shows it."""
    population, follows = rule.get("population", {}), rule.get("follows", {})
    years = ", ".join(str(year) for year in population.get("year_groups", ()))
    return {
        "minimum_possible": 0,
        "desk": True,
        "risk": 0,
        **{name: value for name, value in rule.items() if name not in ("measure", "population", "follows")},
        "compulsory_age": population.get("compulsory_age", False),
        "year_groups": years,
        **follows,
        **{_MEASURE + name: value for name, value in rule["measure"].items() if name != "kind"},
    }


def _measure_fields(measure: type[Measure]) -> list[Field[Any]]:
    return [one for one in fields(measure) if one.name != "kind"]


def _field_of(measure: type[Measure], one: Field[Any]) -> forms.Field:
    hint = get_type_hints(measure)[one.name]
    label = (_BAND_LABELS if measure is measuring.AttendanceBand else {}).get(one.name, _LABELS[one.name])
    initial = None if one.default is MISSING else one.default
    if one.name == "over":
        choices = [(over, over_words(over).capitalize()) for over in (YEAR, TERM, HALF_TERM, *_WEEKS)]
        return forms.ChoiceField(label=label, choices=choices, initial=initial)
    if one.name in ("codes", "letters"):
        return _several(one.name, label, initial)
    if hint is int:
        return forms.IntegerField(label=label, initial=initial, min_value=0)
    return forms.DecimalField(
        label=label, initial=initial, required=hint is Decimal, min_value=0, max_value=100, decimal_places=3
    )


def _several(name: str, label: str, initial: Any) -> forms.Field:
    if name == "letters":
        choices = [(slug, kind.title) for slug, kind in kinds.KINDS.items()]
    else:
        choices = [(code, code) for code in measuring.ABSENCE_CODES]
    return forms.MultipleChoiceField(
        label=label,
        choices=choices,
        initial=initial,
        required=False,
        widget=forms.CheckboxSelectMultiple,
        help_text="" if name == "letters" else "None chosen means every absence.",
    )
