"""Settings of the lean page: those of `startproject`, with Jinja2 and the pool that ours has."""

import os

from amparo.project.settings import _database

SECRET_KEY = "not-a-secret-for-measuring-only-" + "0" * 30
DATABASES = {"default": _database(os.environ["DATABASE_URL"]) | {"ENGINE": "django.db.backends.postgresql", "CONN_HEALTH_CHECKS": True}}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
INSTALLED_APPS = [
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "amparo.project.bench.lean",
]
AUTH_USER_MODEL = "lean.User"
MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
]
ROOT_URLCONF = "amparo.project.bench.lean.urls"
WSGI_APPLICATION = None
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.jinja2.Jinja2",
        "APP_DIRS": True,
        "OPTIONS": {"autoescape": True},
    }
]
ALLOWED_HOSTS = ["*"]
USE_TZ = True
TIME_ZONE = "America/Mexico_City"
LOGGING_CONFIG = None
