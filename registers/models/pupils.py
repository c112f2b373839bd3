from datetime import date

from django.db import models
from django.db.models import F, Q

from registers.rules.ages import key_stage, year_group
from registers.scope import SchoolOwned


class SchoolClass(SchoolOwned):
    """A class (registration group); who is in it is said by dated places."""

    name = models.CharField(max_length=40)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["school", "name"], name="class_once")]
        ordering = ["name"]

    def __str__(self) -> str:
        return self.name


class Pupil(SchoolOwned):
    """One enrolment in the admission register (reg 8). `leaves_on` is the last day on roll.

    A child who leaves and comes back is enrolled again: the same UPN, another row, other days.
    """

    upn = models.CharField(max_length=13)
    former_upn = models.CharField(max_length=13, blank=True)
    admission_no = models.CharField(max_length=20, blank=True)
    legal_surname = models.CharField(max_length=80)
    legal_forename = models.CharField(max_length=80)
    middle_names = models.CharField(max_length=80, blank=True)
    preferred_forename = models.CharField(max_length=80, blank=True)
    preferred_surname = models.CharField(max_length=80, blank=True)
    former_surname = models.CharField(max_length=80, blank=True)
    dob = models.DateField()
    sex = models.CharField(max_length=1)
    starts_on = models.DateField()
    leaves_on = models.DateField(null=True, blank=True)
    entered_on = models.DateField(null=True, blank=True)
    """The day the name was entered in the register here; the return of new pupils counts from it (reg 13)."""
    leaving_ground = models.CharField(max_length=1, blank=True)
    """The ground of deletion, A to O (reg 9(1))."""
    leaving_note = models.CharField(max_length=200, blank=True)
    previous_school = models.CharField(max_length=120, blank=True)
    previous_school_address = models.TextField(blank=True)
    next_school = models.CharField(max_length=120, blank=True)
    next_school_from = models.DateField(null=True, blank=True)
    boarder = models.BooleanField(default=False)
    year_offset = models.SmallIntegerField(default=0)
    """Years above or below the cohort of the date of birth, for a pupil taught out of cohort."""
    address = models.TextField(blank=True)
    postcode = models.CharField(max_length=10, blank=True)
    future_address = models.TextField(blank=True)
    future_address_from = models.DateField(null=True, blank=True)
    future_address_with = models.CharField(max_length=120, blank=True)
    """The parent the pupil will live with there (reg 8(3))."""
    ethnicity = models.CharField(max_length=40, blank=True)
    sen = models.CharField(max_length=1, blank=True)
    fsm = models.BooleanField(default=False)
    pp = models.BooleanField(default=False)
    eal = models.BooleanField(default=False)
    lac = models.BooleanField(default=False)
    social_worker = models.BooleanField(default=False)
    service = models.BooleanField(default=False)
    mobile_child = models.BooleanField(default=False)
    medical_note = models.TextField(blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["school", "upn", "starts_on"], name="pupil_enrolled_once"),
            models.UniqueConstraint(
                fields=["school", "upn"], condition=Q(leaves_on__isnull=True), name="pupil_one_open_enrolment"
            ),
            models.CheckConstraint(
                condition=Q(leaves_on__isnull=True) | Q(leaves_on__gte=F("starts_on")),
                name="pupil_leaves_after_start",
            ),
        ]
        indexes = [models.Index(fields=["school", "legal_surname", "legal_forename"])]

    def __str__(self) -> str:
        return self.name

    @property
    def forename(self) -> str:
        """What the child is called."""
        return self.preferred_forename or self.legal_forename

    @property
    def name(self) -> str:
        return f"{self.forename} {self.legal_surname}"

    @property
    def sort_name(self) -> str:
        return f"{self.legal_surname}, {self.forename}"

    def year_group(self, on: date) -> int:
        return year_group(self.dob, on, self.year_offset)

    def key_stage(self, on: date) -> str:
        return key_stage(self.year_group(on))


class ClassPlace(SchoolOwned):
    """A pupil's place in a class from a day to a day; open-ended while it lasts."""

    pupil = models.ForeignKey(Pupil, on_delete=models.PROTECT, related_name="places")
    school_class = models.ForeignKey(SchoolClass, on_delete=models.PROTECT, related_name="places")
    starts_on = models.DateField()
    ends_on = models.DateField(null=True, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["pupil", "starts_on"], name="class_place_once"),
            models.UniqueConstraint(fields=["pupil"], condition=Q(ends_on__isnull=True), name="class_place_one_open"),
            models.CheckConstraint(
                condition=Q(ends_on__isnull=True) | Q(ends_on__gte=F("starts_on")),
                name="class_place_ends_after_start",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.school_class} from {self.starts_on:%d/%m/%Y}"


class ClassTeacher(SchoolOwned):
    """Who takes a class's register, from a day to a day."""

    user = models.ForeignKey("registers.User", on_delete=models.PROTECT, related_name="classes")
    school_class = models.ForeignKey(SchoolClass, on_delete=models.PROTECT, related_name="teachers")
    starts_on = models.DateField()
    ends_on = models.DateField(null=True, blank=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["user", "school_class", "starts_on"], name="class_teacher_once")]

    def __str__(self) -> str:
        return f"{self.user}: {self.school_class}"


class Parent(SchoolOwned):
    """A parent or other contact, known to the school once however many of its pupils they belong to."""

    contact_id = models.CharField(max_length=40)
    title = models.CharField(max_length=20, blank=True)
    forename = models.CharField(max_length=80, blank=True)
    surname = models.CharField(max_length=80)
    phone1 = models.CharField(max_length=30, blank=True)
    phone2 = models.CharField(max_length=30, blank=True)
    phone3 = models.CharField(max_length=30, blank=True)
    email = models.EmailField(blank=True)
    address = models.TextField(blank=True)
    postcode = models.CharField(max_length=10, blank=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["school", "contact_id"], name="parent_contact_id_once")]

    def __str__(self) -> str:
        return self.name

    @property
    def name(self) -> str:
        return " ".join(part for part in (self.title, self.forename, self.surname) if part)


class Contact(SchoolOwned):
    """What one parent is to one pupil, in the order in which the school rings them."""

    pupil = models.ForeignKey(Pupil, on_delete=models.PROTECT, related_name="contacts")
    parent = models.ForeignKey(Parent, on_delete=models.PROTECT, related_name="contacts")
    priority = models.PositiveSmallIntegerField()
    relationship = models.CharField(max_length=40, blank=True)
    parental_responsibility = models.BooleanField(default=False)
    lives_with_pupil = models.BooleanField(default=False)
    emergency = models.BooleanField(default=False)
    court_order = models.BooleanField(default=False)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["pupil", "parent"], name="contact_once")]
        ordering = ["priority", "pk"]

    def __str__(self) -> str:
        return f"{self.parent} ({self.relationship})"


class AdmissionChange(SchoolOwned):
    """One later entry to the admission register: what stood, what stands, why, who, in what role, when. Append-only.

    `subject` says what was changed: the pupil's own particulars, a parent's, what a parent is to a pupil, or a class.
    """

    pupil = models.ForeignKey(Pupil, on_delete=models.PROTECT, related_name="changes", null=True)
    parent = models.ForeignKey(Parent, on_delete=models.PROTECT, related_name="changes", null=True)
    subject = models.CharField(max_length=10)
    field = models.CharField(max_length=40)
    old = models.TextField(blank=True)
    new = models.TextField(blank=True)
    reason = models.CharField(max_length=200)
    source = models.CharField(max_length=10)
    at = models.DateTimeField()
    by = models.ForeignKey("registers.User", on_delete=models.PROTECT, related_name="+")
    role = models.CharField(max_length=20)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(pupil__isnull=False) | Q(parent__isnull=False), name="admission_change_of_somebody"
            ),
        ]
        ordering = ["at", "pk"]

    def __str__(self) -> str:
        return f"{self.subject} {self.field}"
