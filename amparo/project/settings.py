"""Settings: from the environment, or from one file of KEY=value lines named by AMPARO_ENV_FILE.

What an administrator changes while the service runs is not here but in policies.
"""

from __future__ import annotations

import json
import os
import sys
import tempfile
from pathlib import Path
from urllib.parse import unquote, urlsplit

import jinja2
from django.core.exceptions import ImproperlyConfigured
from django.utils.translation import gettext_lazy as _

# Structlog loads what colours tracebacks wherever it is installed: a tenth of a second and ten megabytes in every process.
_colours = sys.modules.setdefault("rich", None)  # type: ignore[arg-type]
import structlog  # noqa: E402

if _colours is None:
    del sys.modules["rich"]

BASE_DIR = Path(__file__).resolve().parent.parent.parent


def _read_env_file() -> None:
    path = os.environ.get("AMPARO_ENV_FILE")
    if not path:
        return
    for line in Path(path).read_text(encoding="utf-8").splitlines():
        if "=" in line and not line.lstrip().startswith("#"):
            key, _sep, val = line.partition("=")
            os.environ.setdefault(key.strip(), val.strip().strip('"'))


_read_env_file()
env = os.environ.get
TESTING = "pytest" in sys.modules


def _flag(name: str, default: bool = False) -> bool:
    return env(name, "1" if default else "0").lower() in ("1", "true", "yes", "on")


def _secrets() -> dict[str, str]:
    """The installation's secrets: never a default in earnest, a missing one stops the start. SEC-57."""
    path = env("AMPARO_SECRETS_FILE")
    if path:
        return json.loads(Path(path).read_text(encoding="utf-8"))
    if TESTING or _flag("AMPARO_DEBUG") or _flag("AMPARO_BUILD"):
        test_only = "not-a-secret-for-tests-and-builds-only-" + "0" * 24
        return {"secret_key": test_only, "pepper": test_only, "field_key": "A" * 43 + "=", "signing_key": ""}
    raise ImproperlyConfigured(
        "AMPARO_SECRETS_FILE is not set. `amparo up` makes the file; to start a part alone, point it at "
        "secrets.json in the data folder."
    )


SECRETS = _secrets()
SECRET_KEY = SECRETS["secret_key"]
DEBUG = _flag("AMPARO_DEBUG")
DATA_DIR = Path(env("AMPARO_DATA", str(BASE_DIR / "data")))
PUBLIC_URL = env("AMPARO_URL", "http://127.0.0.1:8000").rstrip("/")
# Behind a proxy the stream lies at the same origin; `amparo up` serves it on the next port.
STREAM_URL = env("AMPARO_STREAM_URL", "/events")
STREAM_ORIGIN = "{0.scheme}://{0.netloc}".format(urlsplit(STREAM_URL)) if "://" in STREAM_URL else ""
# Where this process of the stream is reached by helpers and viewers of remote sessions; of several each has its own. LIV-2
_broker = STREAM_ORIGIN or PUBLIC_URL
BROKER_URL = (env("AMPARO_BROKER_URL") or f"ws{_broker[4:]}").rstrip("/")
BROKER_ORIGINS = [BROKER_URL, *filter(None, env("AMPARO_BROKER_ORIGINS", "").split(","))]
# Where SCORM packages run: another origin, best another host. Without it interactive lessons are not offered.
SCORM_URL = env("AMPARO_SCORM_URL", "").rstrip("/")
# The gateway of sound and image: where browsers reach its WebSocket, where we reach its administration, its folder, its relays.
GATEWAY_URL = env("AMPARO_MEDIA_URL", "")
GATEWAY_ORIGIN = "{0.scheme}://{0.netloc}".format(urlsplit(GATEWAY_URL)) if "://" in GATEWAY_URL else ""
GATEWAY_ADMIN = env("AMPARO_MEDIA_ADMIN", "")
GATEWAY_FOLDER = Path(env("AMPARO_MEDIA_FOLDER", str(DATA_DIR / "media")))
GATEWAY_RELAY = [word for word in env("AMPARO_MEDIA_RELAY", "").split(",") if word]
MESHCENTRAL_URL = env("AMPARO_MESHCENTRAL_URL", "")
MESHCENTRAL_USER = env("AMPARO_MESHCENTRAL_USER", "")
MESHCENTRAL_KEY = env("AMPARO_MESHCENTRAL_KEY", "")
MESHCENTRAL_CA = env("AMPARO_MESHCENTRAL_CA", "")
BIGBLUEBUTTON_URL = env("AMPARO_BIGBLUEBUTTON_URL", "")
BIGBLUEBUTTON_SECRET = env("AMPARO_BIGBLUEBUTTON_SECRET", "")
BIGBLUEBUTTON_HASH = env("AMPARO_BIGBLUEBUTTON_HASH", "sha256")
STREAM_ORIGINS = [PUBLIC_URL, *filter(None, env("AMPARO_ORIGINS", "").split(","))]
HTTPS = PUBLIC_URL.startswith("https://")
# Where the payment provider is asked: from the environment alone, so that no setting sends its key elsewhere. SEC-32
STRIPE_API = env("AMPARO_STRIPE_API", "https://api.stripe.com").rstrip("/")
_host = urlsplit(PUBLIC_URL).hostname or "127.0.0.1"
ALLOWED_HOSTS = [_host, *filter(None, env("AMPARO_HOSTS", "127.0.0.1,localhost,[::1]").split(","))]
if TESTING:
    ALLOWED_HOSTS.append("testserver")

INSTALLED_APPS = [
    "amparo.kernel",
    "amparo.ui",
    "amparo.history",
    "amparo.policies",
    "amparo.people",
    "amparo.agreements",
    "amparo.files",
    "amparo.products",
    "amparo.ledger",
    "amparo.deadlines",
    "amparo.media",
    "amparo.threads",
    "amparo.contracts",
    "amparo.promotions",
    "amparo.charging",
    "amparo.search",
    "amparo.editor",
    "amparo.knowledge",
    "amparo.blog",
    "amparo.videos",
    "amparo.downloads",
    "amparo.activation",
    "amparo.forum",
    "amparo.campus",
    "amparo.defects",
    "amparo.live",
    "amparo.sales",
    "amparo.quotations",
    "amparo.tickets",
    "amparo.cases",
    "amparo.complaints",
    "amparo.remote",
    "amparo.classroom",
    "amparo.chat",
    "amparo.casefiles",
    "amparo.notifications",
    "amparo.mailbox",
    "amparo.web",
    "amparo.fairness",
    "amparo.project",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "django.contrib.postgres",
    "django.contrib.humanize",
    "django.forms",
    "django_htmx",
    "allauth",
    "allauth.account",
    "allauth.mfa",
    "allauth.usersessions",
    # The editor of articles, posts and videos, and nothing else of it: no pages, no sites, no files, no interface. SRC-2
    "wagtail.snippets",
    "wagtail.users",
    "wagtail.admin",
    "wagtail.search",
    "wagtail",
    "modelcluster",
    "taggit",
]

MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "amparo.project.middleware.RequestLog",
    "amparo.ui.middleware.Headers",
    "amparo.project.middleware.Plain",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "amparo.ui.middleware.Forms",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "amparo.project.middleware.Acting",
    "amparo.people.middleware.FirstRun",
    "amparo.people.middleware.SecondFactor",
    "django.contrib.messages.middleware.MessageMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "amparo.project.middleware.Refusals",
]

ROOT_URLCONF = "amparo.project.urls"
WSGI_APPLICATION = "amparo.project.wsgi.application"

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.jinja2.Jinja2",
        "DIRS": [],
        "APP_DIRS": True,
        "OPTIONS": {
            "environment": "amparo.ui.jinja.environment",
            "undefined": jinja2.StrictUndefined,
            "autoescape": True,
            "trim_blocks": True,
            "lstrip_blocks": True,
            "extensions": ["jinja2.ext.i18n", "jinja2.ext.do"],
            "context_processors": ["amparo.ui.jinja.context"],
        },
    },
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
            ]
        },
    },
]
FORM_RENDERER = "amparo.ui.jinja.Renderer"


def _database(url: str) -> dict[str, object]:
    parts = urlsplit(url)
    if parts.scheme not in ("postgres", "postgresql"):
        raise ImproperlyConfigured(
            "DATABASE_URL must begin with postgresql://, for Amparo runs on PostgreSQL only."
        )
    query = dict(pair.partition("=")[::2] for pair in parts.query.split("&") if pair)
    return {
        "ENGINE": "amparo.kernel.postgresql",
        "NAME": unquote(parts.path.lstrip("/")) or "amparo",
        "USER": unquote(parts.username or ""),
        "PASSWORD": unquote(parts.password or ""),
        "HOST": unquote(query.get("host", parts.hostname or "")),
        "PORT": str(parts.port or ""),
        "CONN_MAX_AGE": 0,
        "CONN_HEALTH_CHECKS": False,  # amparo.kernel.postgresql asks by itself whether a connection lives
        # Tests empty tables between them; nobody else may truncate what is append-only.
        "OPTIONS": {"options": "-c amparo.may_truncate=on"}
        if TESTING
        else {}
        if _flag("AMPARO_BUILD")
        else {
            "pool": {
                "min_size": 1,
                "max_size": int(env("AMPARO_POOL", "10")),
                "timeout": 10,
                "max_lifetime": 1800,
            }
        },
        "TEST": {"NAME": env("AMPARO_TEST_DATABASE")} if env("AMPARO_TEST_DATABASE") else {},
    }


DATABASES = {"default": _database(env("DATABASE_URL", "postgresql:///amparo"))}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
UI_IDENTITY = "amparo.project.doors.identity"
UI_COUNTS = "amparo.project.doors.rail_counts"
SUBJECT_PRODUCT = "amparo.project.subjects.product_of"
SUBJECT_VISIBILITY = "amparo.project.subjects.may_see"
HISTORY_SUBSCRIPTIONS = "amparo.project.subscriptions.SUBSCRIPTIONS"
PURGED_OUTLETS = "amparo.project.retention.OUTLETS"

AUTH_USER_MODEL = "people.User"
AUTHENTICATION_BACKENDS = ["amparo.people.backends.PeopleBackend", "amparo.editor.backends.EditorBackend"]
PASSWORD_HASHERS = (
    ["django.contrib.auth.hashers.MD5PasswordHasher"]
    if TESTING
    else ["django.contrib.auth.hashers.Argon2PasswordHasher"]
)
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator", "OPTIONS": {"min_length": 10}},
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
]
LOGIN_URL = "account_login"
LOGIN_REDIRECT_URL = "/"

ACCOUNT_ADAPTER = "amparo.people.adapters.AccountAdapter"
ACCOUNT_LOGIN_METHODS = {"email"}
ACCOUNT_SIGNUP_FORM_CLASS = "amparo.people.forms.SignUpDetails"
_forms = "amparo.people.forms.signing_in"
ACCOUNT_FORMS = {
    "login": f"{_forms}.SignIn",
    "signup": f"{_forms}.SignUp",
    "reset_password": f"{_forms}.AskForReset",
    "reset_password_from_key": f"{_forms}.Reset",
    "change_password": f"{_forms}.ChangePassword",
    "set_password": f"{_forms}.SetPassword",
    "add_email": f"{_forms}.AddAddress",
    "reauthenticate": f"{_forms}.Reauthenticate",
}
MFA_FORMS = {
    "authenticate": f"{_forms}.EnterCode",
    "reauthenticate": f"{_forms}.ReenterCode",
    "activate_totp": f"{_forms}.AddApp",
    "add_webauthn": f"{_forms}.AddPasskey",
    "edit_webauthn": f"{_forms}.RenamePasskey",
}
ACCOUNT_EMAIL_NOTIFICATIONS = True
ACCOUNT_MAX_EMAIL_ADDRESSES = 3
ACCOUNT_LOGOUT_REDIRECT_URL = "/"
# By address, and by account whatever the address: guessing from many places is slow too.
ACCOUNT_RATE_LIMITS = {"login_failed": "20/m/ip,5/5m/key", "reset_password": "20/m/ip,3/5m/key", "signup": "20/h/ip"}
ACCOUNT_SIGNUP_FIELDS = ["email*", "password1*"]
ACCOUNT_USER_MODEL_USERNAME_FIELD = None
ACCOUNT_EMAIL_VERIFICATION = "mandatory"
ACCOUNT_EMAIL_UNKNOWN_ACCOUNTS = True
ACCOUNT_PREVENT_ENUMERATION = True
ACCOUNT_LOGOUT_ON_GET = False
ACCOUNT_SESSION_REMEMBER = True
ACCOUNT_EMAIL_SUBJECT_PREFIX = ""
ACCOUNT_DEFAULT_HTTP_PROTOCOL = "https" if HTTPS else "http"
MFA_ADAPTER = "amparo.people.adapters.MFAAdapter"
MFA_SUPPORTED_TYPES = ["recovery_codes", "totp", "webauthn"]
MFA_PASSKEY_LOGIN_ENABLED = True
MFA_WEBAUTHN_ALLOW_INSECURE_ORIGIN = not HTTPS
MFA_TOTP_ISSUER = "Amparo"
USERSESSIONS_TRACK_ACTIVITY = False

# Wagtail's tables in one step each: see amparo/editor/migrations/wagtail.
MIGRATION_MODULES = {
    label: f"amparo.editor.migrations.wagtail.{folder}"
    for label, folder in (
        ("wagtailcore", "core"), ("wagtailadmin", "admin"), ("wagtailusers", "users"), ("wagtailsearch", "search"), ("taggit", "taggit"),
    )
}  # fmt: skip
# Wagtail asks nobody outside, sends no letters of its own, and knows neither passwords nor accounts. SEC-1, SEC-53
WAGTAIL_SITE_NAME = "Amparo"
WAGTAILADMIN_BASE_URL = PUBLIC_URL
WAGTAILADMIN_LOGIN_URL = LOGIN_URL
WAGTAILADMIN_PERMITTED_LANGUAGES = [("es-mx", "Español"), ("en", "English")]
WAGTAIL_ENABLE_UPDATE_CHECK = False
WAGTAIL_ENABLE_WHATS_NEW_BANNER = False
WAGTAIL_GRAVATAR_PROVIDER_URL = None
WAGTAIL_PASSWORD_MANAGEMENT_ENABLED = False
WAGTAIL_PASSWORD_RESET_ENABLED = False
WAGTAIL_EMAIL_MANAGEMENT_ENABLED = False
WAGTAILADMIN_UNSAFE_PAGE_DELETION_LIMIT = 0
WAGTAIL_I18N_ENABLED = False
WAGTAIL_USAGE_COUNT_ENABLED = True
WAGTAILSEARCH_BACKENDS = {"default": {"BACKEND": "wagtail.search.backends.database", "AUTO_UPDATE": False}}

CACHES = {
    "default": {
        "BACKEND": "django.core.cache.backends.locmem.LocMemCache"
        if TESTING or _flag("AMPARO_BUILD")
        else "django.core.cache.backends.db.DatabaseCache",
        "LOCATION": "amparo_cache",
    }
}

SESSION_ENGINE = "amparo.people.sessions"
SESSION_COOKIE_NAME = "__Host-amparo" if HTTPS else "amparo"
SESSION_COOKIE_SECURE = HTTPS
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = "Lax"
SESSION_COOKIE_AGE = 14 * 24 * 3600
CSRF_COOKIE_NAME = "__Host-amparo-csrf" if HTTPS else "amparo-csrf"
CSRF_COOKIE_SECURE = HTTPS
CSRF_COOKIE_SAMESITE = "Lax"
CSRF_FAILURE_VIEW = "amparo.project.views.csrf_failure"
LANGUAGE_COOKIE_NAME = "amparo-language"
MESSAGE_STORAGE = "amparo.ui.messages.QuietCookies"
CSRF_TRUSTED_ORIGINS = [PUBLIC_URL]
SECURE_CONTENT_TYPE_NOSNIFF = True
SECURE_REFERRER_POLICY = "same-origin"
SECURE_HSTS_SECONDS = 31_536_000 if HTTPS else 0
SECURE_HSTS_INCLUDE_SUBDOMAINS = False
SECURE_CROSS_ORIGIN_OPENER_POLICY = "same-origin"
SECURE_REDIRECT_EXEMPT = [r"^health$", r"^metrics$"]
TRUSTED_PROXIES = [p for p in env("AMPARO_TRUSTED_PROXIES", "").split(",") if p]
SILENCED_SYSTEM_CHECKS = ["security.W019", "auth.W004"]  # addresses are unique whatever their capitals: user_email_once

LANGUAGE_CODE = "es-mx"
LANGUAGES = [("es-mx", _("Spanish")), ("en", _("English"))]
TIME_ZONE = env("AMPARO_TIME_ZONE", "America/Mexico_City")
USE_I18N = True
USE_TZ = True

STATIC_URL = "/static/"
STATIC_ROOT = Path(env("AMPARO_STATIC", str(BASE_DIR / ".cache" / "static")))
_vendor = BASE_DIR / ".cache" / "vendor"
_vendor.mkdir(parents=True, exist_ok=True)
_helpers = BASE_DIR / ".cache" / "helpers" / "offered"  # what `make helpers` built, for the customers of remote sessions
STATICFILES_DIRS = [("vendor", str(_vendor)), *([("remote", str(_helpers))] if _helpers.is_dir() else [])]
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {
        "BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"
        if TESTING or DEBUG
        else "amparo.project.static_files.Storage"
    },
}
WHITENOISE_USE_FINDERS = TESTING or DEBUG
WHITENOISE_AUTOREFRESH = TESTING or DEBUG  # else every client of a test would look through all files anew
MEDIA_ROOT = DATA_DIR / "files"
# Case files until they are a day old, and the published keys beside them for `amparo verify-case`. CAS-7
_CASE_FILES = Path(tempfile.gettempdir()) / f"amparo-tests-{os.getpid()}" if TESTING else DATA_DIR
EXPORTS_ROOT = _CASE_FILES / "exports"
PUBLISHED_KEYS = _CASE_FILES / "case-file-keys.pem"
# The records of remote sessions: they grow, and belong to the record of their cases. LIV-2
RECORDINGS_ROOT = _CASE_FILES / "recordings"
FILE_UPLOAD_MAX_MEMORY_SIZE = 1_048_576
DATA_UPLOAD_MAX_MEMORY_SIZE = 2_621_440
DATA_UPLOAD_MAX_NUMBER_FIELDS = 1000

EMAIL_BACKEND = env("AMPARO_EMAIL_BACKEND", "django.core.mail.backends.smtp.EmailBackend")
EMAIL_HOST = env("AMPARO_SMTP_HOST", "")
EMAIL_PORT = int(env("AMPARO_SMTP_PORT", "25"))
EMAIL_HOST_USER = env("AMPARO_SMTP_USER", "")
EMAIL_HOST_PASSWORD = env("AMPARO_SMTP_PASSWORD", "")
EMAIL_USE_TLS = _flag("AMPARO_SMTP_STARTTLS")
EMAIL_USE_SSL = _flag("AMPARO_SMTP_TLS")
EMAIL_TIMEOUT = 20
DEFAULT_FROM_EMAIL = env("AMPARO_MAIL_FROM", "soporte@localhost")
if not EMAIL_HOST and "AMPARO_EMAIL_BACKEND" not in os.environ:
    # Without a mail server the letters are written to a folder, where an operator can read them.
    EMAIL_BACKEND = "django.core.mail.backends.filebased.EmailBackend"
    EMAIL_FILE_PATH = str(DATA_DIR / "mail")

LOGGING_CONFIG = None
structlog.configure_once(
    processors=[
        structlog.contextvars.merge_contextvars,
        structlog.processors.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        structlog.processors.format_exc_info,
        structlog.processors.JSONRenderer(),
    ],
    cache_logger_on_first_use=not TESTING,
)
