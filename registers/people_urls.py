from django.urls import path

from registers.views import people, security

urlpatterns = [
    path("people", people.people, name="people"),
    path("people/invite", people.person_new, name="person_new"),
    path("people/sign-ins", people.sign_ins, name="sign_ins"),
    path("people/<int:user_id>", people.person, name="person"),
    path("people/<int:user_id>/parts/new", people.part_new, name="part_new"),
    path("people/<int:user_id>/classes/new", people.class_give, name="class_give"),
    path("people/<int:user_id>/second-step", people.second_factor_reset, name="second_factor_reset"),
    path("people/<int:user_id>/link", people.password_link, name="password_link"),
    path("people/parts/<int:part_id>/move", people.part_move, name="part_move"),
    path("people/parts/<int:part_id>/end", people.part_end, name="part_end"),
    path("people/classes/<int:row_id>/end", people.class_take, name="class_take"),
    path("settings/security", security.security, name="security"),
]
