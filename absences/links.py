"""The address of a parent's link: signed with the site's key, so that none can be made up or walked to another."""

from django.core import signing

from absences.models import LeaveLink

_SIGNER = signing.Signer(salt="absences.leave-link", sep=".")


def token(link: LeaveLink) -> str:
    """The part of the address that names a link; the same each time."""
    return _SIGNER.sign(f"{link.school_id}-{link.pk}")


def read(text: str) -> tuple[int, int] | None:
    """The school and the link that an address names; None where nobody signed it."""
    try:
        school_id, link_id = _SIGNER.unsign(text).split("-")
    except (signing.BadSignature, ValueError):
        return None
    return int(school_id), int(link_id)
