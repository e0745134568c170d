"""The numpy script of a network that takes images: reads image files as ``predict`` does."""

from __future__ import annotations

import json
import pprint
from importlib import resources
from string import Template

from engine.datasets.description import Description
from engine.image_files import reads_drawings, reads_pictures, shape_of_pictures
from engine.network.network import Network

_FORMATS = ("PNG", "JPEG", "GIF", "BMP", "TIFF", "WEBP", "PPM")

IMPORTS = """\
try:
    from PIL import Image, ImageFilter, ImageOps
except ImportError:  # it is needed for image files only
    Image = None
"""


def images_of(network: Network) -> str:
    """Returns the functions of the script that read image files and name what is on them; empty if it takes none."""
    shape = shape_of_pictures(network)
    if shape is None or not reads_pictures(network):
        return ""
    about, predicting, names = network.description, _BEST_CLASSES, [*map(str, range(network.shape[-1]))]
    made = f"{_DIGITS}{_photograph()}\n\n\n" if reads_drawings(network) else _WHOLE
    if about is not None and about.targets:
        predicting, names = f"TARGETS = $names\n\n\n{_NUMBERS}", list(about.targets)
    elif about is None or not about.class_names:
        predicting = f"CLASSES = $names\n\n\n{_BEST_CLASSES}"
    return Template(_OPENED + made + predicting + _PRINTABLE).substitute(
        height=shape[0],
        width=shape[1],
        formats=json.dumps(_FORMATS),
        is_seen="row.any()" if reads_drawings(network) else "True",
        names=pprint.pformat(names, width=70, compact=True),
        digits=(about or Description()).answer_digits(6),
    )


def _photograph() -> str:
    """Returns the text of :mod:`engine.photograph` without its imports and types, which the script does not need."""
    import ast  # imported here, so that the window starts sooner

    source = resources.files("engine").joinpath("photograph.py").read_text("utf-8")
    lines, tree = source.splitlines(), ast.parse(source)
    for node in tree.body:
        if isinstance(node, ast.FunctionDef):
            node.returns = None
            for argument in node.args.args:
                argument.annotation = None
            head = slice(node.lineno - 1, node.body[0].lineno - 1)
            lines[head] = [f"def {node.name}({ast.unparse(node.args)}):"] + [""] * (head.stop - head.start - 1)
    first = next(node for node in tree.body if isinstance(node, ast.Assign))
    return "\n".join(lines[first.lineno - 1 :])


_OPENED = '''\
# ---- image files


FORMATS = $formats


def is_image(path):
    """Whether a file begins as those of the common image formats do."""
    with open(path, "rb") as file:
        start = file.read(12)
    if start.startswith(b"RIFF"):
        return start.endswith(b"WEBP")
    starts = b"\\x89PNG", b"\\xff\\xd8\\xff", b"GIF8", b"BM", b"II*\\0", b"MM\\0*", b"P5", b"P6"
    return start.startswith(starts)


def read_image(path):
    """The row of numbers that the network is given for an image file."""
    if Image is None:
        raise ValueError("images need Pillow; install it with: python -m pip install pillow")
    try:
        with Image.open(path, formats=FORMATS) as image:
            if image.width * image.height > 50_000_000 or max(image.size) > 65_535:
                raise ValueError(f"it has {image.width} x {image.height} pixels, which are too many")
            return numbers_of_image(image)
    except ValueError:
        raise
    except Exception as error:  # of damaged files, Pillow raises errors of any kind
        raise ValueError(getattr(error, "strerror", None) or "it is damaged, or not an image") from None


def print_images(paths):
    """Prints what is on each of the image files, a line for each."""
    rows = []
    for path in paths:
        try:
            rows.append(read_image(path))
        except (OSError, ValueError) as error:
            fail(f"{path} cannot be used: {getattr(error, 'strerror', None) or error}")
    for path, row, outputs in zip(paths, rows, predict(rows)):
        print(f"{path}: {named(outputs) if $is_seen else 'nothing is drawn on it'}")


def on_paper(image):
    """An image with transparent parts in grey: on white, or on black if white shows nothing."""
    for paper in ("white", "black"):
        grey = Image.alpha_composite(Image.new("RGBA", image.size, paper), image).convert("L")
        low, high = grey.getextrema()
        if low != high:
            return grey
    return grey


def has_many_bits(image):
    """Whether its greys have more than 8 bits."""
    return image.mode in ("I", "F") or image.mode.startswith("I;16")


def is_transparent(image):
    """Whether parts of it may be transparent."""
    return bool({"A", "a"} & set(image.getbands())) or "transparency" in image.info


'''

_WHOLE = '''\
def numbers_of_image(image):
    """Its greys from 0 to 1, row by row: upright and whole, $height x $width pixels.

    What the image lacks at two sides has the shade of its border.
    """
    side = max($height, $width)
    image.draft("L", (4 * side, 4 * side))  # a JPEG can be decoded smaller
    image.load()
    try:
        ImageOps.exif_transpose(image, in_place=True)
    except Exception:  # the metadata may be damaged
        pass
    grey = grey_of(image)
    is_wide = grey.width * $height >= grey.height * $width
    times, over = ($width, grey.width) if is_wide else ($height, grey.height)
    width, height = (max(1, round(length * times / over)) for length in grey.size)
    if grey.size != (width, height):
        grey = grey.resize((width, height), Image.Resampling.BILINEAR)
    pixels = np.asarray(grey)
    border = np.concatenate([pixels[0], pixels[-1], pixels[:, 0], pixels[:, -1]])
    whole = np.full(($height, $width), int(np.median(border)), np.uint8)
    top, left = ($height - height) // 2, ($width - width) // 2
    whole[top : top + height, left : left + width] = pixels
    return whole.reshape(-1).astype(np.float32) / 255


def grey_of(image):
    """The image in 8 bits of grey; a large one is reduced first."""
    factor = max(image.size) // (8 * max($height, $width))
    is_plain = image.mode in ("L", "LA", "RGB", "RGBA", "CMYK")
    if factor > 1 and is_plain and "transparency" not in image.info:
        image = image.reduce(factor)
    if has_many_bits(image):
        values = np.asarray(image, np.float32)
        if not np.isfinite(values).all():
            raise ValueError("it has pixels that are infinite or NaN")
        greatest = max(float(values.max()), 1e-30)
        tops = (1, 255, 65_535) if image.mode == "F" else (65_535,)
        top = next((top for top in tops if greatest <= top), greatest)
        return Image.fromarray(np.rint(np.clip(values, 0, None) * (255 / top)).astype(np.uint8))
    return on_paper(image.convert("RGBA")) if is_transparent(image) else image.convert("L")


'''

_DIGITS = '''\
INKED = 0.25  # a pixel with more, as a share of full ink, counts as ink
FAINTEST_INK = 0.05  # with less everywhere, nothing is drawn
TURNS = {  # how to turn an image, by the tag of EXIF that says how the camera was held
    2: "FLIP_LEFT_RIGHT",
    3: "ROTATE_180",
    4: "FLIP_TOP_BOTTOM",
    5: "TRANSPOSE",
    6: "ROTATE_270",
    7: "TRANSVERSE",
    8: "ROTATE_90",
}


def numbers_of_image(image):
    """The digit on it as MNIST has its digits, row by row from 0 to 1; all 0 if there is none.

    It is 20 pixels long, with its centre of mass in the middle of 28 x 28 pixels.
    """
    ink = ink_of_photograph(grey_of(image))
    if ink is None or not (ink > INKED).any():
        return np.zeros(784, np.float32)
    pixel = 1 / max(ink.shape)
    corner = -np.array(ink.shape[::-1]) * pixel / 2
    inked = ink > INKED
    rows, columns = np.flatnonzero(inked.any(axis=1)), np.flatnonzero(inked.any(axis=0))
    low = corner + np.array([columns[0], rows[0]]) * pixel
    high = corner + (np.array([columns[-1], rows[-1]]) + 1) * pixel
    scale = 20 / max(float((high - low).max()), 1e-9)
    offset = 14.5 - (low + high) / 2 * scale
    drawn = drawn_at(ink, corner, pixel, scale, offset)
    if drawn.any():
        places = np.arange(28, dtype=np.float32) + np.float32(0.5)
        mass = [drawn.sum(axis=axis) @ places for axis in (0, 1)]
        shift = 14.5 - np.array(mass, np.float64) / float(drawn.sum())
        middle, half = (low + high) / 2 * scale + offset, (high - low) / 2 * scale
        offset = offset + np.clip(shift, np.minimum(half - middle, 0), np.maximum(28 - half - middle, 0))
        edge = low * scale + offset
        drawn = drawn_at(ink, corner, pixel, scale, offset + np.round(edge) - edge)
    drawn = drawn if drawn.max() > FAINTEST_INK else np.zeros_like(drawn)
    return drawn.reshape(-1)


def drawn_at(ink, corner, pixel, scale, offset):
    """The 28 x 28 pixels of ink that is scaled and moved; each is the mean over its area."""
    left, top = corner * scale + offset
    down = overlaps(top, pixel * scale, ink.shape[0])
    across = overlaps(left, pixel * scale, ink.shape[1])
    return np.clip(down @ np.asarray(ink, np.float32) @ across.T, 0, 1)


def overlaps(start, step, count):
    """How much each of 28 pixels overlaps with each of the ink's, along one axis: (28, count)."""
    edges = start + step * np.arange(count + 1)
    field = np.arange(28)[:, None]
    return np.diff(np.clip(edges[None, :], field, field + 1), axis=1).astype(np.float32)


def grey_of(image):
    """Its greys as floats, upright; a large one is reduced."""
    factor = max(1, int((image.width * image.height / 4_000_000) ** 0.5))
    image.draft("L", (image.width // factor, image.height // factor))
    image.load()
    factor = max(1, int((image.width * image.height / 4_000_000) ** 0.5))
    if has_many_bits(image):
        plain = image.convert("F")
    else:
        plain = image.convert("RGBA" if is_transparent(image) else "L")
    plain = plain.reduce(factor)
    try:
        turn = TURNS.get(image.getexif().get(0x0112, 1))
    except Exception:  # the metadata may be damaged
        turn = None
    if turn is not None:
        plain = plain.transpose(Image.Transpose[turn])
    grey = np.asarray(on_paper(plain) if plain.mode == "RGBA" else plain, np.float32)
    if not np.isfinite(grey).all():
        raise ValueError("it has pixels that are infinite or NaN")
    return grey


# ---- cuts the digit out of a photograph or scan, as nnviz does


'''

_BEST_CLASSES = '''\
def named(outputs):
    """The two classes that are most likely."""
    best = np.argsort(outputs)[::-1][:2]
    shares = [100 * min(max(float(outputs[place]), 0.0), 1.0) for place in best]
    pairs = zip(best, shares)
    return ", then ".join(f"{printable(CLASSES[place])} ({share:.1f} %)" for place, share in pairs)


'''

_PRINTABLE = '''\
def printable(name):
    """A name without the signs that a terminal would obey."""
    return "".join(sign if sign.isprintable() else "\\ufffd" for sign in name)


'''

_NUMBERS = '''\
def named(outputs):
    """The numbers that the network predicts, with their names."""
    pairs = zip(TARGETS, outputs)
    return ", ".join(f"{printable(name)} {number:.${digits}g}" for name, number in pairs)


'''
