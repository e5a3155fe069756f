import hashlib

import bcrypt
import polars as pl
import pytest

from pipeline.sample.passwords import known_passwords, plain_of


@pytest.mark.parametrize("number", [0, 7, 299])
def test_a_known_password_belongs_to_its_digests(number: int) -> None:
    password = known_passwords()[number]
    assert bcrypt.checkpw(password.plain.encode(), f"$2b${password.bcrypt_rest}".encode())
    assert password.md5 == hashlib.md5(password.plain.encode(), usedforsecurity=False).hexdigest()


def test_every_whole_hash_of_the_sample_has_a_known_password(sample: dict[str, pl.DataFrame]) -> None:
    hashes = sample["Teacher"]["password"].drop_nulls()
    whole = hashes.filter(hashes.str.contains(r"^\$2[aby]\$04\$[./A-Za-z0-9]{53}$"))
    assert len(whole) > 150
    assert None not in {plain_of(stored) for stored in whole}


def test_what_is_no_whole_hash_has_no_known_password() -> None:
    assert plain_of("heimdall-001") is None
    assert plain_of(f"$2x${known_passwords()[1].bcrypt_rest}") is None
    assert plain_of(f"$2b${known_passwords()[1].bcrypt_rest[:-1]}") is None
