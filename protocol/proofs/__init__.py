"""What proves a credential: the path to a root, the receipt, the signature, and whose keys."""
