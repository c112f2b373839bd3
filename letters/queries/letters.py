"""Letters as the pages show them."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta

from django.db.models import Count, Exists, F, OuterRef, Q, QuerySet, Sum
from django.db.models.functions import Coalesce

from letters.models import Letter, Message
from letters.rules import blanks, conditions
from letters.rules.states import FROZEN, WAITING, WENT, LetterState
from registers.models import Event, Mark, Pupil, School
from registers.queries.figures import Period
from registers.rules.calendar import Calendar, school_year_start

_PLAIN_TO_SEE = frozenset({"salutation", "forename", "surname", "school_name", "school_telephone", "school_email"})
"""What the letter states that nobody need check beside it."""


@dataclass(frozen=True)
class Fact:
    """One thing the letter states, beside it on the page."""

    meaning: str
    value: str


def of_school(school: School) -> QuerySet[Letter, Letter]:
    """A school's letters with what every page shows of them."""
    return Letter.objects.filter(school=school).select_related(
        "school", "pupil", "wording", "drafted_by", "checked_by", "approved_by", "issued_by", "sent_by", "withdrawn_by"
    )


def with_mails(school: School) -> QuerySet[Letter, Letter]:
    """A school's letters that know whether they were e-mailed, so that most need not be asked for their e-mails."""
    mails = Message.objects.filter(attachment=Coalesce(OuterRef("shared"), OuterRef("pk")))
    return of_school(school).annotate(was_mailed=Exists(mails))


def mails(letter: Letter) -> list[Message]:
    """The e-mails that carry a letter, one for each parent."""
    if not getattr(letter, "was_mailed", True):
        return []
    return list(Message.objects.filter(attachment=letter.number).select_related("parent").order_by("pk"))


def _listed(school: School) -> QuerySet[Letter, Letter]:
    """The like for a list: what a letter says and was counted from is long, and stands on its own page."""
    return of_school(school).defer("body", "sessions", "facts", "given")


def waiting(school: School) -> list[Letter]:
    """The letters that wait for somebody, oldest first; those of a batch are looked at with it."""
    return list(_listed(school).filter(state__in=WAITING, item=None).order_by("drafted_at", "pk"))


def issued_since(school: School, on: date) -> list[Letter]:
    """The letters issued one by one from a day on, withdrawn ones among them, newest first."""
    return list(_listed(school).filter(state__in=FROZEN, issued_on__gte=on, item=None).order_by("-issued_on", "-pk"))


def of_pupil(pupil: Pupil) -> list[Letter]:
    """Every letter about a pupil, newest first; dropped drafts are left out."""
    rows = Letter.objects.filter(pupil=pupil).exclude(state=LetterState.DROPPED)
    return list(rows.select_related("wording", "issued_by").order_by("-drafted_at", "-pk"))


def term_began_on(calendar: Calendar, today: date) -> date:
    """The first day of the half-term a day belongs to, or of its school year before the first."""
    term = calendar.term_of(today)
    return term.first_on if term else school_year_start(today)


def facts(letter: Letter) -> list[Fact]:
    """What the letter states, in the order of the register of blanks."""
    values = letter.values
    return [
        Fact(_capital(blanks.BLANKS[name].meaning), values[name])
        for name in blanks.BLANKS
        if name in values and name not in _PLAIN_TO_SEE
    ]


def conditions_met(letter: Letter) -> list[str]:
    """The conditions that hold and that the letter asks about, in words."""
    return [
        _capital(conditions.CONDITIONS[name].meaning) for name in letter.conditions if name in conditions.CONDITIONS
    ]


def sent_lately(letter: Letter, today: date) -> Letter | None:
    """The last letter of the same kind that went to any of the same people within the kind's interval."""
    interval = letter.wording.read.interval_days
    if not interval or not letter.is_waiting:
        return None
    return (
        Letter.objects.filter(school_id=letter.school_id, pupil=letter.pupil, kind=letter.kind)
        .filter(state__in=WENT, issued_on__gt=today - timedelta(days=interval))
        .filter(parents__in=letter.parents.all())
        .order_by("-issued_on", "-pk")
        .first()
    )


def sent_back(letter: Letter) -> str:
    """What whoever was to sign a draft wants looked at again; empty if nobody gave it back."""
    events = Event.objects.filter(school_id=letter.school_id, subject=f"letter:{letter.pk}", pupil=letter.pupil_id)
    last = events.filter(kind__in=["letter sent back", "letter checked"]).order_by("-pk").first()
    return str(last.facts["reason"]) if last is not None and last.kind == "letter sent back" else ""


def entries_behind(letter: Letter, period: Period) -> tuple[int, int]:
    """How many marks a pupil has in a period, and how many entries these have had."""
    rows = Mark.objects.filter(pupil=letter.pupil_id, on__gte=period.first_on, on__lte=period.last_on)
    found = rows.aggregate(marks=Count("pk"), entries=Sum("version"))
    return found["marks"], found["entries"] or 0


def together(letter: Letter) -> list[Letter]:
    """The rows of one letter, that about the first child first; for most letters there is one, and no query."""
    if not _may_be_shared(letter):
        return [letter]
    return list(rows_of(letter, Letter.objects.select_related("school", "pupil", "wording")))


def pupils_of(letter: Letter) -> set[int]:
    """The pupils of whom a letter speaks."""
    if not _may_be_shared(letter):
        return {letter.pupil_id}
    return set(rows_of(letter, Letter.objects.all()).values_list("pupil_id", flat=True))


def _may_be_shared(letter: Letter) -> bool:
    """Whether a letter can speak of several children at all: only those of a batch are shared."""
    return letter.item_id is not None and letter.wording.read.siblings_share


def rows_of(letter: Letter, among: QuerySet[Letter, Letter]) -> QuerySet[Letter, Letter]:
    """Among some letters the rows of this one, that about the first child first."""
    if not _may_be_shared(letter):
        return among.filter(pk=letter.pk)
    number = Letter.objects.filter(pk=letter.pk).values(number=Coalesce("shared", "pk"))
    mine = among.filter(Q(pk__in=number) | Q(shared__in=number))
    # A brother or sister who was left out has no part in it any more.
    mine = mine.exclude(~Q(pk=letter.pk), state=LetterState.DROPPED)
    return mine.order_by(F("shared").asc(nulls_first=True), "pk")


def pks_together(letter_ids: Iterable[int]) -> list[int]:
    """The rows of these letters, with those of the siblings who share them."""
    numbers = Letter.objects.filter(pk__in=list(letter_ids)).values(number=Coalesce("shared", "pk"))
    return list(Letter.objects.filter(Q(pk__in=numbers) | Q(shared__in=numbers)).values_list("pk", flat=True))


def drafted_with(letter: Letter) -> list[Letter]:
    """The letters to the pupil's other households that were drafted together with this one."""
    return list(
        Letter.objects.filter(school_id=letter.school_id, pupil=letter.pupil, kind=letter.kind)
        .filter(because=letter.because, drafted_at=letter.drafted_at)
        .exclude(pk=letter.pk)
        .exclude(state=LetterState.DROPPED)
        .order_by("pk")
    )


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]
