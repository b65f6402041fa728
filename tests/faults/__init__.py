"""Inputs and faults the product survives: each test produces the real thing. The rows are in docs/faults.md."""
