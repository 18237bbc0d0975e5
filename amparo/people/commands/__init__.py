"""The verbs of people."""

from .contacts import add_contact, change_company_role, remove_contact, switch_company, update_contact
from .customers import (
    correct_address,
    deactivate_customer,
    reactivate_customer,
    register_customer,
    update_customer,
)
from .first_run import open_set_up, set_up
from .invitations import (
    accept_invitation,
    forget_run_out,
    invite_contact,
    invite_staff,
    mark_invitation_sent,
    resend_invitation,
    revoke_invitation,
)
from .staff import add_staff, deactivate_user, end_sessions, reactivate_user, set_roles
from .users import (
    change_password_of_person,
    follow_session,
    note_address_proved,
    note_second_factor,
    register_user,
    save_registration,
    update_profile,
)

__all__ = [
    "accept_invitation",
    "add_contact",
    "add_staff",
    "change_company_role",
    "change_password_of_person",
    "correct_address",
    "deactivate_customer",
    "deactivate_user",
    "end_sessions",
    "follow_session",
    "forget_run_out",
    "invite_contact",
    "invite_staff",
    "mark_invitation_sent",
    "note_address_proved",
    "note_second_factor",
    "open_set_up",
    "reactivate_customer",
    "reactivate_user",
    "register_customer",
    "register_user",
    "remove_contact",
    "resend_invitation",
    "revoke_invitation",
    "save_registration",
    "set_roles",
    "set_up",
    "switch_company",
    "update_contact",
    "update_customer",
    "update_profile",
]
