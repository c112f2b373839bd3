"""The letterhead's settings."""

from typing import Any

from crispy_forms.helper import FormHelper
from crispy_forms.layout import Layout, Submit
from django import forms

from letters.images import MOST_BYTES
from letters.rules.letterheads import WINDOWS, Window


class LetterheadForm(forms.Form):
    """Where answers go, the footer and the envelope."""

    reply_email = forms.EmailField(
        label="Answers go to",
        required=False,
        help_text="An e-mail address. Left empty, the school’s own stands on the letters.",
    )
    footer = forms.CharField(
        label="Footer", max_length=160, required=False, help_text="Small, at the foot of every page."
    )
    window = forms.ChoiceField(label="Envelope", choices=[*WINDOWS.items()], widget=forms.RadioSelect)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.helper = FormHelper()
        self.helper.form_tag = False
        self.helper.layout = Layout("reply_email", "footer", "window", Submit("save", "Save"))

    @property
    def answer(self) -> dict[str, Any]:
        return {**self.cleaned_data, "window": Window(self.cleaned_data["window"])}


class ImageForm(forms.Form):
    """An image for a place on the letters: the logo, or the signature of a role. What it holds is judged elsewhere."""

    place = forms.ChoiceField(widget=forms.HiddenInput)
    image = forms.FileField(label="PNG or SVG file", widget=forms.FileInput(attrs={"accept": ".png,.svg"}))

    def __init__(self, places: list[str], *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field = self.fields["place"]
        assert isinstance(field, forms.ChoiceField)  # noqa: S101 - says so to the type checker
        field.choices = [(place, place) for place in places]

    def clean_image(self) -> bytes:
        """The file's content, never more of it than an image may have."""
        upload = self.cleaned_data["image"]
        if upload.size > MOST_BYTES:
            raise forms.ValidationError("This file is larger than 2 MB. Save it smaller.")
        content: bytes = upload.read()
        return content
