"""A class teacher's pages: the classes of today, and the register of one."""

from collections.abc import Mapping
from dataclasses import dataclass, replace

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render

from registers.access import SchoolRequest, school_view
from registers.queries import classes, registers
from registers.queries.classes import RegisterState
from registers.queries.layers import Told
from registers.queries.registers import ClassRegister, ClassRow
from registers.rules import taking
from registers.rules.arrivals import Times
from registers.rules.rights import Right
from registers.rules.sessions import Session, SessionOn
from registers.rules.taking import NoteRefusedError, Seen
from registers.services import registers as services
from registers.services.registers import Answer, RegisterRefusedError

OTHER_DAY = "This page was of another day, so nothing was sent. Below is today’s register: answer it and send."
OTHER_PERSON = (
    "Somebody else has signed in here since this page was opened, so nothing was sent. "
    "Sign in as yourself, or answer the register below in your own name."
)


@school_view(Right.TAKE_REGISTER)
def class_list(request: SchoolRequest) -> HttpResponse:
    """The classes whose register this person may take: how far each has come, how late it is, and what is next."""
    today = request.moment.today
    mine = list(classes.open_to(request.memberships, request.school, today))
    open_sessions = [session for session in Session if request.calendar.is_open(today, session)]
    states = {session: classes.register_states(mine, request.school, today, session) for session in open_sessions}
    times = classes.times_by_class(request.school, today)
    rows = [
        (row, [_due(request, states[session][place], times.get((row.pk, session))) for session in open_sessions])
        for place, row in enumerate(mine)
    ]
    return render(
        request,
        "registers/classes.html",
        {
            "rows": rows,
            "sessions": open_sessions,
            "why_closed": _why_closed(request),
            "never_taken": classes.never_taken(mine, request.school, request.calendar, today),
            "waiting": sum(due.is_now for _, dues in rows for due in dues),
        },
    )


@dataclass(frozen=True)
class Due:
    """One register of today: its state, its times, and how pressing it is."""

    state: RegisterState
    times: Times | None
    is_now: bool
    overdue: int

    @property
    def how_late(self) -> str:
        hours, minutes = divmod(self.overdue, 60)
        if not hours:
            return "1 minute late" if minutes == 1 else f"{minutes} minutes late"
        return f"{hours} h {minutes} min late"


def _due(request: SchoolRequest, state: RegisterState, times: Times | None) -> Due:
    local = request.moment.local
    is_now = not state.is_done and taking.is_open_yet(local, times)
    return Due(state, times, is_now, taking.minutes_overdue(local, times) if is_now else 0)


@school_view(Right.TAKE_REGISTER)
def class_register(request: SchoolRequest, class_id: int, session: str) -> HttpResponse:
    """Take today's register of a class: GET shows it, POST sends it."""
    if session not in Session.__members__:
        raise Http404
    today = request.moment.today
    school_class = get_object_or_404(classes.open_to(request.memberships, request.school, today), pk=class_id)
    place = SessionOn(today, Session(session))
    if not request.calendar.is_open(*place):
        return render(request, "registers/closed.html", {"why_closed": request.calendar.why_closed(today)})
    page = _Page(request, registers.class_register(request.school, request.calendar, school_class, place))
    if request.method != "POST":
        return page.show()
    if error := _not_this_page(request):
        return page.show(error=error)
    answers, errors = _answers(request.POST, page.register)
    if errors:
        return page.show(answers, error=next(iter(errors.values())), row_errors=errors)
    try:
        taken = services.take(
            request.school,
            request.calendar,
            school_class,
            place,
            answers,
            is_closed=page.is_closed,
            is_too_early=page.is_too_early,
            today=today,
            by=request.membership,
            at=request.moment.at,
        )
    except RegisterRefusedError as refused:
        return page.show(answers, error=str(refused), row_errors=refused.wrong)
    if taken.clashes:
        fresh = registers.class_register(request.school, request.calendar, school_class, place)
        return _clashed(_Page(request, fresh), answers, taken.clashes)
    _say(request, taken, is_first=page.register.taken is None)
    return redirect("class_register", request.school.slug, class_id, session)


def _clashed(page: "_Page", answers: Mapping[int, Answer], clashes: Mapping[int, Told]) -> HttpResponse:
    """The page as it stands now, with the answers that were not saved beside what another teacher has sent."""
    # Both answers are on the page now, so sending it again is an answer to what stands.
    kept = {pupil_id: replace(answers[pupil_id], version=None) for pupil_id in clashes}
    errors = {pupil_id: _both(page.request, told, kept[pupil_id]) for pupil_id, told in clashes.items()}
    number = "1 answer was" if len(kept) == 1 else f"{len(kept)} answers were"
    error = f"{number} not saved, because another was sent while this page was open. The rest is saved."
    return page.show(kept, error=error, row_errors=errors, is_saved=True)


def _both(request: SchoolRequest, told: Told, answer: Answer) -> str:
    who = "You" if told.by == request.user else told.by.name
    mine = answer.said
    if mine.words == told.said.words:
        says, verb = "this page adds a note", "Send again to keep it."
    else:
        says, verb = f"this page says {mine.words}", f"Send again to make it {mine.words}."
    sent = told.at.astimezone(request.moment.local.tzinfo)
    return f"{who} sent {told.said.words} at {sent:%H:%M}; {says}. {verb}"


@dataclass(frozen=True)
class PageRow:
    """One row of the page: what the register holds, and what stands in its fields."""

    row: ClassRow
    seen: Seen | None
    minutes: int | None
    note: str
    token: str
    is_shut: bool
    error: str


class _Page:
    """The page of one register at one moment."""

    def __init__(self, request: SchoolRequest, register: ClassRegister) -> None:
        local, times = request.moment.local, register.times
        self.request, self.register = request, register
        self.is_closed = taking.is_closed(local, times)
        # The demonstration is looked at at any hour; a school's register opens when it opens.
        self.is_too_early = not request.moment.is_demonstration and taking.is_too_early(local, times)

    def show(
        self,
        answers: Mapping[int, Answer] | None = None,
        *,
        error: str = "",
        row_errors: Mapping[int, str] | None = None,
        is_saved: bool = False,
    ) -> HttpResponse:
        rows = [self._row(row, (answers or {}).get(row.pupil.pk), row_errors or {}) for row in self.register.rows]
        return render(
            self.request,
            "registers/class_register.html",
            {
                "register": self.register,
                "rows": rows,
                "choices": [(seen, taking.SEEN_NAMES[seen]) for seen in Seen],
                "is_closed": self.is_closed,
                "is_too_early": self.is_too_early,
                "is_shut": all(row.is_shut for row in rows),
                "error": error,
                "is_saved": is_saved,
            },
            status=422 if error else 200,
        )

    def _row(self, row: ClassRow, answer: Answer | None, errors: Mapping[int, str]) -> PageRow:
        said = answer.said if answer else (row.told.said if row.told else None)
        # A refused answer is still the answer to what its page was opened with.
        token = f"{answer.version}.{answer.sighting}" if answer and answer.version is not None else row.token
        is_shut = self.is_closed and row.mark is not None and not row.is_locked
        error = errors.get(row.pupil.pk, "")
        if said is None:
            return PageRow(row, None, None, "", token, is_shut, error)
        return PageRow(row, said.seen, said.minutes_late, said.note, token, is_shut, error)


def _not_this_page(request: SchoolRequest) -> str:
    """Why what was sent is not an answer to today's page in this person's hands, if it is not."""
    if request.POST.get("on") != request.moment.today.isoformat():
        return OTHER_DAY
    return OTHER_PERSON if request.POST.get("by", str(request.user.pk)) != str(request.user.pk) else ""


def _answers(posted: Mapping[str, str], register: ClassRegister) -> tuple[dict[int, Answer], dict[int, str]]:
    """What was sent, by pupil of this class, and what is wrong with it."""
    found: dict[int, Answer] = {}
    errors: dict[int, str] = {}
    for row in register.rows:
        pupil_id = row.pupil.pk
        seen = posted.get(f"seen-{pupil_id}", "")
        if seen not in set(Seen):
            continue
        answer = _with_token(Answer(Seen(seen)), posted.get(f"token-{pupil_id}", ""))
        minutes = posted.get(f"minutes-{pupil_id}", "").strip() if seen == Seen.LATE else ""
        if minutes and not (minutes.isascii() and minutes.isdigit() and len(minutes) <= 3):
            errors[pupil_id], minutes = "Minutes late is a whole number, such as 12.", ""
        try:
            note = taking.read_note(posted.get(f"note-{pupil_id}", ""))
        except NoteRefusedError as refused:
            errors[pupil_id], note = str(refused), ""
        found[pupil_id] = replace(answer, minutes_late=int(minutes) if minutes else None, note=note)
    return found, errors


def _with_token(answer: Answer, token: str) -> Answer:
    """The answer with what its page was opened with; a token that cannot be read is taken for the oldest."""
    if not token:
        return answer
    parts = [int(part) if part.isascii() and part.isdigit() and len(part) <= 18 else 0 for part in token.split(".")]
    version, sighting = parts if len(parts) == 2 else (0, 0)
    return replace(answer, version=version, sighting=sighting)


def _say(request: SchoolRequest, taken: services.Taken, *, is_first: bool) -> None:
    number = len(taken.outcome.entered) + len(taken.outcome.amended)
    if not is_first and (number or not taken.sightings):  # a first sending is told by the page itself
        marks = "1 mark" if number == 1 else f"{number} marks"
        messages.success(request, f"Register sent: {marks} saved." if number else "Nothing changed.")
    if taken.taken_over:
        rows = "a code to 1 pupil" if taken.taken_over == 1 else f"codes to {taken.taken_over} pupils"
        messages.warning(request, f"The office gave {rows} while this page was open. Its code stands: see the lock.")
    if taken.contradicted:
        differ = "One answer differs" if taken.contradicted == 1 else f"{taken.contradicted} answers differ"
        messages.warning(request, f"{differ} from the office’s code. The code stays and the office will look.")


def _why_closed(request: SchoolRequest) -> str:
    today = request.moment.today
    return "" if request.calendar.is_school_day(today) else request.calendar.why_closed(today)
