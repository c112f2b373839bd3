"""A drawing from outside made safe: only shapes, colours and text stay; nothing in it can run or fetch anything.

What may stay is listed; everything else is left out, whatever it is.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from xml.etree.ElementTree import (
    Element,
    ParseError,
    register_namespace,
    tostring,
)

from defusedxml import ElementTree
from defusedxml.common import DefusedXmlException

from letters.rules.refusals import LetterRefusedError

NAMESPACE = "http://www.w3.org/2000/svg"
MOST_ELEMENTS = 2_000
DEEPEST = 40


def _listed(names: str) -> frozenset[str]:
    return frozenset(names.split())


ELEMENTS = _listed(
    "svg g path rect circle ellipse line polyline polygon defs linearGradient radialGradient stop clipPath title desc "
    "text tspan"
)
GEOMETRY = _listed(
    "id viewBox width height preserveAspectRatio x y x1 y1 x2 y2 dx dy cx cy r rx ry fx fy d points transform "
    "gradientTransform gradientUnits spreadMethod offset clipPathUnits pathLength"
)
LOOKS = _listed(
    "fill fill-opacity fill-rule stroke stroke-width stroke-opacity stroke-linecap stroke-linejoin stroke-miterlimit "
    "stroke-dasharray stroke-dashoffset opacity color stop-color stop-opacity clip-path clip-rule font-family "
    "font-size font-weight font-style text-anchor letter-spacing display visibility"
)
_OWN_REFERENCE = re.compile(r"url\(\s*['\"]?#[\w.-]+['\"]?\s*\)")
_UNSAFE = re.compile(r"url|@|\\|expression|script|data:|[<>{}]|&|//", re.IGNORECASE)


class DrawingRefusedError(LetterRefusedError):
    """A drawing that cannot be read as one."""


@dataclass(frozen=True)
class Drawing:
    """A safe drawing, and how many parts of the original were left out of it."""

    content: bytes
    left_out: int


@dataclass
class _Count:
    elements: int = 0
    left_out: int = 0


def safe(content: bytes) -> Drawing:
    """The drawing with nothing in it but what is listed; DrawingRefusedError for what is none or too large."""
    try:
        root = ElementTree.fromstring(content, forbid_dtd=True, forbid_entities=True, forbid_external=True)
    except DefusedXmlException:
        raise DrawingRefusedError(
            "This drawing declares entities or a document type, which a logo does not need. Save it as plain SVG."
        ) from None
    except (ParseError, ValueError, LookupError, RecursionError):
        raise DrawingRefusedError(
            "This file is not a readable SVG drawing. Save it again as plain SVG or PNG."
        ) from None
    if root.tag != f"{{{NAMESPACE}}}svg":
        raise DrawingRefusedError("This file is not an SVG drawing. Save it again as plain SVG or PNG.")
    count = _Count()
    made = _copy(root, count, 0)
    if "viewBox" not in made.attrib and not {"width", "height"} <= made.attrib.keys():
        raise DrawingRefusedError("This drawing does not say how large it is. Save it again with a viewBox.")
    register_namespace("", NAMESPACE)
    return Drawing(tostring(made, encoding="utf-8", xml_declaration=True), count.left_out)


def _copy(element: Element, count: _Count, depth: int) -> Element:
    count.elements += 1
    if count.elements > MOST_ELEMENTS or depth > DEEPEST:
        raise DrawingRefusedError("This drawing has too many parts for a logo. Simplify it, or save it as PNG.")
    made = Element(element.tag, dict(_attributes(element, count)))
    made.text = element.text if _name(element.tag) in ("title", "desc", "text", "tspan") else None
    for child in element:
        if _name(child.tag) not in ELEMENTS:
            count.left_out += 1
            continue
        copied = _copy(child, count, depth + 1)
        copied.tail = child.tail if _name(element.tag) in ("text", "tspan") else None
        made.append(copied)
    return made


def _attributes(element: Element, count: _Count) -> Iterator[tuple[str, str]]:
    for name, text in element.attrib.items():
        if name == "style":
            yield from _declarations(text, count)
        elif name in GEOMETRY | LOOKS and _is_safe(text):
            yield name, text
        else:
            count.left_out += 1


def _declarations(style: str, count: _Count) -> Iterator[tuple[str, str]]:
    """The declarations of a style attribute that say how something looks, as attributes."""
    for declaration in filter(str.strip, style.split(";")):
        name, _, text = declaration.partition(":")
        if name.strip() in LOOKS and _is_safe(text):
            yield name.strip(), text.strip()
        else:
            count.left_out += 1


def _is_safe(text: str) -> bool:
    """Whether a value points nowhere but inside the drawing."""
    return len(text) <= 20_000 and not _UNSAFE.search(_OWN_REFERENCE.sub("", text))


def _name(tag: object) -> str:
    """The local name of an element of SVG; nothing for one of another namespace or for a comment."""
    space, _, name = str(tag).rpartition("}")
    return name if space == f"{{{NAMESPACE}" else ""
