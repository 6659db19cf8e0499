import secrets

from django.contrib.auth import get_user_model
from django.test import TestCase
from django.urls import reverse

from messaging.models import Message, OutboxMessage
from messaging.outbox import publish, record
from messaging.storage import open_session, store
from messaging.tests.test_storage import deliver


class AdminTest(TestCase):
    def setUp(self) -> None:
        user = get_user_model().objects.create_superuser("admin", password=secrets.token_urlsafe())
        self.client.force_login(user)

    def test_messages_are_shown_and_cannot_be_changed(self) -> None:
        store(open_session("django", present=False), [deliver(1)])
        self.assertContains(self.client.get(reverse("admin:messaging_message_changelist")), "the same")
        page = reverse("admin:messaging_message_change", args=[Message.objects.get().pk])
        self.assertEqual(self.client.get(page).status_code, 200)
        with self.assertLogs("django.request"):
            self.assertEqual(self.client.post(page, {"topic": "other"}).status_code, 403)
            self.assertEqual(self.client.get(reverse("admin:messaging_message_add")).status_code, 403)

    def test_what_the_broker_refused_can_be_sent_again(self) -> None:
        row = publish("naboom/other", "x")
        record([], {row.pk: "not authorized"})
        url = reverse("admin:messaging_outboxmessage_changelist")
        self.client.post(url, {"action": "send_again", "_selected_action": [row.pk]})
        self.assertEqual(OutboxMessage.objects.get().refusal, "")
