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

MIGRATIONS: tuple[str, ...] = (_FIRST,)
