"""The named conditions on which a paragraph of a letter depends, and those without which a letter is not written."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass

from letters.rules.refusals import LetterRefusedError

NOT = "not "


@dataclass(frozen=True)
class Condition:
    """One thing that is so or is not. A `given` one is said by whoever asks for the letter."""

    name: str
    meaning: str
    if_unmet: str
    given: bool = False


class ConditionRefusedError(LetterRefusedError):
    """A condition that is unknown, or that a letter needs and does not find."""


TABLE: tuple[Condition, ...] = (
    Condition(
        "late_this_year",
        "the pupil has a mark L this school year",
        "The register shows no late arrival before close (L) this school year, so there is nothing to write about.",
    ),
    Condition(
        "ill_this_year",
        "the pupil has a mark I this school year",
        "The register shows no illness (I) this school year, so this letter would not be true. Recode the absences if "
        "some were illness, or choose another letter.",
    ),
    Condition(
        "late_after_this_year",
        "the pupil has a mark U this school year",
        "The register shows no arrival after close (U) this school year, so there is nothing to write about.",
    ),
    Condition(
        "late_at_all_this_year",
        "the pupil has a mark L or U this school year",
        "The register shows no late arrival (L or U) this school year, so there is nothing to write about.",
    ),
    Condition(
        "without_reason",
        "an absence this school year has no reason yet (N)",
        "No absence of this pupil waits for a reason (N), so there is nothing to ask.",
    ),
    Condition(
        "unauthorised_this_year",
        "the pupil has unauthorised absence this school year",
        "The register shows no unauthorised absence this school year, so this letter would not be true.",
    ),
    Condition(
        "minutes_recorded",
        "minutes late are recorded for at least one late arrival",
        "No minutes late are recorded.",
    ),
    Condition("attendance_good", "attendance this school year is 95 % or more", "Attendance is below 95 %."),
    Condition(
        "attendance_short",
        "attendance this school year is below 95 % and less than a tenth is missed",
        "Attendance is not below 95 %, or a tenth or more is missed.",
    ),
    Condition(
        "persistently_absent",
        "a tenth or more of possible sessions missed this school year",
        "The pupil has missed less than a tenth of possible sessions.",
    ),
    Condition(
        "below_expected",
        "attendance this school year is below what the school expects",
        "Attendance is not below what the school expects, so there is nothing to be concerned about.",
    ),
    Condition("below_90", "attendance this school year is below 90 %", "Attendance is not below 90 %."),
    Condition("academy", "the school is an academy", "The school is not an academy."),
    Condition(
        "threshold_met",
        "the national threshold (10 sessions of unauthorised absence in 10 school weeks) is met",
        "The national threshold (10 unauthorised sessions in 10 school weeks) is not met, so no penalty notice "
        "could follow and this letter may not go.",
    ),
    Condition(
        "penalty_notice_possible",
        "the national threshold (10 sessions in 10 school weeks) is met, or would be with this absence",
        "The national threshold for a penalty notice is not met.",
        given=True,
    ),
)

CONDITIONS: Mapping[str, Condition] = {condition.name: condition for condition in TABLE}


def check_known(name: str) -> None:
    """Raise ConditionRefusedError for a condition that is none of these."""
    if name not in CONDITIONS:
        raise ConditionRefusedError(f"“{name}” is no known condition.")


def plain(when: str) -> str:
    """The condition that a `when` names, without its “not”."""
    return when.removeprefix(NOT)


def is_met(when: str, holding: Collection[str]) -> bool:
    """Whether a paragraph is shown: always without a `when`; with “not …” where the condition does not hold."""
    if not when:
        return True
    check_known(plain(when))
    return (plain(when) in holding) is not when.startswith(NOT)


def check_needs(needs: Collection[str], holding: Collection[str]) -> None:
    """Refuse a letter whose kind needs something that is not so."""
    for name in needs:
        check_known(name)
        if name not in holding:
            raise ConditionRefusedError(CONDITIONS[name].if_unmet)


def check_given(names: Collection[str]) -> None:
    """Refuse what a caller says without being asked: an unknown condition, or one that is counted here."""
    for name in names:
        check_known(name)
        if not CONDITIONS[name].given:
            raise ConditionRefusedError(f"“{name}” is found from the registers and cannot be given.")
