"""Keys behind signers that never show them."""
