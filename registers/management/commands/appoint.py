from argparse import ArgumentParser
from typing import Any
from urllib.parse import urljoin

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from registers import invitations
from registers.management.commands import _at_school
from registers.queries import people
from registers.rules.people import PeopleRefusedError
from registers.rules.rights import Role
from registers.scope import schools_in_scope
from registers.services import people as services


class Command(BaseCommand):
    help = "Make a school's headteacher or system administrator, and print the link by which they choose a password."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("email")
        parser.add_argument("name")
        parser.add_argument("--school", required=True, help="its short name")
        parser.add_argument("--role", choices=[Role.HEAD, Role.ADMINISTRATOR], default=Role.ADMINISTRATOR)
        parser.add_argument("--site", default="http://localhost:8000", help="where the site is, for the link")

    def handle(self, *args: Any, **options: Any) -> None:
        school = _at_school.school(options["school"])
        with schools_in_scope([school.pk]):
            try:
                invited = services.appoint(
                    school,
                    options["email"],
                    options["name"],
                    Role(options["role"]),
                    timezone.localdate(),
                    by=people.operator(school),
                    at=timezone.now(),
                )
            except PeopleRefusedError as refused:
                raise CommandError(str(refused)) from None
        self.stdout.write(f"{invited.part.role_name}, {school.name}.")
        if not invited.part.user.has_usable_password():
            link = invitations.link(invited.part.user, lambda path: urljoin(options["site"], path))
            self.stdout.write(f"Give them this link, good once, for three days:\n{link}")
