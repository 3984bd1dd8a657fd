"""The home of a customer-360: layout, lock, pointer, generations, keys, and the ledgers beside them."""
