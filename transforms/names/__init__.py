"""Names of people: shown, keyed for equality, parsed, compared across scripts, and keyed for blocking.

`cleaning` says how a name is shown and keyed; `scripts` which part of it is Chinese; `parsing` which word is what;
`syllables` and `characters` how Chinese is spelt; `western` which western names are one; `words` how near two words
are, `similarity` two names, `blocking` which names are worth comparing.
"""

from transforms.names.blocking import list_blocking_keys, name_blocking_keys
from transforms.names.cleaning import fold_accents, key_name, name_key, name_shown, show_name
from transforms.names.parsing import Parse, parse_name
from transforms.names.scripts import chinese_name, english_name
from transforms.names.similarity import NameComparer, similarity, similarity_columns

__all__ = [
    "NameComparer",
    "Parse",
    "chinese_name",
    "english_name",
    "fold_accents",
    "key_name",
    "list_blocking_keys",
    "name_blocking_keys",
    "name_key",
    "name_shown",
    "parse_name",
    "show_name",
    "similarity",
    "similarity_columns",
]
