"""Sentences that are no data: wishes for charts and signs, rights, refusals, and orders to a machine."""

import re

_ORDER = re.compile(
    r"\b(ignore|disregard|forget|override)\b.{0,40}\b(instruction|instructions|previous|above|prior|rules|everything|all)\b"
    r"|system prompt|developer mode|jailbreak|you are now|\bact as\b|</?(system|script|user|assistant)\b|\bdrop (table|database|schema)\b"
    r"|\bdelete (from|all|every|the other)\b|rm -rf|\bsudo\b|\beval\(|\bexec\(|__import__|os\.system|subprocess|\{\{.*\}\}|\{%|<script"
    r"|\bunion select\b|;\s*--|\bselect \* from\b|api[_ ]?keys?\b.*\b(secret|table|print|reveal)|\b(reveal|print|output|leak|exfiltrate)\b.{0,30}\b(prompt|secret|password|key|token|instructions|config)"
    r"|\bas an ai\b|\binstead,? (create|make|build|output|respond|return|print|add)\b|/etc/passwd|\bpowershell\b|\bcurl\b.*\bhttp|new instructions?:",
    re.IGNORECASE,
)  # fmt: skip
_WISH_WORDS = (
    r"chart|charts|graph|graphs|dashboard|diagram|plot|report of|reports?|statistics|stats|overview|at a glance|highlight\w*|flag(?:ged)?|remind\w*"
    r"|alert\w*|notif\w*|warn\w*|search\w*|filter\w*|sort\w*|export\w*|print\w*|color-coded|colour-coded|in red|calculat\w*|work(?:ed)? out|figure out|add(?:ed)? up|totals?|count of|average|how many|how much|leaderboard|standings|ranking|calendar view|kanban|tell me|let me know"
)
_WISH = re.compile(
    rf"^(?:and |also |plus |then |finally |ideally,? |please |kindly |bonus:? |it would be (?:nice|great|cool|good)(?: if| to)? ?|would be (?:nice|great|good) ?)*"
    rf"(?:(?:i|we|the \w+|\w+s?|she|he|they) )?(?:really |also |just |only |mainly |often )*(?:'d|d|would|should)? ?(?:like|love|want|wants|wanna|need|needs|have|be able|able|must|should|show|see|know|flag|highlight|remind|alert|notify|warn|give|display|draw|chart|count|send)\b.*\b(?:{_WISH_WORDS}|(?:see|know|view|show|find|look up|check|tell|spot|compare|keep an eye)\b.*)",
    re.IGNORECASE,
)
_WISH_START = re.compile(
    r"^(?:and |also |plus |then |finally |ideally,? |please |kindly |bonus:? )*(?:show|flag|highlight|remind|alert|notify|warn|a? ?(?:\w+ )?(?:chart|graph|dashboard|report|pie|histogram|bar chart|line chart)s?\b|dashboards?|reports?|alerts?|reminders?|charts?|sort|filter|search|overdue|mark|colou?r|i want to (?:see|know)|i wanna (?:see|know)|we want to (?:see|know)|want to (?:see|know|be able)|should be able|it should|no need|don't need|we don't need|i don't need|nothing (?:fancy|else)|keep it simple|thanks|thank you|cheers|hi\b|hello|hey\b|must be able|needs? to work|i(?:'d| would) like to (?:see|know)|we(?:'d| would) like to (?:see|know)|at any moment|how (?:many|much|often))",
    re.IGNORECASE,
)
_RIGHT = re.compile(
    r"\b(?:only|can|cannot|can't|may|must not|should|able to|not allowed to|allowed to)\b.*\b(?:see|view|edit|delete|change|approve|access|read|manage|log ?in|export|update|modify)\b.*\b(?:own|only|everything|all|anything|everyone|theirs|them|it|prices|results|scores|tickets|records|entries|data)\b"
    r"|^only \w+ (?:can|may|should)\b|\bread[- ]only\b",
    re.IGNORECASE,
)
_NOT = re.compile(r"^(?:there(?:'s| is) )?(?:no need|no logins?|no payments?|without|we don't (?:need|want)|i don't (?:need|want|care)|don't (?:need|want|bother)|not needed|no accounts?|no user)\b", re.IGNORECASE)


def is_order(text: str) -> bool:
    """Tell whether a sentence speaks to a machine rather than about an app."""
    return bool(_ORDER.search(text))


def is_refusal(text: str) -> bool:
    """Tell whether a sentence says what is *not* wanted."""
    return bool(_NOT.search(text))


def is_right(text: str) -> bool:
    """Tell whether a sentence says who may do what."""
    return bool(_RIGHT.search(text))


def is_wish(text: str) -> bool:
    """Tell whether a sentence asks for something to look at, rather than for data to keep."""
    return bool(_WISH_START.search(text)) or bool(_WISH.search(text))
