"""Who made an entry, and when."""

from datetime import datetime, time, timedelta
from zoneinfo import ZoneInfo

from registers.rules.sessions import Session, SessionOn

LONDON = ZoneInfo("Europe/London")
REGISTER_STARTS = {Session.AM: time(8, 50), Session.PM: time(13, 30)}
TEACHER, OFFICE = "teacher", "office"
OFFICE_MINUTES = 45


def stamp(place: SessionOn, minutes: int) -> str:
    """An instant so many minutes after the register of a session was opened, as ISO text with its offset."""
    started = datetime.combine(place.on, REGISTER_STARTS[place.session])
    # Minutes are added to the wall clock before its offset is looked up: no school session spans a change of clocks.
    return (started + timedelta(minutes=minutes)).replace(tzinfo=LONDON).isoformat()
