"""Names of people: shown, keyed for equality, parsed, compared across scripts, and keyed for blocking.

`cleaning` says how a name is shown and keyed; `scripts` which part of it is Chinese; `parsing` which word is what;
`syllables` and `characters` how Chinese is spelt; `western` which western names are one; `words` how near two words
are, `similarity` two names, `blocking` which names are worth comparing.
"""
