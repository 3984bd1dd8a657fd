"""`c360 explain`: why accounts are one customer, and where a value comes from."""
