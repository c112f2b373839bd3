"""What is wrong with a policy whose fields have the right types: what no type can say."""

import re
from collections.abc import Iterator, Set
from dataclasses import dataclass
from decimal import Decimal

from escalation.rules import measuring
from escalation.rules.measuring import (
    BOUNDS,
    WHOLE,
    AbsenceAtLeast,
    AttendanceBand,
    BelowExpected,
    BestClasses,
    DaysOnEnd,
    IllnessOccasions,
    Improvement,
    LatesInHalfTerm,
    Measure,
    NoContact,
    NoImprovement,
    ReviewOverdue,
    SchoolBelow,
    SessionsMissed,
    UnauthorisedAtLeast,
)
from escalation.rules.policy import OLDEST, OWNERS, YOUNGEST, Fault, Follows, Policy, Rule, When
from registers.rules import codes

MOST_RULES = 60
_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]*")
_WRONG_ID = "id is made of letters, digits, hyphens, points and underscores."
_LONGEST_STEP = 80
_LONGEST = {"id": 40, "title": 120, "paragraph": 200, "says": 600, "stage": 40, "follow_up": 200, "letter": 40}
_REQUIRED_TEXTS = ("id", "title", "paragraph", "says", "stage", "follow_up")
_NAMED_STEPS = ("meeting", "referral", "return_to", "praise")
_COUNTS = (SessionsMissed, LatesInHalfTerm, IllnessOccasions, DaysOnEnd)
_SHARES = (AbsenceAtLeast, UnauthorisedAtLeast, SchoolBelow)
_PERIODS = (AttendanceBand, AbsenceAtLeast, UnauthorisedAtLeast, BelowExpected, SessionsMissed, SchoolBelow)


@dataclass(frozen=True)
class _Least:
    name: str
    least: int
    most: int


_WHOLE_NUMBERS: dict[type[Measure], tuple[_Least, ...]] = {
    NoImprovement: (_Least("weeks", 1, 19), _Least("unauthorised", 0, 400)),
    Improvement: (_Least("weeks", 1, 19),),
    NoContact: (_Least("days", 1, 60),),
    ReviewOverdue: (_Least("days", 1, 60),),
    BestClasses: (_Least("places", 1, 20),),
}


def faults(policy: Policy, letter_kinds: Set[str] | None) -> list[Fault]:
    """Everything wrong with a policy. Without letter kinds, letters go unchecked."""
    return [
        *_policy_faults(policy),
        *_repeated_ids(policy),
        *_rule_faults(policy, letter_kinds),
        *_judgement_faults(policy),
    ]


def _policy_faults(policy: Policy) -> Iterator[Fault]:
    for name, longest in (("version", 40), ("title", 120)):
        if not (text := getattr(policy, name).strip()) or len(text) > longest:
            yield Fault((name,), f"{name} must be a text of 1 to {longest} characters.")
    if not _is_percentage(policy.expected_attendance):
        yield Fault(("expected_attendance",), "expected_attendance must be a percentage between 0 and 100.")
    if policy.review_on is not None and policy.review_on <= policy.applies_from:
        yield Fault(("review_on",), "review_on must be after applies_from.")
    if not policy.rules:
        yield Fault(("rules",), "A policy needs at least one rule.")
    if len(policy.rules) > MOST_RULES:
        yield Fault(("rules",), f"A policy holds at most {MOST_RULES} rules.")


def _repeated_ids(policy: Policy) -> Iterator[Fault]:
    seen: set[str] = set()
    named = [("rules", place, rule.id) for place, rule in enumerate(policy.rules)]
    named += [("judgements", place, one.id) for place, one in enumerate(policy.judgements)]
    for table, place, named_id in named:
        if named_id in seen:
            yield Fault((table, place, "id"), f"The id “{named_id}” is used by an earlier rule. Give each its own.")
        seen.add(named_id)


def _rule_faults(policy: Policy, letter_kinds: Set[str] | None) -> Iterator[Fault]:
    for place, rule in enumerate(policy.rules):
        for fault in (*_text_faults(rule), *_number_faults(rule), *_letter_faults(rule, letter_kinds)):
            yield Fault(("rules", place, *fault.path), fault.sentence)
        for fault in _population_faults(rule):
            yield Fault(("rules", place, "population", *fault.path), fault.sentence)
        for fault in _follows_faults(rule.follows):
            yield Fault(("rules", place, "follows", *fault.path), fault.sentence)
        for fault in _measure_faults(rule.measure, letter_kinds):
            yield Fault(("rules", place, "measure", *fault.path), fault.sentence)


def _text_faults(rule: Rule) -> Iterator[Fault]:
    for name, longest in _LONGEST.items():
        text = getattr(rule, name)
        if name in _REQUIRED_TEXTS and not text.strip():
            yield Fault((name,), f"{name} must not be empty.")
        if len(text) > longest:
            yield Fault((name,), f"{name} is longer than {longest} characters.")
    if rule.id.strip() and not _ID.fullmatch(rule.id):
        yield Fault(("id",), _WRONG_ID)


def _number_faults(rule: Rule) -> Iterator[Fault]:
    if not 0 <= rule.risk <= 9:
        yield Fault(("risk",), "risk must be a whole number from 0 to 9.")
    if not 0 <= rule.minimum_possible <= 400:
        yield Fault(("minimum_possible",), "minimum_possible must be a number of sessions from 0 to 400.")
    if not 0 <= rule.interval <= 200:
        yield Fault(("interval",), "interval must be a number of school days from 0 to 200.")
    if rule.when not in list(When):
        yield Fault(("when",), f"when must be one of: {', '.join(When)}.")


def _letter_faults(rule: Rule, letter_kinds: Set[str] | None) -> Iterator[Fault]:
    if rule.letter and letter_kinds is not None and rule.letter not in letter_kinds:
        yield Fault(("letter",), _unknown_letter(rule.letter, letter_kinds))


def _unknown_letter(kind: str, letter_kinds: Set[str]) -> str:
    known = ", ".join(sorted(letter_kinds)) or "none"
    return f"No letter of kind “{kind}” is known. Known kinds: {known}."


def _population_faults(rule: Rule) -> Iterator[Fault]:
    if any(not YOUNGEST <= year <= OLDEST for year in rule.population.year_groups):
        yield Fault(("year_groups",), f"year_groups are numbers from {YOUNGEST} (nursery) to {OLDEST}.")


def _follows_faults(follows: Follows) -> Iterator[Fault]:
    if follows.owner not in OWNERS:
        yield Fault(("owner",), f"owner must be one of: {', '.join(OWNERS)}.")
    if not 0 <= follows.due_in <= 60:
        yield Fault(("due_in",), "due_in must be a number of school days from 0 to 60.")
    for name in _NAMED_STEPS:
        if len(getattr(follows, name)) > _LONGEST_STEP:
            yield Fault((name,), f"{name} is longer than {_LONGEST_STEP} characters.")


def _judgement_faults(policy: Policy) -> Iterator[Fault]:
    for place, one in enumerate(policy.judgements):
        for name in ("id", "title", "paragraph", "says"):
            text = getattr(one, name)
            if not text.strip() or len(text) > _LONGEST[name]:
                yield Fault(("judgements", place, name), f"{name} must be a text of 1 to {_LONGEST[name]} characters.")
        if one.id.strip() and not _ID.fullmatch(one.id):
            yield Fault(("judgements", place, "id"), _WRONG_ID)
        if len(one.referral) > _LONGEST_STEP:
            yield Fault(("judgements", place, "referral"), f"referral is longer than {_LONGEST_STEP} characters.")


def _measure_faults(measure: Measure, letter_kinds: Set[str] | None) -> Iterator[Fault]:
    yield from _period_faults(measure)
    yield from _count_faults(measure)
    yield from _code_faults(measure)
    if isinstance(measure, AttendanceBand):
        yield from _band_faults(measure)
    if isinstance(measure, _SHARES) and not _is_percentage(measure.percent):
        yield Fault(("percent",), "percent must be between 0 and 100.")
    if isinstance(measure, Improvement):
        for name in ("points", "from_below"):
            if not 0 < getattr(measure, name) <= WHOLE:
                yield Fault((name,), f"{name} must be above 0 and not above 100.")
    if isinstance(measure, NoImprovement) and letter_kinds is not None:
        yield from (
            Fault(("letters",), _unknown_letter(kind, letter_kinds))
            for kind in measure.letters
            if kind not in letter_kinds
        )


def _period_faults(measure: Measure) -> Iterator[Fault]:
    if isinstance(measure, _PERIODS) and not measuring.is_over(measure.over):
        yield Fault(("over",), "over must be year, term, half-term or a number of school weeks such as “10 weeks”.")


def _count_faults(measure: Measure) -> Iterator[Fault]:
    if isinstance(measure, _COUNTS) and measure.at_least < 1:
        yield Fault(("at_least",), "at_least must be 1 or more.")
    for one in _WHOLE_NUMBERS.get(type(measure), ()):
        if not one.least <= getattr(measure, one.name) <= one.most:
            yield Fault((one.name,), f"{one.name} must be a whole number from {one.least} to {one.most}.")


def _code_faults(measure: Measure) -> Iterator[Fault]:
    if not isinstance(measure, SessionsMissed | DaysOnEnd | NoContact):
        return
    if not isinstance(measure, SessionsMissed) and not measure.codes:
        yield Fault(("codes",), "codes must name at least one attendance code.")
    for code in measure.codes:
        if code not in codes.CODES or not codes.code(code).is_absent:
            yield Fault(("codes",), f"“{code}” is not a code of absence.")


def _band_faults(band: AttendanceBand) -> Iterator[Fault]:
    if wrong := [name for name in BOUNDS if not _is_percentage(getattr(band, name) or Decimal(0))]:
        yield from (Fault((name,), f"{name} must be a percentage between 0 and 100.") for name in wrong)
    elif not band.bounds:
        yield Fault((), "A band needs at least one of above, at_least, below and at_most.")
    elif band.above is not None and band.at_least is not None:
        yield Fault(("at_least",), "A band takes above or at_least, not both.")
    elif band.below is not None and band.at_most is not None:
        yield Fault(("at_most",), "A band takes below or at_most, not both.")
    elif _is_empty(band):
        yield Fault((), "No attendance can lie in this band: its bounds leave nothing between them.")


def _is_empty(band: AttendanceBand) -> bool:
    lower = band.at_least if band.at_least is not None else band.above
    upper = band.at_most if band.at_most is not None else band.below
    lower, upper = (Decimal(0) if lower is None else lower), (WHOLE if upper is None else upper)
    both_included = band.above is None and band.below is None
    return lower > upper or (lower == upper and not both_included)


def _is_percentage(value: Decimal) -> bool:
    return 0 <= value <= WHOLE
