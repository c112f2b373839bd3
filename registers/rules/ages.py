"""Compulsory school age and year groups (Education Act 1996 s.8). Ages for statistics are another thing: `figures`."""

from datetime import date, timedelta

from registers.rules.calendar import school_year_start

FRIDAY = 4


def birthday(dob: date, age: int) -> date:
    """The day a person reaches an age; someone born on 29 February reaches it on 1 March of a common year."""
    try:
        return dob.replace(year=dob.year + age)
    except ValueError:
        return date(dob.year + age, 3, 1)


def age_on(dob: date, on: date) -> int:
    return on.year - dob.year - ((on.month, on.day) < (dob.month, dob.day))


def compulsory_from(dob: date) -> date:
    """The prescribed day (31 March, 31 August, 31 December) on or after the fifth birthday (s.8(2))."""
    fifth = birthday(dob, 5)
    prescribed = (date(fifth.year, 3, 31), date(fifth.year, 8, 31), date(fifth.year, 12, 31))
    return next(day for day in prescribed if day >= fifth)


def compulsory_until(dob: date) -> date:
    """The last Friday in June of the school year in which the pupil turns 16 (s.8(3))."""
    june_end = date(school_year_start(birthday(dob, 16)).year + 1, 6, 30)
    return june_end - timedelta(days=(june_end.weekday() - FRIDAY) % 7)


def is_compulsory_age(dob: date, on: date) -> bool:
    """Whether a child is of compulsory school age on a day, both ends included."""
    return compulsory_from(dob) <= on <= compulsory_until(dob)


def year_group(dob: date, on: date, offset: int = 0) -> int:
    """The national curriculum year on a day: 0 is Reception, -1 Nursery. `offset`: taught out of cohort."""
    cohort = dob.year if (dob.month, dob.day) >= (9, 1) else dob.year - 1
    return school_year_start(on).year - cohort - 5 + offset


def year_group_name(number: int) -> str:
    if number < 0:
        return "Nursery"
    return "Reception" if number == 0 else f"Year {number}"


def key_stage(number: int) -> str:
    """EYFS to Reception, KS1 Years 1-2, KS2 Years 3-6, KS3 Years 7-9, KS4 Years 10-11, then KS5."""
    for last, name in ((0, "EYFS"), (2, "KS1"), (6, "KS2"), (9, "KS3"), (11, "KS4")):
        if number <= last:
            return name
    return "KS5"
