"""What lies in the pile of a batch's envelopes, in its order, as a list to take away."""

from letters.models import Batch, Letter
from letters.queries import batches
from registers import exports
from registers.exports import Asked, Export, number_of
from registers.rules.exports import Column, Kind, Value, texts
from registers.rules.rights import Right

COLUMNS = (
    Column("position", Kind.NUMBER),
    Column("first_page", Kind.NUMBER),
    Column("pages", Kind.NUMBER),
    *texts("class", "surname", "forename", "also_about", "to", "address", "letter"),
    Column("reference", Kind.NUMBER),
    *texts("state"),
    Column("issued_on", Kind.DATE),
    Column("sent_on", Kind.DATE),
)


@exports.listed("letters", right=Right.WRITE_LETTERS)
def index(asked: Asked) -> Export:
    """The issued letters of the batch asked for; Batch.DoesNotExist for one of another school."""
    batch = Batch.objects.get(school=asked.school, pk=number_of(asked.choices.get("batch", "")) or 0)
    return Export("Letters in the order of their envelopes", f"letters-{batch.pk}", COLUMNS, list(_rows(batch)))


def _rows(batch: Batch) -> list[tuple[Value, ...]]:
    rows, page = [], 1
    for position, letter in enumerate(batches.printed(batch), start=1):
        pages = letter.pages or 0
        rows.append(_row(position, page, letter))
        page += pages + (pages % 2 if batch.two_sided else 0)
    return rows


def _row(position: int, page: int, letter: Letter) -> tuple[Value, ...]:
    item = letter.item
    return (
        position,
        page,
        letter.pages,
        item.class_name if item else "",
        letter.pupil.legal_surname,
        letter.pupil.forename,
        ", ".join(part.pupil.name for part in letter.parts.all()),
        ", ".join(letter.addressees),
        letter.address.replace("\n", ", "),
        letter.title,
        letter.pk,
        letter.state,
        letter.issued_on,
        letter.sent_on,
    )
