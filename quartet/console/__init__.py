"""The live page: it follows the hubs, keeps a projection of every saga, and lets an operator act."""
