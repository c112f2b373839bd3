"""Adopting a policy: a version is kept as it was, for every flag opened under it."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.db import transaction

from escalation import policy_file
from escalation.models import Flag, PolicyVersion
from escalation.policy_file import PolicyRefusedError
from escalation.rules.policy import Fault
from letters.rules import kinds
from registers.models import Membership, School
from registers.services import record


@transaction.atomic
def adopt(school: School, document: Mapping[str, Any], *, by: Membership, at: datetime) -> PolicyVersion:
    """Adopt a policy's document; the same again changes nothing. Raises PolicyRefusedError.

    A changed document needs a version of its own as soon as a flag has been judged by the one it would replace.
    """
    policy = policy_file.read({"policy": document}, frozenset(kinds.KINDS))
    kept = policy_file.kept(document)
    School.objects.select_for_update(no_key=True).get(pk=school.pk)
    version = PolicyVersion.objects.filter(school=school, version=policy.version).first()
    if version is not None and version.document == kept:
        return version
    if version is not None and Flag.objects.filter(policy_version=version).exists():
        raise PolicyRefusedError([Fault(("policy", "version"), _IN_USE.format(version=policy.version))])
    version = version or PolicyVersion(school=school, version=policy.version)
    version.title, version.applies_from, version.document = policy.title, policy.applies_from, kept
    version.adopted_at, version.adopted_by, version.adopted_role = at, by.user, by.role
    version.save()
    record.write(
        "policy adopted",
        by=by,
        at=at,
        subject=f"policy:{version.pk}",
        facts={"version": policy.version, "applies_from": policy.applies_from.isoformat()},
    )
    return version


_IN_USE = (
    "Pupils have been flagged by version {version} as it stands, so it cannot change. "
    "Give the changed policy a version of its own."
)
