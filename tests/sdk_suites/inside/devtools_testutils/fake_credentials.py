"""As in Microsoft's package."""

STORAGE_ACCOUNT_FAKE_KEY = "not used: the suites run against servers"
