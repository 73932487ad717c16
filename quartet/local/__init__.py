"""The local stack: emulators and participants as processes of this machine."""
