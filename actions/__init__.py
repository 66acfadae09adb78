"""Custom actions: what the assistant does once it knows what a message is about.

One action a file. They import rasa_sdk and bot.knowledge only, so that they run in the assistant's own process as
well as in Rasa's action server (`rasa run actions`).
"""
