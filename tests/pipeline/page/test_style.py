"""The style sheet: its colours can be told from what they stand on, by day and by night (WCAG 2.2, 1.4.3 and 1.4.11)."""

import re
from importlib.resources import files

import pytest

STYLE = files("pipeline").joinpath("page", "style.css").read_text(encoding="utf-8")

TEXTS = ("ink", "muted", "link", "good", "note", "bad")
SHAPES = ("bar", "inserted", "updated", "unchanged", "kept", "merged", "rejected", "unaccounted")


def palette(scheme: str) -> dict[str, str]:
    """The colours of a scheme, by their names: `{"ink": "#1b1d21"}`."""
    light, dark = (block for block in re.findall(r":root \{(.*?)\}", STYLE, re.DOTALL) if "--paper" in block)
    return dict(re.findall(r"--([\w-]+): (#\w+)", light)) | (dict(re.findall(r"--([\w-]+): (#\w+)", dark)) if scheme == "dark" else {})


def contrast(one: str, other: str) -> float:
    low, high = sorted((luminance(one), luminance(other)))
    return (high + 0.05) / (low + 0.05)


def luminance(colour: str) -> float:
    digits = colour.removeprefix("#")
    digits = "".join(digit * 2 for digit in digits) if len(digits) == 3 else digits
    parts = [int(digits[at : at + 2], 16) / 255 for at in (0, 2, 4)]
    red, green, blue = (part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("name", TEXTS)
def test_texts_stand_out(scheme: str, name: str) -> None:
    colours = palette(scheme)
    assert contrast(colours[name], colours["paper"]) >= 4.5
    assert contrast(colours[name], colours["raised"]) >= 4.5


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("name", SHAPES)
def test_shapes_stand_out(scheme: str, name: str) -> None:
    colours = palette(scheme)
    assert contrast(colours[name], colours["paper"]) >= 3


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_problem_and_the_warning_can_be_read(scheme: str) -> None:
    colours = palette(scheme)
    assert contrast(colours["ink"], colours["bad-wash"]) >= 4.5
    assert contrast(colours["paper"], colours["bad"]) >= 4.5


def test_all_colours_are_named_once() -> None:
    rules = re.sub(r":root \{.*?\}", "", STYLE, flags=re.DOTALL)
    assert set(re.findall(r"#[0-9a-f]{3,8}\b", rules)) == {"#565b63"}, "of the margins of a printed page, where no name is known"
    assert set(re.findall(r"var\(--([\w-]+)\)", STYLE)) <= set(re.findall(r"--([\w-]+):", STYLE)) | {"before", "length"}
