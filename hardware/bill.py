"""`python -m hardware.bill`: the bill of materials as the table that hardware/README.md holds."""

from __future__ import annotations

import csv
from pathlib import Path

BILL = Path(__file__).resolve().parent / "bill-of-materials.csv"
COLUMNS = ("part", "quantity", "what it is for", "alternatives")


def rows() -> list[dict[str, str]]:
    """The bill, line by line."""
    with BILL.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def table() -> str:
    """Markdown: one table, a line of its own for each group."""
    lines = [f"| {' | '.join(COLUMNS)} |", "| --- | --- | --- | --- |"]
    group = ""
    for row in rows():
        if row["group"] != group:
            group = row["group"]
            lines.append(f"| **{group}** | | | |")
        lines.append(f"| {' | '.join(row[column] for column in COLUMNS)} |")
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    print(table(), end="")
