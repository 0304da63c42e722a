# SPDX-License-Identifier: Apache-2.0
"""Posts: who may do what in which agency."""

from django import forms
from django.core.exceptions import PermissionDenied, ValidationError
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from wagtail.admin.ui.tables import Column
from wagtail.admin.views import generic

from minyi.agencies.forms import AppointForm, ChangePostForm
from minyi.agencies.models import Agency, Post
from minyi.agencies.policies import Role
from minyi.agencies.services import posts
from minyi.core.errors import DomainError
from minyi.core.staff import MENU_ORDER, AgencyModelViewSet, AgencyPolicy


class _RefusedOnTheForm:
    """Show what the service refused on the form itself, with everything that was typed."""

    def form_valid(self, form):
        try:
            return super().form_valid(form)
        except DomainError as refusal:
            return self._refused(form, None, refusal.advice)
        except ValidationError as refusal:
            return self._refused(form, "password", refusal)

    def _refused(self, form, field, words):
        form.add_error(field, words)
        self.produced_error_code = "validation_error"
        self.produced_error_message = self.get_error_message()
        return self.form_invalid(form)


class AppointView(_RefusedOnTheForm, generic.CreateView):
    """The agency comes from the actor's own posts, never from the form alone."""

    def get_form(self, form_class=None):
        form = super().get_form(form_class)
        form.fields["agency"] = forms.ModelChoiceField(
            label=_("单位"), queryset=self._agencies(), initial=self._agencies().first()
        )
        return form

    def save_instance(self):
        said = self.form.cleaned_data
        person = posts.Person(said["username"], said["name"], said["password"])
        return posts.appoint(
            agency=said["agency"],
            person=person,
            role=Role(said["role"]),
            title=said["title"],
            since=said["since"],
            actor=self.request.user.actor,
            now=timezone.now(),
        )

    def _agencies(self):
        actor = self.request.user.actor
        mine = Agency.objects.visible_to(actor)
        allowed = [agency.pk for agency in mine if actor.can("posts.edit", agency.pk)]
        if not allowed:
            raise PermissionDenied
        return mine.filter(pk__in=allowed)


class ChangePostView(_RefusedOnTheForm, generic.EditView):
    def save_instance(self):
        said = self.form.cleaned_data
        return posts.change_post(
            post=self.get_object(),
            title=said["title"],
            since=said["since"],
            until=said["until"],
            actor=self.request.user.actor,
            now=timezone.now(),
        )


class PostViewSet(AgencyModelViewSet):
    model = Post
    name = "posts"
    add_to_settings_menu = True
    icon = "group"
    menu_label = _("岗位")
    menu_order = MENU_ORDER["posts"]
    add_view_class = AppointView
    edit_view_class = ChangePostView
    edit_template_name = "agencies/post_edit.html"
    list_display = [
        "user",
        Column("get_role_display", label=_("岗位")),
        "title",
        "agency",
        # Days of the calendar: a DateColumn would say how long ago they were.
        Column("since", label=_("起始日期")),
        Column("until", label=_("截止日期"), accessor=lambda row: row.until or _("长期")),
    ]
    list_filter = ["role"]
    search_fields = ["user__username", "user__first_name", "title"]

    def get_form_class(self, for_update=False):
        return ChangePostForm if for_update else AppointForm


viewsets = [PostViewSet()]
urls: list = []
policies = [
    AgencyPolicy(
        Post, grants={"add": "posts.edit", "change": "posts.edit", "view": "agencies.view"}
    ),
]
