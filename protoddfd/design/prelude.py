"""Takes from a text what is said around its content: greetings, who is asking, what for."""

import re

_GREETING = re.compile(r"^\s*(?:hi|hello|hey|dear|good (?:morning|afternoon|evening|day)|greetings)\b[^,.!?\n:]{0,30}[,.!?\n]+\s*", re.IGNORECASE)
_CLOSING = re.compile(
    r"(?:^|\n)\s*(?:kind regards|best regards|best wishes|regards|thanks(?: a lot| so much| in advance)?|many thanks|thank you(?: very much)?|cheers|yours sincerely|best|sincerely|sent from my \w+)\b[^\n]{0,30}(?:\n[^\n]{0,40})*\s*$",
    re.IGNORECASE,
)
_STORY = re.compile(r"\bas an? ([^,.\n]{2,40}?),? (i|we) (?:would like|want|need|can|should be able|must be able|wish)(?: to)?\b", re.IGNORECASE)
_PURPOSE = re.compile(r",?\s+(?:so that|so (?=i |we |they |the |my |our |you |it |he |she )|in order to|so as to|because|otherwise)\b[^.;\n]*", re.IGNORECASE)
_LOOK = re.compile(
    r",?\s*\b(?:and|then|plus|also|;)\s+(?:i |we |to |then |also |maybe |ideally )*(?:want to |would like to |need to |be able to )?"
    r"(?:see|show|get|have|display|draw|view|know)\s+(?:a |an |the |some |which |who |how |what |me |at |when |if )*[^.;\n]*?"
    r"(?:chart|graph|dashboard|overview|report|diagram|at a glance|overdue|total|statistics|summary)\b[^.;\n]*",
    re.IGNORECASE,
)
_INTRO = re.compile(
    r"\b(?:i'd like|i would like|we'd like|we would like|we'd need|i'd need|i want|we want|i need|we need|looking for|please (?:make|build|create|write)(?: me| us)?|"
    r"can you (?:make|build|create)(?: me| us)?|could you (?:make|build|create)(?: me| us)?|make me|build me|build us|create|give me)"
    r"(?: to have)? (?:an?|some|one|the)?\s*(?:(?:small|simple|little|tiny|new|basic|easy|web|internal|good|nice|proper|online|digital)[, ]+)*"
    r"(?:app|application|program|programme|tool|system|database|web ?site|software|platform|something|page|form|tracker|web ?app)\b"
    r"(?:,)?(?: (?:for|to|that|which|where|with|in which|so)\b)?(?: (?:can|could|i|we|lets us|lets me|would|will|should|help us|helps us|help me|to))*",
    re.IGNORECASE,
)
_ASIDE = re.compile(r"(?:^|(?<=[.!?]))\s*(?:right|so|okay|ok|well|basically|anyway|honestly|in short|long story short|to be honest|look)\s*,?\s+(?=[a-z])", re.IGNORECASE)


def without_frame(text: str) -> str:
    """Return a text without greetings, closings, purposes and the words that only ask for an app."""
    text = _GREETING.sub("", text, count=1)
    text = _CLOSING.sub("", text)
    text = _STORY.sub(r"We", text)
    text = _PURPOSE.sub("", text)
    text = _LOOK.sub("", text)
    text = _INTRO.sub(" track ", text)
    return _ASIDE.sub(" ", text).strip()
