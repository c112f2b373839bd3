"""A school's letterhead, as a page or the printer needs it."""

from dataclasses import dataclass

from letters import images
from letters.models import Letterhead
from letters.store import FileAlteredError, FileMissingError
from registers.models import School


@dataclass(frozen=True)
class Look:
    """A letterhead for one letter. Images are addresses: for paper the printer's own, for a page within the page."""

    logo: str
    signature: str
    reply_email: str
    footer: str
    window: str


def of(school: School) -> Letterhead:
    """The school's letterhead; one without anything until somebody has made one."""
    return Letterhead.objects.filter(school=school).first() or Letterhead(school=school)


def look(school: School, role: str, *, on_paper: bool) -> Look:
    """How a letter signed by a role looks around its text."""
    found = of(school)

    def image(name: str) -> str:
        if not name:
            return ""
        return images.address(school.slug, name) if on_paper else _in_page(school, name)

    return Look(
        logo=image(found.logo),
        signature=image(found.signature(role)),
        reply_email=found.reply_email or school.email,
        footer=found.footer,
        window=found.window,
    )


def _in_page(school: School, name: str) -> str:
    """On a page a lost image leaves a gap; paper refuses to be printed without it."""
    try:
        return images.in_page(school.slug, name)
    except (FileMissingError, FileAlteredError):
        return ""
