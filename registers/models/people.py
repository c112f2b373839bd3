from django.contrib.auth.base_user import BaseUserManager
from django.contrib.auth.models import AbstractBaseUser
from django.db import models
from django.db.models import Q

from registers.rules.rights import RIGHTS, ROLE_NAMES, Right, Role
from registers.scope import SchoolOwned


class UserManager(BaseUserManager["User"]):
    def create_user(self, email: str, name: str, password: str | None = None) -> "User":
        user = self.model(email=self.normalize_email(email).lower(), name=name)
        user.set_password(password)
        user.save()
        return user

    def get_by_natural_key(self, username: str | None) -> "User":
        # Addresses are kept in small letters. A database's own folding takes “ſ” for “s”: each such spelling would
        # be counted apart by the lock on guessing, and still open the account.
        return self.get(email=(username or "").lower())


class User(AbstractBaseUser):
    """A person who signs in with an e-mail address. What they may do is said by their memberships alone."""

    email = models.EmailField(unique=True)
    name = models.CharField(max_length=120)
    is_active = models.BooleanField(default=True)

    objects = UserManager()

    USERNAME_FIELD = "email"
    REQUIRED_FIELDS = ["name"]

    def __str__(self) -> str:
        return self.name


class Membership(models.Model):
    """A person's part at one school, from a day to a day; a person may play several."""

    user = models.ForeignKey(User, on_delete=models.PROTECT, related_name="memberships")
    school = models.ForeignKey("registers.School", on_delete=models.PROTECT, related_name="memberships")
    role = models.CharField(max_length=20)
    starts_on = models.DateField()
    ends_on = models.DateField(null=True, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["user", "school", "role", "starts_on"], name="membership_once"),
            models.UniqueConstraint(
                fields=["user", "school", "role"], condition=Q(ends_on__isnull=True), name="membership_one_open"
            ),
            models.CheckConstraint(condition=Q(role__in=[str(role) for role in Role]), name="membership_role_known"),
            models.CheckConstraint(
                condition=Q(ends_on__isnull=True) | Q(ends_on__gte=models.F("starts_on")),
                name="membership_ends_after_start",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.user}, {self.role_name}"

    @property
    def role_name(self) -> str:
        return ROLE_NAMES[Role(self.role)]

    @property
    def rights(self) -> frozenset[Right]:
        return RIGHTS[Role(self.role)]

    def holds(self, right: Right) -> bool:
        return right in self.rights


class Event(SchoolOwned):
    """The record of one change: who, in what role, when, to what. Append-only; kinds are plain words."""

    kind = models.CharField(max_length=60)
    at = models.DateTimeField()
    by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    role = models.CharField(max_length=20)
    pupil = models.ForeignKey("registers.Pupil", on_delete=models.PROTECT, related_name="+", null=True)
    subject = models.CharField(max_length=60, blank=True)
    facts = models.JSONField(default=dict)

    class Meta:
        indexes = [models.Index(fields=["school", "at"]), models.Index(fields=["pupil", "at"])]

    def __str__(self) -> str:
        return f"{self.kind} {self.at:%Y-%m-%d %H:%M}"
