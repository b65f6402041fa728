"""Kafka: topics of a back end come in by a map, written rows go out. Needs the extra `vigie[kafka]`."""
