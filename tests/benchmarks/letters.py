"""Letters with certificates issued as a school issues them, beside WeasyPrint alone on the very same HTML.

    python -m tests.benchmarks.letters NAME [LETTERS] [MEMORY]

LETTERS (500 for the whole of it) are issued by one process and by as many as there are cores; MEMORY (2000) are
issued by one worker whose size is printed as it goes. WeasyPrint alone is measured in turn with the product, letter by
letter or batch by batch, so that whatever else the machine does falls on both: what it gains from a second process is
the most that the product can gain.
"""

import json
import os
import resource
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import astuple, dataclass
from datetime import UTC, date, datetime
from pathlib import Path

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "attendance_site.settings")
django.setup()

from django.conf import settings  # noqa: E402
from django.core.management import call_command  # noqa: E402
from django.utils import timezone  # noqa: E402

from attendance_site import school_file  # noqa: E402
from attendance_site.demonstration import build, generate  # noqa: E402
from attendance_site.services import school_set_up  # noqa: E402
from letters import pdf, tasks  # noqa: E402
from letters.models import Letter  # noqa: E402
from letters.rules import kinds  # noqa: E402
from letters.rules.batches import Chosen  # noqa: E402
from letters.services import batch_work, batches, letters  # noqa: E402
from registers.clock import Moment  # noqa: E402
from registers.models import Contact, Job, Membership, Pupil, School  # noqa: E402
from registers.queries import calendars, people  # noqa: E402
from registers.rules.jobs import JobState  # noqa: E402
from registers.scope import schools_in_scope  # noqa: E402
from registers.services import jobs, mark_imports, rolls  # noqa: E402

TODAY = date(2026, 11, 20)
NINE = datetime(2026, 11, 20, 9, 0, tzinfo=UTC)
ROOT = Path(__file__).resolve().parents[2]
KIND = "register_summary"
WARM = 3
STEPS = 10
ROUND = 250
"""Letters of one round in which one process and several, the product and WeasyPrint alone, follow each other."""
SAMPLE = 100
"""Pages of each round that are given to WeasyPrint alone: enough to see what a second process gains."""


@dataclass(frozen=True)
class Spent:
    """What worker processes did: letters, seconds by the clock, and of all together those at work and in a queue."""

    letters: int = 0
    seconds: float = 0.0
    busy: float = 0.0
    queued: float = 0.0

    def __add__(self, other: "Spent") -> "Spent":
        return Spent(*(mine + theirs for mine, theirs in zip(astuple(self), astuple(other), strict=True)))

    @property
    def rate(self) -> float:
        return self.letters / self.seconds

    def undisturbed(self, workers: int) -> float:
        """Letters a second without the queue for a processor, which other work on the machine makes as well."""
        return self.letters / (self.seconds - self.queued / workers)

    def told(self, workers: int) -> str:
        """The rate, and where a letter's time went; what is neither at work nor in a queue waited for others."""
        idle = workers * self.seconds - self.busy - self.queued
        each = [f"{1000 * part / self.letters:.0f}" for part in (self.busy, self.queued, idle)]
        return (
            f"{self.rate:.1f} letters/s ({each[0]} ms of a processor each, {each[1]} queuing for one, {each[2]} idle)"
        )


def main(name: str, number: int, memory: int) -> None:
    call_command("migrate", verbosity=0)
    school = _school()
    with schools_in_scope([school.pk]):
        pages = _one_process(name, school, number)
        _processes(name, school, number, pages)
        _memory(name, school, memory)


def _school() -> School:
    """Staplehurst with its year so far, and the parts of those who write letters."""
    file = school_file.read(build.FOLDER / "staplehurst.toml", frozenset(kinds.KINDS))
    school = school_set_up.set_up(file, at=timezone.now())
    with schools_in_scope([school.pk]):
        calendar, operator = calendars.of(school), people.operator(school)
        plan = generate.Plan(
            school.slug, school.name, school.local_authority_code, school.establishment, calendar, TODAY
        )
        files = generate.write(plan, Path(settings.DATA_DIR) / "files")
        for roll in files.rolls:
            rolls.take_in(school, roll.pupils, roll.contacts, on=roll.on, by=operator, at=timezone.now())
        facts = {"reason": "benchmark", "today": TODAY, "by": operator, "at": timezone.now()}
        mark_imports.take_in(school, calendar, files.marks[-1], **facts)
        build._employ(school, files.classes, TODAY)
    return school


def _head(school: School) -> Membership:
    return Membership.objects.select_related("user", "school").filter(school=school, role="head").order_by("pk")[0]


def _pupils(number: int) -> list[Pupil]:
    """So many pupils, over and over where there are not enough; no two siblings, who would share a letter."""
    seen: set[int] = set()
    rows = []
    for pupil in Pupil.objects.filter(leaves_on=None, starts_on__lt=date(2026, 9, 30)).order_by("pk"):
        parents = set(Contact.objects.filter(pupil=pupil).values_list("parent_id", flat=True))
        if parents.isdisjoint(seen):
            rows.append(pupil)
        seen |= parents
    return [rows[place % len(rows)] for place in range(number)]


def _drafts(school: School, number: int, because: str) -> tuple[list[Letter], float]:
    """Drafts about so many pupils, one for each household, and the seconds each took."""
    calendar, by = calendars.of(school), _head(school)
    began = time.perf_counter()
    made = []
    for place, pupil in enumerate(_pupils(number)):
        told = {"because": f"{because}:{place}", "today": TODAY, "by": by, "at": timezone.now()}
        made += letters.draft(school, calendar, pupil, KIND, **told)
    return made, (time.perf_counter() - began) / len(made)


def _issue(school: School) -> Callable[[Letter], object]:
    calendar, by = calendars.of(school), _head(school)

    def issue(letter: Letter) -> object:
        return letters.issue(letter, calendar, today=TODAY, by=by, at=timezone.now())

    return issue


def _one_process(name: str, school: School, number: int) -> Sequence[str]:
    """Each letter issued, and the one before given to WeasyPrint alone straight after; returns the HTML of them all.

    The one before, because words that have just been laid out are laid out sooner.
    """
    drafts, drafting = _drafts(school, number + WARM, "one")
    pages: list[str] = []
    bare = pdf.render

    def noting(html: str) -> bytes:
        pages.append(html)
        return bare(html)

    pdf.render = noting
    issue = _issue(school)
    product = alone = 0.0
    for place, letter in enumerate(drafts[: number + WARM]):
        began = time.process_time()
        issue(letter)
        middle = time.process_time()
        bare(pages[-2:][0])
        ended = time.process_time()
        if place >= WARM:
            product, alone = product + middle - began, alone + ended - middle
    pdf.render = bare
    for letter in drafts[number + WARM :]:
        letters.drop(letter, by=_head(school), at=timezone.now())  # or a batch would leave the pupil out
    print(
        f"{name}: {number} letters with certificates, one process: {number / product:.1f} letters/s; WeasyPrint alone "
        f"on the same HTML {number / alone:.1f}/s; overhead {100 * (product / alone - 1):.1f} % "
        f"(seconds of the processor); drafting them before {1000 * drafting:.0f} ms each",
        flush=True,
    )
    return pages[WARM:]


def _processes(name: str, school: School, number: int, pages: Sequence[str]) -> None:
    """Batches issued by workers of their own, one and as many as there are cores, from the word to the last letter."""
    several = len(os.sched_getaffinity(0))
    product, alone = {1: Spent(), several: Spent()}, {1: Spent(), several: Spent()}
    rounds = max(1, number // ROUND)
    for _ in range(rounds):
        for workers in product:
            alone[workers] += _alone(pages[: min(SAMPLE, len(pages) // rounds)], workers)
            product[workers] += _batch(school, number // rounds, workers)
    for what, found in (("a batch", product), ("WeasyPrint alone", alone)):
        said = "; ".join(f"{workers}: {spent.told(workers)}" for workers, spent in found.items())
        one, many = found[1], found[several]
        print(
            f"{name}: {what} by worker processes, {said}; ratio {many.rate / one.rate:.2f}, not counting the queue for "
            f"a processor {many.undisturbed(several) / one.undisturbed(1):.2f}",
            flush=True,
        )


def _batch(school: School, number: int, workers: int) -> Spent:
    """A batch of so many letters issued by so many workers."""
    by, calendar = _head(school), calendars.of(school)
    chosen = [Chosen(pk) for pk in dict.fromkeys(pupil.pk for pupil in _pupils(number))]
    batch = batches.start(school, KIND, chosen, today=TODAY, by=by, at=timezone.now())
    Job.objects.filter(kind=batches.WRITE).update(state=JobState.DONE)
    for item in batch.items.all():
        batch_work.write(item.pk, calendar, today=TODAY, by=by, at=timezone.now())
    batch_work.settle(batch.pk, batches.WRITE, by=by, at=timezone.now())
    batches.approve(batch, by=by, at=timezone.now())
    spent = _work_of([["jobs"]] * workers)
    issued = Letter.objects.filter(item__batch=batch, state="issued").count()
    assert issued == Letter.objects.filter(item__batch=batch).count() >= len(chosen)
    return Spent(issued) + spent


def _alone(pages: Sequence[str], workers: int) -> Spent:
    """The same HTML, shared out among so many workers that do nothing but print it."""
    files = []
    for place in range(workers):
        files.append(Path(settings.DATA_DIR) / f"pages-{place}.json")
        files[-1].write_text(json.dumps(pages[place::workers]), encoding="utf-8")
    return Spent(len(pages)) + _work_of([["pages", str(file)] for file in files])


def _work_of(tasks_of: Sequence[Sequence[str]]) -> Spent:
    """Start a worker for each task, give the word when all are ready, and wait for the last."""
    command = [sys.executable, "-m", "tests.benchmarks.letters", "worker"]
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "text": True}
    processes = [subprocess.Popen([*command, *task], cwd=ROOT, **pipes) for task in tasks_of]
    for process in processes:
        process.stdout.readline()  # it has made its first letter and is ready
    began = time.perf_counter()
    for process in processes:
        process.stdin.write("go\n")
        process.stdin.flush()
    spent = Spent()
    for process in processes:
        spent += Spent(0, 0.0, *json.loads(process.stdout.readline()))
        assert process.wait() == 0
    return Spent(0, time.perf_counter() - began) + spent


def work(what: str, file: str = "") -> None:
    """Be a worker: get warm, wait for the word, and issue what waits or print what is in a file."""
    pages = json.loads(Path(file).read_text(encoding="utf-8")) if what == "pages" else []
    pdf.render('<html lang="en-GB"><title>Warm</title><p>Warm</p></html>')
    tasks.clock.read = lambda calendar: Moment(timezone.now(), NINE)
    with schools_in_scope(School.objects.values_list("pk", flat=True)):
        print("ready", flush=True)
        sys.stdin.readline()
        began = _spent()
        for page in pages:
            pdf.render(page)
        while what == "jobs" and (waiting := _first_waiting()):
            jobs.run(waiting.pk, timezone.now)
        print(json.dumps([after - before for before, after in zip(began, _spent(), strict=True)]), flush=True)


def _first_waiting() -> Job | None:
    return Job.objects.filter(kind=batches.ISSUE, state=JobState.WAITING).order_by("pk").first()


def _spent() -> tuple[float, float]:
    """Seconds this process has had of a processor, and those for which it was ready and all were taken."""
    try:
        queued = int(Path("/proc/self/schedstat").read_text(encoding="ascii").split()[1]) / 1e9
    except FileNotFoundError:
        queued = 0.0
    return time.process_time(), queued


def _memory(name: str, school: School, number: int) -> None:
    """The size of one worker while it drafts and issues letters: flat, once it is warm."""
    calendar, by, issue = calendars.of(school), _head(school), _issue(school)
    sizes: list[float] = []
    for place, pupil in enumerate(_pupils(number), start=1):
        told = {"because": f"memory:{place}", "today": TODAY, "by": by, "at": timezone.now()}
        issue(letters.draft(school, calendar, pupil, KIND, **told)[0])
        if place % max(1, number // STEPS) == 0:
            sizes.append(_megabytes())
            print(f"{name}: one worker after {place} letters: {sizes[-1]:.0f} MB", flush=True)
    print(f"{name}: {sizes[-1] - sizes[0]:+.1f} MB since the first tenth")


def _megabytes() -> float:
    pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[1])
    return pages * resource.getpagesize() / 1024 / 1024


if __name__ == "__main__":
    if sys.argv[1] == "worker":
        work(*sys.argv[2:])
    else:
        main(sys.argv[1], *(int(argument) for argument in (sys.argv[2:] + ["30", "10"][len(sys.argv) - 2 :])[:2]))
