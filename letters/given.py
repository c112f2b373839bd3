"""Facts of letters that only a higher app can say: it registers who answers, and a letter asks when nobody told it."""

from collections.abc import Callable, Mapping
from datetime import date

from letters.rules.kinds import Kind
from registers.models import Pupil, School
from registers.rules.calendar import Calendar

Answer = Callable[[School, Pupil, date], str]
"""A school, a pupil and today to the value of a blank; an empty text where there is none."""

Find = Callable[[School, Calendar, Pupil, date], Mapping[str, str | bool]]
"""A school, its calendar, a pupil and today to values of blanks (text) and conditions (true or false)."""

_answers: dict[str, Answer] = {}
_finds: dict[frozenset[str], Find] = {}


def answers(blank: str) -> Callable[[Answer], Answer]:
    """Register the function that fills a given blank when the caller of `letters.draft` does not."""

    def register(answer: Answer) -> Answer:
        _answers[blank] = answer
        return answer

    return register


def is_answered(blank: str) -> bool:
    """Whether somebody answers for a blank without being called by whoever asks for the letter."""
    return blank in _answers


def fill(kind: Kind, school: School, pupil: Pupil, values: Mapping[str, str], today: date) -> dict[str, str]:
    """The caller's values, with those they left open asked of whoever answers for them."""
    asked = {
        name: _answers[name](school, pupil, today)
        for name in kind.given_blanks
        if name not in values and name in _answers
    }
    return {**asked, **values}


def finds(*names: str) -> Callable[[Find], Find]:
    """Register the function that counts blanks and conditions anew each time a letter that names one is written."""

    def register(find: Find) -> Find:
        _finds[frozenset(names)] = find
        return find

    return register


def found(
    kind: Kind, school: School, calendar: Calendar, pupil: Pupil, today: date
) -> tuple[dict[str, str], frozenset[str]]:
    """What higher apps count for a letter: values, and conditions that hold. Nothing is asked that it does not name."""
    wanted = kind.named_conditions.union(kind.named_blanks)
    values: dict[str, str] = {}
    conditions: set[str] = set()
    for names, find in _finds.items():
        if not names & wanted:
            continue
        for name, value in find(school, calendar, pupil, today).items():
            if isinstance(value, str):
                values[name] = value
            elif value:
                conditions.add(name)
    return values, frozenset(conditions)
