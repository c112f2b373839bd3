"""GOV.UK Notify: texts and e-mails, for which it can be asked by reference afterwards.

Its templates are plain: a text's holds ((body)), an e-mail's ((subject)) and ((body)), one with a file ((link_to_file))
as well, so that the words stay the school's.
"""

import re
from collections.abc import Callable, Mapping
from io import BytesIO
from typing import Any

from django.conf import settings
from notifications_python_client.errors import HTTPError, InvalidResponse
from notifications_python_client.notifications import NotificationsAPIClient
from notifications_python_client.utils import prepare_upload

from letters.rules.messages import Channel
from letters.senders.parcels import (
    AccountError,
    Delivery,
    LostAnswerError,
    News,
    Outcome,
    Parcel,
    PermanentError,
    Result,
    TemporaryError,
)

TIMEOUT_SECONDS = 15
NEWS: Mapping[str, News] = {
    "delivered": News(Delivery.DELIVERED),
    "permanent-failure": News(Delivery.FAILED, "The number or address does not exist. Ask the family for another."),
    "temporary-failure": News(
        Delivery.FAILED, "It could not be delivered: the telephone may be off or out of reach, or the mailbox full."
    ),
    "technical-failure": News(Delivery.FAILED, "GOV.UK Notify had a fault of its own and did not deliver it."),
}
"""What Notify's words for a status mean; any other is that it has not got there yet."""
_LONG_NUMBERS = re.compile(r"[0-9][0-9 ]{5,}")


class Notify:
    """The account whose key is NOTIFY_API_KEY."""

    name = "notify"
    can_be_asked = True

    @staticmethod
    def serves(channel: Channel, *, with_file: bool = False) -> bool:
        """Whether there is a key, and a template for this."""
        return bool(settings.NOTIFY_API_KEY and _template(channel, with_file=with_file))

    def send(self, parcel: Parcel) -> Outcome:
        template = _template(parcel.channel, with_file=parcel.enclosure is not None)
        client = _client()
        if parcel.channel is Channel.TEXT:
            answer = _ask(
                lambda: client.send_sms_notification(
                    parcel.to, template, personalisation={"body": parcel.body}, reference=parcel.reference
                )
            )
        else:
            words = _words(parcel)
            answer = _ask(
                lambda: client.send_email_notification(
                    parcel.to, template, personalisation=words, reference=parcel.reference
                )
            )
        return Outcome(Result.TAKEN, _text(answer, "id"))

    def find(self, reference: str) -> str | None:
        client = _client()
        answer = _ask(lambda: client.get_all_notifications(reference=reference))
        rows = answer.get("notifications")
        if not isinstance(rows, list):
            raise _malformed()
        return _text(rows[0], "id") if rows else None

    def status(self, provider_id: str) -> News:
        client = _client()
        answer = _ask(lambda: client.get_notification_by_id(provider_id))
        return NEWS.get(_text(answer, "status"), News(Delivery.WAITING))


def _template(channel: Channel, *, with_file: bool) -> str:
    if channel is Channel.TEXT:
        return str(settings.NOTIFY_TEXT_TEMPLATE)
    return str(settings.NOTIFY_FILE_TEMPLATE if with_file else settings.NOTIFY_EMAIL_TEMPLATE)


def _client() -> NotificationsAPIClient:
    try:
        return NotificationsAPIClient(
            settings.NOTIFY_API_KEY, base_url=settings.NOTIFY_BASE_URL, timeout=TIMEOUT_SECONDS
        )
    except AssertionError as error:
        raise AccountError(
            "NOTIFY_API_KEY is missing or is no key. Whoever looks after the system must set it."
        ) from error


def _words(parcel: Parcel) -> dict[str, Any]:
    words: dict[str, Any] = {"subject": parcel.subject, "body": parcel.body}
    if parcel.enclosure is not None:
        try:
            words["link_to_file"] = prepare_upload(BytesIO(parcel.enclosure.document), parcel.enclosure.name)
        except ValueError as error:
            raise PermanentError(
                "The file is larger than the 2 MB that GOV.UK Notify takes. Post the letter."
            ) from error
    return words


def _ask(call: Callable[[], Any]) -> Mapping[str, Any]:
    """Call Notify, and read every way of not answering as what it says about whether the message was taken."""
    try:
        answer = call()
    except HTTPError as error:
        raise _refusal(error) from error
    except InvalidResponse as error:
        raise _malformed() from error
    if not isinstance(answer, Mapping):
        raise _malformed()
    return answer


def _refusal(error: HTTPError) -> PermanentError | TemporaryError | LostAnswerError:
    if error.response is None:
        return LostAnswerError("GOV.UK Notify did not answer.")
    if error.status_code >= 500:
        return LostAnswerError(f"GOV.UK Notify answered with a fault of its own ({error.status_code}).")
    if error.status_code == 429:
        return TemporaryError("GOV.UK Notify takes no more messages just now.")
    if error.status_code in (401, 403):
        return AccountError(
            "GOV.UK Notify did not accept the site's key. Whoever looks after the system must check NOTIFY_API_KEY."
        )
    return PermanentError(f"GOV.UK Notify refused it: {_said(error)}")


def _said(error: HTTPError) -> str:
    """The provider's own words, without anything that could be a number of somebody's."""
    found = error.message
    words = "; ".join(str(one.get("message", "")) for one in found) if isinstance(found, list) else str(found)
    return _LONG_NUMBERS.sub("…", words)[:200] or "without saying why."


def _malformed() -> LostAnswerError:
    return LostAnswerError("GOV.UK Notify’s answer could not be read.")


def _text(answer: Any, name: str) -> str:
    value = answer.get(name) if isinstance(answer, Mapping) else None
    if not isinstance(value, str) or not value:
        raise _malformed()
    return value
