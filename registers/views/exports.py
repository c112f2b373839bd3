"""Taking a list or a register away as a file."""

from contextlib import ExitStack
from datetime import datetime
from io import SEEK_END, BytesIO
from tempfile import SpooledTemporaryFile
from typing import IO

from django.core.exceptions import ObjectDoesNotExist, PermissionDenied
from django.http import FileResponse, Http404, HttpResponse, HttpResponseBase, HttpResponseNotAllowed
from django.shortcuts import render

from registers import exports
from registers.access import SchoolRequest, school_view
from registers.exports import Asked, Export
from registers.queries import exports as lists
from registers.queries import figures
from registers.rules.exports import ExportRefusedError, Form
from registers.rules.history import Show
from registers.rules.rights import Right
from registers.services import record
from registers.sheet_forms import AsOfForm

OFFERED = lists
"""The lists of this app, offered by being imported."""
_IN_MEMORY = 8 * 1024 * 1024


@school_view(Right.EXPORT)
def export_lists(request: SchoolRequest) -> HttpResponse:
    """Every list that can be taken away, for days that are chosen once for all of them."""
    year = figures.year_to_date(request.moment.today, request.calendar)
    chosen = {"first_on": year.first_on.isoformat(), "last_on": year.last_on.isoformat(), "show": str(Show.NOW)}
    offered = [(what, one) for what, one in sorted(exports.LISTS.items(), key=lambda item: item[1].title) if one.title]
    return render(
        request,
        "registers/exports.html",
        {
            "form": AsOfForm(chosen | request.GET.dict(), at=request.moment.at),
            "lists": [(what, one) for what, one in offered if one.right in request.rights],
        },
    )


@school_view(Right.EXPORT)
def export(request: SchoolRequest, what: str, form: str) -> HttpResponseBase:
    """One list as CSV or XLSX. The record says what was taken, by whom and how many rows; never whose."""
    offered = exports.LISTS.get(what)
    if offered is None or form not in set(Form):
        raise Http404
    if request.method != "GET":
        return HttpResponseNotAllowed(["GET"])
    if offered.right not in request.rights:
        raise PermissionDenied
    choices = request.GET.dict()
    asked = Asked(request.school, request.calendar, request.moment.today, request.moment.at, request.rights, choices)
    try:
        made = offered.make(asked)
        out, rows = _written(made, Form(form), request.moment.at)
    except ExportRefusedError as refused:
        return render(request, "registers/export_refused.html", {"error": str(refused)}, status=422)
    except ObjectDoesNotExist:
        raise Http404 from None
    record.write(
        "exported",
        by=request.membership,
        at=request.moment.at,
        subject=f"list:{what}",
        facts={"what": what, "form": form, "rows": rows, "file": made.name},
    )
    return FileResponse(out, as_attachment=True, filename=f"{made.name}.{form}", content_type=exports.TYPES[Form(form)])


def _written(made: Export, form: Form, at: datetime) -> tuple[IO[bytes], int]:
    """The file and how many rows it has; in memory unless it is large, and closed by the response that sends it.

    It is written out here, while the school's data is open: by the time a response is sent, it is not.
    """
    with ExitStack() as stack:
        out = stack.enter_context(SpooledTemporaryFile(max_size=_IN_MEMORY))
        rows = exports.write(made, form, out, at=at)
        size = out.seek(0, SEEK_END)
        out.seek(0)
        if size <= _IN_MEMORY:
            return BytesIO(out.read()), rows
        stack.pop_all()
        return out, rows
