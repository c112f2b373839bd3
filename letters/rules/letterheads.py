"""Where the address stands on the paper, so that it shows in the window of an envelope."""

from collections.abc import Mapping
from enum import StrEnum


class Window(StrEnum):
    """The place of the address; the first two fit a DL envelope for A4 folded in three."""

    LEFT = "left"
    RIGHT = "right"
    NONE = "none"


WINDOWS: Mapping[str, str] = {
    Window.LEFT: "DL envelope, window on the left (20 mm from the left, 50 mm from the top)",
    Window.RIGHT: "DL envelope, window on the right (20 mm from the right, 50 mm from the top)",
    Window.NONE: "No window: the address stands below the letterhead and takes no more room than it needs",
}
