"""The attributes whose values are one person's, as a rule."""

IDENTIFIERS = ("national_id", "email", "phone", "handle")
"""Attributes of which equal keys say that two accounts are one person, the strongest first."""
