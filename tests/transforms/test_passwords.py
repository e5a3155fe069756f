import bcrypt
import polars as pl
import pytest

from transforms import passwords

SALT_AND_HASH = "N9qo8uLOickgx2ZMRZoMyeIjZAgcfl7p92ldGxad68LJZdL17lhWy"
HASH = f"$2b$10${SALT_AND_HASH}"


def carried(password: str | None) -> str | None:
    people = pl.DataFrame({"password": [password]}, schema={"password": pl.String})
    [kept] = people.select(passwords.carried(pl.col("password"))).to_series()
    assert kept is None or isinstance(kept, str)
    return kept


@pytest.mark.parametrize("version", ["2a", "2b"])
@pytest.mark.parametrize("cost", ["04", "10", "19", "31"])
def test_a_full_bcrypt_hash_is_kept_byte_for_byte(version: str, cost: str) -> None:
    password = f"${version}${cost}${SALT_AND_HASH}"
    assert carried(password) == password


def test_phps_version_of_a_hash_is_written_as_the_one_it_equals() -> None:
    secret = b"Lagos 1999"
    [version_2b] = [bcrypt.hashpw(secret, bcrypt.gensalt(4)).decode()]
    kept = carried(version_2b.replace("$2b$", "$2y$"))
    assert kept == version_2b
    assert bcrypt.checkpw(secret, kept.encode())


def test_a_hash_that_holds_2y_further_on_keeps_it() -> None:
    password = f"$2a$10${'2y' * 26}."
    assert carried(password) == password


@pytest.mark.parametrize(
    "password",
    [
        None,
        "",
        "secret",
        "5f4dcc3b5aa765d61d8327deb882cf99",
        HASH[:-1],
        HASH + "a",
        HASH + "\n",
        " " + HASH,
        HASH.replace("$2b$", "$2x$"),
        HASH.replace("$2b$", "$2$"),
        HASH.replace("$10$", "$03$"),
        HASH.replace("$10$", "$32$"),
        HASH.replace("$10$", "$9$"),
        HASH.replace("W", "_"),
        HASH.replace("W", "é"),
    ],
)
def test_anything_else_is_not_carried(password: str | None) -> None:
    assert carried(password) is None
