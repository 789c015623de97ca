"""Networks, and the nodes through which they are asked and sent to."""
