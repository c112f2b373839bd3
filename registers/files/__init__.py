"""Reading files from outside."""

from registers.files.reading import read_bytes, read_sheet, read_table
from registers.files.tables import (
    MOST_BYTES,
    MOST_BYTES_UPLOADED,
    MOST_COLUMNS,
    MOST_FAULTS_SHOWN,
    Fault,
    FileRefusedError,
    Row,
    Sheet,
    Table,
    refuse,
)

__all__ = [
    "MOST_BYTES",
    "MOST_BYTES_UPLOADED",
    "MOST_COLUMNS",
    "MOST_FAULTS_SHOWN",
    "Fault",
    "FileRefusedError",
    "Row",
    "Sheet",
    "Table",
    "read_bytes",
    "read_sheet",
    "read_table",
    "refuse",
]
