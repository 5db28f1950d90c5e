"""The table of products: what it says today, and that a wrong table is one clear line."""

from datetime import date
from pathlib import Path

import pytest

from fixtures.errors import PoolproofError
from fixtures.knowledge import products

TABLE = products.load()


@pytest.mark.parametrize(
    ("brand", "release", "ends"),
    [
        ("XenServer", "6.5", date(2018, 6, 26)),
        ("XenServer", "7.1", date(2022, 8, 15)),
        ("Citrix Hypervisor", "8.2", date(2025, 6, 25)),
        ("XenServer", "8.4", date(2028, 11, 30)),
        ("XCP-ng", "8.2", date(2025, 9, 16)),
        ("XCP-ng", "8.3", date(2028, 11, 30)),
    ],
)
def test_end_of_life(brand: str, release: str, ends: date) -> None:
    product = TABLE.product(brand)
    assert product is not None
    assert [life.ends for life in product.releases if life.release == release] == [ends]


@pytest.mark.parametrize("brand", ["George", "", None])
def test_other_brands_are_not_known(brand: str | None) -> None:
    assert TABLE.product(brand) is None


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        pytest.param('release = "6.0"', 'release = "6"', "regex", id="not a release"),
        pytest.param('release = "6.0"', 'release = "6.2"', "oldest first", id="order"),
        pytest.param('release = "6.1"', 'release = "6.0"', "each once", id="doubled release"),
        pytest.param("ends = 2016", 'ends = "soon" # ', "Invalid RFC3339", id="not a day"),
        pytest.param('["XCP-ng"]', '["XenServer"]', "brand XenServer stands more than once", id="brand"),
        pytest.param("title =", "tilte =", "unknown field `tilte`", id="misspelt key"),
    ],
)
def test_a_wrong_table_is_one_clear_line(tmp_path: Path, old: str, new: str, says: str) -> None:
    text = products.FILE.read_text("utf-8")
    assert old in text
    wrong = tmp_path / "wrong.toml"
    wrong.write_text(text.replace(old, new, 1), "utf-8")
    with pytest.raises(PoolproofError) as caught:
        products.load(wrong)
    message = str(caught.value)
    assert says in message
    assert message.startswith(str(wrong))
    assert "\n" not in message
