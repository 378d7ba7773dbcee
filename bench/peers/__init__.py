"""Other methods for the same question, rebuilt as far as a paired comparison needs. `registry` lists them."""
