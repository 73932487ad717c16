import json
from pathlib import Path
from typing import Any

import pytest

from quartet.terminal.user_error import UserError
from services.operations.publish.catalogue import read_catalogue
from services.operations.seed.seeding import stock_document

ROSIN = {"product_id": "rosin", "name": "Rosin", "quantity": 7, "unit_price": "8.90", "currency": "EUR"}


def written(directory: Path, products: list[dict[str, Any]]) -> Path:
    path = directory / "catalogue.json"
    path.write_text(json.dumps(products), encoding="utf-8")
    return path


def test_a_product_becomes_its_stock_document(tmp_path: Path) -> None:
    (rosin,) = read_catalogue(written(tmp_path, [ROSIN]))
    assert stock_document(rosin) == {
        "id": "rosin",
        "product_id": "rosin",
        "name": "Rosin",
        "available_quantity": 7,
        "reserved_quantity": 0,
        "shipped_quantity": 0,
        "seeded_quantity": 7,
    }


def test_price_and_currency_may_be_left_out(tmp_path: Path) -> None:
    (rosin,) = read_catalogue(written(tmp_path, [{"product_id": "rosin", "name": "Rosin", "quantity": 7}]))
    assert rosin.quantity == 7


@pytest.mark.parametrize(
    ("wrong", "says"),
    [
        ({"quantity": -1}, "entry 2: quantity: must be at least 0"),
        ({"quantity": "7"}, "entry 2: quantity: must be a whole number"),
        ({"quantity": True}, "entry 2: quantity: must be a whole number"),
        ({"name": " "}, "entry 2: name: must not be blank"),
        ({"product_id": "a/b"}, "entry 2: product_id: must match"),
        ({"unit_price": 8.9}, "entry 2: unit_price: must be a decimal string"),
        ({"currency": "EURO"}, "entry 2: currency: must be an ISO 4217 currency code"),
        ({"quantiti": 9}, "entry 2: quantiti:"),
    ],
)
def test_a_wrong_entry_is_reported_with_its_field(tmp_path: Path, wrong: dict[str, Any], says: str) -> None:
    path = written(tmp_path, [ROSIN, ROSIN | {"product_id": "mute"} | wrong])
    with pytest.raises(UserError) as caught:
        read_catalogue(path)
    assert str(caught.value).startswith(f"{path}, {says}")


def test_a_product_is_listed_in_a_catalogue_once(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="product_id rosin is listed twice"):
        read_catalogue(written(tmp_path, [ROSIN, ROSIN]))
