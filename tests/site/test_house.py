"""The house's own rules, kept by tests because nobody remembers them all."""

import ast
import hashlib
import inspect
import re
from importlib import import_module
from pathlib import Path

import pytest
from django.apps import apps
from django.contrib.staticfiles import finders
from django.core.management import call_command

from attendance_site.management.commands import draw_states
from registers.scope import SchoolOwned

ROOT = Path(__file__).resolve().parents[2]
APPS = ("registers", "letters", "absences", "penalties", "escalation", "attendance_site")
PYTHON = sorted(path for app in APPS for path in (ROOT / app).rglob("*.py") if "migrations" not in path.parts)
TEMPLATES = sorted((ROOT / "templates").rglob("*.html"))
BEFORE_ANYBODY = {"registers.services.schools.found", "attendance_site.services.school_set_up.set_up"}
"""Services that make a school: there is nobody at it yet in whose name they could work."""
NOT_A_CHANGE = {"registers.services.jobs", "registers.services.record"}
"""The machinery of jobs and the record itself, which the services use."""

BOOTSTRAP_5_3_8 = "d85327d99c7a3ee1f9b5d0500d1370acea3ad2db39c163c2f51f232baedbdede"
"""The SHA-256 of dist/css/bootstrap.min.css in Bootstrap 5.3.8 as published."""


def services() -> list[str]:
    return [
        ".".join(path.relative_to(ROOT).with_suffix("").parts)
        for path in PYTHON
        if path.parent.name == "services" and path.stem != "__init__"
    ]


def public_changes() -> list[str]:
    """Every public function of a services module that opens a transaction of its own."""
    found = []
    for module in services():
        tree = ast.parse((ROOT / (module.replace(".", "/") + ".py")).read_text(encoding="utf-8"))
        for node in tree.body:
            is_public = isinstance(node, ast.FunctionDef) and not node.name.startswith("_")
            if is_public and any("atomic" in ast.unparse(decorator) for decorator in node.decorator_list):
                found.append(f"{module}.{node.name}")
    return found


def test_there_are_services_to_check() -> None:
    assert len(public_changes()) >= 8


@pytest.mark.parametrize("name", public_changes())
def test_a_change_knows_who_and_when(name: str) -> None:
    module, _, function = name.rpartition(".")
    if module in NOT_A_CHANGE:
        pytest.skip("machinery below the record")
    parameters = inspect.signature(getattr(import_module(module), function)).parameters
    wanted = {"at"} if name in BEFORE_ANYBODY else {"by", "at"}
    for parameter in wanted:
        assert parameters[parameter].kind is inspect.Parameter.KEYWORD_ONLY


@pytest.mark.parametrize(
    "path", [path for path in PYTHON if path.parent.name in ("rules", "services", "queries")], ids=str
)
def test_only_pages_tasks_and_commands_read_the_clock(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    if path.relative_to(ROOT) == Path("registers/queries/people.py"):
        return  # who may come in is asked of the real day, never of a demonstration's
    assert not re.search(r"timezone\.(now|localdate|localtime)\(|date\.today\(|datetime\.now\(", text)


@pytest.mark.parametrize("path", PYTHON, ids=str)
def test_only_the_statistics_module_computes_a_percentage(path: Path) -> None:
    """Division by possible sessions, or a share times a hundred, stands in one module (and the plot that draws it)."""
    if path.relative_to(ROOT) in (Path("registers/rules/figures.py"), Path("attendance_site/rules/plots.py")):
        return
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Div):
            text = ast.unparse(node)
            assert not re.search(r"possible|attended|absent", text), text


def test_no_migration_is_missing(db) -> None:
    call_command("makemigrations", check=True, dry_run=True, verbosity=0)


def test_every_row_of_a_school_is_guarded() -> None:
    unguarded = {
        model._meta.label
        for app in APPS
        for model in apps.get_app_config(app).get_models()
        if not issubclass(model, SchoolOwned)
    }
    assert unguarded == {
        "registers.User",
        "registers.School",
        "registers.Membership",  # read to find out which schools may be opened at all
    }


@pytest.mark.parametrize("path", TEMPLATES, ids=lambda path: str(path.relative_to(ROOT)))
def test_templates_hold_no_inline_script_or_style(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    assert not re.search(r"<script(?![^>]*\bsrc=)|<style|\sstyle=|\son[a-z]+=|javascript:", text)


@pytest.mark.parametrize("path", TEMPLATES, ids=lambda path: str(path.relative_to(ROOT)))
def test_every_template_is_used(path: Path) -> None:
    name = str(path.relative_to(ROOT / "templates"))
    if name in ("403.html", "404.html", "429.html", "500.html"):
        return
    sources = [*PYTHON, *TEMPLATES]
    assert any(f'"{name}"' in source.read_text(encoding="utf-8") for source in sources if source != path)


def test_bootstrap_is_what_it_says_it_is() -> None:
    """The stylesheet comes in a small package: its content is pinned here."""
    found = finders.find("css/bootstrap.min.css")
    digest = hashlib.sha256(Path(str(found)).read_bytes()).hexdigest()
    assert digest == BOOTSTRAP_5_3_8


def test_the_locks_name_no_host() -> None:
    for name in ("requirements.lock", "requirements-test.lock"):
        text = (ROOT / name).read_text(encoding="utf-8")
        assert "http" not in text
        assert "--hash=sha256:" in text


def test_nothing_names_this_machine() -> None:
    tracked = [*PYTHON, *TEMPLATES, ROOT / "README.md", ROOT / "pyproject.toml", ROOT / ".ci" / "run"]
    for path in tracked:
        assert str(ROOT) not in path.read_text(encoding="utf-8")


def test_the_diagrams_of_states_are_current() -> None:
    assert draw_states.PLACE.read_text(encoding="utf-8") == draw_states.drawn()
