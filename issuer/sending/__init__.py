"""How this home reaches a chain, and brings one operation onto it exactly once."""
