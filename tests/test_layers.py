"""Reads the imports of the whole program and holds the layering: who may know whom.

A new file in `device/` must be given its place in `STAGES`, `ABOVE` or `LEAVES`: a stage is one
family of files that know each other and no other stage. A folder is one family, and `FOLDERS` says
which of them everybody else imports as a whole.
"""

from __future__ import annotations

import ast
import re
from dataclasses import dataclass
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent

LEAVES = {
    "calibration",
    "chosen",
    "records",
    "errors",
    "paths",
    "settings",
    "geometry",
    "reasons",
    "notify",
    "gpio",
    "pins",
}

# The leaf `records` is a folder; of its files each knows only those before it, and all others
# import the folder, not a file in it.
RECORDS = tuple(
    f"records.{part}"
    for part in (
        "arrays",
        "camera",
        "body",
        "skeleton",
        "rep",
        "cue",
        "placement",
        "health",
        "live",
    )
)

# Folders of `device` that are one family each. What `CLOSED` names is imported as a whole: its
# `__init__` says what others may have. (`cameras` and `pose` are also asked for by the file.)
FOLDERS = {"agreement", "calibrate", "cameras", "export", "health", "pose"}
CLOSED = {"agreement", "calibrate", "export", "health"}

# One family of files a stage, beside the folders that are one.
STAGES: dict[str, set[str]] = {
    "models": {"models"},
    "cameras": {"cameras"},
    "pose": {"pose"},
    "floor": {"floor"},
    "upright": {"upright"},
    "body": {"body", "joints", "legs", "shins", "sight"},
    "pelvis": {"pelvis", "crop"},
    "placement": {"placement", "placement_view", "silhouette"},
    "reps": {"reps", "hip_path", "sets"},
    "load": {"load", "bar"},
    "wink": {"wink", "neutral", "smooth"},
    "trace": {"trace", "skeleton"},
    "cues": {"cues", "lamps"},
    "switches": {"switches"},
    "health": {"health"},
    "store": {
        "store",
        "accounts",
        "alone",
        "corrections",
        "forget",
        "handing",
        "lifter_book",
        "notebook",
        "retention",
        "api_tokens",
        "audit",
        "passwords",
        "store_writer",
        "backups",
        "database",
        "migrations",
        "moment",
        "restored",
        "restoring",
        "trace_codec",
        "visits",
    },
    "export": {"export"},
    "live": {"live", "commands", "placement_codec"},
}
# What a stage may know beside the leaves and its own family.
ALSO = {
    "pose": {"models"},
    "pelvis": {"models"},
    "export": {"database", "moment", "trace_codec"},
}

# Joins the stages from frame to cue; what stands above it runs it, one file a command.
JOINS = {"pipeline"}
ABOVE = {
    "__main__",
    "arguments",
    "agreement",
    "bench",
    "calibrate",
    "check",
    "check_light",
    "check_placement",
    "demo",
    "password",
    "progress",
    "replay",
    "run_log",
    "service",
}
TOP = JOINS | ABOVE

# What the page may know of the device.
WEB_MAY_KNOW = LEAVES | STAGES["store"] | STAGES["live"] | STAGES["health"] | STAGES["export"]

# Hardware libraries: the files that own them, and import them inside functions only.
OWNERS = {
    "pyrealsense2": {"device.cameras.librealsense"},
    "tflite_runtime": {"device.models"},
    "ai_edge_litert": {"device.models"},
    "gpiozero": {"device.gpio"},
    "picamera2": {"device.cameras.picamera"},
}
OPENCV_MAY = {"cameras", "pose", "calibrate.board", "calibrate.solve", "bench"} | STAGES["pelvis"]
WEB_LIBRARIES = {"flask", "waitress", "werkzeug", "jinja2"}
RECIPE_LIBRARIES = {"torch", "anny", "embreex", "trimesh", "scipy", "av", "PIL", "matplotlib"}
# These judge the estimator in the ordinary environment; only the page of plots needs more.
JUDGING = "models.lifter.judging"
DRAWS = {f"{JUDGING}.plots"}
CLIP_MODULES = {"models.lifter.clip.files", "models.lifter.scene.sensor"}
# What the program may know of the recipes: who, what; inside functions only.
OF_RECIPES = {
    "cameras.simulated": CLIP_MODULES,
    "__main__": {"models.lifter.evaluate"},
}
# The folders of the recipes, and the files beside them: what each may know beside itself.
RECIPES: dict[str, set[str]] = {
    "packed_view": set(),
    "clip": set(),
    "body": set(),
    "movement": {"body"},
    "scene": {"body"},
    "second": {"body", "scene"},
    "rendered": {"movement"},
    "crops": {"body", "scene", "packed_view", "rendered"},
    "train": {"crops", "packed_view", "rendered"},
    "export": {"crops", "train"},
    "judging": {"packed_view"},
    "evaluate": {"judging"},
    "evalset": {"body", "movement", "scene", "second", "crops", "packed_view", "rendered"},
    "chain": {"body", "movement", "scene", "clip", "second", "judging", "rendered"},
    "demo": {"body", "movement", "scene", "clip"},
}
# The second generator judges the first: of the person it shares the bones alone.
SECOND_MAY_NOT = {f"models.lifter.body.{part}" for part in ("skin", "tissue", "clothing", "drawn")}
TEST_LIBRARIES = {"pytest", "hypothesis", "unittest", "tests"}
TEST_FLAG = re.compile(r"(^|_)(is_|under_|in_)?test(ing|_mode)(_|$)|^PYTEST", re.IGNORECASE)


@dataclass(frozen=True)
class Import:
    """One imported module and how: `lazy` means inside a function."""

    importer: str
    imported: str
    line: int
    lazy: bool

    def __str__(self) -> str:
        return f"{self.importer} (line {self.line}) imports {self.imported}"


def module_name(path: Path, root: Path) -> str:
    """`device/cameras/__init__.py` -> `device.cameras`."""
    return ".".join(path.relative_to(root).with_suffix("").parts).removesuffix(".__init__")


def sources(root: Path, *packages: str) -> dict[str, ast.Module]:
    """Every module below the packages, parsed."""
    return {
        module_name(path, root): ast.parse(path.read_text(encoding="utf-8"), filename=str(path))
        for package in packages
        for path in sorted((root / package).rglob("*.py"))
    }


def imports_of(name: str, tree: ast.Module, known: set[str]) -> list[Import]:
    """What a module imports; `from device import paths` counts as `device.paths`."""
    found = []

    def visit(node: ast.AST, lazy: bool) -> None:
        if isinstance(node, ast.Import):
            found.extend(Import(name, alias.name, node.lineno, lazy) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{name} (line {node.lineno}) uses a relative import"
            assert node.module is not None
            for alias in node.names:
                inner = f"{node.module}.{alias.name}"
                target = inner if inner in known else node.module
                found.append(Import(name, target, node.lineno, lazy))
        inside = lazy or isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
        for child in ast.iter_child_nodes(node):
            visit(child, inside)

    visit(tree, False)
    return found


def all_imports(trees: dict[str, ast.Module]) -> list[Import]:
    return [found for name, tree in trees.items() for found in imports_of(name, tree, set(trees))]


def short(module: str) -> str:
    return module.removeprefix("device.")


def place_of(module: str) -> str:
    """What the tables call a file of `device`: by its folder where that is one family."""
    folder = short(module).split(".")[0]
    return folder if folder in FOLDERS else short(module)


def family_of(module: str) -> str | None:
    """The stage that a file of `device` belongs to, None for a leaf or what is above the stages."""
    return next((stage for stage, files in STAGES.items() if place_of(module) in files), None)


def unplaced(trees: dict[str, ast.Module]) -> list[str]:
    """Files of `device` that have no layer."""
    placed = LEAVES | TOP | {"device", *RECORDS}
    return [
        name
        for name in trees
        if name.startswith("device") and place_of(name) not in placed and family_of(name) is None
    ]


def leaf_may_know(leaf: str) -> set[str]:
    """The leaves, or the files of the records, that a leaf may import."""
    if leaf in RECORDS:
        return set(RECORDS[: RECORDS.index(leaf)])
    return set(RECORDS) if leaf == "records" else LEAVES


def reaches_inside(found: Import) -> bool:
    """Whether a file of a closed folder is imported from outside, past the folder's `__init__`."""
    folder = place_of(found.imported)
    return (
        folder in CLOSED and short(found.imported) != folder and place_of(found.importer) != folder
    )


def wrong_in_device(found: Import) -> bool:
    """Whether an import of one of our modules by `device` breaks the layering."""
    package = found.imported.split(".")[0]
    if package == "models":
        return not (found.lazy and found.imported in OF_RECIPES.get(short(found.importer), ()))
    if package != "device":
        return package == "web"
    wrong_way = points_the_wrong_way(place_of(found.importer), place_of(found.imported))
    return wrong_way or reaches_inside(found)


def points_the_wrong_way(importer: str, imported: str) -> bool:
    """Whether one place of `device` may not know another."""
    if importer in LEAVES | set(RECORDS):
        return imported not in leaf_may_know(importer)
    if importer in JOINS:
        return imported in ABOVE | set(RECORDS)
    stage = family_of(importer)
    if stage is None or family_of(imported) == stage:
        return imported in RECORDS
    return imported not in LEAVES | ALSO.get(stage, set())


def wrong_in_recipes(found: Import) -> bool:
    """Whether a folder of `models/lifter` reaches for another that it may not know."""
    importer, imported = found.importer.split("."), found.imported.split(".")
    if short(found.imported) in RECORDS:
        return True
    if imported[:2] != ["models", "lifter"] or imported[2:3] == importer[2:3]:
        return False
    if importer[2] == "second" and found.imported in SECOND_MAY_NOT:
        return True
    return len(imported) < 3 or imported[2] not in RECIPES[importer[2]]


def wrong_in_web(found: Import) -> bool:
    """Whether an import by `web` reaches past what the page may know."""
    package = found.imported.split(".")[0]
    return package == "models" or (
        package == "device" and short(found.imported) not in WEB_MAY_KNOW
    )


def wrong_library(found: Import) -> bool:
    """Whether a library is imported where it doesn't belong, or too early."""
    library, inside = found.imported.split(".")[0], found.importer.split(".")[0]
    if library in OWNERS:
        return found.importer not in OWNERS[library] or not found.lazy
    if library == "cv2":
        allowed = {short(found.importer), place_of(found.importer)} & OPENCV_MAY
        return inside == "web" or not allowed
    if library in WEB_LIBRARIES:
        return inside != "web"
    return library in RECIPE_LIBRARIES | TEST_LIBRARIES


def names_of_owned_libraries(name: str, tree: ast.Module) -> list[str]:
    """Owned libraries that a module names in a string (for `import_module`) without owning them."""
    return [
        f"{name} (line {node.lineno}) names {node.value!r}"
        for node in ast.walk(tree)
        if isinstance(node, ast.Constant) and isinstance(node.value, str)
        for library, owners in OWNERS.items()
        if re.fullmatch(rf"{library}(\.\w+)*", node.value) and name not in owners
    ]


def test_flags(name: str, tree: ast.Module) -> list[str]:
    """Identifiers and strings by which product code could ask whether it is being tested."""
    found = []
    for node in ast.walk(tree):
        text = {
            ast.Name: lambda n: n.id,
            ast.Attribute: lambda n: n.attr,
            ast.arg: lambda n: n.arg,
            ast.keyword: lambda n: n.arg or "",
            ast.Constant: lambda n: n.value if isinstance(n.value, str) else "",
        }.get(type(node), lambda n: "")(node)
        if " " not in text and TEST_FLAG.search(text):
            found.append(f"{name} (line {getattr(node, 'lineno', '?')}) has {text!r}")
    return found


test_flags.__test__ = False  # type: ignore[attr-defined]


@pytest.fixture(scope="module")
def trees() -> dict[str, ast.Module]:
    found = sources(ROOT, "device", "web")
    assert len(found) > 20, "the program's own files were not found"
    return found


@pytest.fixture(scope="module")
def imports() -> list[Import]:
    found = all_imports(sources(ROOT, "device", "web", "models"))
    return [one for one in found if not one.importer.startswith("models")]


def test_every_file_of_the_device_has_a_layer(trees: dict[str, ast.Module]) -> None:
    assert unplaced(trees) == [], "give these a place at the top of tests/test_layers.py"


def test_no_two_stages_share_a_file() -> None:
    files = [file for family in STAGES.values() for file in family]
    assert len(files) == len(set(files))
    assert not set(files) & (LEAVES | TOP)


def test_device_keeps_to_its_layers(imports: list[Import]) -> None:
    wrong = [
        found for found in imports if found.importer.startswith("device") and wrong_in_device(found)
    ]
    assert [str(found) for found in wrong] == []


def test_the_recipes_keep_to_their_layers() -> None:
    found = all_imports(sources(ROOT, "models"))
    recipes = [one for one in found if one.importer.startswith("models.lifter.")]
    assert len(recipes) > 200, "the recipes were not found"
    assert {one.importer.split(".")[2] for one in recipes} == set(RECIPES)
    assert [str(one) for one in recipes if wrong_in_recipes(one)] == []


def test_the_page_knows_only_records_settings_store_and_socket(imports: list[Import]) -> None:
    wrong = [found for found in imports if found.importer.startswith("web") and wrong_in_web(found)]
    assert [str(found) for found in wrong] == []


def test_libraries_stay_in_the_files_that_own_them(imports: list[Import]) -> None:
    assert [str(found) for found in imports if wrong_library(found)] == []


def test_judging_needs_no_recipe_library() -> None:
    found = all_imports(sources(ROOT, "models"))
    judging = [one for one in found if one.importer.startswith(JUDGING)]
    assert len(judging) > 20, "the judging files were not found"
    wrong = [
        one
        for one in judging
        if one.importer not in DRAWS
        and (
            one.imported.split(".")[0] in RECIPE_LIBRARIES
            or (one.imported in DRAWS and not one.lazy)
        )
    ]
    assert [str(one) for one in wrong] == []


def test_no_file_reaches_an_owned_library_by_its_name(trees: dict[str, ast.Module]) -> None:
    wrong = [text for name, tree in trees.items() for text in names_of_owned_libraries(name, tree)]
    assert wrong == []


def test_nothing_asks_whether_it_is_being_tested(trees: dict[str, ast.Module]) -> None:
    wrong = [text for name, tree in trees.items() for text in test_flags(name, tree)]
    assert wrong == []


@pytest.mark.parametrize(
    ("file", "text"),
    [
        ("device/floor.py", "from device.pose import PoseStage\n"),
        ("device/floor.py", "from device import pose\n"),
        ("device/floor.py", "def f() -> None:\n    import device.pipeline\n"),
        ("device/geometry.py", "from device import body\n"),
        ("device/cues.py", "import device.models\n"),
        ("device/pipeline.py", "import web.app\n"),
        ("device/pipeline.py", "import device.service\n"),
        ("device/pipeline.py", "from device import calibrate\n"),
        ("device/pipeline.py", "from device.health.disk import Disk\n"),
        ("device/check.py", "from device.health import disk\n"),
        ("device/health/disk.py", "from device.pose.roi import Roi\n"),
        ("device/floor.py", "from device.pose.roi import Roi\n"),
        ("device/floor.py", "from device.records.camera import Frame\n"),
        ("device/records/body.py", "from device.records.live import LiveState\n"),
        ("device/records/body.py", "from device import records\n"),
        ("device/records/camera.py", "from device.geometry import unit\n"),
        ("device/pipeline.py", "from models.lifter.clip import files\n"),
        ("device/cameras/simulated.py", "from models.lifter.clip.files import play\n"),
        (
            "device/cameras/simulated.py",
            "def f():\n    import models.lifter.scene.render\n",
        ),
        ("device/__main__.py", "from models.lifter.evaluate import evaluate\n"),
        ("device/__main__.py", "def f():\n    import models.lifter.scene.render\n"),
        ("device/pipeline.py", "def f() -> None:\n    import models.lifter.evaluate\n"),
    ],
)
def test_a_broken_layer_is_found(tmp_path: Path, file: str, text: str) -> None:
    device = [*LEAVES - {"records"}, "records/__init__", *RECORDS]
    device += ["body", "models", "pipeline", "check"]
    device += [f"{folder}/__init__" for folder in FOLDERS] + ["health/disk", "pose/roi"]
    recipes = ("clip/files", "scene/render", "evaluate")
    for name in (*(f"device/{one}" for one in device), *(f"models/lifter/{r}" for r in recipes)):
        empty = tmp_path / f"{name.replace('.', '/')}.py"
        empty.parent.mkdir(parents=True, exist_ok=True)
        empty.write_text("")
    (tmp_path / file).write_text(text)
    found = all_imports(sources(tmp_path, "device", "models"))
    assert any(wrong_in_device(one) for one in found)


@pytest.mark.parametrize(
    ("file", "text"),
    [
        ("device/cameras/realsense.py", "def f() -> None:\n    import pyrealsense2\n"),
        ("device/cameras/librealsense.py", "import pyrealsense2\n"),
        ("device/wink.py", "import cv2\n"),
        ("device/store.py", "import flask\n"),
        ("web/app.py", "import cv2\n"),
        ("device/health/disk.py", "import cv2\n"),
        ("device/calibrate/views.py", "import cv2\n"),
        ("device/pose/roi.py", "def f() -> None:\n    import torch\n"),
        ("device/pose/roi.py", "from unittest import mock\n"),
    ],
)
def test_a_library_in_the_wrong_place_is_found(tmp_path: Path, file: str, text: str) -> None:
    (tmp_path / file).parent.mkdir(parents=True)
    (tmp_path / file).write_text(text)
    found = all_imports(sources(tmp_path, "device", "web"))
    assert any(wrong_library(one) for one in found)


@pytest.mark.parametrize(
    "text",
    [
        "if settings.testing: pass",
        "def start(is_testing: bool) -> None: ...",
        "app.config['TESTING']",
        "os.environ.get('PYTEST_CURRENT_TEST')",
        "TEST_MODE = 1",
    ],
)
def test_a_testing_flag_is_found(text: str) -> None:
    assert test_flags("m", ast.parse(text))


def test_a_light_test_is_no_testing_flag() -> None:
    assert not test_flags("m", ast.parse("light_test(latest, fastest, contest, test_light)"))


def test_a_library_named_in_a_string_is_found() -> None:
    tree = ast.parse("importlib.import_module('tflite_runtime.interpreter')")
    assert names_of_owned_libraries("device.pose.estimator", tree)
    assert not names_of_owned_libraries("device.models", tree)


@pytest.mark.parametrize(
    ("importer", "imported"),
    [
        ("body.model", "models.lifter.scene.props"),
        ("crops.lifter", "models.lifter.evalset.movements"),
        ("second.skin", "models.lifter.crops.studio"),
        ("second.skin", "models.lifter.body.skin"),
        ("judging.judge", "models.lifter.scene.hip_view"),
        ("evaluate", "models.lifter"),
        ("scene.render", "device.records.camera"),
    ],
)
def test_a_recipe_that_reaches_too_far_is_found(importer: str, imported: str) -> None:
    assert wrong_in_recipes(Import(f"models.lifter.{importer}", imported, 1, True))


def test_a_recipe_may_know_its_own_folder_and_what_lies_below() -> None:
    for imported in ("second.belt", "body.model", "scene.props"):
        assert not wrong_in_recipes(
            Import("models.lifter.second.skin", f"models.lifter.{imported}", 1, False)
        )


def test_the_page_reaching_into_a_stage_is_found() -> None:
    assert wrong_in_web(Import("web.app", "device.pipeline", 1, False))
    assert wrong_in_web(Import("web.app", "models.lifter.clip", 1, True))
    assert wrong_in_web(Import("web.app", "device.health.disk", 1, False))
    assert not wrong_in_web(Import("web.app", "device.store", 1, False))
