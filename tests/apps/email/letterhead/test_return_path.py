from hypothesis import given
from hypothesis import strategies as st

from apps.email.jobs import key_of
from apps.email.letterhead import return_path

SECRET = b"the secret of the tests"
keys = st.text("0123456789abcdefghijklmnopqrstuvwxyz.", min_size=1, max_size=45)


@given(keys, st.booleans())
def test_what_is_written_is_read_back_whatever_case_a_server_makes_of_it(key: str, shouts: bool) -> None:
    address = return_path.write(key, "bounces.example.org", SECRET)
    assert len(address.partition("@")[0]) <= 64
    assert return_path.read(address.upper() if shouts else address, SECRET) == key


def test_the_ledgers_keys_fit() -> None:
    key = key_of("shop", "1", "receipt", "ada")
    assert return_path.read(return_path.write(key, "example.org", SECRET), SECRET) == key


@given(st.text(max_size=80))
def test_what_we_never_wrote_is_nobodys(local: str) -> None:
    assert return_path.read(f"{local}@example.org", SECRET) is None


@given(keys, keys)
def test_a_signature_is_good_for_its_own_mail_only(one: str, other: str) -> None:
    address = return_path.write(one, "example.org", SECRET)
    swapped = address.replace(f"b-{one}-", f"b-{other}-", 1)
    assert return_path.read(swapped, SECRET) == (one if one == other else None)
    assert return_path.read(address, b"another secret") is None
