"""The lists and registers that can be taken away as files; importing this package offers them all."""

from registers.queries.exports import changes, people, registers, statistics

__all__ = ["changes", "people", "registers", "statistics"]
