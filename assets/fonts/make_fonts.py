"""Makes the two files of "nnviz Sans" from Inter 4.1. They lie beside this script.

Qt 5 cannot switch OpenType features on, and Inter's own digits are of different widths, so that every
changing number would make its neighbours jump. Here the tabular forms become the ordinary ones, and what the
window never shows is left out.

    python assets/fonts/make_fonts.py FOLDER_WITH_INTER      # holds Inter-Regular.otf and Inter-SemiBold.otf

needs fonttools.
"""

from __future__ import annotations

import sys
from pathlib import Path

from fontTools.misc.transform import Identity
from fontTools.pens.t2CharStringPen import T2CharStringPen
from fontTools.pens.transformPen import TransformPen
from fontTools.subset import Options, Subsetter
from fontTools.ttLib import TTFont

FAMILY = "nnviz Sans"
HERE = Path(__file__).parent

# Not the whole "tnum" table: a hyphen or a bracket as wide as a digit would tear words and file names apart.
TABULAR = "0123456789+−×÷±=≠≈<>≤≥.,:; \u00a0\u2008"
LETTERS = [range(0x20, 0x7F), range(0xA0, 0x180), range(0x391, 0x3CA)]  # Latin, its accents, Greek
SIGNS = "\u2010\u2011–—‘’“”„•·…‰\u2032″←↑→↓↔↺↻⇥↵⏎⇧⌘⌫−×÷±≠≈≤≥∞∂√∑∆½¼¾²³°µ€●○■□▲△▶▷▼▽◀◁◆◇✓✗⚠"
SPACES = "\u2002\u2003\u2007\u2009\u202f"
# Inter has these triangles only large. {small: large}
SMALL_TRIANGLES = {"▾": "▼", "▸": "▶", "▴": "▲", "◂": "◀"}


def main(argv: list[str]) -> int:
    source = Path(argv[0])
    make(source / "Inter-Regular.otf", HERE / "nnvizSans-Regular.otf", "Regular", 400)
    make(source / "Inter-SemiBold.otf", HERE / "nnvizSans-SemiBold.otf", "SemiBold", 600)
    return 0


def make(source: Path, target: Path, style: str, weight: int) -> None:
    # The source's own date is kept, so that the same source gives the same bytes.
    font = TTFont(source, recalcTimestamp=False)
    add_small_triangles(font)
    bake_tabular_forms(font)
    subset(font)
    drop_kerning_of_digits(font)
    rename(font, style, weight)
    font.save(target)
    print(f"{target.name}: {target.stat().st_size / 1024:.0f} KiB")


def bake_tabular_forms(font: TTFont) -> None:
    tabular = substitutions(font, "tnum")
    wanted = {ord(sign) for sign in TABULAR}
    for table in font["cmap"].tables:
        for code in wanted & table.cmap.keys():
            table.cmap[code] = tabular.get(table.cmap[code], table.cmap[code])


def substitutions(font: TTFont, feature: str) -> dict[str, str]:
    """One glyph for another, as ``feature`` says."""
    gsub = font["GSUB"].table
    indices = {
        index
        for record in gsub.FeatureList.FeatureRecord
        if record.FeatureTag == feature
        for index in record.Feature.LookupListIndex
    }
    mapping: dict[str, str] = {}
    for index in indices:
        for table in gsub.LookupList.Lookup[index].SubTable:
            mapping |= getattr(table, "ExtSubTable", table).mapping
    return mapping


def add_small_triangles(font: TTFont) -> None:
    """Half as large, about the middle of the large one's height, in a box half as wide."""
    cmap, metrics, glyphs = font.getBestCmap(), font["hmtx"], font.getGlyphSet()
    middle = font["OS/2"].sCapHeight / 2
    shrink = Identity.translate(0, middle).scale(0.5).translate(0, -middle)
    for small, large in SMALL_TRIANGLES.items():
        old, new = cmap[ord(large)], f"uni{ord(small):04X}"
        width = metrics[old][0] // 2
        pen = T2CharStringPen(width, glyphs)
        glyphs[old].draw(TransformPen(pen, shrink))
        append_glyph(font, new, pen, width)
        for table in font["cmap"].tables:
            table.cmap[ord(small)] = new


def append_glyph(font: TTFont, name: str, pen: T2CharStringPen, width: int) -> None:
    top = font["CFF "].cff.topDictIndex[0]
    strings = top.CharStrings
    private = top.FDArray[0].Private if hasattr(top, "FDArray") else top.Private
    charstring = pen.getCharString(private, top.GlobalSubrs)
    strings.charStringsIndex.append(charstring)
    strings.charStrings[name] = len(strings.charStringsIndex) - 1
    if hasattr(top, "FDSelect"):
        top.FDSelect.gidArray.append(0)
    font.setGlyphOrder([*font.getGlyphOrder(), name])
    top.charset = font.getGlyphOrder()
    font["hmtx"][name] = (width, 0)


def subset(font: TTFont) -> None:
    options = Options()
    options.layout_features = ["kern", "mark", "mkmk", "ccmp", "locl"]
    options.name_IDs = ["*"]
    options.notdef_outline = True
    options.glyph_names = False
    options.hinting = True
    subsetter = Subsetter(options)
    codes = {code for block in LETTERS for code in block}
    subsetter.populate(unicodes=codes | {ord(sign) for sign in SIGNS + SPACES + TABULAR + "".join(SMALL_TRIANGLES)})
    subsetter.subset(font)


def drop_kerning_of_digits(font: TTFont) -> None:
    """A pair that begins with a tabular glyph keeps its distance; what follows a letter may be kerned."""
    fixed = {font.getBestCmap()[ord(sign)] for sign in TABULAR if not sign.isspace()}
    for lookup in font["GPOS"].table.LookupList.Lookup:
        for table in lookup.SubTable:
            table = getattr(table, "ExtSubTable", table)
            if table.LookupType == 2:
                forget_first(table, fixed)


def forget_first(table: object, fixed: set[str]) -> None:
    covered = table.Coverage.glyphs  # type: ignore[attr-defined]
    kept = [glyph for glyph in covered if glyph not in fixed]
    if table.Format == 1:  # type: ignore[attr-defined]
        pairs = dict(zip(covered, table.PairSet, strict=True))  # type: ignore[attr-defined]
        table.PairSet = [pairs[glyph] for glyph in kept]  # type: ignore[attr-defined]
        table.PairSetCount = len(kept)  # type: ignore[attr-defined]
    table.Coverage.glyphs = kept  # type: ignore[attr-defined]


def rename(font: TTFont, style: str, weight: int) -> None:
    """SemiBold poses as the family's Bold, so that QFont.setBold finds it and draws nothing by itself."""
    names, bold = font["name"], weight > 400
    full, postscript = f"{FAMILY} {style}", f"nnvizSans-{style}"
    new = {
        1: FAMILY,
        2: "Bold" if bold else "Regular",
        3: f"nnviz;{postscript}",
        4: full,
        6: postscript,
        10: "Inter 4.1 by The Inter Project Authors, with tabular figures and fewer glyphs.",
    }
    for dropped in (7, 8, 11, 12, 16, 17, 21, 22, 25):
        names.removeNames(nameID=dropped)
    for name_id, text in new.items():
        names.removeNames(nameID=name_id)
        names.setName(text, name_id, 3, 1, 0x409)
    set_weight(font, weight, bold)
    rename_cff(font, full, postscript, style)


def set_weight(font: TTFont, weight: int, bold: bool) -> None:
    os2 = font["OS/2"]
    os2.usWeightClass = weight
    os2.fsSelection = (os2.fsSelection & ~0b1100001) | (0b100000 if bold else 0b1000000)
    font["head"].macStyle = 1 if bold else 0


def rename_cff(font: TTFont, full: str, postscript: str, style: str) -> None:
    cff = font["CFF "].cff
    cff.fontNames = [postscript]
    top = cff.topDictIndex[0]
    top.FullName, top.FamilyName, top.Weight = full, FAMILY, style


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
