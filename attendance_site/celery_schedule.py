"""When the nightly work happens. UTC, and never between 23:00 and 24:00, where a summer night has another date."""

from celery.schedules import crontab

BEAT_SCHEDULE = {
    "nightly-scan": {"task": "escalation.tasks.scan_all", "schedule": crontab(hour=2, minute=15)},
    # Asked for each night and made once a month, so that a night without beat costs no month its copy.
    "monthly-copies": {"task": "registers.tasks.copy_all", "schedule": crontab(hour=3, minute=15)},
    "forget-sign-ins": {"task": "attendance_site.tasks.forget_sign_ins", "schedule": crontab(hour=3, minute=30)},
    "sweep-imports": {"task": "registers.tasks.sweep_imports", "schedule": crontab(hour=3, minute=45)},
    # After six in the evening by the clock of every season.
    "give-up": {"task": "absences.tasks.give_up_all", "schedule": crontab(hour=19, minute=5)},
    "lapse": {"task": "absences.tasks.lapse_all", "schedule": crontab(hour=19, minute=15)},
    # Before the first register opens, by the clock of every season.
    "fill-reported": {"task": "absences.tasks.fill_reported_all", "schedule": crontab(hour=5, minute=15)},
    # A text at five past nine that leaves at ten past is late: releasing one publishes nothing, this does.
    "send-messages": {"task": "letters.tasks.nudge_messages", "schedule": crontab()},
    "read-back-messages": {"task": "letters.tasks.read_back_all", "schedule": crontab(minute="*/5")},
    "settle-leave": {"task": "absences.tasks.settle_leave_all", "schedule": crontab(hour=5, minute=25)},
    "stuck-jobs": {"task": "registers.tasks.nudge_waiting_jobs", "schedule": crontab(minute="*/5")},
}
