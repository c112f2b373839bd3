"""The admission register: who is on roll from when to when, with those who come and go during a year."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta

from attendance_site.demonstration.children import Child, Children
from attendance_site.demonstration.cohorts import YEAR_GROUPS, Cohorts, Place
from attendance_site.demonstration.years import years_covered
from registers.rules.calendar import SATURDAY, Calendar, CalendarRefusedError

MOVE_IN_YEAR = 0.015
MOVE_IN_SUMMER = 0.007


@dataclass(frozen=True)
class OnRoll:
    """One child's time at the school; `leave_on` is the last day on roll, None while nobody knows it."""

    child: Child
    start_on: date
    leave_on: date | None
    is_return: bool = False
    """Whether the child was on roll before, left, and came back."""
    is_end_of_school: bool = False
    """Whether the child leaves at the end of Year 6."""
    is_first_to_leave: bool = False
    """Whether the child is the first of its school year to leave during it."""

    def is_on_roll(self, on: date) -> bool:
        return self.start_on <= on and (self.leave_on is None or on <= self.leave_on)


@dataclass(frozen=True)
class Move:
    """A child leaves and, where the calendar goes on, another takes the place on the next school day.

    With `back_on` the other one goes again before that day, and the first one comes back.
    """

    leave_on: date
    start_on: date | None
    is_first: bool = False
    stay_until: date | None = None
    back_on: date | None = None


def first_day(calendar: Calendar, number: int) -> date:
    """The first school day of a school year, or an ordinary one where the calendar does not reach back."""
    found = calendar.school_days_between(date(number, 9, 1), date(number + 1, 8, 31))
    return found[0] if found else _weekday(date(number, 9, 4))


def last_day(calendar: Calendar, number: int) -> date:
    found = calendar.school_days_between(date(number, 9, 1), date(number + 1, 8, 31))
    return found[-1] if found else _weekday(date(number + 1, 7, 20))


def _weekday(on: date) -> date:
    return on + timedelta(days=7 - on.weekday()) if on.weekday() >= SATURDAY else on


def moves(calendar: Calendar, cohorts: Cohorts) -> Mapping[tuple[int, int], Move]:
    """Who leaves before the end of Year 6, over all school years of the calendar, by intake and number.

    Only children without brothers or sisters at the school move, so no family is left half behind.
    """
    found: dict[tuple[int, int], Move] = {}
    for number in years_covered(calendar):
        days = calendar.school_days_between(date(number, 9, 1), date(number + 1, 8, 31))
        in_year = max(2, round(cohorts.pupils * MOVE_IN_YEAR))
        in_summer = max(1, round(cohorts.pupils * MOVE_IN_SUMMER))
        dice = cohorts.chances.of("moves", number)
        free = [
            (intake, place)
            for intake in range(number - YEAR_GROUPS + 1, number + 1)
            for place in cohorts.only_children(intake)
            if place not in cohorts.parts(intake) and (intake, place) not in found
        ]
        dice.shuffle(free)
        # One child out of each stretch of the year, so there is always somebody who came or went lately.
        for turn, key in enumerate(free[:in_year]):
            day = min(len(days) - 2, 15 + int((turn + dice.random() * 0.8) * (len(days) - 25) / in_year))
            found[key] = replace(_move(calendar, days[max(0, day)]), is_first=turn == 0)
        _send_back(calendar, found, free[:in_year], number)
        # Those in Year 6 leave in the summer anyway.
        staying = [key for key in free[in_year:] if key[0] > number - YEAR_GROUPS + 1]
        for key in staying[:in_summer]:
            found[key] = _move(calendar, days[-1])
    return found


def _send_back(
    calendar: Calendar, found: dict[tuple[int, int], Move], gone: Sequence[tuple[int, int]], number: int
) -> None:
    """Let the last of those who left during a school year come back when the next one begins, if still of age."""
    for key in reversed(gone):
        move = found[key]
        until = calendar.school_days_between(date(number, 9, 1), date(number + 1, 8, 31))[-1]
        if key[0] > number - YEAR_GROUPS + 1 and move.start_on is not None and move.start_on <= until:
            found[key] = replace(move, stay_until=until, back_on=first_day(calendar, number + 1))
            return


def _move(calendar: Calendar, leave_on: date) -> Move:
    try:
        return Move(leave_on, calendar.add_school_days(leave_on, 1))
    except CalendarRefusedError:
        return Move(leave_on, None)


def roll(calendar: Calendar, children: Children, number: int, today: date) -> tuple[OnRoll, ...]:
    """Everyone on roll at some time in a school year up to `today`, as the register stood then."""
    until = min(today, last_day(calendar, number))
    since = first_day(calendar, number)
    return tuple(
        OnRoll(
            children.child(time.place),
            time.start_on,
            time.leave_on if time.leave_on <= until else None,
            is_return=time.is_return,
            is_end_of_school=time.leave_on == last_day(calendar, time.place.intake + YEAR_GROUPS - 1),
            is_first_to_leave=time.is_first,
        )
        for time in _times(calendar, children.cohorts, number)
        if time.start_on <= until and time.leave_on >= since
    )


@dataclass(frozen=True)
class _Time:
    """One child's time on the roll, from the first day to the last."""

    place: Place
    start_on: date
    leave_on: date
    is_first: bool = False
    is_return: bool = False


def _times(calendar: Calendar, cohorts: Cohorts, number: int) -> Iterator[_Time]:
    """Each place of a school year's seven intakes with the first and last day of the child who has it."""
    moved = moves(calendar, cohorts)
    for intake in range(number - YEAR_GROUPS + 1, number + 1):
        start_on, leave_on = first_day(calendar, intake), last_day(calendar, intake + YEAR_GROUPS - 1)
        for place in range(cohorts.size(intake)):
            move = moved.get((intake, place))
            if move is None:
                yield _Time(Place(intake, place), start_on, leave_on)
                continue
            yield _Time(Place(intake, place), start_on, move.leave_on, is_first=move.is_first)
            if move.start_on:
                yield _Time(Place(intake, place, 1), move.start_on, move.stay_until or leave_on)
            if move.back_on:
                yield _Time(Place(intake, place), move.back_on, leave_on, is_return=True)
