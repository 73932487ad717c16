"""`python -m services.inventory`."""

from services.inventory.service import SERVICE

if __name__ == "__main__":
    SERVICE.main()
