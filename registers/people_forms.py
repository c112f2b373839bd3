"""What is typed about people: who, which part, from which day, which classes."""

from collections.abc import Iterable
from typing import Any

from crispy_forms.bootstrap import InlineCheckboxes
from crispy_forms.helper import FormHelper
from crispy_forms.layout import HTML, Column, Layout, Row, Submit
from django import forms

from registers.forms import DayField
from registers.models import SchoolClass
from registers.rules.people import GIVEN, MOST_ADDRESS, MOST_NAME
from registers.rules.rights import ROLE_NAMES, Role

ROLES = [(str(role), ROLE_NAMES[role]) for role in GIVEN]


def _helper(*parts: Any, button: str) -> FormHelper:
    helper = FormHelper()
    helper.layout = Layout(*parts, Submit("save", button))
    return helper


class PartForm(forms.Form):
    """A part from a day on, with classes for a class teacher."""

    role = forms.ChoiceField(label="Part", choices=ROLES, initial=Role.TEACHER)
    starts_on = DayField(label="From")
    classes = forms.TypedMultipleChoiceField(
        label="Classes (for a class teacher only)", coerce=int, required=False, widget=forms.CheckboxSelectMultiple
    )

    def __init__(
        self, *args: Any, classes: Iterable[SchoolClass], button: str = "Give the part", without: str = "", **kw: Any
    ) -> None:
        super().__init__(*args, **kw)
        self.fields["role"].choices = [choice for choice in ROLES if choice[0] != without]  # type: ignore[attr-defined]
        self._classes = {each.pk: each for each in classes}
        self.fields["classes"].choices = [(pk, each.name) for pk, each in self._classes.items()]  # type: ignore[attr-defined]
        self.helper = _helper(
            *self.who(),
            Row(Column("role"), Column("starts_on")),
            InlineCheckboxes("classes") if self._classes else HTML(""),
            button=button,
        )

    def who(self) -> tuple[Any, ...]:
        return ()

    @property
    def chosen(self) -> tuple[Role, Any, list[SchoolClass]]:
        """The part, the day from which it runs, and its classes."""
        given = self.cleaned_data
        return Role(given["role"]), given["starts_on"], [self._classes[pk] for pk in given["classes"]]


class InviteForm(PartForm):
    """Somebody who comes to the school, and their first part."""

    name = forms.CharField(label="Name", max_length=MOST_NAME)
    email = forms.EmailField(
        label="Email", max_length=MOST_ADDRESS, help_text="They sign in with it. Look twice: the link is for its owner."
    )

    def who(self) -> tuple[Any, ...]:
        return (Row(Column("name"), Column("email")),)


class FromForm(forms.Form):
    """The first day on which something no longer is."""

    from_on = DayField(label="No longer from")

    def __init__(self, *args: Any, button: str, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.helper = _helper("from_on", button=button)


class ClassForm(forms.Form):
    """A class for a class teacher."""

    school_class = forms.TypedChoiceField(label="Class", coerce=int)
    starts_on = DayField(label="From")

    def __init__(self, *args: Any, classes: Iterable[SchoolClass], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._classes = {each.pk: each for each in classes}
        self.fields["school_class"].choices = [(pk, each.name) for pk, each in self._classes.items()]  # type: ignore[attr-defined]
        self.helper = _helper(Row(Column("school_class"), Column("starts_on")), button="Give the class")

    @property
    def school_class_chosen(self) -> SchoolClass:
        return self._classes[self.cleaned_data["school_class"]]


class SureForm(forms.Form):
    """Nothing to type: only whether one is sure."""

    def __init__(self, *args: Any, button: str, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.helper = _helper(button=button)


class SecondFactorForm(forms.Form):
    """Which parts are asked for a second step."""

    roles = forms.MultipleChoiceField(
        label="Ask for a second step from", choices=ROLES, required=False, widget=forms.CheckboxSelectMultiple
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.helper = _helper("roles", button="Save")
