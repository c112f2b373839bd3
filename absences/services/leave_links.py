"""A parent's link made and taken back; what is sent by one received, and settled where the children were not clear."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from django.db import transaction

from absences.models import Evidence, LeaveLink, LeaveRequest, SentRequest
from absences.models.leave import ONLINE
from absences.queries import leave_links as queries
from absences.queries.leave_page import rules_of
from absences.rules import leave as rules
from absences.rules import leave_links, spans
from absences.rules.leave import Category, LeaveRefusedError
from absences.rules.leave_links import LINK_STATE_NAMES, LinkState
from absences.rules.spans import Span, SpanRefusedError
from absences.services import evidence, guards, leave
from registers.models import Contact, Membership, Pupil, School
from registers.rules.calendar import Calendar
from registers.rules.rights import Right
from registers.services import record as events

NOT_CLEAR = "The names typed do not say clearly which child of the family is meant."


@dataclass(frozen=True)
class Typed:
    """What a parent typed, checked for shape alone."""

    children: str
    span: Span
    category: Category
    reason: str


@dataclass(frozen=True)
class Upload:
    """A file that came with it."""

    name: str
    content: bytes


class LinkClosedError(Exception):
    """A link that opens nothing any more; the message says which."""


@transaction.atomic
def make(school: School, applicant: Contact, pupils: Sequence[Pupil], *, by: Membership, at: datetime) -> LeaveLink:
    """Make a link for one parent and the children they may ask for. Raises LeaveRefusedError."""
    guards.check(by, school, Right.ENTER_LEAVE)
    leave.check_applicant(school, pupils, applicant)
    row = LeaveLink.objects.create(
        school=school,
        parent_id=applicant.parent_id,
        made_at=at,
        made_by_id=by.user_id,
        made_role=by.role,
        expires_at=at + timedelta(days=rules_of(school).link_days),
    )
    row.pupils.set(pupils)
    facts = {"pupils": sorted(pupil.pk for pupil in pupils), "expires_at": row.expires_at.isoformat()}
    events.write("leave link made", by=by, at=at, subject=_subject(row), facts=facts)
    return row


@transaction.atomic
def revoke(row: LeaveLink, *, by: Membership, at: datetime) -> None:
    """Take a link back, so that it opens nothing. One that was used stays used."""
    guards.check(by, row.school, Right.ENTER_LEAVE)
    taken = LeaveLink.objects.filter(pk=row.pk, revoked_at__isnull=True, used_at__isnull=True).update(
        revoked_at=at, revoked_by_id=by.user_id
    )
    if taken:
        events.write("leave link taken back", by=by, at=at, subject=_subject(row))


@transaction.atomic
def send(
    link_id: int,
    school: School,
    calendar: Calendar,
    typed: Typed,
    upload: Upload | None = None,
    *,
    today: date,
    by: Membership,
    at: datetime,
) -> SentRequest:
    """Take what a parent sends by a link, once. It becomes a request, or waits for the office to say whose it is.

    Raises LinkClosedError, LeaveRefusedError for days that cannot be asked for, and EvidenceRefusedError.
    """
    link = LeaveLink.objects.select_for_update(no_key=True).get(school=school, pk=link_id)
    if (state := link.state(at)) is not LinkState.OPEN:
        raise LinkClosedError(LINK_STATE_NAMES[state])
    _check_days(calendar, typed, today)
    link.used_at = at
    link.save(update_fields=["used_at"])
    sent = SentRequest(
        school=school,
        link=link,
        children=typed.children.strip(),
        first_on=typed.span.first.on,
        first_session=typed.span.first.session,
        last_on=typed.span.last.on,
        last_session=typed.span.last.session,
        category=typed.category,
        reason=typed.reason.strip(),
        sent_at=at,
        sent_on=today,
    )
    rows, sent.hindrance = _try(link, school, calendar, sent, typed, today=today, by=by, at=at)
    sent.save()
    facts = {"requests": [row.pk for row in rows], "to_settle": bool(sent.hindrance), "file": upload is not None}
    events.write("leave asked online", by=by, at=at, subject=_subject(link), facts=facts)
    if upload is not None:
        evidence.add_to_sent(sent, rows[0] if rows else None, upload.name, upload.content, by=by, at=at)
    return sent


def _check_days(calendar: Calendar, typed: Typed, today: date) -> None:
    """What can be said to a parent without telling anything of a child."""
    try:
        spans.check(typed.span, calendar)
    except SpanRefusedError:
        raise LeaveRefusedError(
            "The last day comes before the first, or the days lie outside the school’s calendar. Check the dates."
        ) from None
    rules.check_request(spans.sessions(typed.span, calendar), today, typed.reason, today)


def _try(
    link: LeaveLink,
    school: School,
    calendar: Calendar,
    sent: SentRequest,
    typed: Typed,
    *,
    today: date,
    by: Membership,
    at: datetime,
) -> tuple[list[LeaveRequest], str]:
    """Make a request of it for the children whom the names mean, or say why the office has to."""
    children = {pupil.pk: pupil for pupil in link.pupils.all()}
    meant = leave_links.match(typed.children, queries.as_children(children.values()))
    if meant is None:
        return [], NOT_CLEAR
    try:
        with transaction.atomic():
            return _record(link, school, calendar, sent, [children[pk] for pk in meant], today=today, by=by, at=at), ""
    except LeaveRefusedError as refused:
        return [], str(refused)[:300]


def _record(
    link: LeaveLink,
    school: School,
    calendar: Calendar,
    sent: SentRequest,
    pupils: Sequence[Pupil],
    *,
    today: date,
    by: Membership,
    at: datetime,
) -> list[LeaveRequest]:
    applicant = Contact.objects.filter(school=school, parent=link.parent_id, pupil=pupils[0]).first()
    if applicant is None:
        raise LeaveRefusedError("The parent is not among the child’s contacts any more.")
    return leave.record_requests(
        school,
        calendar,
        pupils,
        applicant,
        sent.sent_on,
        sent.span,
        sent.reason,
        Category(sent.category),
        source=ONLINE,
        today=today,
        by=by,
        at=at,
    )


@transaction.atomic
def settle(
    sent_id: int,
    school: School,
    calendar: Calendar,
    pupils: Sequence[Pupil],
    *,
    today: date,
    by: Membership,
    at: datetime,
) -> list[LeaveRequest]:
    """The office says which of the link's children are meant: it becomes a request for them, received when it came."""
    guards.check(by, school, Right.ENTER_LEAVE)
    sent = _waiting(sent_id, school)
    allowed = set(sent.link.pupils.values_list("pk", flat=True))
    if not pupils or any(pupil.pk not in allowed for pupil in pupils):
        raise LeaveRefusedError("Tick the child, or the children, for whom it was sent; the link is for no others.")
    rows = _record(sent.link, school, calendar, sent, pupils, today=today, by=by, at=at)
    Evidence.objects.filter(sent=sent, leave__isnull=True).update(pupil=rows[0].pupil, leave=rows[0])
    _close(sent, "", by, at, {"requests": [row.pk for row in rows]})
    return rows


@transaction.atomic
def drop(sent_id: int, school: School, words: str, *, by: Membership, at: datetime) -> None:
    """Put aside what a parent sent, saying why; it is kept."""
    guards.check(by, school, Right.ENTER_LEAVE)
    if not words.strip():
        raise LeaveRefusedError("Say why it is put aside; it is kept with what the parent sent.")
    _close(_waiting(sent_id, school), words.strip()[:300], by, at, {})


def _waiting(sent_id: int, school: School) -> SentRequest:
    sent = SentRequest.objects.select_for_update(of=("self",), no_key=True).select_related("link", "school")
    found = sent.get(school=school, pk=sent_id)
    if found.settled_at is not None or not found.hindrance:
        raise LeaveRefusedError("This is settled already. Look at the list again.")
    return found


def _close(sent: SentRequest, words: str, by: Membership, at: datetime, facts: dict[str, object]) -> None:
    sent.settled_at, sent.settled_by_id, sent.dropped_words = at, by.user_id, words
    sent.save(update_fields=["settled_at", "settled_by", "dropped_words"])
    kind = "online request put aside" if words else "online request settled"
    events.write(kind, by=by, at=at, subject=_subject(sent.link), facts=facts)


def _subject(link: LeaveLink) -> str:
    return f"leave link:{link.pk}"
