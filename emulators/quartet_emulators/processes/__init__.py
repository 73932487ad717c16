"""Each emulator in a process of its own, so that none of them waits for another one."""
