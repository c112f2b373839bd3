"""A school with one row of everything that an address can name, and somebody in every part."""

from dataclasses import dataclass
from datetime import date

from django.utils import timezone

from absences.models import EvidenceWanted, LeaveLink, Reason, SentRequest
from absences.rules.leave import Category
from absences.rules.part_time import Proposal
from absences.rules.support import Concern, Plan
from absences.services import evidence as evidence_files
from absences.services import leave, leave_links, part_time, support
from escalation.models import Flag, PolicyVersion, Referral, ScanRun
from escalation.rules.meetings import MeetingKind
from escalation.services import cases, drafts, holds, meetings, policies, scan, simulations, tasks
from letters import store
from letters.models import Batch, Letter
from letters.rules.batches import Chosen
from letters.rules.messages import Channel
from letters.services import batches, letters, messages, wordings
from letters.services.messages import Draft
from registers.models import Closure, Mark, Membership, Pupil, School, SchoolClass, SessionTimes, Term
from registers.queries import calendars
from registers.rules.rights import Role
from registers.rules.sessions import Session, SessionOn
from tests import builders

PDF = b"%PDF-1.7\n%%EOF\n"
POLICY = {
    "version": "test-1",
    "title": "A policy for tests",
    "applies_from": date(2024, 9, 1),
    "expected_attendance": 96,
    "rules": [
        {
            "id": "PA",
            "title": "Persistently absent",
            "paragraph": "Section 2",
            "says": "A tenth or more missed.",
            "stage": "PA",
            "follow_up": "Invite the parents.",
            "letter": "letter_of_concern",
            "minimum_possible": 11,
            "risk": 3,
            "measure": {"kind": "absence_at_least", "percent": 10},
        }
    ],
    "judgements": [{"id": "EH", "title": "Early Help", "paragraph": "Section 3", "says": "More help may be offered."}],
}
_PUPIL = {"pupil", "certificate", "arrangement_new", "letter_draft", "reason_new", "leave_request_new"}
_PUPIL |= {"pupil_edit", "class_move", "pupil_leave", "pupil_take_back", "admission_history", "pupil_sensitive"}
_PUPIL |= {"contact_new"}
_PUPIL |= {"contact_attempt"}
_PUPIL |= {"letter_ask", "support_plan_new"}
_WORDING = {"wording", "wording_pdf", "wording_adopt", "wording_compare"}
_CONTACT = {"order_decision", "contact_edit", "contact_remove"}
_PERSON = {"person", "part_new", "class_give", "second_factor_reset", "password_link"}
_PART = {"part_move", "part_end"}
_LEAVE = {"leave_request", "leave_decide"}
_LEAVE |= {
    "leave_evidence",
    "leave_confirm",
    "leave_ask",
    "leave_answer",
    "leave_details",
    "leave_shorten",
    "leave_withdraw",
}
_ARRANGED = {"arrangement", "arrangement_end"}
_ARRANGED |= {"part_time_parent", "part_time_head", "part_time_told", "part_time_review"}
_CALENDAR = {"term", "term_remove", "closure", "closure_remove", "times_remove"}
_BATCH = {"batch", "batch_drop", "batch_check", "batch_approve", "batch_send_back", "batch_again", "batch_cancel"}
_BATCH |= {"batch_pdf", "batch_sent"}
_LETTER = {"letter_email", "letter_check", "letter_send_back", "letter", "letter_issue", "letter_drop"}
_LETTER |= {"letter_withdraw", "letter_pdf"}
NAMED_ROWS = _PUPIL | _CONTACT | _LEAVE | _LETTER | _CALENDAR | {"mark", "grid_cell", "flag", "class_register"}
_POLICY = {"policy_version", "policy_file"}
_RULE = {"policy_rule", "policy_rule_remove", "policy_judgement", "policy_judgement_remove"}
NAMED_ROWS |= _POLICY | {"simulation", "scan_run"}
_FILE = {"import_file", "import_take", "import_drop"}
_MESSAGE = {"message_retry", "message_withdraw", "message_put_back", "message_arrived"}
NAMED_ROWS |= _MESSAGE
_SUPPORT = {"support_plan", "support_plan_review", "support_plan_close"}
NAMED_ROWS |= _ARRANGED | _SUPPORT | {"illness_answer", "missing_child"}
_DEADLINE = {"deadline", "deadline_pdf", "deadline_csv"}
NAMED_ROWS |= _BATCH | _DEADLINE | {"evidence_want", "evidence_end"}
_CASE = {"case", "case_note", "case_task", "case_stage", "case_carry_over", "case_describe", "case_close"}
_CASE |= {"case_reopen", "meeting_new", "referral_new"}
_MEETING = {"meeting", "meeting_letter", "meeting_outcome", "meeting_cancel", "meeting_review"}
_FLAG = {"flag", "flag_hold", "flag_back", "flag_follow"}
_PUPIL |= {"pupil_year", "case_open"}
NAMED_ROWS |= (
    {"pupil_year", "case_open", "task_settle", "referral_pdf", "view_remove", "class_colours"}
    | _CASE
    | _MEETING
    | _FLAG
)
_PUPIL |= {"leave_link_new"}
NAMED_ROWS |= {"evidence_file", "reason_evidence", "leave_link", "leave_link_revoke", "sent_request", "sent_drop"}
NAMED_ROWS |= {"leave_link_new", "evidence_aside"}
NAMED_ROWS |= _PERSON | _PART | {"class_take"} | _FILE
"""The addresses that name a row of a school."""


@dataclass(frozen=True)
class Rows:
    """One row of everything, and the members by role."""

    school: School
    pupil: Pupil
    school_class: SchoolClass
    mark: Mark
    leave_id: int
    letter: Letter
    flag: Flag
    members: dict[Role, Membership]
    calendar_ids: dict[str, int]
    """Of a term, a closure and session times."""
    contact_id: int = 0
    class_teacher_id: int = 0
    import_file_id: int = 0
    evidence_id: int = 0
    message_id: int = 0
    evidence_file_id: int = 0
    reason_id: int = 0
    leave_link_id: int = 0
    sent_id: int = 0
    arranged_id: int = 0
    support_id: int = 0
    leaver_id: int = 0
    batch_id: int = 0
    case_id: int = 0
    task_id: int = 0
    meeting_id: int = 0
    referral_id: int = 0
    view_id: int = 0
    simulation_id: int = 0
    scan_run_id: int = 0

    def arguments(self, name: str) -> list[int | str]:
        """What an address needs after the school."""
        if name in _PUPIL:
            return [self.pupil.pk]
        if name in _CONTACT:
            return [self.contact_id]
        if name in _PERSON:
            return [self.members[Role.TEACHER].user_id]
        if name in _PART:
            return [self.members[Role.TEACHER].pk]
        if name in _FILE:
            return [self.import_file_id]
        if name in _LEAVE:
            return [self.leave_id]
        if name in _LETTER:
            return [self.letter.pk]
        if name in _DEADLINE:
            return [self.pupil.pk, "new-pupil", str(self.pupil.entered_on)]
        if name in _CALENDAR:
            return [self.calendar_ids[name.removesuffix("_remove")]]
        rows: dict[str, list[int | str]] = {name: [self.batch_id] for name in _BATCH} | {
            **{one: [self.flag.policy_version_id] for one in _POLICY},
            **{one: [0] for one in _RULE},
            **{one: [self.arranged_id] for one in _ARRANGED},
            **{one: [self.support_id] for one in _SUPPORT},
            "illness_answer": [self.evidence_id],
            "missing_child": [self.leaver_id],
            "simulation": [self.simulation_id],
            "scan_run": [self.scan_run_id],
            "mark": [self.mark.pk],
            "grid_cell": [self.pupil.pk, f"{self.mark.on}{self.mark.session}"],
            **{key: [self.flag.pk] for key in _FLAG},
            **{key: [self.case_id] for key in _CASE},
            **{key: [self.meeting_id] for key in _MEETING},
            "class_colours": [self.school_class.pk],
            "task_settle": [self.task_id],
            "referral_pdf": [self.referral_id],
            "view_remove": [self.view_id],
            "evidence_want": [self.pupil.pk],
            "evidence_end": [self.evidence_id],
            "evidence_file": [self.evidence_file_id],
            "evidence_aside": [self.evidence_file_id],
            "reason_evidence": [self.reason_id],
            "leave_link": [self.leave_link_id],
            "leave_link_revoke": [self.leave_link_id],
            "sent_request": [self.sent_id],
            "sent_drop": [self.sent_id],
            "class_take": [self.class_teacher_id],
            "class_register": [self.school_class.pk, "AM"],
            "export": ["marks", "csv"],
            **{wording: [self.letter.kind] for wording in _WORDING},
            "message_wording": ["first-day"],
            **{each: [self.message_id] for each in _MESSAGE},
        }
        return rows.get(name, [])


def fill(school: School) -> Rows:
    """Fill a school that has a calendar; its scope must be open."""
    members = {role: builders.member(school, role) for role in Role}
    school_class = builders.school_class(school, "3 Test", members[Role.TEACHER])
    # Entered today, whichever day that is, so that a return about a new pupil is due.
    pupil = builders.pupil(school, "Example", "Robin", school_class=school_class, entered_on=timezone.localdate())
    calendar = calendars.of(school)
    head = members[Role.HEAD]
    now = {"today": builders.TODAY, "by": head, "at": builders.AT}
    marks = builders.marks(pupil, calendar, date(2026, 9, 1), "OOII" * 5 + "/" * 60)
    policies.adopt(school, POLICY, by=head, at=builders.AT)
    wordings.adopt(school, ["letter_of_concern", "late_l", "stage1_medical", "leave_refused"], by=head, at=builders.AT)
    scan.scan(school, calendar, builders.TODAY, by=members[Role.NIGHTLY], at=builders.AT)
    asked = leave.enter(
        school,
        calendar,
        pupil,
        pupil.contacts.get(),
        date(2026, 11, 10),
        SessionOn(date(2026, 12, 7), Session.AM),
        SessionOn(date(2026, 12, 8), Session.PM),
        "A cousin is to be married.",
        Category.FUNERAL_OR_WEDDING,
        **now,
    )
    draft = letters.draft(school, calendar, pupil, "stage1_medical", **now)[0]
    flag = Flag.objects.get(pupil=pupil)
    evidence = EvidenceWanted.objects.create(
        school=school,
        pupil=builders.pupil(school, "Other", "Robin"),
        from_on=builders.TODAY,
        why="3 occasions",
        confirmed_at=builders.AT,
        confirmed_by=head.user,
        confirmed_role=head.role,
    )
    link = leave_links.make(school, pupil.contacts.get(), [pupil], by=head, at=builders.AT)
    proposal = Proposal(date(2026, 12, 1), date(2026, 12, 18), "5PM", "After a long illness", date(2026, 12, 8), True)
    plan = Plan(Concern.AVOIDANCE, "Will not come in", "A quieter way in", "", date(2026, 12, 18))
    arranged = part_time.propose(school, calendar, pupil, proposal, by=head, at=builders.AT)
    return Rows(
        school,
        pupil,
        school_class,
        marks[0],
        asked.pk,
        draft,
        flag,
        members,
        _calendar_ids(school),
        contact_id=pupil.contacts.get().pk,
        class_teacher_id=school_class.teachers.get().pk,
        import_file_id=builders.import_file(head).pk,
        evidence_id=evidence.pk,
        message_id=_message(pupil, head),
        evidence_file_id=evidence_files.add_to_leave(asked, "card.pdf", PDF, by=head, at=builders.AT).pk,
        reason_id=_reason(pupil, head).pk,
        leave_link_id=link.pk,
        sent_id=_sent(link).pk,
        arranged_id=arranged.pk,
        support_id=support.start(school, pupil, plan, **now).pk,
        leaver_id=builders.pupil(school, "Gone", leaves_on=date(2026, 10, 1), leaving_ground="A").pk,
        batch_id=_batch(school, pupil, head).pk,
        **_work(flag, members[Role.FLO]),
        simulation_id=_simulation_id(school, head),
        scan_run_id=ScanRun.objects.get(school=school).pk,
    )


def _message(pupil: Pupil, by: Membership) -> int:
    """An e-mail that waits to be released."""
    parent = pupil.contacts.get().parent
    draft = Draft("tested", "tested", Channel.EMAIL, parent, (pupil,), "Please ring us.", "Absence")
    return messages.prepare(pupil.school, [draft], by=by, at=builders.AT)[0].pk


def _sent(link: LeaveLink) -> SentRequest:
    """What a parent sent by a link, with names that mean nobody."""
    return SentRequest.objects.create(
        school_id=link.school_id,
        link=link,
        children="Somebody Else",
        first_on=date(2026, 12, 9),
        first_session=Session.AM,
        last_on=date(2026, 12, 9),
        last_session=Session.PM,
        category=Category.OTHER,
        reason="A family matter",
        sent_at=builders.AT,
        sent_on=builders.TODAY,
        hindrance=leave_links.NOT_CLEAR,
    )


def _reason(pupil: Pupil, by: Membership) -> Reason:
    """A reason for days that have passed, which recodes nothing."""
    return Reason.objects.create(
        school_id=pupil.school_id,
        pupil=pupil,
        first_on=builders.TODAY,
        last_on=builders.TODAY,
        text="Heavy cold",
        told_by="Mum",
        channel="phone",
        outcome="accepted",
        code="I",
        recorded_at=builders.AT,
        recorded_by=by.user,
        recorded_role=by.role,
    )


def _batch(school: School, pupil: Pupil, head: Membership) -> Batch:
    """A batch with its one file for the printer."""
    batch = batches.start(school, "late_l", [Chosen(pupil.pk)], today=builders.TODAY, by=head, at=builders.AT)
    kept = store.keep(school.slug, f"batch-{batch.pk}", b"%PDF-1.7")
    Batch.objects.filter(pk=batch.pk).update(print_path=kept.path, print_sha256=kept.sha256)
    return batch


def _work(flag: Flag, flo: Membership) -> dict[str, int]:
    """A case from a flag, with a task, a meeting, a referral whose file is there, and a view of the FLO's own."""
    made = {"by": flo, "at": builders.AT}
    calendar = calendars.of(flag.school)
    case = cases.open_case(flag.school, flag.pupil, "Flagged", on=builders.TODAY, **made)
    task = tasks.add(case, calendar, "Ring", owner_role=Role.FLO, on=builders.TODAY, **made)
    meeting = meetings.plan(case, calendar, MeetingKind.PANEL, date(2026, 11, 25), today=builders.TODAY, **made)
    kept = store.keep(f"{flag.school.slug}/referrals", case.pk, b"%PDF-1.7")
    referral = Referral.objects.create(
        school=flag.school,
        case=case,
        kind="early help",
        to="Early Help",
        reason="Why",
        consent=True,
        facts={},
        made_on=builders.TODAY,
        made_at=builders.AT,
        made_by=flo.user,
        made_role=flo.role,
        pdf_path=kept.path,
        sha256=kept.sha256,
    )
    view = holds.save_view(flag.school, "Mine", {"due": "today"}, **made)
    return {
        "case_id": case.pk,
        "task_id": task.pk,
        "meeting_id": meeting.pk,
        "referral_id": referral.pk,
        "view_id": view.pk,
    }


def _simulation_id(school: School, head: Membership) -> int:
    """A draft, and what it would have done."""
    version = PolicyVersion.objects.get(school=school)
    draft = drafts.begin(school, version=version, by=head, at=builders.AT)
    on = builders.TODAY
    calendar = calendars.of(school)
    return simulations.ask(draft, calendar, on, on, by=head, at=builders.AT, today=on).pk


def _calendar_ids(school: School) -> dict[str, int]:
    rows = {"term": Term, "closure": Closure, "times": SessionTimes}
    return {name: model.objects.filter(school=school).first().pk for name, model in rows.items()}
