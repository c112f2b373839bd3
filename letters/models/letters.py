from collections.abc import Mapping

from django.db import models
from django.db.models import F, Q

from letters.models.batches import BatchItem
from letters.models.wordings import Wording
from letters.rules import posting
from letters.rules.posting import How
from letters.rules.states import FROZEN, WAITING, LetterState
from registers.models import Parent, Pupil, User
from registers.scope import SchoolOwned

_FROZEN = sorted(str(state) for state in FROZEN)
_WITHDRAWN = LetterState.WITHDRAWN.value
_APPROVED = [LetterState.APPROVED, *FROZEN]


def _stamped(step: str, of: list[LetterState], unless: list[LetterState]) -> Q:
    """That a step has its moment, person and role in some states, none in others, and either in the rest."""
    those, never = sorted(str(state) for state in of), sorted(str(state) for state in unless)
    none = Q(**{f"{step}_at__isnull": True, f"{step}_by__isnull": True, f"{step}_role": ""})
    all_three = Q(**{f"{step}_at__isnull": False, f"{step}_by__isnull": False}) & ~Q(**{f"{step}_role": ""})
    return (all_three & ~Q(state__in=never)) | (none & ~Q(state__in=those))


class Letter(SchoolOwned):
    """One letter to one household about one pupil, from its draft to the file that was sent.

    Where siblings share one, each has a row of their own with their own figures, and all rows the same words and file.

    `facts` holds the values and conditions as the letter states them, `given` those of them that whoever asked for
    the letter supplied, `sessions` the marks that its figures were counted from, up to `counted_on`. Once issued,
    nothing of it changes but that it is sent and may be withdrawn.
    """

    pupil = models.ForeignKey(Pupil, on_delete=models.PROTECT, related_name="letters")
    kind = models.CharField(max_length=40)
    wording = models.ForeignKey(Wording, on_delete=models.PROTECT, related_name="letters")
    parents = models.ManyToManyField(Parent, related_name="letters")
    addressees = models.JSONField()
    """The names above the address, a line each."""
    address = models.TextField()
    signatory = models.CharField(max_length=120, blank=True)
    """Who signs, where one person at the school plays the signatory's part."""
    state = models.CharField(max_length=10, default=LetterState.DRAFT)
    facts = models.JSONField()
    given = models.JSONField()
    certificate_first_on = models.DateField(null=True, blank=True)
    certificate_last_on = models.DateField(null=True, blank=True)
    because = models.CharField(max_length=60, blank=True)
    """What the letter answers, as kind and number: flag:12, leave:3."""
    item = models.ForeignKey(BatchItem, on_delete=models.PROTECT, related_name="letters", null=True, blank=True)
    """The pupil's place in the batch that it is written with."""
    shared = models.ForeignKey("self", on_delete=models.PROTECT, related_name="parts", null=True, blank=True)
    """The letter about a brother or sister in which this one goes: one letter that speaks of each of them."""
    body = models.TextField()
    counted_on = models.DateField()
    sessions = models.JSONField(default=list)
    """Day, session, code and minutes late of every mark counted."""
    repeat_reason = models.CharField(max_length=200, blank=True)
    """Why it goes although the same letter went lately."""
    drafted_at = models.DateTimeField()
    drafted_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    checked_at = models.DateTimeField(null=True, blank=True)
    checked_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+", null=True, blank=True)
    checked_role = models.CharField(max_length=20, blank=True)
    approved_at = models.DateTimeField(null=True, blank=True)
    approved_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+", null=True, blank=True)
    approved_role = models.CharField(max_length=20, blank=True)
    issued_on = models.DateField(null=True, blank=True)
    """The day printed on the letter."""
    issued_at = models.DateTimeField(null=True, blank=True)
    issued_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+", null=True, blank=True)
    issued_role = models.CharField(max_length=20, blank=True)
    pdf_path = models.CharField(max_length=200, blank=True)
    """Where the file lies, inside the directory of letters."""
    sha256 = models.CharField(max_length=64, blank=True)
    pages = models.PositiveSmallIntegerField(null=True, blank=True)
    sent_on = models.DateField(null=True, blank=True)
    """The day it was posted, handed over or e-mailed."""
    sent_how = models.CharField(max_length=10, blank=True)
    sent_at = models.DateTimeField(null=True, blank=True)
    sent_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+", null=True, blank=True)
    sent_role = models.CharField(max_length=20, blank=True)
    withdrawn_at = models.DateTimeField(null=True, blank=True)
    withdrawn_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+", null=True, blank=True)
    withdrawn_reason = models.CharField(max_length=200, blank=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(state__in=[str(state) for state in LetterState]), name="letter_state_known"
            ),
            models.CheckConstraint(
                condition=(
                    Q(state__in=_FROZEN, issued_on__isnull=False, issued_at__isnull=False, issued_by__isnull=False)
                    & ~Q(issued_role="")
                    & ~Q(pdf_path="")
                    & ~Q(sha256="")
                )
                | (
                    ~Q(state__in=_FROZEN)
                    & Q(issued_on__isnull=True, issued_at__isnull=True, issued_by__isnull=True)
                    & Q(issued_role="", pdf_path="", sha256="")
                ),
                name="letter_issued_by_somebody",
            ),
            models.CheckConstraint(
                condition=_stamped("checked", [*_APPROVED, LetterState.CHECKED], [LetterState.DRAFT]),
                name="letter_checked_by_somebody",
            ),
            models.CheckConstraint(
                condition=_stamped("approved", _APPROVED, [LetterState.DRAFT, LetterState.CHECKED]),
                name="letter_approved_by_somebody",
            ),
            models.CheckConstraint(
                condition=_stamped("sent", [LetterState.SENT], [*WAITING, LetterState.DROPPED, LetterState.ISSUED]),
                name="letter_sent_by_somebody",
            ),
            models.CheckConstraint(
                condition=Q(sent_at__isnull=True, sent_on__isnull=True, sent_how="")
                | (Q(sent_at__isnull=False, sent_on__isnull=False) & ~Q(sent_how="")),
                name="letter_sent_somehow",
            ),
            models.CheckConstraint(
                condition=(
                    Q(state=_WITHDRAWN, withdrawn_at__isnull=False, withdrawn_by__isnull=False)
                    & ~Q(withdrawn_reason="")
                )
                | (~Q(state=_WITHDRAWN) & Q(withdrawn_at__isnull=True, withdrawn_by__isnull=True, withdrawn_reason="")),
                name="letter_withdrawn_by_somebody",
            ),
            models.CheckConstraint(
                condition=Q(certificate_first_on__isnull=True, certificate_last_on__isnull=True)
                | Q(
                    certificate_first_on__isnull=False,
                    certificate_last_on__isnull=False,
                    certificate_first_on__lte=F("certificate_last_on"),
                ),
                name="letter_certificate_period",
            ),
            models.CheckConstraint(
                condition=Q(shared__isnull=True) | ~Q(shared=F("pk")), name="letter_shared_with_another"
            ),
        ]
        indexes = [
            models.Index(fields=["school", "state"], name="letter_by_state"),
            models.Index(fields=["pupil", "kind"], name="letter_by_pupil"),
        ]

    def __str__(self) -> str:
        return f"Letter {self.pk}, {self.kind}, {self.state}"

    @property
    def is_draft(self) -> bool:
        return self.state == LetterState.DRAFT

    @property
    def is_waiting(self) -> bool:
        """Whether somebody has still to do something before it goes."""
        return self.state in WAITING

    @property
    def is_frozen(self) -> bool:
        """Whether text and file stand as they were sent."""
        return self.state in FROZEN

    @property
    def number(self) -> int | None:
        """Its reference: siblings who share a letter share its number."""
        return self.shared_id or self.pk

    @property
    def title(self) -> str:
        return str(self.wording.document["title"])

    @property
    def answers(self) -> tuple[str, int] | None:
        """What the letter answers, as kind and number."""
        kind, _, number = self.because.partition(":")
        return (kind, int(number)) if number.isdecimal() else None

    @property
    def sent_words(self) -> str:
        """How it went: posted."""
        return posting.WORDS[How(self.sent_how)] if self.sent_how else ""

    @property
    def values(self) -> Mapping[str, str]:
        """What stands in each blank."""
        values: Mapping[str, str] = self.facts["values"]
        return values

    @property
    def conditions(self) -> list[str]:
        """The conditions that hold, of those the letter asks about."""
        conditions: list[str] = self.facts["conditions"]
        return conditions

    @property
    def left_out(self) -> list[str]:
        """Why somebody among the pupil's contacts is not written to."""
        left_out: list[str] = self.facts["left_out"]
        return left_out
