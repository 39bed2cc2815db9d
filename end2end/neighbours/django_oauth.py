"""PyPI `django-oauth-toolkit` on a loopback port: PKCE demanded, a new refresh token each time, and a second use of an old
one ends everything (with the argument `grace` not at once, but two minutes later); OpenID Connect with its discovery and
keys, revocation and introspection.

`src/tests/neighbours` starts it and ends it by closing its input. Beside the toolkit's own doors there is one for the
test, `/test/...`.
"""

import json
import os
import sys
import tempfile
import threading
from socketserver import ThreadingMixIn
from wsgiref.simple_server import WSGIRequestHandler, WSGIServer, make_server

import django
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from django.conf import settings
from django.http import JsonResponse
from django.urls import include, path

LOGIN = '<form method="post">{% csrf_token %}{{ form.as_p }}<input type="submit" value="Log in"></form>'

folder = tempfile.TemporaryDirectory(prefix="greentick-django-")
key = rsa.generate_private_key(public_exponent=65537, key_size=2048).private_bytes(
    serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
)

settings.configure(
    SECRET_KEY="only for a test",
    ALLOWED_HOSTS=["localhost"],
    ROOT_URLCONF=__name__,
    LOGIN_URL="/accounts/login/",
    USE_TZ=True,
    DEFAULT_AUTO_FIELD="django.db.models.BigAutoField",
    # Quick, since nobody attacks it.
    PASSWORD_HASHERS=["django.contrib.auth.hashers.MD5PasswordHasher"],
    DATABASES={
        "default": {
            "ENGINE": "django.db.backends.sqlite3",
            "NAME": os.path.join(folder.name, "db.sqlite3"),
            "OPTIONS": {"timeout": 20},
        }
    },
    INSTALLED_APPS=[
        "django.contrib.contenttypes",
        "django.contrib.auth",
        "django.contrib.sessions",
        "oauth2_provider",
    ],
    MIDDLEWARE=[
        f"{__name__}.listen",
        "django.contrib.sessions.middleware.SessionMiddleware",
        "django.middleware.csrf.CsrfViewMiddleware",
        "django.contrib.auth.middleware.AuthenticationMiddleware",
    ],
    TEMPLATES=[
        {
            "BACKEND": "django.template.backends.django.DjangoTemplates",
            "OPTIONS": {
                "loaders": [
                    ("django.template.loaders.locmem.Loader", {"registration/login.html": LOGIN}),
                    "django.template.loaders.app_directories.Loader",
                ],
                "context_processors": ["django.template.context_processors.request"],
            },
        }
    ],
    OAUTH2_PROVIDER={
        "PKCE_REQUIRED": True,
        "ROTATE_REFRESH_TOKEN": True,
        "REFRESH_TOKEN_REUSE_PROTECTION": True,
        "REFRESH_TOKEN_GRACE_PERIOD_SECONDS": 120 if "grace" in sys.argv else 0,
        "ACCESS_TOKEN_EXPIRE_SECONDS": 3600,
        "REQUEST_APPROVAL_PROMPT": "force",
        "OIDC_ENABLED": True,
        "OIDC_RSA_PRIVATE_KEY": key.decode(),
        "SCOPES": {"openid": "who you are", "posts": "post for you"},
    },
)
django.setup()

from django.contrib.auth import get_user_model  # noqa: E402
from django.contrib.auth.views import LoginView  # noqa: E402
from django.core.management import call_command  # noqa: E402
from django.core.wsgi import get_wsgi_application  # noqa: E402
from django.utils import timezone  # noqa: E402
from django.views.decorators.csrf import csrf_exempt  # noqa: E402
from oauth2_provider.models import (  # noqa: E402
    get_access_token_model,
    get_application_model,
    get_refresh_token_model,
)

asked = []


def listen(get_response):
    def heard(request):
        if not request.path.startswith("/test/"):
            asked.append(f"{request.method} {request.path}")
        return get_response(request)

    return heard


@csrf_exempt
def client(request):
    wish = json.loads(request.body)
    application = get_application_model()
    application.objects.create(
        client_id=wish["client_id"],
        client_secret=wish["client_secret"],
        redirect_uris=wish["redirect_uri"],
        client_type=application.CLIENT_CONFIDENTIAL,
        authorization_grant_type=application.GRANT_AUTHORIZATION_CODE,
        algorithm=application.RS256_ALGORITHM,
        name="Greentick",
    )
    return JsonResponse({})


@csrf_exempt
def forget(request):
    """The person takes the permission away."""
    get_refresh_token_model().objects.filter(revoked__isnull=True).update(revoked=timezone.now())
    get_access_token_model().objects.all().delete()
    return JsonResponse({})


@csrf_exempt
def heard(request):
    answer = JsonResponse(list(asked), safe=False)
    asked.clear()
    return answer


urlpatterns = [
    path("o/", include("oauth2_provider.urls", namespace="oauth2_provider")),
    path("accounts/login/", LoginView.as_view()),
    path("test/client", client),
    path("test/remove", forget),
    path("test/asked", heard),
]


class Server(ThreadingMixIn, WSGIServer):
    daemon_threads = True


class Quiet(WSGIRequestHandler):
    def log_message(self, *args):
        pass


call_command("migrate", verbosity=0)
get_user_model().objects.create_user("ada", password="anything")
server = make_server("127.0.0.1", 0, get_wsgi_application(), server_class=Server, handler_class=Quiet)
threading.Thread(target=server.serve_forever, daemon=True).start()
print(f"http://localhost:{server.server_port}", flush=True)
sys.stdin.read()
folder.cleanup()
os._exit(0)
