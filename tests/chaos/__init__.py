"""Real processes under fire: the whole stack is killed, paused and lied to, and must come out right.

`python -m tests.chaos --minutes 3 --orders 3000 --seed 7`; see `docs/emulators.md` for the faults.
"""
