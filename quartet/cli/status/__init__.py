"""`quartet status`: the status of sagas, for any application."""
