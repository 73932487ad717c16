"""Dead letters on the page: which there are, what is in them, and what an operator does about them."""
