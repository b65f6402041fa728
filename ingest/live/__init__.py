"""The parts of the live path between a request and the warehouse."""
