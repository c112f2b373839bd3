"""Settings, read from the environment; with nothing set, a site on this machine with SQLite and no Redis."""

import secrets
from datetime import timedelta
from pathlib import Path

import environ
import structlog
from csp.constants import NONE, SELF
from django.contrib.messages import constants as levels

from attendance_site.celery_schedule import BEAT_SCHEDULE
from attendance_site.logs import frames_only, without_links

BASE_DIR = Path(__file__).resolve().parent.parent
env = environ.Env()

DATA_DIR = Path(env.str("DATA_DIR", default=str(BASE_DIR / ".data")))
"""Everything the site writes outside the database: letters, collected static files, the embedded database."""


def _kept_secret() -> str:
    """A secret made once and kept beside the data, for the embedded default only."""
    path = DATA_DIR / "secret-key"
    if not path.exists():
        DATA_DIR.mkdir(parents=True, exist_ok=True)
        path.touch(mode=0o600)
        path.write_text(secrets.token_urlsafe(50), encoding="ascii")
    return path.read_text(encoding="ascii")


DATABASE_URL = env.str("DATABASE_URL", default="")
REDIS_URL = env.str("REDIS_URL", default="")
DEBUG = env.bool("DEBUG", default=False)
SECRET_KEY = env.str("SECRET_KEY", default="") or ("" if DATABASE_URL else _kept_secret())
ALLOWED_HOSTS = env.list("ALLOWED_HOSTS", default=["localhost", "127.0.0.1", "[::1]"])
CSRF_TRUSTED_ORIGINS = env.list("CSRF_TRUSTED_ORIGINS", default=[])

# Whether the world reaches the site over HTTPS. Only a demonstration on the loopback address turns it off.
HTTPS = env.bool("HTTPS", default=True)
# On a day without school the demonstration offers the last school day as "today".
LAST_SCHOOL_DAY_AS_TODAY = env.bool("LAST_SCHOOL_DAY_AS_TODAY", default=False)

INSTALLED_APPS = [
    "attendance_site.apps.StaticFiles",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "crispy_forms",
    "crispy_bootstrap5",
    "django_htmx",
    "django_include_bootstrap",
    "csp",
    "allauth",
    "allauth.account",
    "allauth.mfa",
    "axes",
    "registers",
    "letters",
    "absences",
    "penalties",
    "escalation",
    "attendance_site",
]

MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "csp.middleware.CSPMiddleware",
    "django_permissions_policy.PermissionsPolicyMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "attendance_site.sign_in.middleware.LongestSession",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "django_structlog.middlewares.RequestMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "axes.middleware.AxesMiddleware",
]

ROOT_URLCONF = "attendance_site.urls"
WSGI_APPLICATION = "attendance_site.wsgi.application"
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "attendance_site.context.navigation",
            ],
        },
    },
]

if DATABASE_URL:
    DATABASES = {"default": env.db_url_config(DATABASE_URL)}
    DATABASES["default"] |= {"CONN_MAX_AGE": 60, "CONN_HEALTH_CHECKS": True}
else:
    DATA_DIR.mkdir(parents=True, exist_ok=True)
    DATABASES = {
        "default": {
            "ENGINE": "django.db.backends.sqlite3",
            "NAME": DATA_DIR / "attendance.sqlite3",
            "OPTIONS": {
                # Without these two a second writer is refused at once instead of waiting its turn.
                "transaction_mode": "IMMEDIATE",
                "timeout": 20,
                "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL; PRAGMA cache_size=-65536;",
            },
        }
    }
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

AUTH_USER_MODEL = "registers.User"
AUTH_PASSWORD_VALIDATORS = [
    {
        "NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator",
        "OPTIONS": {"user_attributes": ("email", "name")},
    },
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator", "OPTIONS": {"min_length": 12}},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
]
PASSWORD_HASHERS = ["django.contrib.auth.hashers.Argon2PasswordHasher"]
LOGIN_URL = "sign_in"
LOGIN_REDIRECT_URL = "start"
LOGOUT_REDIRECT_URL = "sign_in"
SECOND_FACTOR_URL = "second_factor_asked"
"""Where somebody is sent whose school asks for a second factor that they have not set up."""
PASSWORD_RESET_TIMEOUT = 3 * 24 * 60 * 60  # how long a link to choose a password is good for
AUTHENTICATION_BACKENDS = ["axes.backends.AxesStandaloneBackend", "django.contrib.auth.backends.ModelBackend"]

# Sign-in and the second factor are django-allauth's; only the views that attendance_site.urls names can be reached.
ACCOUNT_ADAPTER = "attendance_site.sign_in.adapter.Adapter"
ACCOUNT_USER_MODEL_USERNAME_FIELD = None
ACCOUNT_LOGIN_METHODS = {"email"}
ACCOUNT_SIGNUP_FIELDS = ["email*", "password1*"]
ACCOUNT_EMAIL_VERIFICATION = "none"
ACCOUNT_SESSION_REMEMBER = False
ACCOUNT_FORMS = {
    "login": "attendance_site.sign_in.forms.SignInForm",
    "change_password": "attendance_site.sign_in.forms.PasswordChangeForm",
    "reauthenticate": "attendance_site.sign_in.forms.PasswordAgainForm",
}
# A whole school signs in from one address at half past eight: these limits stop a flood, django-axes stops guessing.
# Wrong codes of the second factor are counted for the person, wherever they come from.
ACCOUNT_RATE_LIMITS = {"login": "300/m/ip", "login_failed": "5/15m/key"}
MFA_ADAPTER = "attendance_site.sign_in.adapter.SecondFactorAdapter"
MFA_FORMS = {
    "authenticate": "attendance_site.sign_in.forms.CodeForm",
    "reauthenticate": "attendance_site.sign_in.forms.CodeAgainForm",
    "activate_totp": "attendance_site.sign_in.forms.SetUpForm",
}
MFA_SUPPORTED_TYPES = ["totp", "recovery_codes"]
MFA_ALLOW_UNVERIFIED_EMAIL = True  # the school gives the address; nobody signs up
MFA_TOTP_ISSUER = "School attendance"
MFA_TOTP_TOLERANCE = 1  # half a minute either way, for a clock that is off and a hand that is slow

# Five wrong passwords or codes from one address lock that account for that address.
AXES_ENABLED = True
AXES_FAILURE_LIMIT = 5
AXES_COOLOFF_TIME = timedelta(minutes=15)
AXES_LOCKOUT_PARAMETERS = [["username", "ip_address"]]
AXES_RESET_ON_SUCCESS = True
AXES_RESET_COOL_OFF_ON_FAILURE_DURING_LOCKOUT = False
AXES_ENABLE_ACCESS_FAILURE_LOG = True
AXES_CLIENT_IP_CALLABLE = "attendance_site.sign_in.lockout.client_address"
AXES_LOCKOUT_CALLABLE = "attendance_site.sign_in.lockout.locked"
AXES_SENSITIVE_PARAMETERS = ["username", "ip_address", "login", "email", "code", "csrfmiddlewaretoken", "next"]
AXES_VERBOSE = False

# Codes that were used and the limits above are shared by every process, whether or not there is a Redis.
CACHES = {
    "default": {
        "BACKEND": "django.core.cache.backends.db.DatabaseCache",
        "LOCATION": "site_cache",
        "OPTIONS": {"MAX_ENTRIES": 100_000},
    }
}

# Mail goes out only where somebody has said how (smtp+tls://user:password@host:587).
EMAIL_URL = env.str("EMAIL_URL", default="")
EMAIL_BACKEND = "django.core.mail.backends.dummy.EmailBackend"
if EMAIL_URL:
    globals().update(env.email_url_config(EMAIL_URL))
EMAIL_TIMEOUT = 10
DEFAULT_FROM_EMAIL = env.str("EMAIL_FROM", default="attendance@localhost")

# Texts, and e-mails if there is a template for them, go through GOV.UK Notify where a school has an account.
NOTIFY_API_KEY = env.str("NOTIFY_API_KEY", default="")
NOTIFY_BASE_URL = env.str("NOTIFY_BASE_URL", default="https://api.notifications.service.gov.uk")
NOTIFY_TEXT_TEMPLATE = env.str("NOTIFY_TEXT_TEMPLATE", default="")
NOTIFY_EMAIL_TEMPLATE = env.str("NOTIFY_EMAIL_TEMPLATE", default="")
NOTIFY_FILE_TEMPLATE = env.str("NOTIFY_FILE_TEMPLATE", default="")

# A class's register and the morning's reasons are one form each, with a few fields for every pupil.
DATA_UPLOAD_MAX_NUMBER_FIELDS = 10_000

LANGUAGE_CODE = "en-gb"
TIME_ZONE = "Europe/London"
USE_I18N = True
USE_TZ = True
DATE_FORMAT = "j F Y"

STATIC_URL = "/static/"
STATIC_ROOT = Path(env.str("STATIC_ROOT", default=str(DATA_DIR / "static")))
STATICFILES_DIRS = [BASE_DIR / "static"]
WHITENOISE_SKIP_COMPRESS_EXTENSIONS = ("map", "gz", "br", "png", "jpg", "webp", "woff", "woff2")
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": "attendance_site.static_storage.StaticFilesStorage"},
}
LETTERS_DIR = DATA_DIR / "letters"
"""Issued letters as PDF, outside the web root and served only through a view."""
EVIDENCE_DIR = DATA_DIR / "evidence"
"""Files sent as evidence, outside the web root and served only through a view."""
LETTERHEADS_DIR = DATA_DIR / "letterheads"
"""The logos and signatures of letterheads, a folder for each school, outside the web root as well."""
COPIES_DIR = Path(env.str("COPIES_DIR", default=str(DATA_DIR / "copies")))
"""The monthly copies of the registers, in the folder each school names; best on another disk, or another machine's."""

CRISPY_ALLOWED_TEMPLATE_PACKS = "bootstrap5"
CRISPY_TEMPLATE_PACK = "bootstrap5"
MESSAGE_TAGS = {levels.SUCCESS: "good", levels.WARNING: "warn", levels.ERROR: "bad"}
MESSAGE_STORAGE = "django.contrib.messages.storage.session.SessionStorage"

# Nothing but this site's own files; no inline script or style anywhere.
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [NONE],
        "script-src": [SELF],
        "style-src": [SELF],
        "img-src": [SELF, "data:"],  # Bootstrap draws its check marks as data: images
        "font-src": [SELF],
        "connect-src": [SELF],
        "form-action": [SELF],
        "frame-src": [NONE],
        "frame-ancestors": [NONE],
        "base-uri": [NONE],
        "object-src": [NONE],
    }
}
PERMISSIONS_POLICY: dict[str, list[str]] = {
    name: [] for name in ("camera", "geolocation", "microphone", "payment", "usb")
}
X_FRAME_OPTIONS = "DENY"
SECURE_REFERRER_POLICY = "same-origin"
SESSION_COOKIE_AGE = env.int("IDLE_MINUTES", default=60) * 60
"""A session ends after so many seconds without a request."""
SESSION_SAVE_EVERY_REQUEST = True
SESSION_LONGEST = 12 * 60 * 60
"""However busy somebody is, they sign in again after so many seconds."""
SESSION_EXPIRE_AT_BROWSER_CLOSE = True
SESSION_COOKIE_SAMESITE = "Lax"
SECURE_SSL_REDIRECT = SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = HTTPS
SECURE_HSTS_SECONDS = 31_536_000 if HTTPS else 0
SECURE_HSTS_INCLUDE_SUBDOMAINS = SECURE_HSTS_PRELOAD = HTTPS
# How many proxies of our own add to X-Forwarded-For; the header is believed no further than that.
ALLAUTH_TRUSTED_PROXY_COUNT = 0
if env.bool("BEHIND_PROXY", default=False):
    SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
    ALLAUTH_TRUSTED_PROXY_COUNT = env.int("PROXY_COUNT", default=1)

# A registered job is a row; Celery only nudges it. Without Redis nothing is published and `run_jobs` finds the row.
CELERY_BROKER_URL = REDIS_URL or None
CELERY_BROKER_TRANSPORT_OPTIONS = {
    "visibility_timeout": 3600,
    "socket_timeout": 2,
    "socket_connect_timeout": 2,
}
CELERY_TASK_IGNORE_RESULT = True
CELERY_TASK_ACKS_LATE = True
CELERY_TASK_REJECT_ON_WORKER_LOST = True
CELERY_WORKER_PREFETCH_MULTIPLIER = 1
CELERY_WORKER_MAX_TASKS_PER_CHILD = 200
CELERY_TASK_TIME_LIMIT = 240  # shorter than the lease of a job
CELERY_TASK_SOFT_TIME_LIMIT = 210
CELERY_TIMEZONE = "UTC"
CELERY_ENABLE_UTC = True
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
CELERY_BEAT_SCHEDULE = BEAT_SCHEDULE

# The log carries ids, never names: an exception's own message may quote a row, so only its type and place are kept.
structlog.configure(
    processors=[
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.filter_by_level,
        structlog.stdlib.add_logger_name,
        structlog.stdlib.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        structlog.stdlib.ProcessorFormatter.wrap_for_formatter,
    ],
    logger_factory=structlog.stdlib.LoggerFactory(),
    cache_logger_on_first_use=True,
)
LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {
        "json": {
            "()": structlog.stdlib.ProcessorFormatter,
            "processors": [
                structlog.stdlib.ProcessorFormatter.remove_processors_meta,
                frames_only,
                without_links,
                structlog.processors.JSONRenderer(),
            ],
            "foreign_pre_chain": [
                structlog.contextvars.merge_contextvars,
                structlog.stdlib.add_logger_name,
                structlog.stdlib.add_log_level,
                structlog.processors.TimeStamper(fmt="iso", utc=True),
            ],
        },
    },
    "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "json"}},
    "root": {"handlers": ["stderr"], "level": env.str("LOG_LEVEL", default="INFO")},
    "loggers": {
        "django": {"handlers": ["stderr"], "level": "WARNING", "propagate": False},
        "fontTools": {"level": "ERROR"},
        "notifications_python_client": {"level": "ERROR"},  # it quotes the provider's words about an address
        "weasyprint": {"level": "ERROR"},
    },
}
