"""Generated deliveries, one kind of dirt a module: each is read right or refused aloud, none is wrong in silence."""
