"""A rule of a policy's document in words, for those who read it; a draft's unfinished rule reads as far as it goes."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple

from escalation.rules.measuring import over_words
from letters.rules import kinds
from registers.rules.rights import ROLE_NAMES, Role

_BOUNDS = (("above", "above"), ("at_least", "at least"), ("below", "below"), ("at_most", "not above"))


@dataclass(frozen=True)
class RuleWords:
    """What a rule is called, when it holds, whom it is about and what follows, each in words."""

    id: str
    title: str
    paragraph: str
    says: str
    holds: str
    limits: str
    stage: str
    next_step: str
    leads_to: str
    desk: bool
    risk: int


class JudgementWords(NamedTuple):
    """A judgement as it reads."""

    id: str
    title: str
    paragraph: str
    says: str
    referral: str


def judgements_of(document: Mapping[str, Any]) -> tuple[JudgementWords, ...]:
    """The steps that a person judges, in the document's order."""
    return tuple(
        JudgementWords(*(str(one.get(name, "")) for name in JudgementWords._fields))
        for one in document.get("judgements", ())
    )


def rules_of(document: Mapping[str, Any]) -> tuple[RuleWords, ...]:
    return tuple(_rule(rule) for rule in document.get("rules", ()))


def _rule(rule: Mapping[str, Any]) -> RuleWords:
    return RuleWords(
        id=str(rule.get("id", "")),
        title=str(rule.get("title", "")),
        paragraph=str(rule.get("paragraph", "")),
        says=str(rule.get("says", "")),
        holds=holds(rule.get("measure", {})),
        limits=_limits(rule),
        stage=str(rule.get("stage", "")),
        next_step=_next_step(rule),
        leads_to=_leads_to(rule),
        desk=bool(rule.get("desk", True)),
        risk=int(rule.get("risk", 0)),
    )


def holds(measure: Mapping[str, Any]) -> str:
    """When a measure holds, such as "attendance at least 90 % and not above 95 %, this school year"."""
    kind = str(measure.get("kind", ""))
    over = over_words(str(measure["over"])) if "over" in measure else "this school year"
    if kind == "attendance_band":
        bounds = " and ".join(f"{words} {_number(measure[name])} %" for name, words in _BOUNDS if name in measure)
        return f"attendance {bounds}, {over}"
    if kind == "below_expected":
        return f"attendance below what is expected, {over}"
    if "percent" in measure:
        return f"{_SHARES[kind]} {_number(measure['percent'])} %, {over}"
    return _counted(kind, measure)


_SHARES = {
    "absence_at_least": "absence of at least",
    "unauthorised_at_least": "unauthorised absence of at least",
    "school_below": "the whole school's attendance below",
}


def _counted(kind: str, measure: Mapping[str, Any]) -> str:
    codes = ", ".join(measure.get("codes", ()))
    number = measure.get("at_least", "")
    words = {
        "sessions_missed": f"{number} or more sessions{f' of {codes}' if codes else ' missed'}, {_over(measure)}",
        "lates_in_half_term": f"{number} or more late arrivals (L and U) in a half-term",
        "illness_occasions": f"{number} or more separate occasions of illness, this school year",
        "days_on_end": f"{number} or more school days on end of {codes or 'G, N, O, U'}, this school year",
        "no_improvement": _no_improvement(measure),
        "improvement": _improvement(measure),
        "no_contact": f"{measure.get('days')} or more school days on end of {codes or 'N, O'}, and nobody reached",
        "review_overdue": f"a review overdue by {measure.get('days', 1)} or more school days",
        "best_classes": _best_classes(int(measure.get("places", 1))),
    }
    return words.get(kind, kind)


def _best_classes(places: int) -> str:
    return f"the {'best class' if places == 1 else f'{places} best classes'} of the week, and any that tie"


def _over(measure: Mapping[str, Any]) -> str:
    return over_words(str(measure.get("over", "10 weeks")))


def _improvement(measure: Mapping[str, Any]) -> str:
    points, below = _number(measure.get("points", 0)), _number(measure.get("from_below", 100))
    weeks = measure.get("weeks")
    return f"attendance at least {points} points better in {weeks} school weeks than before, from below {below} %"


def _no_improvement(measure: Mapping[str, Any]) -> str:
    weeks, letters = measure.get("weeks", 4), measure.get("letters", ())
    since = (
        f"at least {weeks} school weeks after a letter ({', '.join(_letter(kind) for kind in letters)})"
        if letters
        else f"in {weeks} school weeks"
    )
    some = f", with {measure['unauthorised']} or more unauthorised sessions" if measure.get("unauthorised") else ""
    return f"attendance no better {since}{some}"


def _limits(rule: Mapping[str, Any]) -> str:
    population = rule.get("population", {})
    parts = [
        f"from {rule['minimum_possible']} possible sessions on" if rule.get("minimum_possible") else "",
        f"not again within {_school_days(rule['interval'])} of its end" if rule.get("interval") else "",
        f"only at the {rule['when']}" if rule.get("when", "any day") != "any day" else "",
        "only of compulsory school age" if population.get("compulsory_age") else "",
        f"only year groups {', '.join(map(str, population['year_groups']))}" if population.get("year_groups") else "",
    ]
    return "; ".join(part for part in parts if part)


def _next_step(rule: Mapping[str, Any]) -> str:
    follows = rule.get("follows", {})
    owner = follows.get("owner", str(Role.FLO))
    name = ROLE_NAMES[Role(owner)] if owner in list(Role) else owner
    due_in = follows.get("due_in", 5)
    return f"{rule.get('follow_up', '')} {name}, {f'within {_school_days(due_in)}' if due_in else 'the same day'}."


def _school_days(number: int) -> str:
    return f"{number} school day{'' if number == 1 else 's'}"


def _leads_to(rule: Mapping[str, Any]) -> str:
    follows = rule.get("follows", {})
    named = (
        ("letter", _letter(str(rule.get("letter", "")))),
        ("meeting", follows.get("meeting")),
        ("referral", follows.get("referral")),
        ("return", follows.get("return_to")),
        ("praise", follows.get("praise")),
    )
    return "; ".join(f"{name}: {value}" for name, value in named if value)


def _letter(kind: str) -> str:
    return kinds.KINDS[kind].title if kind in kinds.KINDS else kind


def _number(value: Any) -> str:
    return f"{float(value):g}"
