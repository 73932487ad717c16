"""What each event changed in the participants' states, from the change feeds of their containers."""
