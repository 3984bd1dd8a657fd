"""Where data lives that is no file: what is new there is pulled, as deliveries that are landed like any other."""
