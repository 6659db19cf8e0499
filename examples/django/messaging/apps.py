from django.apps import AppConfig


class MessagingConfig(AppConfig):
    """Messages of the community, from and to the broker."""

    name = "messaging"
