"""Letters from draft to issue. What is issued is frozen: its text, its figures, its file and the file's hash.

Siblings may share a letter. It then has a row for each of them, and every step is taken on all of its rows.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from datetime import date, datetime

from django.db import transaction

from letters import documents, pdf, store
from letters import given as answers
from letters.models import BatchItem, Letter
from letters.queries import composing, counted, wordings
from letters.queries import letters as queries
from letters.queries.composing import Given, Written
from letters.rules import kinds, states
from letters.rules import letters as rules
from letters.rules.letters import Change, FiguresChangedRefusedError
from letters.rules.refusals import LetterRefusedError
from letters.rules.states import WAITING, LetterState
from letters.services import sharing, steps
from letters.services.sharing import HouseholdRefusedError
from registers.models import Membership, Pupil, School
from registers.queries import figures
from registers.rules import rights
from registers.rules.calendar import Calendar
from registers.rules.rights import Right, Role
from registers.services import marks, record


class ReasonRefusedError(LetterRefusedError):
    """A step that needs a reason and got none."""


@transaction.atomic
def draft(
    school: School,
    calendar: Calendar,
    pupil: Pupil,
    kind: str,
    *,
    because: str = "",
    facts: Mapping[str, str] | None = None,
    conditions: Collection[str] = (),
    item: BatchItem | None = None,
    today: date,
    by: Membership,
    at: datetime,
) -> list[Letter]:
    """Write a letter about a pupil to each household of parents; nothing is sent.

    A draft of the same kind for the same reason that still waits is brought up to date instead of doubled, and one
    that is checked or approved already is left as it stands. Raises LetterRefusedError when a fact, a name or an
    address is missing.
    """
    rights.check(Role(by.role), Right.WRITE_LETTERS)
    pupil = marks.lock_pupils(school, {pupil.pk})[pupil.pk]
    wording = wordings.current(school, kind)
    told = Given(answers.fill(wording.read, school, pupil, facts or {}, today), frozenset(conditions))
    waiting = _waiting(pupil, kind, because, item)
    sessions = counted.kept(pupil, figures.year_to_date(today, calendar))
    letters = []
    for written in composing.write(school, calendar, pupil, wording, told, today):
        letter = waiting.get(written.household.parent_ids)
        what = "letter brought up to date"
        if letter is None:
            letter = Letter(school=school, pupil=pupil, kind=kind, because=because, drafted_at=at, drafted_by=by.user)
            letter.item = item
            what = "letter drafted"
        if letter.is_draft:
            letter.wording = wording
            letter.given = {"values": dict(told.values), "conditions": sorted(told.conditions)}
            letter.counted_on, letter.sessions = today, sessions
            _take(letter, written)
            letter.save()
            letter.parents.set(written.household.parent_ids)
            _record(what, letter, by, at, because=because)
        letters.append(letter)
    return letters


def check(
    letter: Letter, calendar: Calendar, *, why_again: str = "", today: date, by: Membership, at: datetime
) -> Letter:
    """Say that a draft has been read and can be approved. Raises FiguresChangedRefusedError as `issue` does."""
    return _step(letter, calendar, LetterState.CHECKED, why_again, today=today, by=by, at=at)


def approve(
    letter: Letter, calendar: Calendar, *, why_again: str = "", today: date, by: Membership, at: datetime
) -> Letter:
    """Sign a letter, in a part that may issue its kind; one that nobody had checked is checked with it."""
    return _step(letter, calendar, LetterState.APPROVED, why_again, today=today, by=by, at=at)


def issue(
    letter: Letter, calendar: Calendar, *, why_again: str = "", today: date, by: Membership, at: datetime
) -> Letter:
    """Freeze a letter: print it with its enclosures, keep the file, and record its hash.

    Whoever may issue the kind checks and approves a draft with it; an approved letter may be issued by anybody who
    writes letters. Raises FiguresChangedRefusedError when a fact has changed, and the letter is a draft again that
    shows the new ones; other LetterRefusedErrors and PdfUnavailableError leave it as it was.
    """
    # The file takes most of a second to make, so it is made outside the transaction that freezes the letter, and that
    # transaction looks again whether the letter and the marks behind it are still those that were printed.
    page, seals, changed = _look_again(letter, calendar, why_again, today=today, by=by, at=at)
    if changed:
        raise FiguresChangedRefusedError(changed)
    return _freeze(letter, seals, pdf.render(page), why_again, today=today, by=by, at=at)


@transaction.atomic
def send_back(letter: Letter, *, reason: str, by: Membership, at: datetime) -> Letter:
    """Make a draft again of a letter that is not to be signed as it stands, for a reason."""
    together = _locked(letter)
    for locked in together:
        if locked.is_draft:
            raise states.StateRefusedError("This letter is a draft already: change what it rests on, or drop it.")
        states.check_move(LetterState(locked.state), LetterState.DRAFT)
        kinds.check_may_issue(locked.wording.read, Role(by.role))
        if not reason.strip():
            raise ReasonRefusedError("Say what is to be looked at again: whoever checked the letter reads it.")
        steps.fall_back(locked)
        locked.save()
        _record("letter sent back", locked, by, at, reason=reason.strip())
    return _of(together, letter)


@transaction.atomic
def drop(letter: Letter, *, by: Membership, at: datetime) -> Letter:
    """Put a letter that waits aside; it stays on record as dropped."""
    together = _locked(letter)
    for locked in together:
        states.check_move(LetterState(locked.state), LetterState.DROPPED)
        locked.state = LetterState.DROPPED
        locked.save(update_fields=["state"])
        _record("letter dropped", locked, by, at)
    return _of(together, letter)


@transaction.atomic
def withdraw(letter: Letter, *, reason: str, by: Membership, at: datetime) -> Letter:
    """Take back an issued letter, for a reason; its file is kept."""
    together = _locked(letter)
    for locked in together:
        states.check_move(LetterState(locked.state), LetterState.WITHDRAWN)
        kinds.check_may_issue(locked.wording.read, Role(by.role))
        if not reason.strip():
            raise ReasonRefusedError("Say why the letter is withdrawn: the reason is kept with it.")
        locked.state = LetterState.WITHDRAWN
        locked.withdrawn_at, locked.withdrawn_by, locked.withdrawn_reason = at, by.user, reason.strip()
        locked.save(update_fields=["state", "withdrawn_at", "withdrawn_by", "withdrawn_reason"])
        _record("letter withdrawn", locked, by, at)
    return _of(together, letter)


def _step(
    letter: Letter, calendar: Calendar, to: LetterState, why_again: str, *, today: date, by: Membership, at: datetime
) -> Letter:
    stepped, changed = _stepped(letter, calendar, to, why_again, today=today, by=by, at=at)
    if changed:
        raise FiguresChangedRefusedError(changed)
    return stepped


@transaction.atomic
def _stepped(
    letter: Letter, calendar: Calendar, to: LetterState, why_again: str, *, today: date, by: Membership, at: datetime
) -> tuple[Letter, tuple[Change, ...]]:
    """Take a letter to a state short of being issued, or bring it up to date and say what has changed."""
    together = _locked(letter)
    for locked in together:
        steps.check(locked, to, by)
    changed = _refresh(together, calendar, today, by, at)
    if changed:
        return _of(together, letter), changed
    for locked in together:
        steps.check_again(locked, why_again, today)
        for step in steps.take(locked, to, by, at):
            _record(f"letter {step}", locked, by, at)
        locked.save()
    return _of(together, letter), ()


@transaction.atomic
def _look_again(
    letter: Letter, calendar: Calendar, why_again: str, *, today: date, by: Membership, at: datetime
) -> tuple[str, list[steps.Seal], tuple[Change, ...]]:
    """Bring a letter up to date: the page to print and what it rests on, or what has changed on it."""
    together = _locked(letter)
    for locked in together:
        steps.check(locked, LetterState.ISSUED, by)
    stood = [steps.row(locked) for locked in together]
    changed = _refresh(together, calendar, today, by, at)
    if changed:
        return "", [], changed
    for locked, before in zip(together, stood, strict=True):
        steps.check_again(locked, why_again, today)
        steps.save_if_new(locked, before)
    return documents.printed(together, calendar, today, draft=False), [steps.seal(one) for one in together], ()


@transaction.atomic
def _freeze(
    letter: Letter,
    seals: Sequence[steps.Seal],
    document: bytes,
    why_again: str,
    *,
    today: date,
    by: Membership,
    at: datetime,
) -> Letter:
    together = _locked(letter)
    for locked in together:
        steps.check(locked, LetterState.ISSUED, by)
    if [steps.seal(locked) for locked in together] != seals:
        raise FiguresChangedRefusedError([Change("the registration certificate", "as printed", "different")])
    for locked in together:
        steps.check_again(locked, why_again, today)
    kept = store.keep(letter.school.slug, together[0].pk, document)
    for locked in together:
        list(steps.take(locked, LetterState.ISSUED, by, at))
        locked.issued_on, locked.pages = today, pdf.pages(document)
        locked.pdf_path, locked.sha256 = kept.path, kept.sha256
        locked.save(update_fields=steps.STEPPED)
        _record("letter issued", locked, by, at, sha256=kept.sha256, wording=locked.wording.version)
    return _of(together, letter)


def _locked(letter: Letter) -> list[Letter]:
    """The rows of a letter, locked behind their pupils, in whose rows marks and other letters are written as well."""
    pupils = marks.lock_pupils(letter.school, queries.pupils_of(letter))
    rows = Letter.objects.select_for_update().filter(school_id=letter.school_id)
    together = list(queries.rows_of(letter, rows))
    if {one.pupil_id for one in together} != pupils.keys():
        raise HouseholdRefusedError("This letter has just become another's, or another's this. Look at it again.")
    for one in together:
        one.school, one.pupil = letter.school, pupils[one.pupil_id]
        if one.wording_id == letter.wording_id:
            one.wording = letter.wording  # no wording is ever changed, so it need not be read again
    return together


def _of(together: Sequence[Letter], letter: Letter) -> Letter:
    """Of the rows of a letter the one that was asked for."""
    return next(one for one in together if one.pk == letter.pk)


def _waiting(pupil: Pupil, kind: str, because: str, item: BatchItem | None) -> dict[frozenset[int], Letter]:
    """The letters of a kind that wait for a reason, by the people they are to."""
    rows = Letter.objects.filter(pupil=pupil, kind=kind, because=because, state__in=WAITING, item=item)
    return {
        frozenset(parent.pk for parent in letter.parents.all()): letter for letter in rows.prefetch_related("parents")
    }


def _refresh(
    together: Sequence[Letter], calendar: Calendar, today: date, by: Membership, at: datetime
) -> tuple[Change, ...]:
    """Write a letter anew from what is so now and say what has changed, but for the day; then it is a draft again."""
    changes = [_rewritten(letter, calendar, today) for letter in together]
    sharing.join(together)
    if any(changes):
        for letter, changed in zip(together, changes, strict=True):
            steps.fall_back(letter)
            letter.save()
            _record("letter brought up to date", letter, by, at, changed=len(changed))
    if len(together) == 1:
        return changes[0]
    return tuple(
        replace(change, meaning=f"{letter.pupil.forename}, {change.meaning}")
        for letter, changed in zip(together, changes, strict=True)
        for change in changed
    )


def _rewritten(letter: Letter, calendar: Calendar, today: date) -> tuple[Change, ...]:
    """Give a letter what is so now, and say what has changed.

    A draft is counted up to today. Once checked, a letter keeps the day it was counted on, for a week: only what was
    amended since then makes a draft of it again.
    """
    on = steps.counted_day(letter, today)
    told = Given(letter.given["values"], frozenset(letter.given["conditions"]))
    parents = frozenset(letter.parents.values_list("pk", flat=True))
    written = composing.write(letter.school, calendar, letter.pupil, letter.wording, told, on, dated_on=today)
    mine = next((each for each in written if each.household.parent_ids == parents), None)
    if mine is None:
        raise HouseholdRefusedError(
            "The people at this address are no longer those the letter was drafted for. Drop it and draft it again."
        )
    changed = _changes(letter, mine)
    letter.counted_on, letter.sessions = on, counted.kept(letter.pupil, figures.year_to_date(on, calendar))
    _take(letter, mine)
    return changed


def _changes(letter: Letter, written: Written) -> tuple[Change, ...]:
    composed = written.composed
    said = rules.changes(letter.values, composed.values, letter.conditions, composed.conditions)
    lines: Sequence[tuple[str, str, str]] = (
        ("who it is addressed to", ", ".join(letter.addressees), ", ".join(written.household.names)),
        ("the address", letter.address.replace("\n", ", "), ", ".join(written.household.address)),
        ("who signs", letter.signatory, written.signatory),
    )
    return (*said, *(Change(meaning, old, new) for meaning, old, new in lines if old != new))


def _take(letter: Letter, written: Written) -> None:
    """Give a draft what has been written for it."""
    letter.addressees = list(written.household.names)
    letter.address = "\n".join(written.household.address)
    letter.signatory = written.signatory
    letter.body = written.composed.body
    letter.facts = {
        "values": dict(written.composed.values),
        "conditions": sorted(written.composed.conditions),
        "left_out": list(written.left_out),
    }
    letter.certificate_first_on = written.period.first_on if written.period else None
    letter.certificate_last_on = written.period.last_on if written.period else None


def _record(kind: str, letter: Letter, by: Membership, at: datetime, **facts: str | int) -> None:
    record.write(
        kind,
        by=by,
        at=at,
        pupil=letter.pupil,
        subject=f"letter:{letter.pk}",
        facts={"kind": letter.kind, **facts},
    )
