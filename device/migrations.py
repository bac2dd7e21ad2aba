"""The schema, as the ordered steps that make it.

A step that was released is never changed: a new one is added at the end. Every table carries the
unit's id and keys that are unique everywhere, so that the databases of several units can be
merged. Times are UTC in ISO 8601; `boot_id` and `clock_synchronised` say what they are worth.
What was not measured is NULL.
"""

from __future__ import annotations

_STAMP = """
    recorded_utc TEXT NOT NULL,
    boot_id TEXT NOT NULL,
    clock_synchronised INTEGER NOT NULL CHECK (clock_synchronised IN (0, 1))"""

_FIRST = f"""
CREATE TABLE units (
    id TEXT PRIMARY KEY,
    name TEXT NOT NULL,{_STAMP}
);
-- One row: which of the units is the one that writes here.
CREATE TABLE this_unit (
    only_row INTEGER PRIMARY KEY CHECK (only_row = 1),
    unit_id TEXT NOT NULL REFERENCES units (id)
);
CREATE TABLE lifters (
    id TEXT PRIMARY KEY,
    unit_id TEXT NOT NULL REFERENCES units (id),
    name TEXT NOT NULL,
    name_key TEXT NOT NULL, -- case folded: 'Ann' and 'ann' are one lifter{_STAMP},
    UNIQUE (unit_id, name_key)
);
CREATE TABLE neutrals (
    id TEXT PRIMARY KEY,
    unit_id TEXT NOT NULL REFERENCES units (id),
    lifter_id TEXT NOT NULL REFERENCES lifters (id),
    tilt_deg REAL NOT NULL,
    list_deg REAL NOT NULL,
    rotation_deg REAL NOT NULL,
    lumbar_flexion_deg REAL,
    source TEXT NOT NULL,
    taken_s REAL NOT NULL,{_STAMP}
);
CREATE INDEX neutrals_of_lifter ON neutrals (lifter_id, recorded_utc);
CREATE TABLE sessions (
    id TEXT PRIMARY KEY,
    unit_id TEXT NOT NULL REFERENCES units (id),
    lifter_id TEXT REFERENCES lifters (id), -- NULL: nobody signed in
    ended_utc TEXT,{_STAMP}
);
CREATE INDEX sessions_by_time ON sessions (recorded_utc);
CREATE TABLE sets (
    id TEXT PRIMARY KEY,
    unit_id TEXT NOT NULL REFERENCES units (id),
    session_id TEXT NOT NULL REFERENCES sessions (id),
    number INTEGER NOT NULL,{_STAMP},
    UNIQUE (session_id, number)
);
CREATE TABLE reps (
    id TEXT PRIMARY KEY,
    unit_id TEXT NOT NULL REFERENCES units (id),
    set_id TEXT NOT NULL REFERENCES sets (id),
    rep_index INTEGER NOT NULL,
    start_s REAL NOT NULL,
    bottom_s REAL NOT NULL,
    end_s REAL NOT NULL,
    knee_flexion_left_deg REAL,
    knee_flexion_right_deg REAL,
    hip_above_knee_cm REAL,
    trunk_lean_deg REAL,
    shin_lean_left_deg REAL,
    shin_lean_right_deg REAL,
    anterior_pelvic_tilt_peak_deg REAL,
    anterior_pelvic_tilt_bottom_deg REAL,
    lumbar_flexion_bottom_deg REAL,
    wink_deg REAL,
    wink_sd_deg REAL,
    wink_at_parallel_deg REAL,
    wink_rate_deg_per_cm REAL,
    basis TEXT,
    onset_5_found INTEGER NOT NULL, -- an onset may be known to exist with both places unknown
    onset_5_knee_flexion_deg REAL,
    onset_5_hip_above_knee_cm REAL,
    onset_10_found INTEGER NOT NULL,
    onset_10_knee_flexion_deg REAL,
    onset_10_hip_above_knee_cm REAL,
    loaded INTEGER,
    load_source TEXT NOT NULL,
    load_kg REAL,
    neutral_source TEXT,
    threshold_deg REAL NOT NULL,
    verdict TEXT NOT NULL,
    reason TEXT,
    undone_utc TEXT, -- taken back by the lifter; kept, but neither shown nor counted{_STAMP}
);
CREATE INDEX reps_of_set ON reps (set_id, rep_index);
CREATE TABLE traces (
    rep_id TEXT PRIMARY KEY REFERENCES reps (id),
    unit_id TEXT NOT NULL REFERENCES units (id),
    data BLOB NOT NULL
);
CREATE TABLE events (
    id TEXT PRIMARY KEY,
    unit_id TEXT NOT NULL REFERENCES units (id),
    monotonic_s REAL NOT NULL,
    kind TEXT NOT NULL,
    text TEXT NOT NULL,{_STAMP}
);
"""

# Why something happened, for machines (`text` is for people), and what goes with it as JSON. The
# index lets each kind be capped by itself: a loose camera cable must not push out the starts.
_EVENT_REASONS = """
ALTER TABLE events ADD COLUMN reason TEXT;
ALTER TABLE events ADD COLUMN details TEXT;
CREATE INDEX events_of_kind ON events (kind);
"""

# What people write beside the reps, and what makes a history of years quick to look through.
# `session_totals` is kept by the triggers: a list of sessions then reads no rep.
# What points at a lifter, session or set with a foreign key is deleted with it (device/forget.py).
_TOTALS = """
INSERT OR REPLACE INTO session_totals
SELECT sessions.id, sessions.unit_id, count(DISTINCT reps.set_id), count(reps.id),
    count(*) FILTER (WHERE reps.verdict = 'clean'),
    count(*) FILTER (WHERE reps.verdict = 'wink'),
    count(*) FILTER (WHERE reps.verdict = 'not_measured'),
    count(*) FILTER (WHERE reps.verdict = 'partial'),
    min(reps.load_kg), max(reps.load_kg)
FROM sessions LEFT JOIN sets ON sets.session_id = sessions.id
    LEFT JOIN reps ON reps.set_id = sets.id AND reps.undone_utc IS NULL
"""
_TOTALS_OF_NEW = (
    f"{_TOTALS} WHERE sessions.id = (SELECT session_id FROM sets WHERE id = NEW.set_id)"
    " GROUP BY sessions.id;"
)

_NOTEBOOK = f"""
CREATE INDEX sessions_of_lifter ON sessions (lifter_id, recorded_utc);
CREATE TABLE session_totals (
    session_id TEXT PRIMARY KEY REFERENCES sessions (id),
    unit_id TEXT NOT NULL REFERENCES units (id),
    sets INTEGER NOT NULL,
    reps INTEGER NOT NULL,
    clean INTEGER NOT NULL,
    winks INTEGER NOT NULL,
    not_measured INTEGER NOT NULL,
    partial INTEGER NOT NULL,
    kg_low REAL,
    kg_high REAL
) WITHOUT ROWID;
{_TOTALS} GROUP BY sessions.id;
CREATE TRIGGER totals_of_a_new_rep AFTER INSERT ON reps BEGIN {_TOTALS_OF_NEW} END;
CREATE TRIGGER totals_of_a_changed_rep
AFTER UPDATE OF set_id, undone_utc, verdict, load_kg ON reps BEGIN {_TOTALS_OF_NEW} END;
CREATE TABLE session_notes (
    session_id TEXT PRIMARY KEY REFERENCES sessions (id),
    unit_id TEXT NOT NULL REFERENCES units (id),
    text TEXT NOT NULL,{_STAMP}
);
CREATE TABLE set_notes (
    set_id TEXT PRIMARY KEY REFERENCES sets (id),
    unit_id TEXT NOT NULL REFERENCES units (id),
    session_id TEXT NOT NULL REFERENCES sessions (id),
    text TEXT NOT NULL,
    pain INTEGER CHECK (pain IN (0, 1)), -- NULL: nobody asked{_STAMP}
);
CREATE INDEX set_notes_of_session ON set_notes (session_id);
CREATE TABLE set_tags (
    set_id TEXT NOT NULL REFERENCES sets (id),
    tag_key TEXT NOT NULL, -- case folded
    unit_id TEXT NOT NULL REFERENCES units (id),
    session_id TEXT NOT NULL REFERENCES sessions (id),
    tag TEXT NOT NULL,{_STAMP},
    PRIMARY KEY (set_id, tag_key)
);
CREATE INDEX set_tags_of_session ON set_tags (session_id, tag_key);
CREATE INDEX sets_of_tag ON set_tags (tag_key, session_id);
ALTER TABLE lifters ADD COLUMN merged_into TEXT REFERENCES lifters (id); -- then only a second name
CREATE INDEX lifters_merged ON lifters (merged_into);
CREATE TABLE merges (
    id TEXT PRIMARY KEY,
    unit_id TEXT NOT NULL REFERENCES units (id),
    from_lifter_id TEXT NOT NULL REFERENCES lifters (id),
    into_lifter_id TEXT NOT NULL REFERENCES lifters (id),
    undone_utc TEXT,{_STAMP}
);
CREATE INDEX merges_from ON merges (from_lifter_id);
CREATE INDEX merges_into ON merges (into_lifter_id, recorded_utc);
-- What a merge moved, so that it can be taken back.
CREATE TABLE merged_sessions (
    session_id TEXT NOT NULL REFERENCES sessions (id),
    unit_id TEXT NOT NULL REFERENCES units (id),
    merge_id TEXT NOT NULL REFERENCES merges (id),
    PRIMARY KEY (session_id, merge_id)
);
CREATE INDEX sessions_of_merge ON merged_sessions (merge_id);
CREATE TABLE merged_neutrals (
    neutral_id TEXT NOT NULL REFERENCES neutrals (id),
    unit_id TEXT NOT NULL REFERENCES units (id),
    merge_id TEXT NOT NULL REFERENCES merges (id),
    PRIMARY KEY (neutral_id, merge_id)
);
CREATE INDEX neutrals_of_merge ON merged_neutrals (merge_id);
CREATE TABLE retention (
    unit_id TEXT PRIMARY KEY REFERENCES units (id),
    months INTEGER NOT NULL CHECK (months > 0),{_STAMP}
);
"""

# Who may sign in, and what was deleted or taken out. A session cookie names the `session_key` of
# its account: a new key signs everybody of that account out. When one was used is not kept.
_ACCOUNTS = f"""
CREATE TABLE coach (
    unit_id TEXT PRIMARY KEY REFERENCES units (id),
    password_hash TEXT NOT NULL,
    session_key TEXT NOT NULL,{_STAMP}
);
CREATE TABLE lifter_access (
    lifter_id TEXT PRIMARY KEY REFERENCES lifters (id) ON DELETE CASCADE,
    unit_id TEXT NOT NULL REFERENCES units (id),
    pin_hash TEXT, -- NULL: no PIN
    card_hash TEXT UNIQUE, -- of the secret in the lifter's QR code; NULL: no card
    session_key TEXT NOT NULL,{_STAMP}
);
CREATE TABLE audit (
    id TEXT PRIMARY KEY,
    unit_id TEXT NOT NULL REFERENCES units (id),
    actor TEXT NOT NULL, -- coach, lifter, guest, token or shell
    action TEXT NOT NULL,
    text TEXT NOT NULL,{_STAMP}
);
CREATE INDEX audit_by_time ON audit (recorded_utc);
"""

# Which squat a rep was: a name of `records.Exercise`; NULL: nobody said. A set that was another
# lifter's goes to that lifter's visit with all that hangs on it.
_EXERCISE = f"""
ALTER TABLE reps ADD COLUMN exercise TEXT;
CREATE TRIGGER set_given_away AFTER UPDATE OF session_id ON sets BEGIN
    UPDATE set_notes SET session_id = NEW.session_id WHERE set_id = NEW.id;
    UPDATE set_tags SET session_id = NEW.session_id WHERE set_id = NEW.id;
    {_TOTALS} WHERE sessions.id IN (OLD.session_id, NEW.session_id) GROUP BY sessions.id;
END;
"""

# By which the gym's own programs read the history; the token itself is not kept.
_API_TOKENS = f"""
CREATE TABLE api_tokens (
    id TEXT PRIMARY KEY,
    unit_id TEXT NOT NULL REFERENCES units (id),
    name TEXT NOT NULL,
    token_hash TEXT NOT NULL UNIQUE,{_STAMP}
);
"""

MIGRATIONS: tuple[str, ...] = (_FIRST, _EVENT_REASONS, _NOTEBOOK, _ACCOUNTS, _EXERCISE, _API_TOKENS)
