"""What a look at a file says, as a page shows it: counts, then the rows, problems first and only so many of each."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from itertools import islice
from typing import Any

from registers.rules import admissions
from registers.rules.import_files import Result, RowOutcome, without_quotes
from registers.services.import_files import Look
from registers.services.mark_imports import MarksReport
from registers.services.rolls import RollReport

MOST_SHOWN = 200
_TITLES: Mapping[Result, str] = {
    Result.REFUSED: "Refused",
    Result.NOTED: "To look at",
    Result.CHANGED: "Changed",
    Result.ADDED: "Added",
}
FIELDS: Mapping[str, str] = {
    **admissions.PARENT_PARTICULARS,
    **admissions.CONTACT_PARTICULARS,
    **admissions.PARTICULARS,
    "class": "Class",
}


def shown(look: Look) -> dict[str, Any]:
    """A look as plain values, which can be kept with the file."""
    told: dict[str, Any] = {
        "unit": look.unit,
        "faults": [vars(fault) for fault in look.faults],
        "totals": look.totals[:MOST_SHOWN],
        "digest": look.digest,
    }
    if isinstance(look.report, MarksReport):
        return told | _marks(look.report)
    if isinstance(look.report, RollReport):
        return told | _roll(look.report)
    return told | {"counts": [], "groups": [], "notes": [], "changes": 0, "refused_rows": 0}


def _marks(report: MarksReport) -> dict[str, Any]:
    symbols = "".join(f", {number:,} of them {symbol}" for symbol, number in report.blank_symbols.items())
    counts = [
        ["refused", report.refused],
        ["added", report.added],
        ["changed", report.amended],
        ["unchanged", report.unchanged],
        [f"without a mark, which stay blank{symbols}", report.blank],
        ["on days the calendar has closed (#), passed over", report.closed],
        ["with a code whose record is not held here", report.without_record],
    ]
    return {
        "counts": [count for count in counts if count[1] or count[0] in ("refused", "added", "changed")],
        "groups": _groups(report.rows()),
        "notes": _notes(report.notes, report.ignored_columns),
        "changes": report.added + report.amended,
        "refused_rows": report.refused,
    }


def _roll(report: RollReport) -> dict[str, Any]:
    rows = [*report.pupil_rows, *report.contact_rows]
    refused = sum(row.result is Result.REFUSED for row in rows)
    counts = [
        ["refused", refused],
        ["pupils added", report.pupils_added],
        ["pupils changed", report.pupils_changed],
        ["given a class", report.moved_class],
        ["pupils unchanged", report.pupils_unchanged],
        ["contacts added", report.contacts_added],
        ["contacts changed", report.contacts_changed],
        ["contacts unchanged", report.contacts_unchanged],
    ]
    missing = [pupil.sort_name for pupil in report.pupils_missing]
    links = [f"{link.pupil.sort_name}: {link.parent.name}" for link in report.contacts_missing]
    return {
        "counts": [count for count in counts if count[1] or count[0] == "refused"],
        "groups": _groups(rows),
        "notes": _notes(report.notes, report.ignored_columns),
        "missing": [
            {"what": what, "total": len(names), "names": names[:MOST_SHOWN]}
            for what, names in (("pupils on roll", missing), ("contacts", links))
            if names
        ],
        "changes": report.changes,
        "refused_rows": refused,
    }


def _notes(notes: list[str], ignored: list[str]) -> list[str]:
    return notes + ([f"Columns that are not used: {', '.join(ignored)}."] if ignored else [])


def _groups(rows: Iterable[RowOutcome]) -> list[dict[str, Any]]:
    """The rows by what comes of them, problems first; rows that change nothing are only counted."""
    found: dict[Result, list[RowOutcome]] = defaultdict(list)
    for row in rows:
        found[row.result].append(row)
    return [
        {
            "result": str(result),
            "title": title,
            "total": len(found[result]),
            "rows": [row.as_plain() for row in islice(found[result], MOST_SHOWN)],
        }
        for result, title in _TITLES.items()
        if found[result]
    ]


def for_eyes(told: dict[str, Any], *, sees_pupils: bool, sees_sensitive: bool) -> dict[str, Any]:
    """What somebody may see of a look: names and values only with the right to see pupils."""
    groups = [
        group | {"rows": [_row(row, sees_pupils, sees_sensitive) for row in group["rows"]]}
        for group in told.get("groups", ())
    ]
    told = told | {"groups": groups, "faults": [_row(fault, sees_pupils, True) for fault in told.get("faults", ())]}
    if sees_pupils:
        return told
    missing = [one | {"names": []} for one in told.get("missing", ())]
    return told | {"missing": missing, "totals": [], "refused": without_quotes(told.get("refused", ""))}


def _row(row: Mapping[str, Any], sees_pupils: bool, sees_sensitive: bool) -> dict[str, Any]:
    if not sees_pupils:
        return {**row, "reason": without_quotes(row["reason"]), "who": "", "what": []}
    what = [
        {
            "label": FIELDS.get(one["field"], one["field"]),
            "is_hidden": one["field"] in admissions.SENSITIVE and not sees_sensitive,
            "old": one["old"],
            "new": one["new"],
        }
        for one in row.get("what", ())
    ]
    return {**row, "what": what}
