"""`python -m services.shipping`."""

from services.shipping.service import SERVICE

if __name__ == "__main__":
    SERVICE.main()
