from collections.abc import Mapping

from django.db import models
from django.db.models import Q

from letters.rules.letterheads import WINDOWS, Window
from registers.scope import SchoolOwned


class Letterhead(SchoolOwned):
    """How a school's letters look around their text: logo, signatures, footer, where answers go, and the envelope.

    Images are names of files that `letters.images` keeps under the school. A letter that was issued keeps the file it
    was printed with, so a change here changes no letter that was sent.
    """

    logo = models.CharField(max_length=80, blank=True)
    signatures = models.JSONField(default=dict, blank=True)
    """The image of each signatory's signature, by role."""
    reply_email = models.EmailField(blank=True)
    """Where answers go; the school's own address where blank."""
    footer = models.CharField(max_length=160, blank=True)
    window = models.CharField(max_length=10, default=Window.LEFT)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["school"], name="letterhead_once"),
            models.CheckConstraint(condition=Q(window__in=list(WINDOWS)), name="letterhead_window_known"),
        ]

    def __str__(self) -> str:
        return f"Letterhead of school {self.school_id}"

    def signature(self, role: str) -> str:
        """The image of a role's signature, or nothing."""
        signatures: Mapping[str, str] = self.signatures
        return signatures.get(role, "")
