"""Everything that touches a file or a database: contracts, landing, the ledger of deliveries, generations."""

from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
"""The folder that the program lies in."""
