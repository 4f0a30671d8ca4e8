"""Names for values that must not be shown: the same for equal values, useless without the key."""

from __future__ import annotations

import hashlib
import hmac


def pseudonym(text: str, secret: str) -> str:
    """HMAC-SHA256 of `text` under the deployment's `secret`, as 64 hexadecimal digits.

    A plain hash would not do: whoever can guess a value can hash the guess and compare.
    """
    data = text.encode("utf-8", "surrogatepass")
    return hmac.new(secret.encode(), data, hashlib.sha256).hexdigest()
