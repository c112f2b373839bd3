"""Adopting what a school's texts and e-mails say. A version is added; none is ever changed."""

from dataclasses import replace
from datetime import datetime

from django.db import transaction

from letters.models import MessageWording
from letters.queries import message_wordings as queries
from letters.rules import message_wordings as rules
from letters.rules.message_wordings import Purpose, Words
from registers.models import Membership, School
from registers.rules import rights
from registers.rules.rights import Right, RightRefusedError, Role
from registers.services import record


@transaction.atomic
def adopt(school: School, purpose: Purpose, words: Words, *, by: Membership, at: datetime) -> None:
    """Adopt a school's own words for a purpose; unchanged ones add nothing.

    Raises MessageRefusedError for an unknown blank, or words that no message could hold.
    """
    rights.check(Role(by.role), Right.SET_UP)
    if by.school_id != school.pk:
        raise RightRefusedError("This part is played at another school.")
    School.objects.select_for_update().get(pk=school.pk)
    words = replace(words, text=_ended(words.text), subject=" ".join(words.subject.split()), body=_ended(words.body))
    rules.check(words)
    standing = queries.latest(school, purpose)
    if words == queries.current(school, purpose):
        return
    row = MessageWording.objects.create(
        school=school,
        purpose=purpose,
        version=standing.version + 1 if standing else 1,
        text=words.text,
        subject=words.subject,
        body=words.body,
        adopted_at=at,
        adopted_by_id=by.user_id,
    )
    facts = {"purpose": purpose, "version": row.version}
    record.write("message wording adopted", by=by, at=at, subject=f"message_wording:{row.pk}", facts=facts)


def _ended(text: str) -> str:
    """A text with one way of ending a line, and nothing after the last."""
    return "\n".join(line.rstrip() for line in text.strip().splitlines())
