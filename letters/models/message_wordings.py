from django.db import models

from letters.rules.message_wordings import Words
from registers.models import User
from registers.scope import SchoolOwned


class MessageWording(SchoolOwned):
    """One version of what a school's texts and e-mails of a purpose say; versions are added and never changed."""

    purpose = models.CharField(max_length=40)
    version = models.PositiveIntegerField()
    text = models.TextField()
    subject = models.CharField(max_length=300)
    body = models.TextField()
    adopted_at = models.DateTimeField()
    adopted_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["school", "purpose", "version"], name="message_wording_version_once")
        ]
        ordering = ["purpose", "version"]

    def __str__(self) -> str:
        return f"{self.purpose}, version {self.version}"

    @property
    def words(self) -> Words:
        return Words(self.text, self.subject, self.body)
