"""HTTP APIs, as contracts declare them: no API has code of its own here."""
