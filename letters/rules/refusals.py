"""What every refusal of this app is, so that a page can show any of them."""


class LetterRefusedError(Exception):
    """Something about a letter that cannot be done; the message says why and what to do."""
