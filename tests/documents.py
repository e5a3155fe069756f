"""The tables of the project's own documents, for tests that hold them to what the program does."""

import re
from pathlib import Path

PROJECT = Path(__file__).parents[1]

README = "README.md"
OPERATING = "docs/operating.md"


def text_of(document: str) -> str:
    return (PROJECT / document).read_text(encoding="utf-8")


def table(document: str, first_column: str) -> list[dict[str, str]]:
    """The rows of the one table whose first column is called so, each cell by its column's name, with its Markdown."""
    lines = text_of(document).splitlines()
    (start,) = (number for number, line in enumerate(lines) if line.startswith(f"| {first_column} |"))
    names = _cells(lines[start])
    rows = []
    for line in lines[start + 2 :]:
        if not line.startswith("|"):
            break
        rows.append(dict(zip(names, _cells(line), strict=True)))
    return rows


def code(cell: str) -> list[str]:
    """What stands in backquotes in a cell.

    >>> code("`a` or `b`")
    ['a', 'b']
    """
    return re.findall(r"`([^`]+)`", cell)


def keys_promised() -> dict[str, set[str]]:
    """Command (`migrate` for the migration itself), or `any error` → the keys of its JSON document, as the operating manual has them."""
    promised = {}
    for row in table(OPERATING, "command"):
        commands = code(row["command"]) + (["migrate"] if "none" in row["command"] else [])
        promised.update({command: set(code(row["keys"])) for command in commands or [row["command"]]})
    return promised


def _cells(line: str) -> list[str]:
    return [cell.strip().replace("\\|", "|") for cell in re.split(r"(?<!\\)\|", line)[1:-1]]
