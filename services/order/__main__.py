"""`python -m services.order`."""

from services.order.service import SERVICE

if __name__ == "__main__":
    SERVICE.main()
