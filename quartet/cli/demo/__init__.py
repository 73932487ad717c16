"""`quartet demo`: sagas of any application on this machine, from the first event to the audit."""
