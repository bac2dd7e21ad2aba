"""What people write beside the reps: notes, pain, tags, whose session it was, lifters' names.

    with Notebook.open(database_file()) as notebook:
        notebook.write_set(set_id, text="belt too high", pain=False)
        notebook.tag_set(set_id, ["heels raised"])

The second, small connection to the database: the page opens it for one change and closes it. Every
method is one transaction. StoreError: the disk or the file fails. NotebookError: what was asked
for can't be done; its text is for the person who asked.
"""

from __future__ import annotations

import hashlib
import json
import sqlite3
import unicodedata
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

from device.database import open_for_writing, sentences, transaction
from device.errors import ChangedMeanwhileError, NotebookError, StoreError
from device.moment import moment_now
from device.store import WHO_IS

LONGEST_NAME = 40
LONGEST_TAG = 30
LONGEST_NOTE = 2000
MOST_TAGS = 12


class Notebook:
    """The page's writing side of the database. Made by `Notebook.open`."""

    def __init__(self, path: Path, connection: sqlite3.Connection, unit_id: str) -> None:
        self.path = path
        self.unit_id = unit_id
        self._connection = connection

    @classmethod
    def open(cls, path: Path) -> Notebook:
        """Opens the unit's database; raises StoreError if the unit has never made one."""
        if not path.exists():
            raise StoreError(
                f"There is no database at {path} yet; it is made when the unit starts for the"
                " first time."
            )
        connection = open_for_writing(path)
        try:
            with sentences(path):
                row = connection.execute("SELECT unit_id FROM this_unit").fetchone()
                if row is None:
                    raise StoreError(f"The database {path} is empty; start the unit once.")
                connection.execute("PRAGMA secure_delete = ON")  # deleted bytes are overwritten
        except BaseException:
            connection.close()
            raise
        return cls(path, connection, str(row["unit_id"]))

    def __enter__(self) -> Notebook:
        return self

    def __exit__(self, *_: object) -> None:
        with sentences(self.path):
            self._connection.close()

    @contextmanager
    def writing(self) -> Iterator[sqlite3.Connection]:
        """One transaction; everything inside, or nothing."""
        with sentences(self.path), transaction(self._connection):
            yield self._connection

    @contextmanager
    def replacing(
        self, shown: str | None, now: Callable[[sqlite3.Connection], str]
    ) -> Iterator[sqlite3.Connection]:
        """As `writing`, for a form that replaces what was there when it was shown.

        `shown` is that `stamp`, None where nobody kept it; `now` gives today's. Raises
        ChangedMeanwhileError, with nothing replaced, where something else is there by now; to write
        what is there already is no harm.
        """
        with self.writing() as connection:
            before = now(connection)
            yield connection
            if shown not in (None, before) and now(connection) != before:
                raise ChangedMeanwhileError(
                    "Something else was saved here after this page was opened, so what you typed is"
                    " not saved yet. Look at what is there now, put together what is to stay, and"
                    " save again."
                )

    def empty_journal(self) -> None:
        """Moves the journal into the file, so that what was deleted is not left in it.

        A page that is just being read holds this up; the next one to close the file does it.
        """
        with sentences(self.path):
            self._connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")

    def write_session(self, session_id: str, text: str, shown: str | None = None) -> None:
        """Replaces a session's note; empty: none. `shown`: see `replacing`; of the note."""
        note = _note(text)

        def now(connection: sqlite3.Connection) -> str:
            row = connection.execute(
                "SELECT text FROM session_notes WHERE session_id = ?", (session_id,)
            ).fetchone()
            return stamp("" if row is None else row["text"])

        with self.replacing(shown, now) as connection:
            required(connection, "sessions", session_id)
            self.put(connection, "session_notes", {"session_id": session_id, "text": note})

    def write_set(self, set_id: str, text: str, pain: bool | None) -> None:
        """Replaces a set's note and whether it hurt; None: nobody asked."""
        with self.writing() as connection:
            self.put_set_note(connection, set_id, text, pain)

    def tag_set(self, set_id: str, tags: Iterable[str]) -> None:
        """Replaces a set's tags; 'Belt' and 'belt' are one tag."""
        with self.writing() as connection:
            self.put_tags(connection, set_id, tags)

    def put_set_note(
        self, connection: sqlite3.Connection, set_id: str, text: str, pain: bool | None
    ) -> None:
        """As `write_set`, inside the caller's transaction."""
        session_id = required(connection, "sets", set_id)["session_id"]
        row = {"set_id": set_id, "session_id": session_id, "text": _note(text)}
        self.put(connection, "set_notes", row | {"pain": None if pain is None else int(pain)})

    def put_tags(self, connection: sqlite3.Connection, set_id: str, tags: Iterable[str]) -> None:
        """As `tag_set`, inside the caller's transaction."""
        wanted = {tag.casefold(): tag for tag in map(_tag, tags) if tag}
        if len(wanted) > MOST_TAGS:
            raise NotebookError(f"At most {MOST_TAGS} tags fit on a set.")
        session_id = required(connection, "sets", set_id)["session_id"]
        connection.execute("DELETE FROM set_tags WHERE set_id = ?", (set_id,))
        for key, tag in wanted.items():
            row = {"set_id": set_id, "session_id": session_id, "tag_key": key, "tag": tag}
            self.put(connection, "set_tags", row)

    def give_session(self, session_id: str, name: str, shown: str | None = None) -> None:
        """Says whose session it was; an empty name: nobody's. The lifter must exist.

        `shown`: see `replacing`; of the lifter's id.
        """

        def now(connection: sqlite3.Connection) -> str:
            return stamp(required(connection, "sessions", session_id)["lifter_id"])

        with self.replacing(shown, now) as connection:
            lifter_id = self.lifter_of(connection, name)["id"] if name.strip() else None
            connection.execute(
                "UPDATE sessions SET lifter_id = ? WHERE id = ?", (lifter_id, session_id)
            )

    def rename(self, lifter_id: str, name: str) -> None:
        """Gives a lifter another name, which must be free."""
        shown = person_name(name)
        with self.writing() as connection:
            required(connection, "lifters", lifter_id)
            taken = connection.execute(
                "SELECT id FROM lifters WHERE unit_id = ? AND name_key = ? AND id != ?",
                (self.unit_id, shown.casefold(), lifter_id),
            ).fetchone()
            if taken is not None:
                raise NotebookError(
                    f"There is another lifter called {shown}; merge the two, or choose another"
                    " name."
                )
            connection.execute(
                "UPDATE lifters SET name = ?, name_key = ? WHERE id = ?",
                (shown, shown.casefold(), lifter_id),
            )

    def lifter_of(self, connection: sqlite3.Connection, name: str) -> sqlite3.Row:
        """The lifter that goes by this name now, merged ones included."""
        key = " ".join(name.split()).casefold()
        row: sqlite3.Row | None = connection.execute(
            WHO_IS, {"unit_id": self.unit_id, "name_key": key}
        ).fetchone()
        if row is None:
            raise NotebookError(f"There is no lifter called {' '.join(name.split())}.")
        return row

    def put(self, connection: sqlite3.Connection, table: str, values: dict[str, object]) -> None:
        """Writes a stamped row of this unit, in place of one with the same key."""
        when = moment_now()
        row = values | {
            "unit_id": self.unit_id,
            "recorded_utc": when.utc,
            "boot_id": when.boot_id,
            "clock_synchronised": int(when.clock_synchronised),
        }
        names, places = ", ".join(row), ", ".join(f":{name}" for name in row)
        connection.execute(f"INSERT OR REPLACE INTO {table} ({names}) VALUES ({places})", row)


def stamp(*values: object) -> str:
    """A short mark of what a form is shown with: strings, numbers, None, and tuples of these."""
    return hashlib.sha256(json.dumps(values).encode()).hexdigest()[:16]


def person_name(text: str) -> str:
    """A lifter's name as it is kept; raises NotebookError."""
    shown = " ".join(_printable(text).split())
    if not shown:
        raise NotebookError("Type the lifter's name.")
    if len(shown) > LONGEST_NAME:
        raise NotebookError(
            f"A lifter's name has at most {LONGEST_NAME} letters; this one {len(shown)}."
        )
    return shown


def required(connection: sqlite3.Connection, table: str, key: str) -> sqlite3.Row:
    """The row of a table with this key; raises NotebookError."""
    row: sqlite3.Row | None = connection.execute(
        f"SELECT * FROM {table} WHERE id = ?", (key,)
    ).fetchone()
    if row is None:
        raise NotebookError(f"It is not among this unit's {table} any more.")
    return row


def _note(text: str) -> str:
    note = _printable(text.replace("\r\n", "\n")).strip()
    if len(note) > LONGEST_NOTE:
        raise NotebookError(f"A note has at most {LONGEST_NOTE} letters; this one {len(note)}.")
    return note


def _tag(text: str) -> str:
    tag = " ".join(_printable(text).split())
    if len(tag) > LONGEST_TAG:
        raise NotebookError(f"A tag has at most {LONGEST_TAG} letters: {tag!r} is too long.")
    return tag


def _printable(text: str) -> str:
    """Without control characters, which no one means to type; line ends stay."""
    return "".join(
        letter for letter in text if letter in "\n\t" or unicodedata.category(letter) != "Cc"
    )
