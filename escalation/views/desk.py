from collections.abc import Mapping
from typing import Any
from urllib.parse import urlencode

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_POST

from absences.queries import support
from escalation.case_forms import HoldForm
from escalation.forms import FILTERS, DeskFilter
from escalation.models import Flag, PolicyVersion, SavedView
from escalation.queries import cases, holds, improvement, policies, runs
from escalation.queries import desk as queries
from escalation.queries.desk import Chosen, Line
from escalation.rules import limits
from escalation.rules.limits import Limits
from escalation.services import asking
from letters.queries import wordings
from registers.access import SchoolRequest, school_view
from registers.models import School
from registers.rules.rights import Right

ON_A_PAGE = 50


@school_view(Right.SEE_DESK)
def desk(request: SchoolRequest) -> HttpResponse:
    """Who needs somebody today and why: what is due first, then risk."""
    on = request.moment.today
    everybody, form, shown = _lines(request)
    page = Paginator(shown, ON_A_PAGE).get_page(request.GET.get("page"))
    filters = {name: request.GET[name] for name in FILTERS if request.GET.get(name)}
    standing = runs.standing(request.school, request.calendar, on)
    context = {
        "rows": queries.details(request.school, request.calendar, on, list(page.object_list), _limits(standing.policy)),
        "page": page,
        "number": len(shown),
        "total": len(everybody),
        "form": form,
        "filters": filters,
        "query": _query(filters),
        "views": [(view, _query(view.filters)) for view in _views(request)],
        "aside": holds.standing(request.school, on).count(),
        "standing": standing,
        "half_term": request.calendar.term_of(on),
        "letter_kinds": _letter_kinds(request.school, everybody) if shown else [],
    }
    return render(request, "escalation/desk.html", context)


@school_view(Right.SEE_DESK)
def week_list(request: SchoolRequest) -> HttpResponse:
    """The same pupils as a list to print for the meeting with the Education Welfare Officer."""
    everybody, _, shown = _lines(request)
    on = request.moment.today
    rows = queries.details(request.school, request.calendar, on, shown, _limits(policies.in_force(request.school, on)))
    return render(request, "escalation/week_list.html", {"rows": rows, "total": len(everybody)})


@school_view(Right.SEE_DESK)
def improved(request: SchoolRequest) -> HttpResponse:
    """Who left persistent absence this week, and whom to praise."""
    asked = (request.school, request.calendar, request.moment.today)
    has_postcard = any(wording.kind == improvement.PRAISE for wording in wordings.adopted(request.school))
    context = {
        "left": improvement.left_persistent(*asked),
        "improved": improvement.improved(*asked),
        "praise": improvement.PRAISE if has_postcard else "",
    }
    return render(request, "escalation/improved.html", context)


def _lines(request: SchoolRequest) -> tuple[list[Line], DeskFilter, list[Line]]:
    """Everybody on the desk, the filters, and those they leave; a filter that is not one leaves everybody."""
    everybody = queries.lines(request.school, request.moment.today)
    form = DeskFilter(
        request.GET,
        stages=_stages(everybody),
        classes=sorted({line.class_name for line in everybody} - {""}),
        owners=cases.owners(request.school, request.moment.today),
    )
    chosen = form.cleaned_data if form.is_valid() else {}
    return everybody, form, queries.narrowed(everybody, Chosen(**{name: chosen.get(name, "") for name in FILTERS}))


def _limits(version: PolicyVersion | None) -> Limits:
    """The numbers that the policy in force speaks of."""
    return limits.of(policies.read(version)) if version else limits.NONE


def _query(filters: Mapping[str, str]) -> str:
    """Filters as an address, always in one order: a database may keep the names of a view in another."""
    return urlencode({name: filters[name] for name in FILTERS if name in filters})


def _views(request: SchoolRequest) -> list[SavedView]:
    return list(SavedView.objects.filter(school=request.school, user=request.user))


def _stages(found: list[Line]) -> list[str]:
    """The stages on the desk, gravest first."""
    flagged = (flag for line in sorted(found, key=lambda line: -line.risk) for flag in line.flags)
    return list(dict.fromkeys([*(flag.stage for flag in flagged), *(line.stage for line in found if line.stage)]))


def _letter_kinds(school: School, found: list[Line]) -> list[tuple[str, str]]:
    """The letters that the flags on the desk ask for and the school has, for several pupils at once."""
    asked = {flag.letter for line in found for flag in line.flags if flag.letter}
    return [(wording.kind, wording.read.title) for wording in wordings.adopted(school) if wording.kind in asked]


@school_view(Right.SEE_DESK)
def flag(request: SchoolRequest, pk: int) -> HttpResponse:
    """Why a pupil is flagged: the paragraph, the figures, the sessions counted and those left out."""
    found = get_object_or_404(
        Flag.objects.filter(school=request.school).select_related("pupil", "policy_version"), pk=pk
    )
    return flag_page(request, found)


def flag_page(
    request: SchoolRequest, found: Flag, *, hold_form: HoldForm | None = None, refused: str = "", status: int = 200
) -> HttpResponse:
    """A flag with what can be done about it."""
    context: dict[str, Any] = {
        "flag": found,
        "refused": refused,
        "case": cases.open_of(found.pupil_id),
        "support": support.open_plans([found.pupil]).get(found.pupil_id),
        "is_taken_up": found.tasks.exists(),
        "hold": holds.standing(request.school, request.moment.today).filter(flag=found).select_related("by").first(),
        "holds": found.holds.select_related("by"),
        "hold_form": hold_form or HoldForm(),
    }
    return render(request, "escalation/flag.html", context, status=status)


@school_view(Right.SCAN)
@require_POST
def scan_now(request: SchoolRequest) -> HttpResponse:
    """Ask for a scan; the desk says when it has run."""
    on = runs.day_to_scan(request.school, request.calendar, request.moment.local)
    if on is None:
        messages.error(request, "There is no school day to scan yet. Enter the school’s terms first.")
    else:
        asking.ask_now(request.school, on, by=request.membership, at=request.moment.at)
        messages.success(
            request,
            f"Asked for a scan of {on.day} {on:%B %Y}. The flags below change when it has run; open this page again "
            "in a moment.",
        )
    return redirect("desk", request.school.slug)


@school_view(Right.SEE_DESK)
def scan_runs(request: SchoolRequest) -> HttpResponse:
    """Each run of the scan: when, what came of it, what went wrong."""
    context = {
        "runs": runs.latest(request.school),
        "unfinished": runs.unfinished(request.school),
        "standing": runs.standing(request.school, request.calendar, request.moment.today),
    }
    return render(request, "escalation/scan_runs.html", context)
