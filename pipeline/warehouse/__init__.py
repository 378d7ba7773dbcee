"""The warehouse: the only room that opens DuckDB. One writer at a time; analysts read published files."""
