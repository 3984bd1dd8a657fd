"""The matcher's model as a file: JSON that says its version, and tells nothing of anybody without its key."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

from serving.standalone.write import asked_for
from transforms.matching.model.trained_model import ModelError
from warehouse.errors import UsageError
from warehouse.home.keys import find_keys, read_key
from warehouse.identity.sealed_model import KEY_NAME, open_model, seal_model

FORMAT = "c360 identity model"
VERSION = 2


def read_model_file(path: Path, warn: Callable[[str], None]) -> dict[str, Any] | None:
    """The model in a file; None, with a message, where there is no such file yet.

    Raises:
        UsageError: the file is no model, or one of another version.
    """
    if not path.exists():
        warn(f"--model: there is no {path} yet; a model is trained on these files")
        return None
    if not path.is_file():
        raise UsageError(f"--model: {path} is not a file; name one that --save-model wrote")
    try:
        kept = json.loads(path.read_text("utf-8"))
    except (ValueError, RecursionError):
        kept = None
    if not isinstance(kept, dict) or kept.get("format") != FORMAT or not isinstance(kept.get("model"), dict):
        raise UsageError(f"--model: {path} holds no model; name a file that --save-model wrote")
    if kept.get("version") != VERSION:
        raise UsageError(f"--model: {path} is of another version than {VERSION}; retrain with --save-model alone")
    try:
        return open_model(kept["model"], read_key(path, KEY_NAME))
    except ModelError:
        cure = f"put the key back into {find_keys(path)}, or retrain with --save-model alone"
        raise UsageError(f"--model: {path} was sealed by another key; {cure}") from None


def write_model_file(model: dict[str, Any], path: Path) -> None:
    """Write a model, whole or not at all, sealed by a key that lies beside it."""
    # The order of the fields is part of the model: keys are not sorted.
    text = json.dumps(
        {"format": FORMAT, "version": VERSION, "model": seal_model(model, read_key(path, KEY_NAME))}, indent=1
    )
    with asked_for(path) as fresh:
        fresh.write_text(text + "\n", "utf-8")
