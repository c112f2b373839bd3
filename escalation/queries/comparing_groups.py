"""The same for classes and the whole school: the week's best, attendance below a figure."""

from collections.abc import Iterable

from escalation.models import GroupFlag
from escalation.queries.scan_result import ScanResult
from escalation.rules.groups import GroupFinding
from registers.models import School, SchoolClass


def compare(school: School, found: Iterable[GroupFinding], result: ScanResult) -> None:
    """What the policy finds against the groups' flags that stand; nothing is written."""
    standing = {
        (flag.rule_id, flag.school_class_id, flag.first_on): flag
        for flag in GroupFlag.objects.filter(school=school, ended_on__isnull=True)
    }
    findings = list(found)
    named = {one.school_class for one in findings if one.school_class}
    classes = {one.name: one for one in SchoolClass.objects.filter(school=school, name__in=named)} if named else {}
    for finding in findings:
        school_class = classes.get(finding.school_class)
        key = (finding.rule.id, school_class.pk if school_class else None, finding.first_on)
        flag = standing.get(key)
        if flag is not None and flag.policy_version_id == result.policy_version.pk:
            del standing[key]
            _refresh(flag, finding, result)
        else:
            result.opened_groups.append(_new(school, school_class, finding, result))
    result.ended_groups = list(standing.values())


def _new(school: School, school_class: SchoolClass | None, finding: GroupFinding, result: ScanResult) -> GroupFlag:
    rule = finding.rule
    return GroupFlag(
        school=school,
        school_class=school_class,
        policy_version=result.policy_version,
        rule_id=rule.id,
        title=rule.title,
        paragraph=rule.paragraph,
        says=rule.says,
        follows=rule.next_steps,
        first_on=finding.first_on,
        opened_on=result.on,
        last_seen_on=result.on,
        figures=dict(finding.figures),
        words=finding.words,
    )


def _refresh(flag: GroupFlag, finding: GroupFinding, result: ScanResult) -> None:
    fresh = {"figures": dict(finding.figures), "words": finding.words, "last_seen_on": result.on}
    if any(getattr(flag, name) != value for name, value in fresh.items()):
        result.stale_groups.append(flag)
    for name, value in fresh.items():
        setattr(flag, name, value)
