"""The command line of the numpy script of a network that learned from a table: reads files as ``predict`` does."""

from __future__ import annotations

NUMBERED = """\
rows = rows_of(text, max(",;|\\t", key=text[:10000].count))[{skip}:]
    if not rows:
        raise ValueError("it is empty")
    names = [f"column {{place}}" for place in range(1, 1 + len(rows[0][1]))]"""
NAMED = "names, rows = below_heading(text)"

OF_TABLE = '''\
def different(heading):
    """The names of columns: numbered where there is none, or the same one again."""
    names = []
    for place, text in enumerate(heading, 1):
        name = first = text.strip("\\ufeff \\t\\n")[:200] or f"column {place}"
        count = 1
        while name in names:
            count += 1
            name = f"{first} ({count})"
        names.append(name)
    return names


def text_of(path):
    """The text of a file in UTF-8, in UTF-16 with a mark, or else in Windows-1252."""
    with open(path, "rb") as file:
        content = file.read()
    if content.startswith((b"\\xff\\xfe", b"\\xfe\\xff")):
        return content.decode("utf-16")
    if content.startswith((b"PK\\x03\\x04", b"\\xd0\\xcf\\x11\\xe0")):
        raise ValueError("it is a spreadsheet; save it as CSV")
    if b"\\0" in content or content.startswith((b"\\xff\\xd8\\xff", b"GIF8")):
        raise ValueError("it is not a text file; this network takes rows of a table, saved as CSV")
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError:
        return content.decode("cp1252", "replace")


def rows_of(text, delimiter):
    """The number and the cells of each row that is not empty."""
    lines = io.StringIO(text, newline=None)
    rows = csv.reader(lines, delimiter=delimiter, skipinitialspace=True)
    return [
        (number, cells)
        for number, cells in enumerate(rows, 1)
        if len(cells) > 1 or "".join(cells).strip()
    ]


def below_heading(text):
    """The names of columns, and the rows below them; titles above are left out."""
    wanted = [name for name, *_ in COLUMNS]
    for delimiter in ",;|\\t":
        rows = rows_of(text, delimiter)
        for place, (_, cells) in enumerate(rows[:101]):
            names = different(cells)
            if all(name in names for name in wanted):
                return names, rows[place + 1 :]
    rows = rows_of(text, max(",;|\\t", key=text.split("\\n")[0].count))
    if not rows:
        raise ValueError("it is empty")
    names = different(rows[0][1])
    lacking = next((name for name in wanted if name not in names), wanted[0])
    raise ValueError(f"there is no column {lacking!r}")


def grouped(text, mark):
    """The sign that separates thousands in a number with that decimal mark, or None."""
    others = "[.\'’ \\u00a0\\u202f]" if mark == "," else "[,\'’ \\u00a0\\u202f]"
    pattern = rf"[+-]?[1-9]\\d{{0,2}}({others})\\d{{3}}(?:\\1\\d{{3}})*(?:[{mark}]\\d*)?"
    found = re.fullmatch(pattern, text)
    return found and found[1]


def says(text, mark):
    """Whether a number can only have that decimal mark: 1.5 and 1,234.5, but not 1.234."""
    sign = grouped(text, mark)
    if sign:
        return mark in text or (sign in ".," and text.count(sign) > 1)
    may_be_thousand = re.fullmatch(rf"[+-]?[1-9]\\d{{0,2}}[{mark}]\\d{{3}}", text)
    return not may_be_thousand and re.fullmatch(rf"[+-]?\\d*[{mark}]\\d+", text)


def decimal_mark(rows):
    """The mark that most numbers show; that of the network\'s table if they do not."""
    cells = [cell.strip() for _, cells in rows[:1000] for cell in cells]
    for own in {"", *(own for *_, own in COLUMNS)}:
        cells = [bare(cell, own) for cell in cells]
    points, commas = (sum(bool(says(cell, mark)) for cell in cells) for mark in ".,")
    return DECIMAL if points == commas else "." if points > commas else ","


def number_text(text, own, mark):
    """A number as Python writes it: without its sign, separated thousands or a decimal comma."""
    text = bare(text, own)
    if mark is None:
        return text
    text = text.replace(grouped(text, mark) or "", "")
    if mark == ",":
        if "." in text:
            raise ValueError(f"must be a number with a decimal comma, not {text!r}")
        text = text.replace(",", ".")
    return text


def read(path):
    """For each row in a file its number, its numbers for the network, and what is wrong.

    Cells are separated by , ; | or tabs. Of the last two one is None.
    """
    text = text_of(path)
    $names
    mark = decimal_mark(rows)
    for name, *_ in COLUMNS:
        if name not in names:
            raise ValueError(f"there is no column {name!r}")
    return [(number, *numbers_of(names, cells, mark)) for number, cells in rows]


def numbers_of(names, cells, mark):
    """The numbers of one row of a file, and None; or None, and what is wrong."""
    if len(cells) < len(names) or any(cells[len(names) :]):
        return None, f"it has {len(cells)} of {len(names)} cells"
    row = dict(zip(names, cells))
    try:
        return encode(row, mark), None
    except ValueError as error:
        return None, str(error)


def main(arguments):
    """Prints the predictions for the rows in the file named, as a table."""
    program, *files = arguments
    sys.stdout.reconfigure(errors="backslashreplace")
    if {"-h", "--help"} & {*files}:
        print(f"Usage: python {program} {USAGE}")
        return
    if len(files) != 1:
        fail(f"Usage: python {program} {USAGE}")
    try:
        rows = read(files[0])
        inputs = [numbers for _, numbers, _ in rows if numbers]
        answers = iter(predict(inputs) if inputs else [])
    except (OSError, ValueError, csv.Error) as error:
        why = getattr(error, "strerror", None) or error
        fail(f"{files[0]} cannot be used: {why}")
    out = csv.writer(sys.stdout, lineterminator="\\n")
    out.writerow(HEADING)
    for number, numbers, wrong in rows:
        if wrong:
            out.writerow([""] * len(HEADING))
            print(f"row {number} has no prediction: {wrong}", file=sys.stderr)
            continue
        row = next(answers)
        out.writerow([${answer}(f"{number:.${digits}g}" for number in row)])'''
