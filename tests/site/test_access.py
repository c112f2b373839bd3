"""Every address of the site × every role × the other school. A new address without a row here fails."""

from collections.abc import Callable, Iterator
from datetime import date

import pytest
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver, reverse

from letters import pdf
from registers.models import Membership, School
from registers.rules.rights import MACHINE, Right, Role, holds
from registers.scope import schools_in_scope
from tests import builders, whole_school

OPEN = {"sign_in", "sign_out", "start", "trust", "forgotten", "password_chosen", "ask_leave"}
"""Addresses outside any school."""
ACCOUNT = {"account", "password_change", "second_factor_asked"}
"""Addresses of a person's own sign-in."""
LIBRARY = {
    "account_login",
    "account_reauthenticate",
    "mfa_authenticate",
    "mfa_index",
    "mfa_reauthenticate",
    "mfa_activate_totp",
    "mfa_deactivate_totp",
    "mfa_view_recovery_codes",
    "mfa_generate_recovery_codes",
}
"""The like, under the names that django-allauth looks for."""

RIGHTS = {
    "home": Right.HOME,
    "pupil": Right.SEE_PUPILS,
    "leave_request": Right.ENTER_LEAVE,
    "leave_decide": Right.DECIDE_LEAVE,
    "evidence_file": Right.SEE_EVIDENCE,
    "evidence_aside": Right.SEE_EVIDENCE,
    "reason_evidence": Right.SEE_EVIDENCE,
    "leave_evidence": Right.SEE_EVIDENCE,
    "leave_links": Right.ENTER_LEAVE,
    "leave_link": Right.ENTER_LEAVE,
    "leave_link_revoke": Right.ENTER_LEAVE,
    "leave_link_new": Right.ENTER_LEAVE,
    "sent_request": Right.ENTER_LEAVE,
    "sent_drop": Right.ENTER_LEAVE,
    "leave_rules": Right.SET_UP,
    "leave_missed": Right.RECORD_REASON,
    "leave_confirm": Right.RECORD_REASON,
    "leave_ask": Right.ENTER_LEAVE,
    "leave_answer": Right.ENTER_LEAVE,
    "leave_details": Right.ENTER_LEAVE,
    "leave_shorten": Right.ENTER_LEAVE,
    "leave_withdraw": Right.ENTER_LEAVE,
    "governors_report": Right.SEE_REPORT,
    "statistics": Right.SEE_STATISTICS,
    "class_table": Right.SEE_STATISTICS,
    "colour_sheet": Right.SEE_PUPILS,
    "class_colours": Right.TAKE_REGISTER,
    "classes": Right.TAKE_REGISTER,
    "class_register": Right.TAKE_REGISTER,
    "office_day": Right.RECODE,
    "grid_save": Right.RECODE,
    "grid_preview": Right.RECODE,
    "grid_fill": Right.RECODE,
    "grid_cell": Right.RECODE,
    "mark": Right.RECODE,
    "door": Right.RECODE,
    "missing": Right.RECODE,
    "on_site": Right.SEE_ON_SITE,
    "disagreements": Right.RECODE,
    "pupils": Right.SEE_PUPILS,
    "certificate": Right.SEE_PUPILS,
    "pupil_new": Right.EDIT_PUPILS,
    "pupil_edit": Right.EDIT_PUPILS,
    "class_move": Right.EDIT_PUPILS,
    "pupil_leave": Right.EDIT_PUPILS,
    "pupil_take_back": Right.EDIT_PUPILS,
    "admission_history": Right.EDIT_PUPILS,
    "pupil_sensitive": Right.SEE_SENSITIVE,
    "contact_new": Right.EDIT_PUPILS,
    "contact_edit": Right.EDIT_PUPILS,
    "contact_remove": Right.EDIT_PUPILS,
    "register_sheet": Right.RECODE,
    "export": Right.EXPORT,
    "exports": Right.EXPORT,
    "imports": Right.IMPORT,
    "import_file": Right.IMPORT,
    "import_take": Right.IMPORT,
    "import_drop": Right.IMPORT,
    "copies": Right.SET_UP,
    "copy_now": Right.SET_UP,
    "illness_evidence": Right.RECORD_REASON,
    "illness_answer": Right.RECORD_REASON,
    "missing_children": Right.ARRANGE,
    "missing_child": Right.ARRANGE,
    "support_plans": Right.SUPPORT,
    "support_plan": Right.SUPPORT,
    "support_plan_new": Right.SUPPORT,
    "support_plan_review": Right.SUPPORT,
    "support_plan_close": Right.SUPPORT,
    "arrangements": Right.ARRANGE,
    "arrangement_new": Right.ARRANGE,
    "arrangement": Right.ARRANGE,
    "arrangement_end": Right.ARRANGE,
    "part_time_parent": Right.ARRANGE,
    "part_time_head": Right.DECIDE_LEAVE,
    "part_time_told": Right.ARRANGE,
    "part_time_review": Right.ARRANGE,
    "disruptions": Right.CLOSE_SCHOOL,
    "disruption_new": Right.CLOSE_SCHOOL,
    "settings": Right.SET_UP,
    "times_remove": Right.SET_UP,
    "calendar": Right.HOME,
    "calendar_import": Right.SET_UP,
    "term_new": Right.SET_UP,
    "term": Right.SET_UP,
    "term_remove": Right.SET_UP,
    "closure_new": Right.SET_UP,
    "closure": Right.SET_UP,
    "closure_remove": Right.SET_UP,
    "bank_holidays_add": Right.SET_UP,
    "people": Right.MANAGE_PEOPLE,
    "person_new": Right.MANAGE_PEOPLE,
    "sign_ins": Right.MANAGE_PEOPLE,
    "person": Right.MANAGE_PEOPLE,
    "part_new": Right.MANAGE_PEOPLE,
    "part_move": Right.MANAGE_PEOPLE,
    "part_end": Right.MANAGE_PEOPLE,
    "class_give": Right.MANAGE_PEOPLE,
    "class_take": Right.MANAGE_PEOPLE,
    "second_factor_reset": Right.MANAGE_PEOPLE,
    "password_link": Right.MANAGE_PEOPLE,
    "security": Right.SET_UP,
    "letters": Right.WRITE_LETTERS,
    "letter_email": Right.WRITE_LETTERS,
    "order_decision": Right.DECIDE_ORDERS,
    "letters_sign": Right.WRITE_LETTERS,
    "letters_sent": Right.WRITE_LETTERS,
    "letter_check": Right.WRITE_LETTERS,
    "letter_send_back": Right.WRITE_LETTERS,
    "letter_draft": Right.WRITE_LETTERS,
    "letter": Right.WRITE_LETTERS,
    "letter_issue": Right.WRITE_LETTERS,
    "letter_drop": Right.WRITE_LETTERS,
    "letter_withdraw": Right.WRITE_LETTERS,
    "letter_pdf": Right.WRITE_LETTERS,
    "messages": Right.SEND_MESSAGES,
    "messages_retry": Right.SEND_MESSAGES,
    "message_retry": Right.SEND_MESSAGES,
    "message_withdraw": Right.SEND_MESSAGES,
    "message_put_back": Right.SEND_MESSAGES,
    "message_arrived": Right.SEND_MESSAGES,
    "message_wording": Right.SET_UP,
    "first_day_messages": Right.SEND_MESSAGES,
    "first_day_prepare": Right.SEND_MESSAGES,
    "batches": Right.WRITE_LETTERS,
    "batch_new": Right.WRITE_LETTERS,
    "batch": Right.WRITE_LETTERS,
    "batch_drop": Right.WRITE_LETTERS,
    "batch_check": Right.WRITE_LETTERS,
    "batch_approve": Right.WRITE_LETTERS,
    "batch_send_back": Right.WRITE_LETTERS,
    "batch_again": Right.WRITE_LETTERS,
    "batch_cancel": Right.WRITE_LETTERS,
    "batch_sent": Right.WRITE_LETTERS,
    "batch_pdf": Right.WRITE_LETTERS,
    "reason_new": Right.RECORD_REASON,
    "first_day": Right.RECORD_REASON,
    "reasons_many": Right.RECORD_REASON,
    "contact_attempt": Right.RECORD_REASON,
    "unexplained": Right.RECORD_REASON,
    "give_up": Right.RECODE,
    "deadlines": Right.RECORD_REASON,
    "deadline": Right.RECORD_REASON,
    "deadline_pdf": Right.RECORD_REASON,
    "deadline_csv": Right.RECORD_REASON,
    "evidence_want": Right.WANT_EVIDENCE,
    "evidence_end": Right.WANT_EVIDENCE,
    "absence_rules": Right.SET_UP,
    "leave_requests": Right.ENTER_LEAVE,
    "leave_request_new": Right.ENTER_LEAVE,
    "desk": Right.SEE_DESK,
    "flag": Right.SEE_DESK,
    "scan_now": Right.SCAN,
    "scan_runs": Right.SEE_DESK,
    "flag_hold": Right.SEE_DESK,
    "flag_back": Right.SEE_DESK,
    "flag_follow": Right.SEE_DESK,
    "put_aside": Right.SEE_DESK,
    "view_save": Right.SEE_DESK,
    "view_remove": Right.SEE_DESK,
    "week_list": Right.SEE_DESK,
    "improved": Right.SEE_DESK,
    "pupil_year": Right.SEE_DESK,
    "case_open": Right.SEE_DESK,
    "case": Right.SEE_DESK,
    "case_note": Right.SEE_DESK,
    "case_task": Right.SEE_DESK,
    "case_stage": Right.SEE_DESK,
    "case_carry_over": Right.SEE_DESK,
    "case_describe": Right.SEE_DESK,
    "case_close": Right.SEE_DESK,
    "case_reopen": Right.SEE_DESK,
    "task_settle": Right.SEE_DESK,
    "meeting_new": Right.SEE_DESK,
    "meeting": Right.SEE_DESK,
    "meeting_letter": Right.SEE_DESK,
    "meeting_outcome": Right.SEE_DESK,
    "meeting_cancel": Right.SEE_DESK,
    "meeting_review": Right.SEE_DESK,
    "referral_new": Right.SEE_DESK,
    "referral_pdf": Right.SEE_DESK,
    "scan_run": Right.SEE_DESK,
    "policy": Right.SEE_DESK,
    "policy_version": Right.SEE_DESK,
    "policy_file": Right.SEE_DESK,
    "policy_compare": Right.SEE_DESK,
    "policy_draft": Right.SET_POLICY,
    "policy_draft_begin": Right.SET_POLICY,
    "policy_draft_drop": Right.SET_POLICY,
    "policy_draft_file": Right.SET_POLICY,
    "policy_draft_import": Right.SET_POLICY,
    "policy_draft_adopt": Right.SET_POLICY,
    "policy_rule_new": Right.SET_POLICY,
    "policy_rule": Right.SET_POLICY,
    "policy_rule_remove": Right.SET_POLICY,
    "policy_judgement_new": Right.SET_POLICY,
    "policy_judgement": Right.SET_POLICY,
    "policy_judgement_remove": Right.SET_POLICY,
    "policy_simulate": Right.SET_POLICY,
    "simulation": Right.SET_POLICY,
}
RIGHTS |= {
    "letter_ask": Right.WRITE_LETTERS,
    "wordings": Right.EDIT_WORDING,
    "wording": Right.EDIT_WORDING,
    "wording_pdf": Right.EDIT_WORDING,
    "wording_adopt": Right.EDIT_WORDING,
    "wording_compare": Right.EDIT_WORDING,
    "letterhead": Right.EDIT_WORDING,
    "letterhead_image": Right.EDIT_WORDING,
    "letterhead_pdf": Right.EDIT_WORDING,
}
POST_ONLY = {
    "give_up",
    "evidence_want",
    "evidence_aside",
    "evidence_end",
    "grid_save",
    "grid_preview",
    "grid_fill",
    "times_remove",
    "term_remove",
    "closure_remove",
    "bank_holidays_add",
}
POST_ONLY |= {"pupil_take_back", "contact_remove"}
POST_ONLY |= {"import_take", "import_drop"}
POST_ONLY |= {"letter_draft", "letter_issue", "letter_drop", "letter_withdraw", "scan_now", "copy_now"}
POST_ONLY |= {"reasons_many"}
POST_ONLY |= {
    "leave_link_revoke",
    "sent_drop",
    "leave_confirm",
    "leave_ask",
    "leave_answer",
    "leave_details",
    "leave_shorten",
    "leave_withdraw",
}
POST_ONLY |= {"illness_answer", "support_plan_review", "support_plan_close"}
POST_ONLY |= {"arrangement_end", "part_time_parent", "part_time_head", "part_time_told", "part_time_review"}
POST_ONLY |= {"password_link"}
POST_ONLY |= {"wording_pdf", "wording_adopt", "letterhead_image"}
POST_ONLY |= {"message_retry", "message_withdraw", "message_put_back", "message_arrived"}
POST_ONLY |= {"messages_retry", "first_day_prepare"}
POST_ONLY |= {"batch_drop", "batch_check", "batch_approve", "batch_send_back", "batch_again", "batch_cancel"}
POST_ONLY |= {"letters_sign", "letters_sent", "letter_email", "letter_check", "letter_send_back", "batch_sent"}
POST_ONLY |= {
    "flag_hold",
    "flag_back",
    "flag_follow",
    "view_save",
    "view_remove",
    "case_open",
    "case_note",
    "case_task",
}
POST_ONLY |= {"case_stage", "case_carry_over", "case_describe", "case_close", "case_reopen", "task_settle"}
POST_ONLY |= {"meeting_letter", "meeting_outcome", "meeting_cancel", "meeting_review"}
POST_ONLY |= {"policy_draft_begin", "policy_draft_drop", "policy_draft_import", "policy_draft_adopt"}
POST_ONLY |= {"policy_rule_remove", "policy_judgement_remove", "policy_simulate"}
PEOPLE = [role for role in Role if role not in MACHINE]


def patterns(found: URLResolver | None = None) -> Iterator[URLPattern]:
    for pattern in (found or get_resolver()).url_patterns:
        if isinstance(pattern, URLResolver):
            yield from patterns(pattern)
        else:
            yield pattern


@pytest.fixture
def two_schools(school: School, other_school: School) -> tuple[whole_school.Rows, whole_school.Rows]:
    """Both schools with one row of everything an address can name."""
    with schools_in_scope([other_school.pk]):
        theirs = whole_school.fill(other_school)
    return whole_school.fill(school), theirs


@pytest.fixture(autouse=True)
def _no_real_pdf(monkeypatch) -> None:
    """Who may open a letter's file is asked here, hundreds of times; what is in it is not."""
    monkeypatch.setattr(pdf, "render", lambda page: b"%PDF-1.7")


def address(name: str, of: School, rows: whole_school.Rows) -> str:
    return reverse(name, args=[of.slug, *rows.arguments(name)])


def test_the_table_is_the_urlconf() -> None:
    named = {pattern.name for pattern in patterns()}
    assert named - OPEN - ACCOUNT - LIBRARY == set(RIGHTS)


def test_every_guarded_view_asks_for_the_right_of_the_table() -> None:
    asked = {pattern.name: getattr(pattern.callback, "right", None) for pattern in patterns()}
    assert {name: asked[name] for name in RIGHTS} == RIGHTS


Pages = list[tuple[str, Role, int, int]]
"""Address, role, and how GET and POST were answered."""


def answers(
    client, asked: Callable[[Role, str], bool], who: whole_school.Rows, of: School, rows: whole_school.Rows
) -> Pages:
    """What everybody of one school is answered under the addresses asked about, which name the rows given."""
    found = []
    for role in PEOPLE:
        client.force_login(who.members[role].user)
        for name in sorted(name for name in RIGHTS if asked(role, name)):
            url = address(name, of, rows)
            found.append((name, role, client.get(url).status_code, client.post(url).status_code))
    assert found
    return found


def test_anonymous_is_sent_to_sign_in(client, school, two_schools) -> None:
    for name in RIGHTS:
        url = address(name, school, two_schools[0])
        for response in (client.get(url), client.post(url)):
            assert response.status_code == 302, name
            assert response["Location"].startswith(reverse("sign_in")), name


def test_an_account_is_for_whoever_is_signed_in(client, db) -> None:
    for name in sorted(ACCOUNT | LIBRARY - {"account_login", "mfa_index"}):
        response = client.get(reverse(name))
        assert response.status_code == 302, name
        assert response["Location"].startswith(reverse("sign_in")), name


def test_a_role_is_refused_what_it_does_not_hold(client, school, two_schools) -> None:
    ours = two_schools[0]
    pages = answers(client, lambda role, name: not holds(role, RIGHTS[name]), ours, school, ours)
    assert [page for page in pages if page[2:] != (403, 403)] == []


def test_a_role_opens_what_it_holds(client, school, two_schools) -> None:
    wrong = []
    for role in PEOPLE:
        client.force_login(two_schools[0].members[role].user)
        for name in RIGHTS:
            if holds(role, RIGHTS[name]):
                status = client.get(address(name, school, two_schools[0])).status_code
                wanted = {405} if name in POST_ONLY else {200, 302}
                if status not in wanted:
                    wrong.append((name, role, status))
    assert wrong == []


def test_the_same_role_at_another_school_finds_nothing(client, school, two_schools) -> None:
    ours, theirs = two_schools
    pages = answers(client, lambda role, name: holds(role, RIGHTS[name]), theirs, school, ours)
    assert [page for page in pages if page[2:] != (404, 404)] == []


def test_another_schools_row_under_ones_own_address_is_not_found(client, school, two_schools) -> None:
    """The nearest miss: the right person, the right address, and the number of a row of the other school."""
    ours, theirs = two_schools
    held = answers(
        client, lambda role, name: name in whole_school.NAMED_ROWS and holds(role, RIGHTS[name]), ours, school, theirs
    )
    # 405 tells nothing: the address takes the other method only.
    assert [page for page in held if not {404} <= set(page[2:]) <= {404, 405}] == []


def test_a_part_that_has_ended_opens_nothing(client, school) -> None:
    member = builders.member(school, Role.HEAD)
    client.force_login(member.user)
    assert client.get(reverse("home", args=[school.slug])).status_code == 200
    Membership.objects.filter(pk=member.pk).update(ends_on=date(2025, 7, 31))
    assert client.get(reverse("home", args=[school.slug])).status_code == 404


def test_a_leavers_live_session_dies_at_once(client, school) -> None:
    member = builders.member(school, Role.OFFICE)
    client.force_login(member.user)
    member.user.is_active = False
    member.user.save()
    assert client.get(reverse("home", args=[school.slug])).status_code == 302


def test_pages_of_a_school_are_never_stored(client, school) -> None:
    client.force_login(builders.member(school, Role.OFFICE).user)
    assert "no-store" in client.get(reverse("home", args=[school.slug]))["Cache-Control"]


def test_a_forged_post_changes_nothing(school, two_schools) -> None:
    strict = Client(enforce_csrf_checks=True)
    strict.force_login(two_schools[0].members[Role.HEAD].user)
    refused = {name: strict.post(address(name, school, two_schools[0])).status_code for name in RIGHTS}
    assert refused == dict.fromkeys(RIGHTS, 403)
