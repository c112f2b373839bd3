"""What the headteacher at Staplehurst has begun: a draft of the policy with one rule changed, tried on two weeks."""

from datetime import date, datetime, time

from attendance_site.demonstration.stage import Stage
from attendance_site.demonstration.stamps import LONDON
from escalation.models import PolicyDraft
from escalation.queries import policies
from escalation.services import drafts, simulations

SCHOOL = "staplehurst"
RULE, AT_LEAST = "SH-LATE", 3
"""The rule that is changed, and the number of late arrivals it is to speak of."""
TITLE = "Late three times in a half-term"
SAYS = (
    "Three or more late arrivals in a half-term: a letter goes to the parents and they are invited to a formal meeting."
)
DAYS = 10
"""School days it is tried on, up to the day before today, whose registers are full."""


def play(stage: Stage) -> None:
    """Draft the change yesterday evening and try it; nothing is flagged by it."""
    days = stage.calendar.school_days_between(date.min, stage.today)
    version = policies.in_force(stage.school, stage.today)
    if stage.school.slug != SCHOOL or version is None or len(days) <= DAYS:
        return
    at = datetime.combine(days[-2], time(17, 20), tzinfo=LONDON)
    draft = drafts.begin(stage.school, version=version, by=stage.head, at=at)
    draft = drafts.save_head(draft, {"version": f"{stage.today:%Y-%m}"}, draft.revision, by=stage.head, at=at)
    draft = _change(stage, draft, at)
    row = simulations.ask(draft, stage.calendar, days[-DAYS - 1], days[-2], by=stage.head, at=at, today=stage.today)
    # Worked out here and now; the job that waits finds it done.
    simulations.work_out(stage.school, stage.calendar, row.pk, by=stage.head, at=at)


def _change(stage: Stage, draft: PolicyDraft, at: datetime) -> PolicyDraft:
    rules = draft.document["rules"]
    place = next(place for place, rule in enumerate(rules) if rule["id"] == RULE)
    rule = rules[place]
    changed = {**rule, "title": TITLE, "says": SAYS, "measure": {**rule["measure"], "at_least": AT_LEAST}}
    return drafts.save_rule(draft, place, changed, draft.revision, by=stage.head, at=at)
