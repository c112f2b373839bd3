"""What may stand in a log line: ids and places in the code, never a person's name."""

import re
import sys
import traceback
from collections.abc import MutableMapping
from typing import Any

LINK = re.compile(r"(/password/[^/\s]+/|/ask/)[^/\s?]+")


def without_links(_logger: Any, _method: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    """Leave out what makes a link to a password or a form work: whoever reads the log could use it."""
    for name in ("request", "event"):
        if isinstance(event.get(name), str):
            event[name] = LINK.sub(r"\1…", event[name])
    return event


def frames_only(_logger: Any, _method: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    """Replace an exception by its type and the places it passed; its message may quote a row about a child."""
    info = event.pop("exc_info", None)
    if info is True:
        info = sys.exc_info()
    if isinstance(info, BaseException):
        info = (type(info), info, info.__traceback__)
    if isinstance(info, tuple) and info[0] is not None:
        kind, _, trace = info
        event["error"] = f"{kind.__module__}.{kind.__qualname__}"
        event["frames"] = [f"{frame.filename}:{frame.lineno} {frame.name}" for frame in traceback.extract_tb(trace)]
    event.pop("exception", None)
    return event
