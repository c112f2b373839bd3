"""What a school may set for itself, and what is refused."""

import re
from collections.abc import Sequence
from datetime import time

KEY_STAGES = ("EYFS", "KS1", "KS2", "KS3", "KS4", "KS5")
LONGEST_FOLDER = 60
_FOLDER = re.compile(rf"[a-z0-9_-]{{1,{LONGEST_FOLDER}}}")


class SettingRefusedError(Exception):
    """A setting that cannot stand; the message says what to correct."""


def check_times(key_stages: Sequence[str], starts: time, on_time_until: time, closes: time) -> None:
    """Refuse times out of order, or for no key stage."""
    if not key_stages:
        raise SettingRefusedError("Choose at least one key stage.")
    if unknown := [stage for stage in key_stages if stage not in KEY_STAGES]:
        raise SettingRefusedError(f"{', '.join(unknown)} is no key stage; known are {', '.join(KEY_STAGES)}.")
    if on_time_until < starts:
        raise SettingRefusedError("“On time until” is before the register opens. Correct one of them.")
    if closes <= on_time_until:
        raise SettingRefusedError("The register must close after “on time until”. Correct one of them.")


def check_folder(name: str) -> None:
    """Refuse anything but a plain folder name: it stands under a folder the site keeps, and never leaves it."""
    if name and not _FOLDER.fullmatch(name):
        raise SettingRefusedError(
            f"Use small letters, digits, hyphens and underscores only, at most {LONGEST_FOLDER}, such as “registers”."
        )
