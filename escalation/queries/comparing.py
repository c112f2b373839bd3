"""What a policy finds at a school, against the flags that stand there. Nothing is written."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from django.db.models import Max

from escalation.models import Flag, PolicyVersion
from escalation.queries import comparing_groups, measures, policies, unchanged, verdicts
from escalation.queries.scan_result import ScanResult
from escalation.queries.verdicts import Verdict
from escalation.rules.measuring import BelowExpected
from escalation.rules.policy import Policy, Rule
from registers.models import School
from registers.rules.calendar import Calendar

DAY = timedelta(days=1)
_KNOWN_BY = ("school_id", "pupil_id", "policy_version_id", "rule_id", "opened_on", "last_seen_on", "ended_on")
_COMPARED = (*_KNOWN_BY, "figures", "counted", "left_out", "words", "what_if")


@dataclass(frozen=True)
class _Bench:
    """What a scan compares with: the version in force, how earlier versions said their rules, and flags that ended."""

    school: School
    calendar: Calendar
    on: date
    version: PolicyVersion
    policy: Policy
    earlier: dict[int, Policy]
    ended: dict[tuple[int, str], date]

    def carries(self, flag: Flag, rule: Rule) -> bool:
        """Whether an open flag was judged by the rule as it stands: a new version that repeats it changes nothing."""
        if flag.policy_version_id == self.version.pk:
            return True
        earlier = self.earlier[flag.policy_version_id]
        if isinstance(rule.measure, BelowExpected) and earlier.expected_attendance != self.policy.expected_attendance:
            return False
        return rule in earlier.rules

    def is_too_soon(self, pupil_id: int, rule: Rule) -> bool:
        """Whether the rule's last flag of this pupil ended fewer school days ago than its interval."""
        ended_on = self.ended.get((pupil_id, rule.id))
        return ended_on is not None and len(self.calendar.school_days_between(ended_on + DAY, self.on)) < rule.interval


def compare(
    school: School, calendar: Calendar, on: date, version: PolicyVersion, policy: Policy, read_before: str = ""
) -> ScanResult:
    """What the policy finds against the flags that stand; nothing is written.

    `read_before` is the digest of what the last scan of the same day read: where nothing of it has changed, its flags
    stand as they are and nobody is judged again.
    """
    if read_before and unchanged.digest_now(school, calendar, on, version, policy) == read_before:
        standing_flags = Flag.objects.filter(school=school, ended_on__isnull=True)
        return ScanResult(on, version, read_before, continued_flags=list(standing_flags.only("pk")))
    counted = measures.count(school, calendar, on, policy)
    result = ScanResult(on, version, unchanged.digest(school, calendar, version, policy, counted))
    found = verdicts.of_school(school, calendar, on, policy, counted)
    # What the rule said when the flag opened stays as it is, and is not read.
    standing_flags = Flag.objects.filter(school=school, ended_on__isnull=True).only(*_COMPARED)
    standing = {(flag.pupil_id, flag.rule_id): flag for flag in standing_flags}
    bench = _Bench(school, calendar, on, version, policy, _earlier(standing.values(), version), _ended(school, policy))
    for verdict in found.pupils:
        rule = verdict.finding.rule
        flag = standing.get((verdict.pupil_id, rule.id))
        if flag is not None and bench.carries(flag, rule):
            del standing[verdict.pupil_id, rule.id]
            _refresh(flag, verdict, result)
        elif flag is not None or not bench.is_too_soon(verdict.pupil_id, rule):
            # A flag is explained by the rule it was opened under; a rule that says something new opens its own.
            result.opened_flags.append(_new_flag(bench, verdict))
    result.ended_flags = list(standing.values())
    comparing_groups.compare(school, found.groups, result)
    return result


def _earlier(standing: Iterable[Flag], version: PolicyVersion) -> dict[int, Policy]:
    """The other versions that open flags were judged by, each read once."""
    ids = {flag.policy_version_id for flag in standing} - {version.pk}
    if not ids:
        return {}
    versions = PolicyVersion.objects.filter(school_id=version.school_id, pk__in=ids)
    return {one.pk: policies.read(one) for one in versions}


def _ended(school: School, policy: Policy) -> dict[tuple[int, str], date]:
    """When each pupil's last flag ended, of the rules that ask for an interval."""
    waiting = [rule.id for rule in policy.rules if rule.interval]
    if not waiting:
        return {}
    rows = (
        Flag.objects.filter(school=school, rule_id__in=waiting, ended_on__isnull=False)
        .values_list("pupil_id", "rule_id")
        .annotate(last=Max("ended_on"))
    )
    return {(pupil_id, rule_id): last for pupil_id, rule_id, last in rows}


def _new_flag(bench: _Bench, verdict: Verdict) -> Flag:
    rule = verdict.finding.rule
    return Flag(
        school=bench.school,
        pupil_id=verdict.pupil_id,
        policy_version=bench.version,
        rule_id=rule.id,
        title=rule.title,
        stage=rule.stage,
        paragraph=rule.paragraph,
        says=rule.says,
        follow_up=rule.follow_up,
        letter=rule.letter,
        desk=rule.desk,
        risk=rule.risk,
        opened_on=bench.on,
        last_seen_on=bench.on,
        follows=rule.next_steps,
        **_evidence(verdict),
    )


def _evidence(verdict: Verdict) -> dict[str, Any]:
    """What stands behind a finding, as a flag keeps it."""
    finding = verdict.finding
    return {
        "figures": dict(finding.figures),
        "counted": [[place.on.isoformat(), str(place.session), code] for place, code in finding.counted],
        "left_out": [[place.on.isoformat(), str(place.session), code, why] for place, code, why in finding.left_out],
        "words": finding.words,
        "what_if": [line.kept for line in verdict.lines],
    }


def _refresh(flag: Flag, verdict: Verdict, result: ScanResult) -> None:
    fresh = {**_evidence(verdict), "last_seen_on": result.on}
    same = fresh["counted"] == flag.counted
    (result.continued_flags if same else result.changed_flags).append(flag)
    if any(getattr(flag, name) != value for name, value in fresh.items()):
        result.stale_flags.append(flag)
    if not same or fresh["left_out"] != flag.left_out:
        result.moved_flags.append(flag)
    for name, value in fresh.items():
        setattr(flag, name, value)
