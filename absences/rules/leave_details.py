"""What is kept with each kind of leave beside its days, as the register and the law want it, and the notice asked for.

Source: SI 2024/208 reg 11 and Tables 1-3; WTISA 2024 on C1, J1, S, R, T and M; Carlton Road section 5 (notice).
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

from absences.rules.leave import Category, LeaveRefusedError

MOST_DETAIL = 120


@dataclass(frozen=True)
class Detail:
    """One thing kept with a kind of leave. `for_codes` are the codes that are not given without it."""

    name: str
    label: str
    help: str = ""
    is_date: bool = False
    for_codes: tuple[str, ...] = ()


_FESTIVAL = Detail(
    "festival", "Festival or day set apart", "Set apart by the body the parents belong to.", for_codes=("R",)
)
_LICENCE = Detail(
    "licence", "Licence or exemption reference", "Or the reference of the body’s own approval.", for_codes=("C1",)
)
_AUTHORITY = Detail(
    "authority", "Who issued it", "The local authority, or the justice of the peace.", for_codes=("C1",)
)
_INSTITUTION = Detail(
    "institution", "With whom the interview is", "The employer, school or college.", for_codes=("J1",)
)
_EXAM = Detail("exam", "Public examination", "Which one, and its dates.", for_codes=("S",))
_APPOINTMENT = Detail("appointment", "Day and time of the appointment", for_codes=("M",))
_SEEN = Detail("evidence", "Evidence seen", "Such as the appointment card. It may follow afterwards.")
_TRAVEL_FROM = Detail("travel_from", "Travels from", is_date=True, for_codes=("T",))
_RETURN = Detail("return_on", "Expected back", is_date=True, for_codes=("T",))
_OTHER_SCHOOL = Detail("other_school", "School attended while away", "If the child is also registered elsewhere.")

DETAILS: Mapping[Category, tuple[Detail, ...]] = {
    Category.RELIGIOUS: (_FESTIVAL,),
    Category.PERFORMANCE: (_LICENCE, _AUTHORITY),
    Category.INTERVIEW: (_INSTITUTION,),
    Category.EXAMINATION: (_EXAM,),
    Category.MEDICAL: (_APPOINTMENT, _SEEN),
    Category.TRAVELLER: (_TRAVEL_FROM, _RETURN, _OTHER_SCHOOL),
}
"""What is asked for with each kind; the kinds that are not named keep their dates and reason alone."""


def of(category: Category) -> tuple[Detail, ...]:
    return DETAILS.get(category, ())


def read(category: Category, typed: Mapping[str, str]) -> dict[str, str]:
    """What was typed as it is kept, or LeaveRefusedError. Days are kept as 2026-11-20."""
    found = {}
    for detail in of(category):
        value = " ".join(typed.get(detail.name, "").split())
        if not value:
            continue
        if len(value) > MOST_DETAIL or not value.isprintable():
            raise LeaveRefusedError(f"{detail.label}: at most {MOST_DETAIL} characters, on one line.")
        if detail.is_date:
            _check_day(detail, value)
        found[detail.name] = value
    if found.get("travel_from", "") > found.get("return_on", "9999"):
        raise LeaveRefusedError("The family is expected back before it leaves. Correct one of the two days.")
    return found


def _check_day(detail: Detail, value: str) -> None:
    try:
        date.fromisoformat(value)
    except ValueError:
        raise LeaveRefusedError(f"{detail.label}: give a day, such as 2026-11-20.") from None


def missing(category: Category, kept: Mapping[str, str], code: str) -> tuple[Detail, ...]:
    """What a code is not given without, and is not there yet."""
    return tuple(detail for detail in of(category) if code in detail.for_codes and not kept.get(detail.name))


def check_complete(category: Category, kept: Mapping[str, str], code: str, is_mobile_child: bool) -> None:
    """Refuse a code whose particulars are not kept, and T for a child who is not flagged as mobile."""
    wanted = missing(category, kept, code)
    if wanted:
        names = ", ".join(detail.label.lower() for detail in wanted)
        raise LeaveRefusedError(f"{code} is not given without: {names}. Enter it on this page first.")
    if code == "T" and not is_mobile_child:
        raise LeaveRefusedError(
            "T is for a mobile child. Say so in the admission register first, if the parent’s trade takes the family "
            "away."
        )


@dataclass(frozen=True)
class Notice:
    """How many days before the first day a request came, and how many the school asks for."""

    days: int
    asked: int

    @property
    def is_short(self) -> bool:
        """A late notice is told to whoever decides; it never refuses by itself."""
        return 0 < self.days < self.asked


def notice(received_on: date, first_on: date, asked: int | None) -> Notice | None:
    """The notice given, in days; None where the school asks for none with this kind."""
    return None if asked is None else Notice((first_on - received_on).days, asked)
