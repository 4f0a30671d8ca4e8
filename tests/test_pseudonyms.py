from __future__ import annotations

from sparkguard.pseudonyms import mask, pseudonym


def test_a_pseudonym_is_the_hmac_of_rfc_4231() -> None:
    assert pseudonym("what do ya want for nothing?", "Jefe") == (
        "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843"
    )


def test_texts_that_utf_8_has_no_bytes_for_have_one_too() -> None:
    assert len({pseudonym(text, "key") for text in ("\ud800", "\udfff", "")}) == 3


def test_a_mask_shows_the_first_character_of_texts_that_are_longer_than_three() -> None:
    assert [mask(text) for text in ("", "abc", "abcd")] == ["***", "***", "a***"]
