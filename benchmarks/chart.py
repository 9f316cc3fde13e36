"""A benchmark's figures over time as one picture: a panel for each series, all over the same seconds.

Needs matplotlib, the extra `bench`; nothing else here does. Runs in the main thread and opens no window.
"""

import textwrap
from collections.abc import Mapping, Sequence
from pathlib import Path

Points = Sequence[tuple[float, float]]
INCHES_WIDE, INCHES_PER_PANEL, DOTS_PER_INCH = 9.0, 2.1, 100


def draw(file: Path, title: str, caption: str, series: Mapping[str, Points]) -> None:
    """Write `file` as PNG. A series' name says its unit. Raises SystemExit without matplotlib, or without series."""
    if not series:
        raise SystemExit(f"{title} measures nothing over time: there is no chart of it")
    try:
        from matplotlib.figure import Figure
    except ImportError as error:
        raise SystemExit("charts need matplotlib: pip install 'rookery[bench]'") from error
    figure = Figure(figsize=(INCHES_WIDE, INCHES_PER_PANEL * len(series) + 1.0), layout="constrained")
    panels = figure.subplots(len(series), 1, sharex=True, squeeze=False)[:, 0]
    for panel, (name, points) in zip(panels, series.items(), strict=True):
        panel.plot([seconds for seconds, _ in points], [value for _, value in points], linewidth=1.2)
        panel.set_title(name, loc="left", fontsize=10)
        panel.set_ylim(0, 1.1 * max((value for _, value in points), default=0.0) or 1.0)
        panel.yaxis.set_major_formatter("{x:,.0f}")
        panel.grid(visible=True, linewidth=0.3)
    panels[-1].set_xlabel("seconds")
    figure.suptitle(title, fontsize=12)
    figure.supxlabel("\n".join(textwrap.wrap(caption, 120)), fontsize=7)
    file.parent.mkdir(parents=True, exist_ok=True)
    figure.savefig(file, dpi=DOTS_PER_INCH)
