from __future__ import annotations

from typing import TYPE_CHECKING

from django.contrib import admin

from messaging.models import Message, OutboxMessage, ServiceStatus

if TYPE_CHECKING:
    from django.db.models import Model, QuerySet
    from django.http import HttpRequest


class ReadOnlyAdmin(admin.ModelAdmin):  # type: ignore[type-arg] # Django's own takes none
    """What the service writes is not for editing."""

    def has_add_permission(self, request: HttpRequest) -> bool:  # noqa: ARG002
        """Nobody adds one."""
        return False

    def has_change_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:  # noqa: ARG002
        """Nobody changes one."""
        return False


@admin.register(Message)
class MessageAdmin(ReadOnlyAdmin):
    """Messages, newest first."""

    list_display = ["received_at", "topic", "text", "retained"]
    list_filter = ["received_at"]
    search_fields = ["topic", "message_id"]
    ordering = ["-id"]
    show_full_result_count = False


@admin.register(OutboxMessage)
class OutboxMessageAdmin(ReadOnlyAdmin):
    """What was and will be sent; what the broker refused can be sent again."""

    list_display = ["created_at", "topic", "sent_at", "refusal"]
    search_fields = ["topic"]
    ordering = ["-id"]
    actions = ["send_again"]

    @admin.action(description="Send again what the broker refused")
    def send_again(self, request: HttpRequest, queryset: QuerySet[OutboxMessage]) -> None:
        """Put refused messages back."""
        count = queryset.exclude(refusal="").update(refusal="")
        self.message_user(request, f"{count} will be sent again.")


@admin.register(ServiceStatus)
class ServiceStatusAdmin(ReadOnlyAdmin):
    """Services by client id."""

    list_display = ["client_id", "state", "since", "heartbeat_at", "stored", "sent"]
