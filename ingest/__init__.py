"""From the outside to the warehouse: importers and the one batch writer."""
