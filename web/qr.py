"""A QR code as SVG: ISO/IEC 18004, byte mode, error correction M, versions 1 to 5.

`qr_svg("http://rack-1a2b.local:8080/card/...")` is markup for a template; up to 84 bytes fit.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from markupsafe import Markup

# version: (data bytes of each block, error correction bytes of each block)
_BLOCKS = {
    1: ((16,), 10),
    2: ((28,), 16),
    3: ((44,), 26),
    4: ((32, 32), 18),
    5: ((43, 43), 24),
}
QR_LENGTH = 84  # bytes
_QUIET = 4  # light modules around the code
_MASKS = (
    lambda y, x: (y + x) % 2,
    lambda y, x: y % 2,
    lambda y, x: x % 3,
    lambda y, x: (y + x) % 3,
    lambda y, x: (y // 2 + x // 3) % 2,
    lambda y, x: y * x % 2 + y * x % 3,
    lambda y, x: (y * x % 2 + y * x % 3) % 2,
    lambda y, x: ((y + x) % 2 + y * x % 3) % 2,
)

Modules = npt.NDArray[np.bool_]


def qr_svg(text: str) -> Markup:
    """The code as an SVG element. Raises ValueError for more than 84 bytes."""
    dark = qr_modules(text)
    size = len(dark) + 2 * _QUIET
    path = "".join(f"M{x + _QUIET} {y + _QUIET}h1v1h-1z" for y, x in np.argwhere(dark).tolist())
    return Markup(
        '<svg class="qr" viewBox="0 0 {0} {0}" role="img" aria-label="QR code"'
        ' shape-rendering="crispEdges"><rect width="{0}" height="{0}" fill="#fff"/>'
        '<path fill="#000" d="{1}"/></svg>'
    ).format(size, path)


def qr_modules(text: str) -> Modules:
    """The code's modules, True where dark, shape (n, n). Raises ValueError."""
    data = text.encode()
    version = next((v for v, (blocks, _) in _BLOCKS.items() if len(data) <= sum(blocks) - 2), None)
    if version is None:
        raise ValueError(f"{len(data)} bytes are more than fit into a QR code of version 5")
    frame, fixed = _frame(version)
    _write(frame, fixed, _codewords(data, version))
    masked = [_masked(frame, fixed, mask) for mask in range(len(_MASKS))]
    return min(masked, key=_penalty)


def _codewords(data: bytes, version: int) -> bytes:
    """Data and error correction of all blocks, interleaved."""
    sizes, extra = _BLOCKS[version]
    bits = f"0100{len(data):08b}" + "".join(f"{byte:08b}" for byte in data) + "0000"
    whole = [int(bits[at : at + 8], 2) for at in range(0, len(bits), 8)]
    whole += [0xEC, 0x11] * sum(sizes)
    blocks, at = [], 0
    for size in sizes:
        blocks.append(whole[at : at + size])
        at += size
    checks = [_check_bytes(block, extra) for block in blocks]
    return bytes(
        [block[i] for i in range(sizes[0]) for block in blocks]
        + [check[i] for i in range(extra) for check in checks]
    )


def _check_bytes(block: list[int], count: int) -> list[int]:
    """Reed-Solomon over GF(256) with x^8 + x^4 + x^3 + x^2 + 1."""
    generator = [1]
    for power in range(count):
        root = _EXP[power]
        longer = [*generator, 0]
        for at, value in enumerate(generator):
            longer[at + 1] ^= _times(value, root)
        generator = longer
    rest = [*block, *[0] * count]
    for at in range(len(block)):
        factor = rest[at]
        for offset, value in enumerate(generator):
            rest[at + offset] ^= _times(value, factor)
    return rest[len(block) :]


def _powers() -> tuple[list[int], dict[int, int]]:
    exp, value = [], 1
    for _ in range(255):
        exp.append(value)
        value = value << 1 ^ (0x11D if value & 0x80 else 0)
    return exp, {value: power for power, value in enumerate(exp)}


_EXP, _LOG = _powers()


def _times(a: int, b: int) -> int:
    return _EXP[(_LOG[a] + _LOG[b]) % 255] if a and b else 0


def _frame(version: int) -> tuple[Modules, Modules]:
    """Finders, timing and alignment, and which modules they and the format take."""
    n = 17 + 4 * version
    dark, fixed = np.zeros((n, n), bool), np.zeros((n, n), bool)
    dark[6, ::2] = dark[::2, 6] = True
    fixed[6, :] = fixed[:, 6] = True
    for y, x in ((0, 0), (0, n - 7), (n - 7, 0)):
        dark[max(0, y - 1) : y + 8, max(0, x - 1) : x + 8] = False
        _square(dark, y + 3, x + 3, 3)
        fixed[max(0, y - 1) : y + 8, max(0, x - 1) : x + 8] = True
    fixed[:9, :9] = fixed[:9, n - 8 :] = fixed[n - 8 :, :9] = True  # with the format's places
    if version > 1:
        _square(dark, n - 7, n - 7, 2)
        fixed[n - 9 : n - 4, n - 9 : n - 4] = True
    return dark, fixed


def _square(dark: Modules, y: int, x: int, radius: int) -> None:
    """A dark square with a light ring in it, around a dark middle."""
    dark[y - radius : y + radius + 1, x - radius : x + radius + 1] = True
    dark[y - radius + 1 : y + radius, x - radius + 1 : x + radius] = False
    inner = radius - 2
    dark[y - inner : y + inner + 1, x - inner : x + inner + 1] = True


def _write(dark: Modules, fixed: Modules, words: bytes) -> None:
    """The bits in pairs of columns, from the lower right, up and down; column 6 is left out."""
    n = len(dark)
    bits = (byte >> shift & 1 for byte in words for shift in range(7, -1, -1))
    upwards = True
    for right in (*range(n - 1, 6, -2), 5, 3, 1):
        for y in range(n - 1, -1, -1) if upwards else range(n):
            for x in (right, right - 1):
                if not fixed[y, x]:
                    dark[y, x] = next(bits, 0)  # the last few modules carry nothing
        upwards = not upwards


def _masked(dark: Modules, fixed: Modules, mask: int) -> Modules:
    y, x = np.indices(dark.shape)
    found: Modules = dark ^ ((_MASKS[mask](y, x) == 0) & ~fixed)
    _write_format(found, mask)
    return found


def _write_format(dark: Modules, mask: int) -> None:
    """Level M and the mask, with their own error correction, twice."""
    n, level_m = len(dark), 0b00
    value = rest = (level_m << 3 | mask) << 10
    for shift in range(4, -1, -1):
        if rest >> (shift + 10) & 1:
            rest ^= 0b10100110111 << shift
    bits = [((value | rest) ^ 0b101010000010010) >> at & 1 for at in range(15)]
    for at, bit in enumerate(bits):
        along = at if at < 6 else at + 1 if at < 8 else n - 15 + at
        dark[along, 8] = bit
        across = n - 1 - at if at < 8 else 7 if at == 8 else 14 - at
        dark[8, across] = bit
    dark[n - 8, 8] = True


def _penalty(dark: Modules) -> int:
    """Runs of five and more, squares of one colour, and how far from half it is dark."""
    found = 0
    for table in (dark, dark.T):
        for line in table:
            edges = np.flatnonzero(np.diff(line.astype(np.int8))) + 1
            runs = np.diff(np.concatenate([[0], edges, [len(line)]]))
            found += int((runs[runs >= 5] - 2).sum())
    same = (dark[1:] == dark[:-1])[:, 1:] & (dark[1:] == dark[:-1])[:, :-1]
    same &= dark[1:, 1:] == dark[1:, :-1]
    return found + 3 * int(same.sum()) + 10 * int(abs(dark.mean() - 0.5) * 20)
