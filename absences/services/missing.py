"""Looking for a child who left: enquiries, the referral to the local authority, and the end of the search."""

from datetime import date, datetime

from django.db import transaction

from absences.models import Enquiry, MissingChild
from absences.queries import missing as queries
from absences.rules import missing as rules
from absences.rules.missing import Found, MissingRefusedError, Search
from absences.services import guards
from registers.models import Membership, Pupil, School
from registers.rules.rights import Right
from registers.services import marks
from registers.services import record as events


@transaction.atomic
def enquire(
    school: School, pupil: Pupil, on: date, words: str, *, today: date, by: Membership, at: datetime
) -> Enquiry:
    """Record an enquiry after a child who left; the first one opens the search. Raises MissingRefusedError."""
    guards.check(by, school, Right.ARRANGE)
    rules.check_step(on, words, today)
    locked = marks.lock_pupils(school, {pupil.pk})[pupil.pk]
    search = _search(school, locked)
    if search is None:
        if locked.leaves_on is None or not rules.missing_answers(queries.leaver(locked)):
            raise MissingRefusedError("Nothing is missing about where this pupil is. There is nobody to look for.")
        search = MissingChild.objects.create(school=school, pupil=locked, opened_on=today)
        _write("search for a child opened", search, by=by, at=at)
    if search.state == Search.CLOSED:
        raise MissingRefusedError("This search is closed.")
    row = Enquiry.objects.create(
        school=school,
        search=search,
        on=on,
        words=words.strip()[:300],
        recorded_at=at,
        recorded_by_id=by.user_id,
        recorded_role=by.role,
    )
    _write("enquiry after a child", search, by=by, at=at)
    return row


@transaction.atomic
def refer(
    school: School, pupil: Pupil, on: date, how: str, *, today: date, by: Membership, at: datetime
) -> MissingChild:
    """Record that the child was reported to the local authority as missing from education, after enquiries."""
    guards.check(by, school, Right.ARRANGE)
    rules.check_step(on, how, today, field="words")
    search = _locked(school, pupil)
    rules.check_referral(search.enquiries.count())
    rules.check_move(Search(search.state), Search.REFERRED)
    search.state, search.referred_on, search.referred_how = Search.REFERRED, on, how.strip()[:200]
    search.save()
    _write("child reported as missing from education", search, by=by, at=at)
    return search


@transaction.atomic
def close(
    school: School, pupil: Pupil, found: Found, why: str, *, today: date, by: Membership, at: datetime
) -> MissingChild:
    """End the search, with how the child was found or who goes on."""
    guards.check(by, school, Right.ARRANGE)
    search = _locked(school, pupil)
    rules.check_step(today, why, today)
    rules.check_move(Search(search.state), Search.CLOSED)
    search.state, search.found, search.closed_on = Search.CLOSED, found, today
    search.closed_why, search.closed_by_id = why.strip()[:200], by.user_id
    search.save()
    _write("search for a child closed", search, by=by, at=at)
    return search


def _locked(school: School, pupil: Pupil) -> MissingChild:
    marks.lock_pupils(school, {pupil.pk})
    search = _search(school, pupil)
    if search is None:
        raise MissingRefusedError("Record the enquiries that were made first: the local authority asks for them.")
    return search


def _search(school: School, pupil: Pupil) -> MissingChild | None:
    rows = MissingChild.objects.select_for_update(of=("self",), no_key=True).select_related("pupil")
    return rows.filter(school=school, pupil=pupil).first()


def _write(kind: str, row: MissingChild, *, by: Membership, at: datetime) -> None:
    events.write(kind, by=by, at=at, pupil=row.pupil, subject=f"search:{row.pk}", facts={"state": row.state})
