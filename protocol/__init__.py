"""What issuer, verifier and any independent implementation must agree on."""
