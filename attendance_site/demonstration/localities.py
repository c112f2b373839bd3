"""What differs from school to school: class names, places, and where families come from."""

from collections.abc import Mapping
from dataclasses import dataclass

GROUPS = ("R", "1", "2", "3", "4", "5", "6")
FORMS = 2


@dataclass(frozen=True)
class Locality:
    """The invented surroundings of one school; `class_names` runs from the youngest class to the oldest."""

    class_names: tuple[str, ...]
    outward: str
    towns: tuple[str, ...]
    heritages: Mapping[str, float]
    pupil_premium: float
    grace: int = 0
    """Minutes after the morning register opens at which an arrival is still on time."""
    winter: str = ""
    """What closes the school each winter: Y4 for all of it, Y3 for its youngest classes."""

    def class_name(self, group: int, form: int) -> str:
        return f"{GROUPS[group]} {self.class_names[group * FORMS + form]}"

    @property
    def classes(self) -> tuple[str, ...]:
        """Every class name, youngest first."""
        return tuple(self.class_name(group, form) for group in range(len(GROUPS)) for form in range(FORMS))


_BIRDS = "Wren Robin Swift Swallow Lark Linnet Kestrel Heron Merlin Plover Falcon Osprey Harrier Eagle"
_RIVERS = "Slea Witham Trent Welland Nene Ancholme Humber Derwent Ouse Severn Tyne Tees Thames Mersey"
_TREES = "Willow Hazel Rowan Maple Cherry Birch Alder Aspen Larch Cedar Beech Elm Chestnut Oak"

_VILLAGE = {
    "British": 0.85,
    "Polish": 0.02,
    "Lithuanian": 0.01,
    "Romanian": 0.01,
    "Portuguese": 0.01,
    "Ukrainian": 0.01,
    "Indian": 0.02,
    "Pakistani": 0.02,
    "Bangladeshi": 0.01,
    "Nigerian": 0.02,
    "Caribbean": 0.01,
    "Chinese": 0.01,
}
_FEN_TOWN = {
    "British": 0.33,
    "Polish": 0.17,
    "Lithuanian": 0.14,
    "Romanian": 0.09,
    "Bulgarian": 0.05,
    "Latvian": 0.04,
    "Portuguese": 0.05,
    "Ukrainian": 0.01,
    "Indian": 0.02,
    "Pakistani": 0.04,
    "Bangladeshi": 0.02,
    "Somali": 0.01,
    "Nigerian": 0.02,
    "Chinese": 0.01,
}

# The towns are invented, and the postcodes made from these districts use sectors that no post is delivered to.
_LOCALITIES: Mapping[str, Locality] = {
    "staplehurst": Locality(
        class_names=tuple(_BIRDS.split()),
        outward="TN12",
        towns=("Hazelhurst Green", "Lower Appledown", "Frithen Street", "Little Hopden"),
        heritages=_VILLAGE,
        pupil_premium=0.20,
        winter="Y4",
    ),
    "carlton-road": Locality(
        class_names=tuple(_RIVERS.split()),
        outward="PE21",
        towns=("Staunchwick", "Sluice Fen End", "Withern Drove", "Nether Gowtby"),
        heritages=_FEN_TOWN,
        pupil_premium=0.43,
        grace=10,
        winter="Y3",
    ),
}
_ELSEWHERE = Locality(
    class_names=tuple(_TREES.split()),
    outward="ZZ9",
    towns=("Newbridge Wold", "Upper Tarnley", "Brockham Vale"),
    heritages=_VILLAGE,
    pupil_premium=0.20,
)


def locality(slug: str) -> Locality:
    """The surroundings of a school; one that is not known by name gets ordinary ones."""
    return _LOCALITIES.get(slug, _ELSEWHERE)
