from django.db import models
from django.utils.functional import cached_property

from letters.rules import kinds
from letters.rules.kinds import Kind
from registers.models import User
from registers.scope import SchoolOwned


class Wording(SchoolOwned):
    """One version of what a school's letter of a kind says; versions are added and never changed.

    `origin` tells a text that came with the product from a school's own.
    """

    kind = models.CharField(max_length=40)
    version = models.PositiveIntegerField()
    document = models.JSONField()
    origin = models.CharField(max_length=20)
    adopted_at = models.DateTimeField()
    adopted_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")

    class Meta:
        constraints = [models.UniqueConstraint(fields=["school", "kind", "version"], name="wording_version_once")]
        ordering = ["kind", "version"]

    def __str__(self) -> str:
        return f"{self.kind}, version {self.version}"

    @cached_property
    def read(self) -> Kind:
        """The kind of letter this wording describes."""
        return kinds.read(self.document)
