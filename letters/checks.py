"""What `manage.py check` says about making PDFs."""

from typing import Any

from django.core import checks
from django.core.checks import CheckMessage

from letters import pdf


@checks.register()
def pdf_libraries(**_kwargs: Any) -> list[CheckMessage]:
    """Warn, naming the packages, when letters cannot be made into PDF or only slowly."""
    missing = pdf.missing_libraries()
    if not missing:
        return []
    return [
        checks.Warning(
            "Letters cannot be made into PDF, or only slowly: a system library is missing.",
            hint=f"On Debian: apt install {' '.join(missing)}. Everything else works without.",
            id="letters.W001",
        )
    ]
