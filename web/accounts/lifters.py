"""What lifters sign in with, for the coach: PINs and cards."""

from __future__ import annotations

from urllib.parse import urlsplit

from flask import Blueprint, flash, redirect, render_template, request
from werkzeug.wrappers import Response

from device.accounts import LifterAccess
from device.errors import AccountError, StoreError
from web.again import shown_again
from web.identity import accounts
from web.pages import Rendered, render_message
from web.qr import QR_LENGTH, qr_svg
from web.reach import for_others, only_here
from web.texts import gettext as _

Answer = str | Response | Rendered


def lifters_blueprint(unit_name: str) -> Blueprint:
    """The routes `/access...`; `unit_name`: as installed, which is its name in the network."""
    blueprint = Blueprint("lifter_access", __name__, url_prefix="/access")

    @blueprint.get("")
    def people() -> Answer:
        try:
            found = accounts().lifters() if accounts().path.exists() else []
        except StoreError as error:
            return render_message(_("No lifters to show"), str(error), 503)
        return render_template("accounts/lifters.html", lifters=found)

    @blueprint.post("/<lifter_id>/pin")
    def pin(lifter_id: str) -> Answer:
        typed = "".join(request.form.get("pin", "").split())
        try:
            accounts().set_pin(lifter_id, typed)
            name = _named(lifter_id).name
        except AccountError as error:
            return shown_again("lifter_access.people", str(error))
        except StoreError as error:
            return render_message(_("That did not work"), str(error), 503)
        flash(_("%(name)s has a new PIN.", name=name))
        return redirect("/access", 303)

    @blueprint.post("/<lifter_id>/no-pin")
    def no_pin(lifter_id: str) -> Answer:
        try:
            accounts().set_pin(lifter_id, None)
            name = _named(lifter_id).name
        except AccountError as error:
            return render_message(_("That did not work"), str(error), 404)
        except StoreError as error:
            return render_message(_("That did not work"), str(error), 503)
        flash(_("%(name)s has no PIN now.", name=name))
        return redirect("/access", 303)

    @blueprint.post("/<lifter_id>/card")
    def card(lifter_id: str) -> Answer:
        # Not a redirect: the secret is in this answer and nowhere else.
        try:
            secret = accounts().new_card(lifter_id)
            lifter = _named(lifter_id)
        except AccountError as error:
            return render_message(_("No card was made"), str(error), 404)
        except StoreError as error:
            return render_message(_("That did not work"), str(error), 503)
        address = f"{request.host_url}card/{secret}"
        here = urlsplit(f"{request.host_url}access")
        alone = only_here(here)  # no phone gets there: a code to scan would promise one
        return render_template(
            "accounts/new_card.html",
            lifter=lifter,
            address=address,
            qr="" if alone or len(address) > QR_LENGTH else qr_svg(address),
            alone=alone and here.hostname,
            others=for_others(here, unit_name) if alone else [],
        )

    @blueprint.post("/<lifter_id>/no-card")
    def no_card(lifter_id: str) -> Answer:
        try:
            accounts().drop_card(lifter_id)
        except AccountError as error:
            return render_message(_("That did not work"), str(error), 404)
        except StoreError as error:
            return render_message(_("That did not work"), str(error), 503)
        return redirect(f"/access#{lifter_id}", 303)

    return blueprint


def _named(lifter_id: str) -> LifterAccess:
    for lifter in accounts().lifters():
        if lifter.id == lifter_id:
            return lifter
    raise AccountError(_("There is no such lifter; open the list again."))
