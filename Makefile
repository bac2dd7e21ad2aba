# What people do daily. Everything runs in the environment that `./setup.sh test` makes.
PYTHON := .venv/bin/python
UV_LOCK := uv pip compile --universal --python-version 3.11 --generate-hashes \
	--only-binary :all: --no-header --no-config --quiet

# The recipe environments: see models/lifter/README.md and models/pose/requirements.txt.
RECIPE := .venv-recipe/bin/python
EXPORT := .venv-export/bin/python
POSE := .venv-pose/bin/python
CAD := .venv-cad/bin/python

.PHONY: help demo test lint types bench web-bench web-latency hostile evaluate chain chain-clips docs texts lock demo-clip pelvis-crops \
	pelvis-model pose-models picamera-check mount mount-check wiring placement-drawings \
	arm-check arm-check-bookworm unit-check gpio-check

help:  ## this list
	@sed -n 's/^\([a-z-]*\):.*## /\1: /p' Makefile

demo:  ## run with the simulated lifter
	./setup.sh demo

test:  ## every check, as CI runs it
	./setup.sh test

lint:  ## mend what ruff can mend, show the rest
	$(PYTHON) -m ruff format .
	$(PYTHON) -m ruff check --fix .
	if command -v shellcheck >/dev/null; then shellcheck -x setup.sh systemd/setup/*.sh tests/arm/check.sh tests/unit/check.sh tests/gpio/*.sh racklight .ci/run; fi

types:  ## mypy, strict
	$(PYTHON) -m mypy

bench:  ## time per stage, one core and two
	./racklight bench

web-bench:  ## time the coach's pages over 200,000 reps of 300 lifters, in data/many.sqlite3 (1 GB)
	$(PYTHON) -m tests.web.coach.many --database data/many.sqlite3

web-latency:  ## time a light from the frame's cue to the painted page, with 8 viewers (needs Chromium)
	$(PYTHON) -m tests.web.latency

hostile:  ## send the page 10,000 requests that would harm it; none may be answered by a 5xx
	$(PYTHON) -m tests.web.hostile

evaluate:  ## judge the pelvis estimator on the rendered set, data/evalset (recipe environment)
	$(RECIPE) -m device evaluate --json data/evaluation.json --page data/evaluation.html

chain:  ## judge the whole chain on the rendered clips, data/chain (see chain-clips)
	$(PYTHON) -m models.lifter.chain --clips data/chain --json data/chain.json

chain-clips:  ## render what `make chain` plays (recipe environment, hours; MOCAP=an npz of squats)
	$(RECIPE) -m models.lifter.chain.clips --out data/chain --clips 60
	if test -n "$(MOCAP)"; then $(RECIPE) -m models.lifter.chain.clips --out data/chain \
		--clips 20 --seed 7002 --mocap $(MOCAP); fi

demo-clip:  ## render the demo clip (recipe environment, some 10 minutes)
	$(RECIPE) -m models.lifter.demo --out models/lifter/demo --work data/demo

pelvis-crops:  ## render what the pelvis network learns from (recipe environment, an hour)
	$(RECIPE) -m models.lifter.crops --out data/crops --bodies 2400

pelvis-model:  ## train the pelvis network and write models/pelvis.tflite (both environments)
	$(RECIPE) -m models.lifter.train --crops data/crops --out data/pelvis
	$(EXPORT) -m models.lifter.export --checkpoint data/pelvis/checkpoint.pt --crops data/crops

pose-models:  ## make the pose models from the npm package (needs npm; PICTURES=a folder of videos)
	$(POSE) -m models.pose.build --pictures $(PICTURES)

mount:  ## the mount's STEP, STL, pictures, figures (environment of hardware/requirements.txt)
	$(CAD) -m hardware.mount --out hardware/mount

mount-check:  ## the mount's solids built anew and tried on every upright (the same environment)
	$(CAD) -m pytest tests/hardware/test_mount_cad.py

wiring:  ## draw the wiring (the same environment, and graphviz)
	$(CAD) -m hardware.wiring

placement-drawings:  ## draw where a unit hangs
	$(PYTHON) -m hardware.placement

picamera-check:  ## the real picamera2 (a Pi, or docs/decisions/0017's virtual camera) against what its fake does
	RACKLIGHT_PICAMERA=real $(PYTHON) -m pytest tests/device/cameras/test_picamera2_contract.py -rs

arm-check:  ## in an emulated arm64 Debian 13: install, import, the same numbers as here (root)
	tests/arm/check.sh trixie

arm-check-bookworm:  ## the same in an emulated arm64 Debian 12
	tests/arm/check.sh bookworm

unit-check:  ## a whole unit in a booted Debian 13: install, crashes, full disk, updates, uninstall (root)
	tests/unit/check.sh

gpio-check:  ## lights and switches through the real lgpio, on a virtual machine's simulated pins (root)
	tests/gpio/check.sh

docs:  ## write docs/settings.md and docs/commands.md from the program
	$(PYTHON) docs/generate.py

texts:  ## collect every word of the page into web/texts/messages.pot
	$(PYTHON) -m web.texts.extract

lock:  ## pin what requirements/*.in ask for (needs uv; look at the difference)
	cd requirements && $(UV_LOCK) runtime.in -o runtime.txt
	cd requirements && $(UV_LOCK) test.in -c runtime.txt -o test.txt
