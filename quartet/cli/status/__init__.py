"""`quartet status`: where sagas stand, for any application."""
