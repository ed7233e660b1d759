"""The code blocks of README and CONTRIBUTING, with the heading that each stands under."""

import re
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[2]
README = (ROOT / "README.md").read_text()
CONTRIBUTING = (ROOT / "CONTRIBUTING.md").read_text()


@dataclass(frozen=True, slots=True)
class Block:
    heading: str
    language: str
    text: str


def blocks(document: str = README) -> list[Block]:
    """In their order."""
    heading, found = "", []
    parts = re.finditer(r"^#{2,} (?P<heading>[^\n]+)$|^```(?P<language>\w*)\n(?P<text>.*?)^```$", document, re.M | re.S)
    for part in parts:
        if part["heading"]:
            heading = part["heading"]
        else:
            found.append(Block(heading, part["language"], part["text"]))
    return found
