"""Batches, their augmentation and a team that trains together: needs torch."""

import numpy as np
import pytest

pytest.importorskip("torch", reason="torch is only in the recipe environment")

import torch

from models.lifter.crops.marks import MARKS, MIRRORED
from models.lifter.crops.stored import CropSet, load_crops
from models.lifter.packed_view import HOLE
from models.lifter.train.batches import (
    MOST_CELLS,
    MOST_DENT_M,
    augmented,
    dents,
    kept_of_edges,
    misplaced,
    move_across_cells,
    to_batch,
)
from models.lifter.train.network import BOTH_WAYS, BothWays, PelvisNetwork, ShippedNetwork
from models.lifter.train.team import Team, run_together


def some_crops(groups: int = 4, count: int = 3) -> CropSet:
    rng = np.random.default_rng(1)
    views = rng.integers(-3000, 3000, (groups, count, 64, 64, 3)).astype(np.int16)
    views[..., :20, :, :] = HOLE
    truth = rng.normal(0, 10, (groups, count, 4)).astype(np.float32)
    marks = rng.normal(0, 0.2, (groups, count, len(MARKS), 3)).astype(np.float32)
    return CropSet(views, truth, np.zeros_like(truth), marks)


def test_marks_move_with_the_points_they_belong_to():
    crops = some_crops()
    plain = to_batch(crops, np.arange(4))
    changed = misplaced(plain, np.random.default_rng(2))
    for g in range(4):
        turned = bool(changed.truth[g, 0, 1] != plain.truth[g, 0, 1])
        for v in range(3):
            seen = changed.views[g, v, 3].bool()
            before = plain.views[g, v].flip(-1) if turned else plain.views[g, v]
            sign = torch.tensor([-1.0 if turned else 1.0, 1, 1])
            step = changed.views[g, v, :3] - before[:3] * sign[:, None, None]
            shift = step[:, seen].mean(dim=1)
            marks = plain.marks[g, v, MIRRORED] if turned else plain.marks[g, v]
            assert torch.allclose(changed.marks[g, v], marks * sign + shift, atol=1e-4)


def test_what_is_learned_from_changes_and_what_is_stored_does_not():
    plain = to_batch(some_crops(), np.arange(4))
    before = plain.views.clone()
    changed = augmented(plain, np.random.default_rng(3))
    assert torch.equal(plain.views, before)
    hidden = changed.views[:, :, 3] == 0
    assert not changed.views[:, :, :3].permute(0, 1, 3, 4, 2)[hidden].any()
    assert changed.views[:, :, 3].sum() < before[:, :, 3].sum()


@pytest.mark.parametrize("seed", range(8))
def test_a_view_moved_across_its_cells_keeps_its_points_and_brings_none_in_at_the_other_edge(seed):
    view = torch.arange(1, 4 * 64 * 64 + 1, dtype=torch.float32).view(4, 64, 64)
    moved = view.clone()
    move_across_cells(moved, np.random.default_rng(seed))
    there = moved[3] > 0
    rows, columns = (np.flatnonzero(there.any(axis).numpy()) for axis in (1, 0))
    assert len(rows) >= 64 - MOST_CELLS and len(columns) >= 64 - MOST_CELLS
    assert there[np.ix_(rows, columns)].all() and there.sum() == len(rows) * len(columns)
    first = int(moved[0, rows[0], columns[0]]) - 1
    down, across = rows[0] - first // 64, columns[0] - first % 64
    assert torch.equal(
        moved[:, rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1],
        view[:, rows - down][:, :, columns - across],
    )


def test_dents_are_smooth_and_as_large_as_told():
    heights_m = dents(200, 2, 64, np.random.default_rng(4)).numpy() * 0.3
    per_lifter = heights_m.reshape(200, -1).std(axis=1)
    assert 0.2 * MOST_DENT_M < np.median(per_lifter) < 0.7 * MOST_DENT_M
    assert np.abs(np.diff(heights_m, axis=-1)).max() < 0.8 * MOST_DENT_M


def test_only_cells_beside_a_hole_fray():
    mask = torch.zeros(5, 2, 64, 64)
    mask[..., 10:40, 20:50] = 1
    kept = kept_of_edges(mask, np.random.default_rng(5)) * mask
    assert torch.equal(kept[..., 11:39, 21:49], mask[..., 11:39, 21:49])
    rim = mask.sum() - mask[..., 11:39, 21:49].sum()
    assert 0.2 < 1 - float(kept.sum() - mask[..., 11:39, 21:49].sum()) / float(rim) < 0.6


def test_a_mirror_swaps_left_and_right():
    swapped = [MARKS[i] for i in MIRRORED]
    assert swapped[:4] == ["right_hip", "left_hip", "right_knee", "left_knee"]
    assert swapped[4:] == list(MARKS[4:])


def test_crops_of_an_older_version_are_refused_in_words(tmp_path):
    np.savez(tmp_path / "shard_001_00000.npz", views=np.zeros(1), truth=np.zeros(1), about=[0])
    with pytest.raises(ValueError, match="older version, without marks: render them again"):
        load_crops(tmp_path, "validation")


def test_a_team_ends_with_the_mean_gradient_of_its_members(tmp_path):
    def work(team: Team) -> None:
        weight = torch.nn.Parameter(torch.zeros(3))
        (weight * float(team.rank + 1)).sum().backward()
        team.average([weight])
        assert team.told_by_leader(float(team.rank + 5)) == 5.0
        (tmp_path / f"{team.rank}.txt").write_text(str(weight.grad.tolist()))

    run_together(2, tmp_path / "meeting", work)
    assert {(tmp_path / f"{rank}.txt").read_text() for rank in (0, 1)} == {"[1.5, 1.5, 1.5]"}


def test_a_network_says_angles_and_finds_marks():
    network = PelvisNetwork().eval()
    said, embedding = network(torch.zeros(2, 4, 64, 64), torch.zeros(2, 128))
    assert said.shape == (2, 9)
    assert network.find_marks(embedding).shape == (2, 8, 3)


def test_what_is_shipped_reads_the_second_cut_in_the_mirror():
    reader = BothWays(PelvisNetwork()).eval()
    shipped = ShippedNetwork(reader, (1.0, 1.0, 1.0, 1.0), torch.zeros(128), torch.eye(128)).eval()
    views = torch.randn(2, 64, 64, 4)
    with torch.no_grad():
        said, embedding, strangeness = shipped(views, torch.zeros(1, BOTH_WAYS))
        own, aside = (reader.embed(view.permute(2, 0, 1)[None]) for view in views)
    assert said.shape == (1, 9) and strangeness.shape == (1, 1)
    torch.testing.assert_close(embedding[:, :128], own[:, :128])
    torch.testing.assert_close(embedding[:, 128:], aside[:, 128:])


def test_both_ways_says_the_same_of_a_lifter_and_of_the_lifter_in_the_mirror():
    reader = BothWays(PelvisNetwork()).eval()
    view = torch.randn(3, 4, 64, 64)
    mirrored = view.flip(-1) * torch.tensor([-1.0, 1, 1, 1]).view(1, 4, 1, 1)
    with torch.no_grad():
        one, other = reader.embed(view), reader.embed(mirrored)
        standing, standing_mirrored = one[:1].expand(3, -1), other[:1].expand(3, -1)
        assert one.shape == (3, BOTH_WAYS)
        said, said_mirrored = reader.read(one, standing), reader.read(other, standing_mirrored)
    sides = torch.tensor([1.0, -1, -1, 1, 1, 1, 1, 1, 1])
    torch.testing.assert_close(said, said_mirrored * sides, atol=1e-5, rtol=1e-4)
