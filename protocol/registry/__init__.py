"""What the registry can be asked and told, and what its answers mean."""
