"""The SDKs' own suites against the emulators: `make sdk-suites`, and the page that is made of the results."""
