"""Signing in and one's own account. Names that begin with account_ or mfa_ are those that django-allauth looks for."""

from django.contrib.auth import views as auth
from django.urls import path
from django.views.generic import RedirectView

from attendance_site.sign_in import views
from attendance_site.views import account

urlpatterns = [
    path("sign-in", views.SignIn.as_view(), name="sign_in"),
    path("sign-in", views.SignIn.as_view(), name="account_login"),
    path("sign-in/code", views.Code.as_view(), name="mfa_authenticate"),
    path("sign-out", auth.LogoutView.as_view(), name="sign_out"),
    path("forgotten", views.Forgotten.as_view(), name="forgotten"),
    path("password/<str:uidb64>/<str:token>", views.PasswordChosen.as_view(), name="password_chosen"),
    path("account", account.account, name="account"),
    path("account/password", views.PasswordChange.as_view(), name="password_change"),
    path("account/again", views.PasswordAgain.as_view(), name="account_reauthenticate"),
    path("account/again/code", views.CodeAgain.as_view(), name="mfa_reauthenticate"),
    path("account/second-step", RedirectView.as_view(pattern_name="account"), name="mfa_index"),
    path("account/second-step/asked", account.second_factor_asked, name="second_factor_asked"),
    path("account/second-step/set-up", views.SetUp.as_view(), name="mfa_activate_totp"),
    path("account/second-step/remove", views.TakeAway.as_view(), name="mfa_deactivate_totp"),
    path("account/recovery-codes", views.RecoveryCodes.as_view(), name="mfa_view_recovery_codes"),
    path("account/recovery-codes/new", views.NewRecoveryCodes.as_view(), name="mfa_generate_recovery_codes"),
]
