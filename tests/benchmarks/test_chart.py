from pathlib import Path

import pytest

from benchmarks import chart

POINTS = [(0.0, 1.0), (1.0, 3.0)]


def test_a_chart_is_a_png_file(tmp_path: Path) -> None:
    chart.draw(tmp_path / "docs" / "x.png", "x", "how it was made", {"memory (MB)": POINTS, "rate (1/s)": POINTS})
    assert (tmp_path / "docs" / "x.png").read_bytes().startswith(b"\x89PNG")


def test_there_is_no_chart_of_nothing(tmp_path: Path) -> None:
    with pytest.raises(SystemExit, match="nothing over time"):
        chart.draw(tmp_path / "x.png", "x", "", {})
