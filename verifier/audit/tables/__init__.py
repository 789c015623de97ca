"""One module for each kind of chain: its entries, and its state, as rows."""
