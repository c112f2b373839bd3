"""Taking a class's register: what a teacher saw, what mark it makes, and whose mark stands."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from enum import StrEnum

from registers.rules import codes
from registers.rules.arrivals import Times
from registers.rules.marks import Door
from registers.rules.sessions import Session


class Seen(StrEnum):
    """What a teacher can say of a pupil at registration."""

    PRESENT = "P"
    ABSENT = "A"
    LATE = "L"


SEEN_NAMES: Mapping[Seen, str] = {Seen.PRESENT: "Present", Seen.ABSENT: "Absent", Seen.LATE: "Late"}
SOURCE_NAMES: Mapping[str, str] = {
    Door.TEACHER: "class register",
    Door.OFFICE: "office",
    Door.LEAVE: "leave granted",
    Door.IMPORT: "from a file",
    Door.CLOSURE: "closure",
    Door.NIGHTLY: "overnight",
    Door.LAPSED: "plan fell away",
}
"""Where a code comes from, in the words of the class register."""

EARLIEST_MINUTES = 15
MOST_NOTE = 200
NEW_FOR_DAYS = 7


class NoteRefusedError(Exception):
    """A teacher's note that cannot be kept; the message says what to do."""


@dataclass(frozen=True)
class Said:
    """What a teacher says of one pupil."""

    seen: Seen
    minutes_late: int | None = None
    note: str = ""

    @property
    def words(self) -> str:
        """The answer in words, such as “Late (12 min)”."""
        late = f" ({self.minutes_late} min)" if self.minutes_late is not None else ""
        return SEEN_NAMES[self.seen] + late


class Verdict(StrEnum):
    """What becomes of an answer beside what has been said of the pupil before."""

    SAME = "same"
    NEWS = "news"
    CLASH = "clash"


def weigh(said: Said, stands: Said | None, shown: Said | None, *, is_stale: bool) -> Verdict:
    """Whether an answer says nothing new, is to be written, or clashes with one given since its page was opened.

    `stands` is the last thing a teacher said; `shown`, what the page showed when it was opened. A row that its
    teacher left as it was shown is no answer to what somebody else has said since.
    """
    if stands is not None and repeats(said, stands):
        return Verdict.SAME
    if not is_stale or stands is None:
        return Verdict.NEWS
    return Verdict.SAME if shown is not None and repeats(said, shown) else Verdict.CLASH


def repeats(said: Said, before: Said) -> bool:
    """Whether an answer adds nothing to an earlier one; no note leaves the earlier note as it is."""
    return (said.seen, said.minutes_late) == (before.seen, before.minutes_late) and said.note in ("", before.note)


def read_note(text: str) -> str:
    """A note as it is kept: trimmed, on one line, and not longer than the record."""
    note = " ".join(text.split())
    if len(note) > MOST_NOTE:
        raise NoteRefusedError(f"A note has at most {MOST_NOTE} characters. Shorten it.")
    if not note.isprintable():
        raise NoteRefusedError("A note holds a character that cannot be kept. Type it again.")
    return note


def shown_to_teachers(symbol: str) -> tuple[str, str]:
    """The code and its meaning as a class register shows them: what is restricted says no more than it must."""
    if not symbol:
        return "", "No mark"
    code = codes.code(symbol)
    return ("Y", "Unable to attend") if code.restricted else (code.symbol, code.meaning)


def roll_flag(starts_on: date, leaves_on: date | None, on: date) -> str:
    """What a teacher should know of a pupil's place on roll: the first day, the first week, the last day."""
    if leaves_on == on:
        return "Last day today"
    if starts_on == on:
        return "First day today"
    return "New this week" if on - timedelta(days=NEW_FOR_DAYS) < starts_on < on else ""


def symbol_for(seen: Seen, session: Session) -> str:
    """The mark a teacher's answer makes where nobody else has given one: absent is N until the office knows why."""
    return {Seen.PRESENT: codes.PRESENT_STROKE[session], Seen.ABSENT: codes.UNEXPLAINED, Seen.LATE: "L"}[seen]


def seen_of(symbol: str) -> Seen | None:
    """The answer a teacher's own mark stands for."""
    if symbol in codes.PRESENT_STROKE.values():
        return Seen.PRESENT
    return {codes.UNEXPLAINED: Seen.ABSENT, "L": Seen.LATE}.get(symbol)


def is_teachers(source: str) -> bool:
    """Whether a mark was given in the classroom, or a plan for it fell away; a register never overwrites any other."""
    return source in (Door.TEACHER, Door.LAPSED)


def disagrees(seen: str, symbol: str) -> bool:
    """Whether what a teacher saw contradicts the code in the register; the office settles it."""
    if not seen:
        return False
    if seen == Seen.ABSENT:
        # Whoever was not there at registration and came later is L or U, and nobody contradicts anybody.
        return symbol in codes.PRESENT_STROKE.values()
    return codes.code(symbol).stat_class is not codes.StatClass.PRESENT and symbol != "U"


def is_too_early(local: datetime, times: Times | None) -> bool:
    """Whether a session's register is asked for more than a quarter of an hour before it opens."""
    return times is not None and _minutes(local.time()) < _minutes(times.starts) - EARLIEST_MINUTES


def is_closed(local: datetime, times: Times | None) -> bool:
    """Whether the register of today's session has closed; without stated times it never does."""
    return times is not None and local.time().replace(second=0, microsecond=0, tzinfo=None) > times.closes


def is_open_yet(local: datetime, times: Times | None) -> bool:
    """Whether the session's register has opened; without stated times it always has."""
    return times is None or _minutes(local.time()) >= _minutes(times.starts)


def minutes_overdue(local: datetime, times: Times | None) -> int:
    """The minutes since a register that is still blank should have been closed; 0 while there is time."""
    return max(0, _minutes(local.time()) - _minutes(times.closes)) if times else 0


def session_now(local: datetime, afternoon_starts: time | None) -> Session:
    """The session a register taken at this minute is for."""
    return Session.PM if local.time() >= (afternoon_starts or time(12)) else Session.AM


def _minutes(moment: time) -> int:
    return moment.hour * 60 + moment.minute
