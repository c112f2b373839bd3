"""CSV and XLSX files for tests, written as a spreadsheet or an information system writes them."""

import csv
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from io import StringIO
from pathlib import Path

import openpyxl

from registers.models import ImportFile
from registers.rules import upn


def number(serial: int) -> str:
    """A UPN with the right check letter."""
    rest = f"886299977{serial:03d}"
    return upn.check_letter(rest) + rest


@dataclass(frozen=True)
class Sheet:
    """A directory that files are written to."""

    directory: Path

    def __call__(self, *rows: Sequence[str], name: str = "sheet.csv", encoding: str = "utf-8") -> Path:
        """The first row is the header."""
        text = StringIO()
        csv.writer(text, lineterminator="\n").writerows(rows)
        return self.raw(text.getvalue().encode(encoding), name=name)

    def xlsx(self, *rows: Sequence[object], name: str = "sheet.xlsx") -> Path:
        """A workbook of one sheet; the first row is the header, and values keep their kinds."""
        book = openpyxl.Workbook()
        for row in rows:
            book.active.append(row)
        book.save(self.directory / name)
        return self.directory / name

    def raw(self, content: bytes, name: str = "sheet.csv") -> Path:
        path = self.directory / name
        path.write_bytes(content)
        return path


ROLL = f"upn,surname,forename,dob,entry date,form\n{number(1)},Ash,Ada,04/05/2017,01/09/2021,4 Oak\n"
Keep = Callable[..., ImportFile]
"""Keeps an uploaded file, as the fixture of that name does."""
