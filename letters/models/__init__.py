from letters.models.batches import Batch, BatchItem
from letters.models.letterheads import Letterhead
from letters.models.letters import Letter
from letters.models.message_wordings import MessageWording
from letters.models.messages import Message
from letters.models.orders import OrderDecision
from letters.models.wordings import Wording

__all__ = ["Batch", "BatchItem", "Letter", "Letterhead", "Message", "MessageWording", "OrderDecision", "Wording"]
