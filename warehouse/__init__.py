"""Everything that touches a file or a database: contracts, landing, the ledger of deliveries, generations."""
