"""Messages that were released, and the work of sending them done as a worker would."""

from letters.models import Message
from letters.rules.messages import Channel
from letters.services import messages as services
from letters.services.messages import Draft
from registers.models import Event
from registers.services import jobs
from tests.builders import AT


def mother(pupil):
    return pupil.contacts.get().parent


def released(pupil, by, **changes):
    told = {
        "purpose": "tested",
        "key": f"tested:{mother(pupil).pk}",
        "channel": Channel.TEXT,
        "body": "Please ring us.",
    }
    told |= changes
    [row] = services.prepare(pupil.school, [Draft(parent=mother(pupil), pupils=(pupil,), **told)], by=by, at=AT)
    services.release(pupil.school, [row.pk], by=by, at=AT)
    return row


def work(row, at=AT, time_machine=None):
    """Do the message's job as a worker would at a moment."""
    if time_machine is not None:
        time_machine.move_to(at, tick=False)
    jobs.run(Message.objects.get(pk=row.pk).job_id, lambda: at)
    row.refresh_from_db()
    return row


def kinds():
    return list(Event.objects.order_by("pk").values_list("kind", flat=True))
