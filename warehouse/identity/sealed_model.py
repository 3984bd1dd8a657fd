"""Identity models at rest: what they know of values is encrypted under a key that lies elsewhere.

A model counts values by 32-bit hashes, without a key, since it hashes millions. Sixty million phone numbers are hashed
in seconds, so whoever has such counts has the phones. Sealed by AES-SIV (RFC 5297), the same model gives the same text.
"""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Mapping
from typing import Any

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESSIV

from transforms.matching.model.trained_model import ModelError

TABLES, SEALED = "tables", "sealed"
KEY_NAME = "identity"
"""The name of the key of a home's models (warehouse.home.keys)."""
LABEL = [b"c360 identity model"]


def seal_model(model: Mapping[str, Any], key: bytes) -> dict[str, Any]:
    """The model with its tables of values encrypted, as plain data to be stored."""
    text = json.dumps(model[TABLES]).encode()
    sealed = base64.b64encode(make_cipher(key).encrypt(text, LABEL)).decode()
    return {name: sealed if name == TABLES else part for name, part in model.items()} | {SEALED: "AES-SIV"}


def open_model(stored: Mapping[str, Any], key: bytes) -> dict[str, Any]:
    """The model that `seal_model` stored.

    Raises:
        ModelError: it was sealed by another key, or not at all.
    """
    try:
        if stored.get(SEALED) != "AES-SIV":
            raise ValueError("not sealed")
        tables = json.loads(make_cipher(key).decrypt(base64.b64decode(stored[TABLES]), LABEL))
    except (InvalidTag, ValueError, TypeError):
        raise ModelError("the key by which the model was sealed is not this one; train again by giving none") from None
    return {name: tables if name == TABLES else part for name, part in stored.items() if name != SEALED}


def make_cipher(key: bytes) -> AESSIV:
    """The cipher of a key of any length."""
    return AESSIV(hashlib.sha512(key).digest())
