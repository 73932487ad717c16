"""`quartet recordings` and `quartet verify-replay`: sagas of a deployment as files, and run again without it."""
