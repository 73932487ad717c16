"""`python -m services.payment`."""

from services.payment.service import SERVICE

if __name__ == "__main__":
    SERVICE.main()
