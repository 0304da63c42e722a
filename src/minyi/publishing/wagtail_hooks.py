# SPDX-License-Identifier: Apache-2.0
from django.contrib.auth.models import AnonymousUser
from django.http import HttpRequest, HttpResponse
from wagtail import hooks
from wagtail.permissions import policy_registry, register_permission_policy

from minyi.core.errors import NotFound
from minyi.core.refusals import refusal_response

from .models import OfficialDocument, Picture
from .policies import LibraryPolicy, is_public

# Exact, as Wagtail registers its own for the same models, and later.
for model, auth_model in (
    (Picture, "wagtailimages.Image"),
    (OfficialDocument, "wagtaildocs.Document"),
):
    register_permission_policy(model, LibraryPolicy(model, auth_model), exact_class=True)


@hooks.register("before_serve_document")
def keep_documents_in_the_house(
    document: OfficialDocument, request: HttpRequest
) -> HttpResponse | None:
    """Open a document to its agency's staff, and to everybody once a public campaign uses it."""
    user = getattr(request, "user", AnonymousUser())
    policy = policy_registry.get_by_type(OfficialDocument)
    if is_public(document) or policy.user_has_permission_for_instance(user, "choose", document):
        return None
    return refusal_response(request, NotFound())
