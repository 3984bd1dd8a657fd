"""Who is who tonight: match, model, gates."""
