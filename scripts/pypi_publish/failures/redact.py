"""Secrets are taken out of every line before anything else sees it."""

import re

_HIDDEN = "***"
# Fixed pieces, one of which stands in every line that holds a secret: most lines have none.
_HINTS = re.compile(
    r"pypi-A|gh[opsur]_|github_pat_|gl[a-z]{2,8}-|AKIA|ASIA|xox|npm_|eyJ|://[^\s/]*@|PRIVATE KEY"
    r"|(?i:authorization|passw|secret|token|bearer|basic |api[-_]?key|cookie|sig=|pwd|credential)"
)
# Also behind what JSON and GitHub's annotations make of a line break.
_BEGIN = r"(?:\b|(?<=\\[nrt])|(?<=%0[AD]))"
_TOKENS = tuple(
    re.compile(shape.replace(r"^", _BEGIN))
    for shape in (
        r"pypi-A[A-Za-z0-9_-]{16,}",
        r"^gh[opsur]_[A-Za-z0-9]{20,}",
        r"^github_pat_[A-Za-z0-9_]{20,}",
        r"^gl(?:pat|cbt|dt|ptt|rt|oas|soat|agent|imt|ffct)-[A-Za-z0-9_.-]{16,}",
        r"^(?:AKIA|ASIA)[A-Z2-7]{16}\b",
        r"^xox[abeprs]-[A-Za-z0-9-]{10,}",
        r"^npm_[A-Za-z0-9]{30,}",
        r"^AKCp[A-Za-z0-9]{20,}",
        # An identity token, also one whose end is in the next line.
        r"^eyJ[A-Za-z0-9_-]{10,}(?:\.[A-Za-z0-9_-]*){0,2}",
    )
)
_SHAPES = (*_TOKENS, re.compile(r"-----BEGIN [A-Z ]*PRIVATE KEY-----.*"))
_IN_ADDRESS = re.compile(r"(?<=://)[^/\s@'\"`]*@(?=[A-Za-z0-9\[])")
_HEADER = re.compile(
    r"(?i)(\b(?:proxy-)?authorization['\"]?\s*[:=]\s*(?:b?['\"])?)((?:basic|bearer|token|digest)\s+)?"
    r"[^\s'\",;}]+"
)
_SCHEME = re.compile(
    r"(?i)\b(bearer|basic)(\s+)(?=[A-Za-z0-9+/_.=-]*[0-9A-Z_=-])[A-Za-z0-9+/_.=-]{16,}"
)
_COOKIE = re.compile(r"(?i)(\b(?:set-)?cookie['\"]?\s*:\s*).+")
_NAMED = re.compile(
    r"(?i)((?:^|[\s\"'`{(,&?;-])[\w.-]{0,60}(?:password|passwd|pwd|secret|(?<!id-)token|api[-_]?key|access[-_]?key"
    r"|credential)s?['\"]?\s*(?:=|:\s)\s*b?[\"']?)"
    r"(?!\*\*\*|\$|<|None\b|null\b|true\b|false\b|write\b|read\b|none\b|\()([^\s\"',;&}{]{6,})"
)
_OPTION = re.compile(
    r"((?:^|\s)(?:-p|--password|--token|--auth|-a|--api-token)[ =][\"']?)(?![$*<-])([^\s\"']{6,})"
)
_VARIABLE = re.compile(r"[A-Z][A-Z0-9_]+['\"]?\s*[:=]")


def redacted(text: str) -> str:
    """Return the text with every secret replaced by `***`."""
    if (
        not _HINTS.search(text)
        and " -p" not in text
        and "--auth" not in text
        and " -a " not in text
    ):
        return text
    for shape in _SHAPES:
        text = shape.sub(_HIDDEN, text)
    text = _IN_ADDRESS.sub(_HIDDEN + "@", text)
    text = _HEADER.sub(rf"\1\2{_HIDDEN}", text)
    text = _SCHEME.sub(rf"\1\2{_HIDDEN}", text)
    text = _COOKIE.sub(rf"\1{_HIDDEN}", text)
    text = _OPTION.sub(rf"\1{_HIDDEN}", text)
    return _NAMED.sub(_named, text)


def without_tokens(text: str) -> str:
    """Return a text without what is a token by its shape alone; nothing else is touched."""
    if _HINTS.search(text):
        for shape in _TOKENS:
            text = shape.sub(_HIDDEN, text)
    return text


def _named(found: re.Match[str]) -> str:
    """Keep what is plainly a word of a sentence: `Invalid API Token: project-scoped ...`."""
    is_set = found[1].rstrip(" '\"").endswith("=") or _VARIABLE.search(found[1])
    if not is_set and re.fullmatch(r"[A-Z]?[a-z]+(?:-[a-z]+)*[.:!?]?", found[2]):
        return found[0]
    return found[1] + _HIDDEN
