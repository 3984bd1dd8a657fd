"""Small workbooks for the tests of reading, written as spreadsheet programs and other writers do."""

import io
import zipfile
from datetime import date, datetime, time
from xml.sax.saxutils import escape, quoteattr

MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
PACKAGE = "http://schemas.openxmlformats.org/package/2006/relationships"
STYLES = ("", "dd.mm.yyyy", "yyyy-mm-dd hh:mm:ss", "hh:mm")
"""Number formats: of a number, a date, a moment and a time."""


class Formula(str):
    """A formula's text; its value has not been worked out."""


class Error(str):
    """An error such as #N/A."""


class Shown:
    """A number with a number format of its own."""

    def __init__(self, number, code):
        self.number, self.code = number, code


def write_workbook(sheets, merged=(), is_1904=False, hidden=(), way="shared", prefix=""):
    """A workbook's bytes.

    Args:
        sheets: rows of cells by the name of each sheet; None is an empty cell.
        merged: areas such as A1:B1, in every sheet.
        is_1904: days are counted from 1904, as old Macintoshes do.
        hidden: numbers of rows, from 1, that a filter leaves out.
        way: `shared` texts, as Excel writes them, or `inline`, or of formulas (`str`).
        prefix: of the elements, as some programs have one.
    """
    codes, texts, parts = list(STYLES), {}, {}
    tag = f"{prefix}:" if prefix else ""
    for number, rows in enumerate(sheets.values(), start=1):
        lines = []
        for row, cells in enumerate(rows, start=1):
            is_hidden = ' hidden="1"' if row in hidden else ""
            body = "".join(
                write_cell(f"{letters(column)}{row}", cell, codes, texts, way, is_1904)
                for column, cell in enumerate(cells)
                if cell is not None
            )
            lines.append(f'<row r="{row}"{is_hidden}>{body}</row>')
        areas = "".join(f'<mergeCell ref="{area}"/>' for area in merged)
        joined = f"<mergeCells>{areas}</mergeCells>" if areas else ""
        parts[f"xl/worksheets/sheet{number}.xml"] = (
            f"<worksheet><sheetData>{''.join(lines)}</sheetData>{joined}</worksheet>"
        )
    names = "".join(
        f'<sheet name={quoteattr(name)} sheetId="{n}" r:id="rId{n}"/>' for n, name in enumerate(sheets, start=1)
    )
    parts["xl/workbook.xml"] = f'<workbook><workbookPr date1904="{int(is_1904)}"/><sheets>{names}</sheets></workbook>'
    formats = "".join(f'<numFmt numFmtId="{n + 164}" formatCode={quoteattr(c)}/>' for n, c in enumerate(codes) if c)
    styles = "".join(f'<xf numFmtId="{n + 164 if code else 0}"/>' for n, code in enumerate(codes))
    parts["xl/styles.xml"] = f"<styleSheet><numFmts>{formats}</numFmts><cellXfs>{styles}</cellXfs></styleSheet>"
    shared = "".join(f'<si><t xml:space="preserve">{escape(text)}</t></si>' for text in texts)
    parts["xl/sharedStrings.xml"] = f"<sst>{shared}</sst>"
    return pack({name: with_prefix(text, tag, prefix) for name, text in parts.items()}, len(sheets))


def pack(parts, count):
    """The parts in their archive, with what leads to them."""
    kinds = [
        f'<Relationship Id="rId{n}" Type="{OFFICE}/worksheet" Target="worksheets/sheet{n}.xml"/>'
        for n in range(1, count + 1)
    ]
    kinds += [
        f'<Relationship Id="rId{count + n}" Type="{OFFICE}/{kind}" Target="{kind}.xml"/>'
        for n, kind in ((1, "styles"), (2, "sharedStrings"))
    ]
    body = io.BytesIO()
    with zipfile.ZipFile(body, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("[Content_Types].xml", "<Types/>")
        first = f'<Relationship Id="rId1" Type="{OFFICE}/officeDocument" Target="xl/workbook.xml"/>'
        archive.writestr("_rels/.rels", f'<Relationships xmlns="{PACKAGE}">{first}</Relationships>')
        archive.writestr(
            "xl/_rels/workbook.xml.rels", f'<Relationships xmlns="{PACKAGE}">{"".join(kinds)}</Relationships>'
        )
        for name, text in parts.items():
            archive.writestr(name, text)
    return body.getvalue()


def with_prefix(text, tag, prefix):
    """An XML text in the namespace of workbooks."""
    if tag:
        text = text.replace("<", f"<{tag}").replace(f"<{tag}/", f"</{tag}")
    start, end = text.split(">", 1) if " " not in text.split(">", 1)[0] else text.split(" ", 1)
    own = f"xmlns:{prefix}" if prefix else "xmlns"
    return f'<?xml version="1.0" encoding="UTF-8"?>\n{start} {own}="{MAIN}" xmlns:r="{OFFICE}">{end}'


def letters(column):
    """The name of a column, numbered from 0."""
    return (letters(column // 26 - 1) if column >= 26 else "") + chr(65 + column % 26)


def write_cell(place, cell, codes, texts, way, is_1904):
    """One cell."""
    if isinstance(cell, Formula):
        return f'<c r="{place}"><f>{escape(cell)}</f></c>'
    if isinstance(cell, Error):
        return f'<c r="{place}" t="e"><v>{cell}</v></c>'
    if isinstance(cell, str):
        return write_text(place, cell, texts, way)
    if isinstance(cell, bool):
        return f'<c r="{place}" t="b"><v>{int(cell)}</v></c>'
    style = 0
    if isinstance(cell, Shown):
        if cell.code not in codes:
            codes.append(cell.code)
        style, cell = codes.index(cell.code), cell.number
    elif isinstance(cell, date | time):
        style = 2 if isinstance(cell, datetime) else 1 if isinstance(cell, date) else 3
        cell = count_days(cell, is_1904)
    return f'<c r="{place}" s="{style}"><v>{cell!r}</v></c>'


def write_text(place, text, texts, way):
    """A text in one of the ways of writers."""
    if way == "inline":
        return f'<c r="{place}" t="inlineStr"><is><t xml:space="preserve">{escape(text)}</t></is></c>'
    if way == "str":
        return f'<c r="{place}" t="str"><f>A1</f><v>{escape(text)}</v></c>'
    return f'<c r="{place}" t="s"><v>{texts.setdefault(text, len(texts))}</v></c>'


def count_days(moment, is_1904):
    """A day, a moment or a time as the number that a workbook has for it."""
    if isinstance(moment, time):
        return (moment.hour * 3600 + moment.minute * 60 + moment.second) / 86400
    if not isinstance(moment, datetime):
        moment = datetime(moment.year, moment.month, moment.day)
    start = datetime(1904, 1, 1) if is_1904 else datetime(1899, 12, 30)
    days = (moment - start).total_seconds() / 86400
    return int(days) if days.is_integer() else days
