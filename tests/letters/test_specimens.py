"""The command that writes a school's letters for somebody to look at."""

import pytest
from django.core.management import CommandError, call_command

from letters.management.commands import specimens
from letters.rules.kinds import KINDS
from tests.builders import AT


@pytest.fixture
def _at_work(time_machine, monkeypatch):
    time_machine.move_to(AT, tick=False)
    monkeypatch.setattr(specimens, "_draw", lambda file: None)


@pytest.mark.usefixtures("_at_work")
def test_every_adopted_letter_is_written(desk, plain_pdf, tmp_path):
    call_command("specimens", desk.school.slug, tmp_path / "new")
    assert {file.name for file in (tmp_path / "new").iterdir()} == {f"ashdown-{slug}.pdf" for slug in KINDS}


@pytest.mark.usefixtures("_at_work")
def test_about_a_pupil_what_cannot_be_written_is_said(desk, plain_pdf, tmp_path, capsys):
    call_command("specimens", desk.school.slug, tmp_path, pupil=desk.pupil.pk)
    said = capsys.readouterr().out
    assert "No absence of this pupil waits for a reason" in said
    assert (tmp_path / "ashdown-late_l.pdf").is_file()


def test_an_unknown_school_is_refused(db, tmp_path):
    with pytest.raises(CommandError, match="no school with the short name"):
        call_command("specimens", "nowhere", tmp_path)
