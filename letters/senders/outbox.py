"""No account: a message stays here, where the office can read what would have gone."""

from letters.senders.parcels import Delivery, News, Outcome, Parcel, Result


class Outbox:
    """Sends nothing to anybody, and says so."""

    name = "outbox"
    can_be_asked = True

    def send(self, parcel: Parcel) -> Outcome:
        return Outcome(Result.KEPT)

    def find(self, reference: str) -> str | None:
        return None

    def status(self, provider_id: str) -> News:
        return News(Delivery.WAITING)
