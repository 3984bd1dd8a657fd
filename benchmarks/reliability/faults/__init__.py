"""Experiments: one kind of fault a module."""
