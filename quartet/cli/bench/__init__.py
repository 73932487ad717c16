"""`quartet bench`: what a saga of the application costs on this machine, and how long it takes."""
