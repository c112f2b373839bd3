"""Small makers of rows for tests. Each writes what a test would otherwise repeat, and returns the row."""

from datetime import UTC, date, datetime, time
from itertools import count

from registers.models import (
    ClassPlace,
    ClassTeacher,
    Closure,
    Contact,
    ImportFile,
    Mark,
    Membership,
    Parent,
    Pupil,
    School,
    SchoolClass,
    SessionTimes,
    Term,
    User,
)
from registers.rules import upn
from registers.rules.calendar import Calendar
from registers.rules.rights import Role
from registers.rules.sessions import Session

AT = datetime(2026, 11, 20, 9, 5, tzinfo=UTC)
TODAY = date(2026, 11, 20)
"""A Friday in term at the schools that `calendar` sets up."""

TERMS = (
    (1, date(2025, 9, 1), date(2025, 10, 17)),
    (2, date(2025, 10, 27), date(2025, 12, 19)),
    (3, date(2026, 1, 5), date(2026, 2, 13)),
    (4, date(2026, 2, 23), date(2026, 4, 2)),
    (5, date(2026, 4, 20), date(2026, 5, 22)),
    (6, date(2026, 6, 1), date(2026, 7, 21)),
    (1, date(2026, 9, 1), date(2026, 10, 16)),
    (2, date(2026, 11, 2), date(2026, 12, 18)),
    (3, date(2027, 1, 4), date(2027, 2, 12)),
    (4, date(2027, 2, 22), date(2027, 3, 25)),
    (5, date(2027, 4, 12), date(2027, 5, 28)),
    (6, date(2027, 6, 7), date(2027, 7, 22)),
)
_serial = count(1)


def school(slug: str) -> School:
    return School.objects.create(
        slug=slug,
        name=slug.title() + " School",
        phase="primary",
        proprietor="governing body",
        local_authority="Kent",
        local_authority_code="886",
        establishment="2999",
        address="Example Lane\nExampleton",
        telephone="01632 960200",
        email=f"office@{slug}.example",
    )


def calendar(of: School) -> None:
    """Two school years of terms, one in-service day and Staplehurst's session times."""
    for number, first_on, last_on in TERMS:
        Term.objects.create(school=of, name=f"Term {number}", number=number, first_on=first_on, last_on=last_on)
    Closure.objects.create(
        school=of, first_on=date(2026, 11, 2), last_on=date(2026, 11, 2), kind="inset", name="In-service day"
    )
    for key_stage in ("EYFS", "KS1", "KS2"):
        for session, starts, closes in (
            (Session.AM, time(8, 50), time(9, 20)),
            (Session.PM, time(13, 30), time(13, 45)),
        ):
            SessionTimes.objects.create(
                school=of,
                key_stage=key_stage,
                session=session,
                applies_from=date(2024, 9, 1),
                starts=starts,
                on_time_until=starts,
                closes=closes,
            )


def member(of: School, role: Role = Role.OFFICE, name: str = "") -> Membership:
    """Somebody with a part at the school, who can sign in with the password "correct horse"."""
    user = User.objects.create_user(
        email=f"{role}.{next(_serial)}@{of.slug}.example", name=name or f"A {role}", password="correct horse"
    )
    return Membership.objects.create(user=user, school=of, role=role, starts_on=date(2024, 9, 1))


def nightly(of: School) -> Membership:
    return member(of, Role.NIGHTLY, "Nightly scan")


def pupil(
    of: School,
    surname: str = "Example",
    forename: str = "Sam",
    *,
    dob: date = date(2017, 5, 4),
    starts_on: date = date(2021, 9, 1),
    leaves_on: date | None = None,
    school_class: SchoolClass | None = None,
    **fields: object,
) -> Pupil:
    """A pupil of compulsory school age with one parent at the same address."""
    rest = f"8862999{next(_serial) % 100_000:05d}"
    made = Pupil.objects.create(
        school=of,
        upn=upn.check_letter(rest) + rest,
        legal_surname=surname,
        legal_forename=forename,
        dob=dob,
        sex="F",
        starts_on=starts_on,
        leaves_on=leaves_on,
        address="1 Example Street\nExampleton",
        postcode="EX4 0XX",
        **fields,
    )
    if school_class is not None:
        ClassPlace.objects.create(school=of, pupil=made, school_class=school_class, starts_on=starts_on)
    parent_of(made)
    return made


def parent_of(child: Pupil, **fields: object) -> Contact:
    """A parent who lives with the pupil and has parental responsibility, unless told otherwise."""
    number = next(_serial)
    parent = Parent.objects.create(
        school_id=child.school_id,
        contact_id=f"C{number}",
        title="Ms",
        forename="Pat",
        surname=child.legal_surname,
        address=child.address,
        postcode=child.postcode,
        email=f"parent{number}@family.example",
    )
    return Contact.objects.create(
        school_id=child.school_id,
        pupil=child,
        parent=parent,
        **{
            "priority": 1,
            "relationship": "Mother",
            "parental_responsibility": True,
            "lives_with_pupil": True,
            **fields,
        },
    )


def school_class(of: School, name: str = "3 Test", teacher: Membership | None = None) -> SchoolClass:
    made = SchoolClass.objects.create(school=of, name=name)
    if teacher is not None:
        ClassTeacher.objects.create(school=of, user=teacher.user, school_class=made, starts_on=date(2024, 9, 1))
    return made


def mark(of: Pupil, on: date, session: Session, code: str, *, by: Membership | None = None, **fields: object) -> Mark:
    """A mark as if it had been imported; made directly, without asking the rules."""
    author = by.user if by else _importer()
    return Mark.objects.create(
        school_id=of.school_id,
        pupil=of,
        on=on,
        session=session,
        code=code,
        recorded_at=AT,
        recorded_by=author,
        recorded_role=by.role if by else Role.OFFICE,
        **{"source": "import", **fields},
    )


def marks(of: Pupil, calendar: Calendar, first_on: date, codes: str) -> list[Mark]:
    """One mark a session from a day on, a code a character; a dot leaves a session blank, a stroke fits itself."""
    author = _importer()
    places = calendar.sessions_between(first_on, date(2027, 7, 31))
    made = []
    for place, symbol in zip(places, codes, strict=False):
        if symbol == ".":
            continue
        code = ("/" if place.session is Session.AM else "\\") if symbol in "/\\" else symbol
        made.append(
            Mark(
                school_id=of.school_id,
                pupil=of,
                on=place.on,
                session=place.session,
                code=code,
                source="import",
                recorded_at=AT,
                recorded_by=author,
                recorded_role=Role.OFFICE,
            )
        )
    return list(Mark.objects.bulk_create(made))


def import_file(by: Membership, **fields: object) -> ImportFile:
    """A file of marks that somebody uploaded; what it held is not kept."""
    return ImportFile.objects.create(
        school=by.school,
        uploaded_by=by.user,
        uploaded_role=by.role,
        uploaded_at=AT,
        **{"kind": "marks", "name": "marks.csv", "stored": f"file{next(_serial)}", "size": 1, "sha256": "0", **fields},
    )


def _importer() -> User:
    user = User.objects.filter(email="importer@example.example").first()
    return user or User.objects.create_user(email="importer@example.example", name="Importer")
