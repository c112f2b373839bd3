"""Changing a school's letterhead; what was issued keeps the one it was printed with."""

from collections.abc import Mapping
from datetime import datetime

from django.db import transaction

from letters import images
from letters.models import Letterhead
from letters.queries import letterheads
from letters.rules.letterheads import Window
from registers.models import Membership, School
from registers.rules import rights
from registers.rules.rights import Right, Role
from registers.services import record

LOGO = "logo"


@transaction.atomic
def arrange(
    school: School, *, reply_email: str, footer: str, window: Window, by: Membership, at: datetime
) -> Letterhead:
    """Set where answers go, the footer, and the place of the address."""
    found = _locked(school, by)
    found.reply_email, found.footer, found.window = reply_email, footer, window
    return _save(found, by, at, changed="arrangement")


@transaction.atomic
def set_image(school: School, place: str, content: bytes, *, by: Membership, at: datetime) -> int:
    """Keep an image and use it: as the logo, or as the signature of the role that `place` names.

    Returns how many unsafe parts of a drawing were left out. Raises LetterRefusedError for what is no image.
    """
    found = _locked(school, by)
    image = images.make_safe(content)
    name = images.keep(school.slug, image)
    if place == LOGO:
        found.logo = name
    else:
        found.signatures = {**found.signatures, Role(place).value: name}
    _save(found, by, at, changed=place)
    return image.left_out


@transaction.atomic
def take_away(school: School, image: str, *, by: Membership, at: datetime) -> Letterhead:
    """Use an image no longer: “logo”, or the role whose signature it is. Its file stays for letters already drafted."""
    found = _locked(school, by)
    if image == LOGO:
        found.logo = ""
    else:
        signatures: Mapping[str, str] = found.signatures
        found.signatures = {role: name for role, name in signatures.items() if role != image}
    return _save(found, by, at, changed=f"no {image}")


def _locked(school: School, by: Membership) -> Letterhead:
    rights.check(Role(by.role), Right.EDIT_WORDING)
    School.objects.select_for_update().get(pk=school.pk)
    return letterheads.of(school)


def _save(found: Letterhead, by: Membership, at: datetime, *, changed: str) -> Letterhead:
    found.save()
    record.write("letterhead changed", by=by, at=at, subject=f"letterhead:{found.pk}", facts={"changed": changed})
    return found
