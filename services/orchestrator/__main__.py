"""`python -m services.orchestrator`."""

from services.orchestrator.service import SERVICE

if __name__ == "__main__":
    SERVICE.main()
