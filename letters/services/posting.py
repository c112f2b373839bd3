"""Saying that issued letters went: by post or by hand, one or a whole batch."""

from collections.abc import Collection
from datetime import date, datetime

from django.db import transaction

from letters.models import Letter
from letters.queries import letters as queries
from letters.rules import posting as rules
from letters.rules import states
from letters.rules.posting import How
from letters.rules.states import LetterState
from registers.models import Membership, School
from registers.rules import rights
from registers.rules.rights import Right, Role
from registers.services import record


@transaction.atomic
def mark_sent(
    school: School,
    letter_ids: Collection[int],
    *,
    how: How,
    on: date,
    today: date,
    by: Membership,
    at: datetime,
) -> int:
    """Keep how and on which day issued letters went; returns how many. One that is sent already is left as it is.

    One that siblings share went for each of them.

    Raises SentRefusedError for a day to come or before the letter was issued, and when none of them is to be sent.
    """
    rights.check(Role(by.role), Right.WRITE_LETTERS)
    rows = Letter.objects.select_for_update(of=("self",)).filter(school=school, pk__in=queries.pks_together(letter_ids))
    waiting = list(rows.filter(state=LetterState.ISSUED).select_related("pupil").order_by("pk"))
    if not waiting:
        raise rules.SentRefusedError("None of these letters is issued and still to be sent. Tick those that went.")
    for letter in waiting:
        states.check_move(LetterState(letter.state), LetterState.SENT)
        rules.check_day(on, letter.issued_on or on, today)
    pks = [letter.pk for letter in waiting]
    Letter.objects.filter(pk__in=pks).update(
        state=LetterState.SENT, sent_on=on, sent_how=how, sent_at=at, sent_by=by.user, sent_role=by.role
    )
    for letter in waiting:
        facts = {"kind": letter.kind, "how": str(how), "on": on.isoformat()}
        record.write("letter sent", by=by, at=at, pupil=letter.pupil, subject=f"letter:{letter.pk}", facts=facts)
    return sum(letter.shared_id is None for letter in waiting)
