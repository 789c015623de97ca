"""What a batch is drafted from: rosters, achievements, ready-made credentials."""
