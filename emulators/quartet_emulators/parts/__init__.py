"""The parts of the emulators: one for each emulator, in this process or in another one, and what is made of them."""
