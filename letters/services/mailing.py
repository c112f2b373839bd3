"""An issued letter e-mailed to those it is addressed to, its file attached, through the sender of all messages."""

from collections.abc import Sequence
from datetime import date, datetime

from django.db import transaction

from letters.models import Letter, Message
from letters.queries import letters as queries
from letters.rules.messages import Channel, MessageRefusedError
from letters.rules.posting import How
from letters.rules.states import LetterState
from letters.services import messages, posting
from letters.services.messages import Draft
from registers.models import Membership, Parent

PURPOSE = "letter"


@transaction.atomic
def email(letter: Letter, *, today: date, by: Membership, at: datetime) -> list[Message]:
    """Release one e-mail with the letter to each parent it is addressed to, and say that it was sent.

    Raises MessageRefusedError when one of them has no e-mail address; nobody gets it then. Asked for again, it goes
    only to those to whom it has not.
    """
    together = queries.together(letter)
    parents = list(letter.parents.order_by("pk"))
    if not parents:
        raise MessageRefusedError("This letter is addressed to nobody on record, so it cannot be e-mailed.")
    drafts = [_draft(together, parent) for parent in parents]
    prepared = messages.prepare(letter.school, drafts, by=by, at=at)
    released = messages.release(letter.school, [row.pk for row in prepared], by=by, at=at)
    if letter.state == LetterState.ISSUED:
        posting.mark_sent(letter.school, [letter.pk], how=How.EMAIL, on=today, today=today, by=by, at=at)
    return released


def _draft(together: Sequence[Letter], parent: Parent) -> Draft:
    letter = together[0]
    return Draft(
        purpose=PURPOSE,
        key=f"letter:{letter.pk}:{parent.pk}",
        channel=Channel.EMAIL,
        parent=parent,
        pupils=tuple(one.pupil for one in together),
        subject=f"A letter from {letter.school.name}",
        body=_words(letter),
        attachment=letter,
    )


def _words(letter: Letter) -> str:
    """What the e-mail itself says: nothing of what the letter does."""
    return (
        f"{letter.values.get('salutation', '') and 'Dear ' + letter.values['salutation']}\n\n"
        f"Please find a letter from {letter.school.name} attached. If you cannot open it, or would like it on paper, "
        f"please get in touch with the school office: telephone {letter.school.telephone}.\n\n"
        f"{letter.school.name}"
    )
