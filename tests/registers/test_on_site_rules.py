"""The last known fact about a pupil: what it says, and what it does not."""

from datetime import time

import pytest

from registers.rules import on_site
from registers.rules.on_site import Happened, Marked, SiteEventKind, SiteEventRefusedError, Where
from registers.rules.sessions import Session

AM, PM = Session.AM, Session.PM
ARRIVED, LEFT, RETURNED = SiteEventKind.ARRIVED, SiteEventKind.LEFT, SiteEventKind.RETURNED
HERE = Marked("/", "P", time(8, 57), "Ms Teacher, class register")
HERE_PM = Marked("\\", "P", time(13, 34), "Ms Teacher, class register")


def happened(kind: SiteEventKind, hour: int, minute: int, session: Session = AM) -> Happened:
    return Happened(kind, session, time(hour, minute), "At the door")


@pytest.mark.parametrize(
    ("marks", "events", "now", "where", "fact"),
    [
        pytest.param({}, [], AM, Where.NOT_REGISTERED, "No mark this morning yet", id="nothing-is-known"),
        pytest.param({AM: HERE}, [], AM, Where.ON_SITE, "Present this morning", id="present"),
        pytest.param({AM: Marked("L", "L")}, [], AM, Where.ON_SITE, "Late this morning", id="late"),
        pytest.param(
            {AM: Marked("U")}, [], AM, Where.ON_SITE, "Arrived after the register closed this morning", id="U"
        ),
        pytest.param({AM: Marked("N", "A")}, [], AM, Where.AWAY, "Absent this morning, nobody knows why yet", id="N"),
        pytest.param({AM: Marked("I")}, [], AM, Where.AWAY, "Absent this morning", id="no-reason-is-told"),
        pytest.param({AM: Marked("V")}, [], AM, Where.ELSEWHERE, "Educational visit this morning", id="visit"),
        pytest.param({AM: Marked("X")}, [], AM, Where.AWAY, "Absent this morning", id="not-required"),
        pytest.param({PM: Marked("M")}, [], AM, Where.NOT_REGISTERED, "No mark this morning yet", id="a-later-code"),
        pytest.param(
            {AM: HERE},
            [],
            PM,
            Where.NOT_REGISTERED,
            "No mark this afternoon yet. Before: present this morning",
            id="the-morning-says-nothing-of-the-afternoon",
        ),
        pytest.param({AM: Marked("I"), PM: HERE_PM}, [], PM, Where.ON_SITE, "Present this afternoon", id="came-for-PM"),
        pytest.param({AM: HERE}, [happened(LEFT, 11, 30)], AM, Where.AWAY, "Left at 11:30", id="left"),
        pytest.param(
            {AM: HERE},
            [happened(LEFT, 11, 30)],
            PM,
            Where.NOT_REGISTERED,
            "No mark this afternoon yet. Before: left at 11:30",
            id="left-in-the-morning-and-no-mark-since",
        ),
        pytest.param(
            {AM: HERE, PM: HERE_PM},
            [happened(LEFT, 11, 30)],
            PM,
            Where.ON_SITE,
            "Present this afternoon",
            id="left-and-seen-in-class-after-it",
        ),
        pytest.param(
            {AM: HERE, PM: HERE_PM},
            [happened(LEFT, 14, 10, PM)],
            PM,
            Where.AWAY,
            "Left at 14:10",
            id="present-and-left-since",
        ),
        pytest.param(
            {AM: HERE},
            [happened(LEFT, 10, 0), happened(RETURNED, 11, 15)],
            AM,
            Where.ON_SITE,
            "Came back at 11:15",
            id="came-back",
        ),
        pytest.param(
            {AM: Marked("M", "", time(11, 0))},
            [happened(ARRIVED, 10, 40)],
            AM,
            Where.ON_SITE,
            "Arrived at 10:40",
            id="a-code-amended-after-the-arrival-moves-nobody",
        ),
        pytest.param(
            {AM: Marked("M", "P", None, "Office", time(8, 56), "Ms Teacher")},
            [],
            AM,
            Where.ON_SITE,
            "Seen in class this morning",
            id="seen-against-the-code",
        ),
        pytest.param(
            {AM: Marked("/", "A")},
            [],
            AM,
            Where.NOT_CERTAIN,
            "Marked present this morning, but not seen in class",
            id="marked-and-not-seen",
        ),
    ],
)
def test_the_last_known_fact(
    marks: dict[Session, Marked], events: list[Happened], now: Session, where: Where, fact: str
) -> None:
    known = on_site.last_known(marks, events, now)
    assert (known.where, known.fact) == (where, fact)


def test_a_fact_has_its_time_and_its_source() -> None:
    known = on_site.last_known({AM: HERE}, [], AM)
    assert (known.at, known.source) == (time(8, 57), "Ms Teacher, class register")
    seen = on_site.last_known({AM: Marked("M", "P", time(8, 5), "Office", time(8, 56), "Ms Teacher")}, [], AM)
    assert (seen.at, seen.source) == (time(8, 56), "Ms Teacher")
    assert on_site.last_known({AM: HERE}, [happened(LEFT, 11, 30)], AM).at == time(11, 30)


@pytest.mark.parametrize(
    ("events", "session", "at", "kind"),
    [
        ([], AM, time(9, 21), ARRIVED),
        ([happened(LEFT, 10, 0)], AM, time(10, 0), RETURNED),
        ([happened(LEFT, 10, 0)], AM, time(9, 59), ARRIVED),
        ([happened(LEFT, 11, 30)], PM, time(13, 50), ARRIVED),
        ([happened(ARRIVED, 9, 21)], PM, time(13, 50), ARRIVED),
        ([happened(ARRIVED, 9, 21), happened(LEFT, 10, 0)], AM, time(11, 0), RETURNED),
    ],
)
def test_who_comes_in_arrives_or_comes_back(
    events: list[Happened], session: Session, at: time, kind: SiteEventKind
) -> None:
    assert on_site.kind_of_coming_in(events, session, at) is kind


def test_nobody_arrives_twice_in_a_session() -> None:
    with pytest.raises(SiteEventRefusedError, match="An arrival at 09:21 is on record this morning"):
        on_site.kind_of_coming_in([happened(ARRIVED, 9, 21)], AM, time(9, 40))


def test_nobody_leaves_twice_without_coming_back() -> None:
    events = [happened(LEFT, 10, 0), happened(RETURNED, 11, 0)]
    on_site.check_may_leave(events, AM, time(11, 0))
    with pytest.raises(SiteEventRefusedError, match="Out since 10:00 already"):
        on_site.check_may_leave(events, AM, time(10, 59))


def test_a_departure_is_undone_after_its_return() -> None:
    events = [happened(LEFT, 10, 0), happened(RETURNED, 11, 0)]
    on_site.check_may_cancel(events, 1)
    with pytest.raises(SiteEventRefusedError, match="Undo the return at 11:00 first"):
        on_site.check_may_cancel(events, 0)
    on_site.check_may_cancel(events[:1], 0)


@pytest.mark.parametrize(
    ("session", "reason", "words"),
    [(AM, "Dentist", ""), (AM, " ", "the afternoon is O"), (PM, "", "it is O")],
)
def test_leaving_without_a_reason_proposes_and_writes_nothing(session: Session, reason: str, words: str) -> None:
    proposal = on_site.proposal_after_leaving(session, reason)
    assert words in proposal
    assert bool(proposal) is bool(words)
