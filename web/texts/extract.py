"""Collects every message of the program into messages.pot: `make texts`.

Templates are read by Jinja2 itself, Python by its own parser, scripts by their `_("...")`. Of
device/, which knows no languages, the sentences are taken that can reach the page.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterable, Iterator
from pathlib import Path

from jinja2 import Environment

from web.texts.catalogue import OF_SCRIPTS, OF_UNIT, OWN_NAME, PROGRAM_TEXTS
from web.texts.pages import prepare
from web.texts.po import Entry, written

ROOT = PROGRAM_TEXTS.parent.parent
TEMPLATE = PROGRAM_TEXTS / "messages.pot"
HEADER = """\
Project-Id-Version: Racklight
Language: 
MIME-Version: 1.0
Content-Type: text/plain; charset=UTF-8
Content-Transfer-Encoding: 8bit
Plural-Forms: nplurals=2; plural=(n != 1);
"""
_MARKS = {"_": 1, "N_": 1, "ngettext": 2, "pgettext": 2}  # and how many texts each takes

# Whose sentences the page shows: the families of device/ that the page knows, and those that say
# what is wrong with the camera, why a rep was not measured, how to hang the unit, what happened.
UNIT_FILES = (
    *("accounts", "api_tokens", "backups", "calibration", "chosen", "commands", "database"),
    *("forget", "lamps", "lifter_book", "live", "notebook", "passwords", "pins", "placement"),
    *("reasons", "reps", "restoring", "retention", "run_log", "service", "settings", "store"),
    *("handing", "store_writer", "wink", "health/judge", "records/rep", "cameras/*"),
    "export/fields",
)
# What such sentences put into one another, and is no sentence itself.
UNIT_WORDS = (
    *("left", "right", "sessions", "sets", "written", "opened"),
    *("unit", "visit", "set", "rep"),
)
# Sentences of the audit that the page writes in English, into the same table as the unit's.
NOTED_BY = ("web/data/pages.py", "web/accounts/settings.py")
_NOTING = {"noted", "record", "note"}
_OTHER = re.compile(  # what is no sentence: SQL, file heads, formats
    r"\s*(SELECT|INSERT|UPDATE|DELETE|CREATE|ALTER|DROP|PRAGMA|BEGIN|COMMIT|VACUUM|ATTACH|WITH|FROM"
    r"|WHERE|ORDER|AND|SAVEPOINT|RELEASE|ROLLBACK|main\.|#)\b|.*(\bIS NULL\b| = \?|%[YmdH])",
    re.DOTALL,
)
_IN_SCRIPT = re.compile(r'\b_\(\s*("(?:[^"\\]|\\.)*")')


class UnclearMessageError(ValueError):
    """A message that the catalogue can't hold: it is made up, or is both singular and plural."""


def collect(root: Path = ROOT) -> str:
    """The text of messages.pot. Raises UnclearMessageError."""
    found = [
        *of_templates(root / "web" / "templates", root),
        *(one for file in _marked(root) for one in of_python(file, root)),
        *(
            one
            for file in sorted((root / "web/static").glob("*.js"))
            for one in of_script(file, root)
        ),
        *(one for file in _unit_files(root) for one in of_unit(file, root)),
        *(Entry(word, context=OF_UNIT, places=("device",)) for word in UNIT_WORDS),
        *(one for name in NOTED_BY for one in of_notes(root / name, root)),
        Entry(OWN_NAME[1], context=OWN_NAME[0], places=("web/texts/catalogue.py",)),
    ]
    return written([Entry("", strings=(HEADER,)), *_merged(found)])


def of_templates(folder: Path, root: Path) -> Iterator[Entry]:
    """What the templates say."""
    environment = Environment(autoescape=True, trim_blocks=True, lstrip_blocks=True)
    prepare(environment)
    for file in sorted(folder.rglob("*.html")):
        text = file.read_text(encoding="utf-8")
        for _, name, said in environment.extract_translations(text):  # type: ignore[attr-defined]
            parts = (said,) if isinstance(said, str) else tuple(said)
            place = _place(file, root)
            if any(part is None for part in parts[:1]):
                raise UnclearMessageError(f"{place}: {name}() of something that is made up")
            if name == "pgettext":
                yield Entry(parts[1], context=parts[0], places=(place,))
            elif name == "ngettext":
                yield Entry(parts[0], parts[1], places=(place,))
            else:
                yield Entry(parts[0], places=(place,))


def of_python(file: Path, root: Path) -> Iterator[Entry]:
    """What is marked in a Python file."""
    place = _place(file, root)
    for call in _calls(file):
        wanted = _MARKS.get(_name(call), 0)
        parts = [part.value for part in call.args if isinstance(part, ast.Constant)]
        said = [part for part in parts[:wanted] if isinstance(part, str)]
        if wanted and isinstance(call.args[0], ast.JoinedStr):
            raise UnclearMessageError(f"{place}:{call.lineno}: an f-string can't be looked up")
        if not wanted or len(said) < wanted:
            continue  # looked up in a table, whose texts are marked where they are written
        if _name(call) == "pgettext":
            yield Entry(said[1], context=said[0], places=(place,))
        else:
            yield Entry(said[0], said[1] if wanted > 1 else None, places=(place,))


def of_script(file: Path, root: Path) -> Iterator[Entry]:
    """What a script of the page says."""
    for found in _IN_SCRIPT.finditer(file.read_text(encoding="utf-8")):
        said = ast.literal_eval(found[1])
        yield Entry(said, context=OF_SCRIPTS, places=(_place(file, root),))


def of_unit(file: Path, root: Path) -> Iterator[Entry]:
    """The sentences of a file of device/: text with a space in it that is no SQL and no comment."""
    tree = ast.parse(file.read_text(encoding="utf-8"))
    skipped = set(_inside(_passed_over(tree)))
    for node in ast.walk(tree):
        if id(node) in skipped or not isinstance(node, ast.Constant | ast.JoinedStr):
            continue
        said = _sentence(node)
        skipped.update(_inside([node]))
        if said is not None:
            yield Entry(said, context=OF_UNIT, places=(_place(file, root),))


def of_notes(file: Path, root: Path) -> Iterator[Entry]:
    """What the page itself notes in the audit, beside the unit."""
    for call in _calls(file):
        if _name(call) not in _NOTING:
            continue
        for part in call.args:
            said = _sentence(part) if isinstance(part, ast.Constant | ast.JoinedStr) else None
            if said is not None:
                yield Entry(said, context=OF_UNIT, places=(_place(file, root),))


def _sentence(node: ast.Constant | ast.JoinedStr) -> str | None:
    """Its text with holes for what is put in; None where it is no sentence."""
    text, holes = "", 0
    for part in [node] if isinstance(node, ast.Constant) else node.values:
        if isinstance(part, ast.FormattedValue):
            holes += 1
            name = part.value.id if isinstance(part.value, ast.Name) else f"n{holes}"
            text += f"%({name})s"
        elif isinstance(part, ast.Constant) and isinstance(part.value, str):
            text += part.value.replace("%", "%%")
        else:
            return None
    while "{}" in text:  # for str.format
        holes += 1
        text = text.replace("{}", f"%(n{holes})s", 1)
    own = _HOLE.sub("", text)
    spoken = " " in own and re.search(r"[a-z]{2,}", own) and not _OTHER.match(text)
    return text if spoken else None


def _passed_over(tree: ast.Module) -> Iterator[ast.AST]:
    """Parts with strings that nobody reads on the page: docstrings, logs, faults of the program."""
    for node in ast.walk(tree):
        docstring = isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)
        if docstring or _name(node) in _UNSEEN:
            yield node


_UNSEEN = {
    *("_setting", "warning", "info", "error", "debug", "print", "execute", "executescript"),
    *("ValueError", "RuntimeError", "TypeError", "AssertionError", "executemany", "Thread"),
    *("frozenset", "split"),  # lists of words that are compared, not shown
}
_HOLE = re.compile(r"%\(\w+\)s")


def _inside(nodes: Iterable[ast.AST]) -> Iterator[int]:
    for node in nodes:
        yield from (id(part) for part in ast.walk(node))


def _calls(file: Path) -> Iterator[ast.Call]:
    tree = ast.parse(file.read_text(encoding="utf-8"))
    yield from (node for node in ast.walk(tree) if isinstance(node, ast.Call))


def _name(node: ast.AST | None) -> str:
    """What a call calls, without what stands before it."""
    called = node.func if isinstance(node, ast.Call) else None
    if isinstance(called, ast.Attribute):
        return called.attr
    return called.id if isinstance(called, ast.Name) else ""


def _marked(root: Path) -> list[Path]:
    return sorted(file for file in (root / "web").rglob("*.py") if file.parent != PROGRAM_TEXTS)


def _scripts(root: Path) -> list[Path]:
    return sorted((root / "web" / "static").glob("*.js"))


def _unit_files(root: Path) -> list[Path]:
    return sorted(file for name in UNIT_FILES for file in (root / "device").glob(f"{name}.py"))


def _place(file: Path, root: Path) -> str:
    """Without the line: a change of code alone leaves the catalogue as it is."""
    return file.relative_to(root).as_posix()


def _merged(found: Iterable[Entry]) -> list[Entry]:
    """One entry a message, with all its places, sorted by the first of them."""
    merged: dict[tuple[str | None, str], Entry] = {}
    for one in found:
        key = (one.context, one.message)
        before = merged.get(key, one)
        if before.plural != one.plural:
            raise UnclearMessageError(f"{one.message!r} is a plural here and none there")
        places = tuple(sorted({*before.places, *one.places}))
        merged[key] = Entry(one.message, one.plural, one.context, (), places)
    return sorted(merged.values(), key=lambda one: (one.context or "", one.places, one.message))


def main() -> None:
    """Writes messages.pot."""
    text = collect()
    TEMPLATE.write_text(text, encoding="utf-8")
    print(f"{text.count('msgid ') - 1} messages in {TEMPLATE.relative_to(ROOT)}")


if __name__ == "__main__":
    main()
