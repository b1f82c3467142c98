"""The contract of every report, as the exported schema states it."""

import json
from typing import Any

from jsonschema import Draft202012Validator

from conftest import ROOT
from pypi_publish.report.page import ADDED_META, META

SCHEMA = json.loads((ROOT / "assets" / "report.schema.json").read_text(encoding="utf-8"))
_VALIDATOR = Draft202012Validator(SCHEMA)


def is_valid(document: Any) -> bool:
    """Whether a document is one that the schema allows."""
    return bool(_VALIDATOR.is_valid(document))


def validated(text: str) -> Any:
    """Return the document that a text is, which has to be ASCII and what the schema allows."""
    assert text.isascii()
    document = json.loads(text)
    _VALIDATOR.validate(document)
    script = document["meta"]["schema"].split("/")[1]
    described = {**META, **ADDED_META.get(script, {})}
    assert set(document["meta"]) <= set(described), "describe it in report/page.py"
    return document
