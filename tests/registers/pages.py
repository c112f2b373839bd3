"""Reading pages as somebody at the screen does: fields with what they hold, messages, and the way on."""

from bs4 import BeautifulSoup, Tag
from django.http import HttpResponse


def soup(response: HttpResponse) -> BeautifulSoup:
    return BeautifulSoup(response.content, "html.parser")


def text(node: BeautifulSoup | Tag) -> str:
    return " ".join(node.get_text(" ").split())


def fields(page: BeautifulSoup, form_id: str) -> dict[str, str]:
    """What a browser would send of a form: every field but the token, radio buttons as they are checked."""
    form = page.find("form", id=form_id)
    assert form is not None
    shut = {id(field) for part in form.select("fieldset[disabled]") for field in part.select("input")}
    found = {}
    for field in form.select("input[name]"):
        if field["name"] == "csrfmiddlewaretoken" or id(field) in shut:
            continue
        if field.get("type") == "radio" and not field.has_attr("checked"):
            continue
        found[field["name"]] = field.get("value", "")
    return found


def notices(page: BeautifulSoup) -> list[str]:
    return [text(notice) for notice in page.select(".notice")]


def cell(page: BeautifulSoup, label: str) -> Tag:
    """The field with an accessible name."""
    found = page.find(attrs={"aria-label": label})
    assert isinstance(found, Tag), label
    return found


def described(page: BeautifulSoup, label: str) -> str:
    """The message that belongs to a field, or nothing."""
    field = cell(page, label)
    if not field.has_attr("aria-invalid"):
        return ""
    message = page.find(id=field["aria-describedby"])
    assert message is not None
    return text(message)
