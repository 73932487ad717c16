"""The page's server: FastAPI, server-sent events, and who may ask."""
