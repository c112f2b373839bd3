"""The bands of the colour-tracking sheet, as a school chooses them."""

from collections.abc import Sequence
from datetime import datetime

from django.db import transaction

from registers.models import Membership, School
from registers.rules import statistics
from registers.services import record


@transaction.atomic
def set_bands(school: School, percents: Sequence[str], *, by: Membership, at: datetime) -> None:
    """Choose from which attendance green, amber and red begin. Raises BandsRefusedError."""
    statistics.bands(percents)
    wanted = [text.strip() for text in percents]
    if wanted == (school.colour_bands or list(statistics.USUAL_BANDS)):
        return
    before = school.colour_bands
    school.colour_bands = wanted
    school.save(update_fields=["colour_bands"])
    record.write("colour bands changed", by=by, at=at, facts={"before": before, "after": wanted})
