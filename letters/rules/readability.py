"""How plain a wording is: Flesch's reading ease and the school grade after Kincaid, told as a reading age.

Both count the words of a sentence and the syllables of a word; they know nothing of sense. Syllables are counted by
groups of vowels, which errs by a few in a hundred.
"""

import re
from dataclasses import dataclass

from letters.rules import blanks
from letters.rules.kinds import Block, Kind

_WORD = re.compile(r"[^\W\d_]+(?:['’][^\W\d_]+)*|\d[\d.,]*")
_SENTENCE = re.compile(r"[.!?:;]+(?=\s|$)|\n")
_VOWELS = re.compile(r"[aeiouy]+")
LONG_SENTENCE = 30
"""Words from which a sentence is called long."""


@dataclass(frozen=True)
class Readability:
    """Counts of a text; the scores are of those alone."""

    words: int
    sentences: int
    syllables: int
    longest: str

    @property
    def ease(self) -> int:
        """Flesch's reading ease, 0 (hard) to 100 (easy)."""
        if not self.words:
            return 100
        score = 206.835 - 1.015 * self.words / self.sentences - 84.6 * self.syllables / self.words
        return max(0, min(100, round(score)))

    @property
    def age(self) -> int:
        """The age at which most readers follow it, in years."""
        if not self.words:
            return 5
        grade = 0.39 * self.words / self.sentences + 11.8 * self.syllables / self.words - 15.59
        return max(5, min(22, round(grade) + 5))

    @property
    def verdict(self) -> str:
        """The score in words."""
        for at_least, verdict in ((70, "Easy to read"), (60, "Plain"), (50, "Fairly hard"), (30, "Hard")):
            if self.ease >= at_least:
                return verdict
        return "Very hard"

    @property
    def has_long_sentence(self) -> bool:
        return len(_WORD.findall(self.longest)) >= LONG_SENTENCE


def of(kind: Kind) -> Readability:
    """What a kind says, every paragraph of it, on the samples of its blanks. Tables are left out."""
    texts = [paragraph.text for paragraph in kind.paragraphs if paragraph.block is Block.TEXT]
    return of_text("\n".join(blanks.BLANK.sub(_sample, text).replace("**", "") for text in texts))


def of_text(text: str) -> Readability:
    """The counts of a text; a line end ends a sentence."""
    sentences = [part.strip() for part in _SENTENCE.split(text) if _WORD.search(part)]
    words = _WORD.findall(" ".join(sentences))
    return Readability(
        words=len(words),
        sentences=len(sentences),
        syllables=sum(syllables(word) for word in words),
        longest=max(sentences, key=lambda sentence: len(_WORD.findall(sentence)), default=""),
    )


def syllables(word: str) -> int:
    """The syllables of an English word, one at least; a number counts as one."""
    bare = re.sub(r"[^a-z]", "", word.lower())
    groups = len(_VOWELS.findall(bare))
    if bare.endswith("e") and not bare.endswith("le") and groups > 1:
        groups -= 1
    if bare.endswith("ed") and not bare.endswith(("ted", "ded")) and groups > 1:
        groups -= 1
    return max(1, groups)


def _sample(match: re.Match[str]) -> str:
    """One line of a blank's sample; a list of them would count as sentences."""
    return blanks.SAMPLES.get(blanks.canonical(match[1]), "word").split("\n")[0]
