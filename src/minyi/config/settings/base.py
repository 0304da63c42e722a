# SPDX-License-Identifier: Apache-2.0
"""Settings every environment shares. Secrets come from the environment, never from a file here."""

from pathlib import Path
from urllib.parse import urlsplit

import environ
from csp.constants import NONE, SELF
from django.utils.translation import gettext_lazy as _

from minyi.config.databases import database
from minyi.ui.open_tags import policy_source
from minyi.wechat.facts import read_facts

env = environ.Env()

PROJECT_DIR = Path(__file__).resolve().parents[4]
SOURCE_DIR = PROJECT_DIR / "src"
VAR_DIR = Path(env.str("MINYI_VAR_DIR", default=str(PROJECT_DIR / "var")))

# --- Who we are -------------------------------------------------------------------------------
SITE_NAME = _("民意")
PUBLIC_URL = env.str("MINYI_PUBLIC_URL", default="http://127.0.0.1:8000").rstrip("/")
WAGTAIL_SITE_NAME = "民意"
WAGTAILADMIN_BASE_URL = PUBLIC_URL

# --- Secrets ----------------------------------------------------------------------------------
SECRET_KEY = env.str("MINYI_SECRET_KEY")
TICKET_KEY = env.str("MINYI_TICKET_KEY")  # signs ballot tickets; shared with the ballot box
# For trying things out on one machine; never where others can reach the console.
WITNESSES_MAY_BE_LOCAL = env.bool("MINYI_WITNESSES_MAY_BE_LOCAL", default=False)
# The identity vaults (ADR 17): the master key, the one before it while it is being changed, and the
# cipher of new vaults, AES-256-GCM or SM4-GCM.
VAULT_KEY = env.str("MINYI_VAULT_KEY")
VAULT_KEY_OLD = env.str("MINYI_VAULT_KEY_OLD", default="")
VAULT_CIPHER = env.str("MINYI_VAULT_CIPHER", default="AES-256-GCM")
DEMO_WITNESS = env.str("MINYI_DEMO_WITNESS", default="")  # "<vkey> <url>": `demo seed` names it
LEDGER_KEY = env.str("MINYI_LEDGER_KEY", default="")  # locks the keys of the public logs

# --- Apps -------------------------------------------------------------------------------------
INSTALLED_APPS = [
    "minyi.core",
    "minyi.ui",
    "minyi.agencies",
    "minyi.citizens",
    "minyi.integrity",
    "minyi.ledger",
    "minyi.publishing",
    "minyi.campaigns",
    "minyi.wechat",
    "wagtail.contrib.forms",
    "wagtail.contrib.redirects",
    "wagtail.embeds",
    "wagtail.sites",
    "wagtail.users",
    "wagtail.snippets",
    "wagtail.documents",
    "wagtail.images",
    "wagtail.search",
    "wagtail.admin",
    "wagtail",
    "modelcluster",
    "taggit",
    "axes",
    "django_otp",
    "django_otp.plugins.otp_totp",
    "django_otp.plugins.otp_static",
    "csp",
    "ninja",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "whitenoise.runserver_nostatic",
    "django.contrib.staticfiles",
    "django.contrib.humanize",
]

MIDDLEWARE = [
    "minyi.core.middleware.request_log",
    "minyi.core.middleware.streams_piece_by_piece",
    "django.middleware.security.SecurityMiddleware",
    "csp.middleware.CSPMiddleware",
    "minyi.core.middleware.console_scripts",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "django.middleware.gzip.GZipMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "minyi.core.middleware.reading_preferences",
    "django.middleware.locale.LocaleMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django_otp.middleware.OTPMiddleware",
    "minyi.agencies.middleware.staff_actor",
    "minyi.agencies.middleware.staff_rooms",
    "minyi.citizens.middleware.current_citizen",
    "django.contrib.messages.middleware.MessageMiddleware",
    "minyi.core.middleware.RefusalMiddleware",
    "axes.middleware.AxesMiddleware",
]

ROOT_URLCONF = "minyi.config.urls"
ASGI_APPLICATION = "minyi.config.asgi.application"

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "minyi.ui.context.reading",
            ],
        },
    },
]

# --- Data -------------------------------------------------------------------------------------
DATABASE_URL = env.str("DATABASE_URL", default=f"sqlite:///{VAR_DIR / 'db.sqlite3'}")
DATABASES = {"default": database(DATABASE_URL)}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

# Mail to supervisors: smtp://user:password@host:587/?tls=True. By default nothing is sent.
vars().update(env.email_url("MINYI_MAIL_URL", default="dummymail://"))
DEFAULT_FROM_EMAIL = env.str("MINYI_MAIL_FROM", default="minyi@localhost")

REDIS_URL = env.str("REDIS_URL", default="")
CACHES = {
    "default": (
        {"BACKEND": "django.core.cache.backends.redis.RedisCache", "LOCATION": REDIS_URL}
        if REDIS_URL
        else {
            "BACKEND": "django.core.cache.backends.locmem.LocMemCache",
            "OPTIONS": {"MAX_ENTRIES": 100_000},  # Django's 300 would drop counters in a crowd
        }
    ),
}

# --- People -----------------------------------------------------------------------------------
AUTH_USER_MODEL = "agencies.User"
AUTHENTICATION_BACKENDS = [
    "axes.backends.AxesStandaloneBackend",
    "minyi.agencies.backends.PostBackend",
]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {
        "NAME": "django.contrib.auth.password_validation.MinimumLengthValidator",
        "OPTIONS": {"min_length": 10},
    },
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
    {"NAME": "django.contrib.auth.password_validation.NumericPasswordValidator"},
]
LOGIN_URL = "wagtailadmin_login"
SESSION_COOKIE_NAME = "minyi_staff"
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_AGE = 8 * 3600  # a working day
CITIZEN_COOKIE_AGE = 12 * 3600
CSRF_COOKIE_HTTPONLY = True
AXES_FAILURE_LIMIT = 5
AXES_COOLOFF_TIME = 0.25  # hours
AXES_LOCKOUT_PARAMETERS = [["username", "ip_address"]]
AXES_RESET_ON_SUCCESS = True
AXES_VERBOSE = False
AXES_LOCKOUT_CALLABLE = "minyi.agencies.lockout.locked_out"
PROXIES = env.int("MINYI_PROXIES", default=1)  # ours, in front; production reads addresses by it
OTP_TOTP_ISSUER = "民意"
CSRF_FAILURE_VIEW = "minyi.core.refusals.csrf_failure"

# --- Language and time ------------------------------------------------------------------------
LANGUAGE_CODE = "zh-hans"
LANGUAGES = [("zh-hans", "简体中文"), ("zh-hant", "繁體中文"), ("en", "English")]
WAGTAILADMIN_PERMITTED_LANGUAGES = LANGUAGES
WAGTAIL_CONTENT_LANGUAGES = [("zh-hans", "简体中文")]
LANGUAGE_COOKIE_NAME = "minyi_language"
LOCALE_PATHS = [SOURCE_DIR / "minyi" / "locale", SOURCE_DIR / "ballotbox" / "locale"]
TIME_ZONE = "Asia/Shanghai"
USE_TZ = True
FORMAT_MODULE_PATH = ["minyi.config.formats"]

# --- Files ------------------------------------------------------------------------------------
STATIC_URL = "/static/"
STATIC_ROOT = VAR_DIR / "static"
MEDIA_URL = "/media/"
MEDIA_ROOT = VAR_DIR / "media"
LEDGER_DIR = Path(env.str("MINYI_LEDGER_DIR", default=str(VAR_DIR / "ledger")))  # public logs
# More fonts for certificates and reports, for characters that ours lack (ADR 20); empty: none.
FONTS_DIR = env.str("MINYI_FONTS_DIR", default="")
PRIVATE_ROOT = VAR_DIR / "private"  # what citizens send, until it has been reviewed
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "private": {
        "BACKEND": "django.core.files.storage.FileSystemStorage",
        "OPTIONS": {"location": str(PRIVATE_ROOT), "base_url": None},
    },
    "staticfiles": {"BACKEND": "whitenoise.storage.CompressedManifestStaticFilesStorage"},
}
DATA_UPLOAD_MAX_MEMORY_SIZE = 1024 * 1024
FILE_UPLOAD_MAX_MEMORY_SIZE = 2 * 1024 * 1024
FILE_UPLOAD_PERMISSIONS = 0o640

# --- Wagtail (the day-one choices, see docs/adr/0003) --------------------------------------------
WAGTAIL_PAGE_MODEL = "publishing.BasePage"
WAGTAILIMAGES_IMAGE_MODEL = "publishing.Picture"
WAGTAILDOCS_DOCUMENT_MODEL = "publishing.OfficialDocument"
WAGTAIL_I18N_ENABLED = False
WAGTAIL_USER_TIME_ZONES = ["Asia/Shanghai", "Asia/Urumqi", "UTC"]
# Staff browsers must not call out.
WAGTAIL_ENABLE_UPDATE_CHECK = False
WAGTAIL_ENABLE_WHATS_NEW_BANNER = False
WAGTAIL_GRAVATAR_PROVIDER_URL = None
WAGTAILIMAGES_EXTENSIONS = ["jpg", "jpeg", "png", "webp"]
WAGTAILIMAGES_MAX_UPLOAD_SIZE = 10 * 1024 * 1024
WAGTAILDOCS_EXTENSIONS = ["pdf", "docx", "xlsx", "ofd"]
WAGTAILADMIN_USER_LOGIN_FORM = "minyi.agencies.forms.StaffLoginForm"
WAGTAIL_PASSWORD_RESET_ENABLED = False
WAGTAIL_EMAIL_MANAGEMENT_ENABLED = False

# Whether ballots are looked over for brushing every ten minutes (docs/reference/integrity.md).
SCREENING = env.bool("MINYI_SCREENING", default=True)
# A file that lists networks of machine halls (minyi.integrity.networks); empty: none is known.
HOSTED_NETWORKS = env.str("MINYI_HOSTED_NETWORKS", default="")

# --- WeChat -----------------------------------------------------------------------------------
WECHAT_API_URL = env.str("WECHAT_API_URL", default="https://api.weixin.qq.com").rstrip("/")
WECHAT_OPEN_URL = env.str("WECHAT_OPEN_URL", default="https://open.weixin.qq.com").rstrip("/")
WECHAT_MP_URL = env.str("WECHAT_MP_URL", default="https://mp.weixin.qq.com").rstrip("/")
# Where chats post their ballots; empty: the ballot box of this very process (ADR 13).
BALLOTS_URL = env.str("MINYI_BALLOTS_URL", default="").rstrip("/")
WECHAT_SANDBOX = env.bool("WECHAT_SANDBOX", default=False)
# WeChat's script for pages. In the sandbox it comes from where browsers are sent for the login.
WECHAT_JSSDK_URL = env.str(
    "WECHAT_JSSDK_URL",
    default=f"{WECHAT_OPEN_URL if WECHAT_SANDBOX else 'https://res.wx.qq.com'}"
    "/open/js/jweixin-1.6.0.js",
)
# {"<account slug>": {"secret": "…", "token": "…", "aes_key": "…"}}
WECHAT_SECRETS = env.json("WECHAT_SECRETS", default={})
# {"<account slug or *>": {"<ability>": true}}: what WeChat grants beyond minyi.wechat.capabilities
WECHAT_ABILITIES = env.json("WECHAT_ABILITIES", default={})
# {"<account slug>": {…}}: accounts that encrypt and sign their calls (wechat.connection.sealing)
WECHAT_SEALS = env.json("WECHAT_SEALS", default={})
# {"<fact>": 123}: corrections of what WeChat's own pages do not confirm (minyi.wechat.facts)
WECHAT_FACTS = read_facts(env.json("MINYI_WECHAT_FACTS", default={}))

# When messages to citizens wait until the morning, unless they answer somebody; empty: never.
QUIET_HOURS = env.str("MINYI_QUIET_HOURS", default="22:00-07:00")

# --- Security ---------------------------------------------------------------------------------
SECURE_CONTENT_TYPE_NOSNIFF = True
SECURE_REFERRER_POLICY = "same-origin"
SECURE_CROSS_ORIGIN_OPENER_POLICY = "same-origin"
FRAME_ANCESTORS = [SELF, WECHAT_OPEN_URL] if WECHAT_SANDBOX else [SELF]
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [SELF],
        "img-src": [SELF, "data:"],
        "script-src": [SELF, "{0.scheme}://{0.netloc}".format(urlsplit(WECHAT_JSSDK_URL))],
        "style-src": [SELF, policy_source()],
        "object-src": [NONE],
        "base-uri": [SELF],
        "form-action": [SELF],
        "frame-ancestors": FRAME_ANCESTORS,
    },
}
SILENCED_SYSTEM_CHECKS = [
    "security.W002",  # frame-ancestors above says more than X-Frame-Options can
]

# --- Logs -------------------------------------------------------------------------------------
LOGGING_CONFIG = "minyi.core.logs.configure"
LOGGING = {"json": env.bool("MINYI_LOG_JSON", default=True)}
