"""The processes of the services, and the commands of an operator."""
