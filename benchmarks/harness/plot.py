"""The ratios of a run as an SVG picture: a bar per cell, and a line where both are equal."""

from xml.sax.saxutils import escape

ROW, LEFT, WIDTH, RIGHT, TOP = 18, 330, 420, 60, 40
AHEAD, BEHIND, INK = "#3b7dd8", "#d8833b", "#333"


def svg(title, records):
    timed = [record for record in records if record.get("ratio")]
    scale = WIDTH / max([1.25, *(record["ratio"] for record in timed)])
    height = TOP + ROW * len(timed) + 10
    parts = [f'<svg xmlns="http://www.w3.org/2000/svg" width="{LEFT + WIDTH + RIGHT}" '
             f'height="{height}" font-family="sans-serif" font-size="11" fill="{INK}">',
             '<rect width="100%" height="100%" fill="white"/>',
             f'<text x="10" y="20" font-size="14">{escape(title)}</text>']
    for number, record in enumerate(timed):
        parts += _bar(record, TOP + ROW * number, scale)
    equal = LEFT + scale
    parts.append(f'<line x1="{equal:.1f}" x2="{equal:.1f}" y1="{TOP - 6}" y2="{height - 6}" '
                 f'stroke="{INK}" stroke-dasharray="3 3"/>')
    return "\n".join([*parts, "</svg>"]) + "\n"


def _bar(record, top, scale):
    """The label, the median as a bar, the rounds' range as a thin line."""
    ratio, low, high = record["ratio"], min(record["ratios"]), max(record["ratios"])
    middle = top + ROW / 2
    yield f'<text x="{LEFT - 8}" y="{middle + 4}" text-anchor="end">{escape(record["label"])}</text>'
    yield (f'<rect x="{LEFT}" y="{top + 3}" width="{ratio * scale:.1f}" height="{ROW - 6}" '
           f'fill="{AHEAD if ratio >= 1 else BEHIND}"/>')
    yield (f'<line x1="{LEFT + low * scale:.1f}" x2="{LEFT + min(high * scale, WIDTH):.1f}" '
           f'y1="{middle}" y2="{middle}" stroke="{INK}"/>')
    yield f'<text x="{LEFT + WIDTH + 8}" y="{middle + 4}">{ratio:.2f}</text>'
