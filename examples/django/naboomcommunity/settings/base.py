"""Settings of the site; everything that differs between machines comes from the environment."""

import os
from pathlib import Path

from django.core.management.utils import get_random_secret_key

from messaging.environment import live_environment

BASE_DIR = Path(__file__).resolve().parents[2]

# The process's environment, and the file MQTT_ENV_FILE over it.
ENVIRONMENT = live_environment(strict=False)

# Without a key of your own, log-ins to the admin end when the process does.
SECRET_KEY = os.getenv("DJANGO_SECRET_KEY") or get_random_secret_key()
DEBUG = os.getenv("DJANGO_DEBUG", "false").lower() in ("true", "1", "yes")
ALLOWED_HOSTS = os.getenv("DJANGO_ALLOWED_HOSTS", "localhost,127.0.0.1").split(",")

INSTALLED_APPS = [
    "django.contrib.admin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "messaging",
]

MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
]

ROOT_URLCONF = "naboomcommunity.urls"
WSGI_APPLICATION = "naboomcommunity.wsgi.application"

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
            ],
        },
    },
]

# PostgreSQL where POSTGRES_DB names a database, else an SQLite file beside manage.py.
if os.getenv("POSTGRES_DB"):
    DATABASES = {
        "default": {
            "ENGINE": "django.db.backends.postgresql",
            "NAME": os.environ["POSTGRES_DB"],
            "USER": os.getenv("POSTGRES_USER", ""),
            # Without one, libpq looks into ~/.pgpass, or the socket's peer authentication does.
            "PASSWORD": os.getenv("POSTGRES_PASSWORD", ""),
            "HOST": os.getenv("POSTGRES_HOST", ""),
            "PORT": os.getenv("POSTGRES_PORT", ""),
            "CONN_HEALTH_CHECKS": True,
            # A database that hangs counts as one that is away: seconds, then milliseconds.
            "OPTIONS": {
                "connect_timeout": 5,
                "tcp_user_timeout": 15_000,
                "options": "-c statement_timeout=30000",
            },
        }
    }
else:
    DATABASES = {
        "default": {
            "ENGINE": "django.db.backends.sqlite3",
            "NAME": os.getenv("SQLITE_FILE") or BASE_DIR / "db.sqlite3",
            # FULL: what the broker was told is stored has to outlive a power failure.
            "OPTIONS": {
                "timeout": 20,
                "transaction_mode": "IMMEDIATE",
                "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL;",
            },
        }
    }

DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
LANGUAGE_CODE = "en"
TIME_ZONE = "UTC"
USE_TZ = True
STATIC_URL = "static/"

# One JSON object a line, on standard error.
LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"json": {"()": "messaging.logs.JsonFormatter"}},
    "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "json"}},
    "root": {"handlers": ["stderr"], "level": os.getenv("DJANGO_LOG_LEVEL", "INFO")},
}

# ============================================================================
# MQTT CONFIGURATION
# ============================================================================

# MQTT Broker Settings (with authentication). There is no default password. All are text as given, flags
# and numbers too: messaging.broker judges them, so that one that cannot be ends the service with a sentence.
# What counts where neither the environment nor the file names a variable, or names it no longer.
MQTT_DEFAULTS = {
    "MQTT_HOST": "localhost",
    "MQTT_PORT": "1883",
    "MQTT_SSL_PORT": "8883",
    "MQTT_USERNAME": "naboom-mqtt",
    "MQTT_PASSWORD": "",
    "MQTT_CLIENT_ID": "naboom-community",
    "MQTT_KEEPALIVE": "60",
    "MQTT_USE_SSL": "false",
    # The CA certificates to trust, PEM. Empty: those that the system trusts.
    "MQTT_CA_FILE": "",
    # The client's own certificate and its key, PEM, where the broker asks for one.
    "MQTT_CERTIFICATE_FILE": "",
    "MQTT_KEY_FILE": "",
}
# As they were when the process began; the service reads them anew.
MQTT_HOST = ENVIRONMENT.get("MQTT_HOST", MQTT_DEFAULTS["MQTT_HOST"])
MQTT_PORT = ENVIRONMENT.get("MQTT_PORT", MQTT_DEFAULTS["MQTT_PORT"])
MQTT_SSL_PORT = ENVIRONMENT.get("MQTT_SSL_PORT", MQTT_DEFAULTS["MQTT_SSL_PORT"])
MQTT_USERNAME = ENVIRONMENT.get("MQTT_USERNAME", MQTT_DEFAULTS["MQTT_USERNAME"])
MQTT_PASSWORD = ENVIRONMENT.get("MQTT_PASSWORD", MQTT_DEFAULTS["MQTT_PASSWORD"])
MQTT_CLIENT_ID = ENVIRONMENT.get("MQTT_CLIENT_ID", MQTT_DEFAULTS["MQTT_CLIENT_ID"])
MQTT_KEEPALIVE = ENVIRONMENT.get("MQTT_KEEPALIVE", MQTT_DEFAULTS["MQTT_KEEPALIVE"])
MQTT_USE_SSL = ENVIRONMENT.get("MQTT_USE_SSL", MQTT_DEFAULTS["MQTT_USE_SSL"])
MQTT_CA_FILE = ENVIRONMENT.get("MQTT_CA_FILE", MQTT_DEFAULTS["MQTT_CA_FILE"])
MQTT_CERTIFICATE_FILE = ENVIRONMENT.get("MQTT_CERTIFICATE_FILE", MQTT_DEFAULTS["MQTT_CERTIFICATE_FILE"])
MQTT_KEY_FILE = ENVIRONMENT.get("MQTT_KEY_FILE", MQTT_DEFAULTS["MQTT_KEY_FILE"])

# MQTT Topic Configuration
MQTT_TOPIC_PREFIX = "naboom"
MQTT_COMMUNITY_TOPIC = f"{MQTT_TOPIC_PREFIX}/community"
MQTT_SYSTEM_TOPIC = f"{MQTT_TOPIC_PREFIX}/system"
MQTT_NOTIFICATION_TOPIC = f"{MQTT_TOPIC_PREFIX}/notifications"
MQTT_ALERT_TOPIC = f"{MQTT_TOPIC_PREFIX}/alerts"

# What the service subscribes to.
MQTT_SUBSCRIPTIONS = [
    f"{MQTT_COMMUNITY_TOPIC}/#",
    f"{MQTT_SYSTEM_TOPIC}/#",
    f"{MQTT_NOTIFICATION_TOPIC}/#",
    f"{MQTT_ALERT_TOPIC}/#",
]
# Messages on their way to the service at a time: stored in at most as many at once.
MQTT_RECEIVE_MAXIMUM = 500
# How long the broker keeps the session of a service that is away; the broker's own limit may be shorter.
MQTT_SESSION_DAYS = 30
# Seconds: longest pause between two attempts, look-up of new outbox rows, and the time a stop may take,
# of which the last 3 are for what comes after the messages.
MQTT_BACKOFF_MAXIMUM = 30.0
MQTT_OUTBOX_POLL = 0.5
MQTT_STOP_TIMEOUT = 10.0
# Seconds: how often the service says that it is alive, and how long an outbox row may wait.
MQTT_HEARTBEAT = 5.0
MQTT_OUTBOX_PATIENCE = 60.0
