"""What `quartet bench` measures, and how: its arithmetic with a clock that the test moves, and once for real."""
