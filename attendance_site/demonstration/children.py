"""One child of the demonstration: the line of the admission register, and what shapes their attendance."""

from dataclasses import dataclass
from datetime import date, timedelta
from functools import cached_property

from attendance_site.demonstration.chances import Chances
from attendance_site.demonstration.cohorts import Cohorts, Part, Place
from attendance_site.demonstration.families import Family, family
from attendance_site.demonstration.localities import Locality
from attendance_site.demonstration.names import SHORT_NAMES
from registers.rules import ages, upn

PREMIUM_NEED, ORDINARY_NEED = 1.45, 0.86
UNEXCUSED_NEED, OTHERS_NEED = 1.8, 0.93
HEALTH_SHAPE = 0.7
SEN_NEED = {"N": 0.95, "K": 1.2, "E": 1.7}


@dataclass(frozen=True)
class Child:
    """A child with everything that stays the same from year to year; `health` is 1 for an ordinary child."""

    place: Place
    upn: str
    admission_no: str
    surname: str
    forename: str
    preferred: str
    dob: date
    sex: str
    family: Family
    sen: str
    social_worker: bool
    ethnicity: str
    part: Part | None
    health: float
    unexcused: bool

    @cached_property
    def compulsory_from(self) -> date:
        return ages.compulsory_from(self.dob)

    @property
    def form(self) -> int:
        """Which of the year group's two classes the child is in, all the way up the school."""
        return self.place.number % 2

    def year_group(self, number: int) -> int:
        """The national curriculum year in the school year that begins in September of `number`; 0 is Reception."""
        return number - self.place.intake


@dataclass(frozen=True)
class Children:
    """Makes the children of one school from their places."""

    chances: Chances
    cohorts: Cohorts
    area: Locality
    la_code: str
    establishment: str

    def child(self, place: Place) -> Child:
        eldest, steps = self.cohorts.eldest(place)
        part = self.cohorts.part(place)
        home = family(self.chances, self.area, self.cohorts, eldest)
        dice = self.chances.of("child", place)
        sex = "FM"[(place.number // 2 + place.intake) % 2]
        forename = self._forename(home, sex, steps)
        sen = "E" if part is Part.TUTORED else dice.choices("NKE", (0.83, 0.135, 0.035))[0]
        serial = place.turn * 300 + place.number + 1
        return Child(
            place=place,
            upn=self._upn(place.intake, serial),
            admission_no=f"{place.intake % 100:03d}{serial:03d}",
            surname=home.surname.man if sex == "M" else home.surname.girl,
            forename=forename,
            preferred=SHORT_NAMES.get(forename, forename) if dice.random() < 0.6 else forename,
            dob=self._dob(place),
            sex=sex,
            family=home,
            sen=sen,
            social_worker=part is Part.LOOKED_AFTER or dice.random() < (0.05 if home.pupil_premium else 0.008),
            ethnicity=dice.choice(home.heritage.ethnicities),
            part=part,
            health=dice.gammavariate(HEALTH_SHAPE, 1 / HEALTH_SHAPE) * self._need(home, sen),
            unexcused=home.unexcused and dice.random() < 0.85,
        )

    def _forename(self, home: Family, sex: str, steps: int) -> str:
        """A forename that no brother or sister has: each family draws its own order of names."""
        names = list(home.heritage.boys if sex == "M" else home.heritage.girls)
        self.chances.of("forenames", home.key, sex).shuffle(names)
        return names[steps % len(names)]

    def _upn(self, intake: int, serial: int) -> str:
        rest = f"{self.la_code}{self.establishment}{intake % 100:02d}{serial:03d}"
        return upn.check_letter(rest) + rest

    def _dob(self, place: Place) -> date:
        if self.cohorts.is_twin(place.intake, place.number) and not place.turn:
            place = Place(place.intake, place.number - 1)
        first, last = date(place.intake - 5, 9, 1), date(place.intake - 4, 8, 31)
        return first + timedelta(days=self.chances.of("born", place).randint(0, (last - first).days))

    def _need(self, home: Family, sen: str) -> float:
        """How much more often than others a child is away; over the whole school it comes to about 1."""
        share = self.area.pupil_premium
        mean = share * PREMIUM_NEED + (1 - share) * ORDINARY_NEED
        family_need = (PREMIUM_NEED if home.pupil_premium else ORDINARY_NEED) / mean
        return family_need * SEN_NEED[sen] * (UNEXCUSED_NEED if home.unexcused else OTHERS_NEED)
