"""What a school's texts and e-mails say now."""

from letters.models import MessageWording
from letters.rules.message_wordings import KINDS, Purpose, Words
from registers.models import School


def latest(school: School, purpose: Purpose) -> MessageWording | None:
    """The newest version of the school's own words, if it has written any."""
    rows = MessageWording.objects.filter(school=school, purpose=purpose).select_related("adopted_by")
    return rows.order_by("-version").first()


def current(school: School, purpose: Purpose) -> Words:
    """The school's own words, or those that come with the product."""
    own = latest(school, purpose)
    return own.words if own else KINDS[purpose].packaged
