"""Names that go together: what a family that comes from somewhere calls itself."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Surname:
    """One family name in the forms that men and boys, girls, and mothers bear."""

    man: str
    girl: str
    mother: str


@dataclass(frozen=True)
class Heritage:
    """Names that go together, the census's ethnicity codes, and how many speak another language at home."""

    surnames: tuple[Surname, ...]
    boys: tuple[str, ...]
    girls: tuple[str, ...]
    fathers: tuple[str, ...]
    mothers: tuple[str, ...]
    ethnicities: tuple[str, ...]
    other_language: float
    keeps_festival: bool = False


def surnames_of(words: str) -> tuple[Surname, ...]:
    """Surnames from words such as Kowalski/Kowalska or Name/Name/Name; an underscore stands for a space."""
    found = []
    for word in words.replace("\n", " ").split():
        forms = word.replace("_", " ").split("/")
        found.append(Surname(forms[0], forms[min(1, len(forms) - 1)], forms[-1]))
    return tuple(found)


def heritage(
    surnames: str,
    boys: str,
    girls: str,
    parents: tuple[str, str],
    ethnicities: str,
    other_language: float,
    keeps_festival: bool = False,
) -> Heritage:
    fathers, mothers = parents
    return Heritage(
        surnames=surnames_of(surnames),
        boys=tuple(boys.split()),
        girls=tuple(girls.split()),
        fathers=tuple(fathers.split()),
        mothers=tuple(mothers.split()),
        ethnicities=tuple(ethnicities.split()),
        other_language=other_language,
        keeps_festival=keeps_festival,
    )
