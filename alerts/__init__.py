"""Rules, conditions, the pure state machine, and the engine as a list of stages."""
