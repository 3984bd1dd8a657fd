"""Raw rows of any source as rows of the same columns: accounts, attributes, events, consents."""
