"""The texts of the page ‘Data’ that are not in its template."""

from __future__ import annotations

from device.restoring import Contents
from web.numbers import day
from web.texts import N_, Words, ngettext
from web.texts import gettext as _
from web.words import count, local_time

NO_DATES = N_(
    "The first day comes after the last one, or one of them is no date such as 2026-05-01."
)
NO_FORMAT = N_("Choose one of the buttons: a table, CSV, JSON or OpenSim.")
NO_LIFTER = N_("Choose a lifter: files for OpenSim are of one lifter.")
NO_FILE = N_("Choose a backup file first.")
NOT_MEASURED = {
    "mot": N_("The pelvis was not measured in this rep."),
    "trc": N_("No joints were kept of this rep: the lifter was hidden, or there was no depth."),
}
NOTHING_MEASURED = {
    "mot": N_("The pelvis was not measured in any of these reps."),
    "trc": N_("No joints were kept of any of these reps."),
}
NO_SUCH_BACKUP = N_("This backup is not there any more; five are kept.")
NO_DATABASE = N_("There is nothing to back up yet.")
BACKUP_DELETED = N_("The backup is deleted.")
BACKUP_MADE = N_("Backup made; download it, so that it is not on this unit alone.")
COPIES = Words(
    {
        "asked": N_("made here"),
        "before": N_("from before an update"),
        "aside": N_("put aside when another took its place"),
    }
)
CALLED_OFF = N_("The waiting backup was thrown away; nothing changes.")


def kept(months: int | None, older: int) -> str:
    """After a period was set; `older`: how many sessions it ends."""
    if not months:
        return _("Saved: sessions are kept for ever.")
    if not older:
        return _("Saved: no session is older than that now.")
    return ngettext(
        "Saved: %(num)s session is older than that, and is deleted for good the next time.",
        "Saved: %(num)s sessions are older than that, and are deleted for good the next time.",
        older,
    )


def no_months(typed: str) -> str:
    """What was typed is no number of months."""
    return _(
        "%(typed)s is no number of months; type 24, say, or leave it empty to keep everything.",
        typed=repr(typed),
    )


def token_revoked(name: str) -> str:
    """After the button."""
    return _("The token ‘%(name)s’ opens nothing any more.", name=name)


def contents(found: Contents) -> str:
    """What is in a backup, in a line."""
    sessions = count(found.sessions, "session")
    if found.newest_utc:
        newest = day(local_time(found.newest_utc))
        sessions = _("%(sessions)s, the newest of %(day)s", sessions=sessions, day=newest)
    return _(
        "%(sessions)s, %(lifters)s, %(reps)s, from the unit ‘%(unit)s’",
        sessions=sessions,
        lifters=count(found.lifters, "lifter"),
        reps=count(found.reps, "rep"),
        unit=found.unit_name,
    )
