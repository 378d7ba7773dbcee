is_all_locations and is_all_sources and iso_week = '2026-W47'
