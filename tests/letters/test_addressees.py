"""Who a letter goes to: the households table, salutations, and who is left out."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from letters.rules import addressees
from letters.rules.addressees import AddresseeRefusedError, Contact

HOME = "1 Example Street\nExampleton"
MUM = Contact(1, "Mrs", "Ann", "Example", HOME, "EX4 0XX", parental_responsibility=True, lives_with_pupil=True)
DAD = replace(MUM, parent_id=2, title="Mr", forename="Ben")
OTHER = replace(MUM, parent_id=3, title="Mr", forename="Cal", surname="Other")
AWAY = replace(OTHER, address="9 Elsewhere Road\nFarton", postcode="FT1 1AA", lives_with_pupil=False)
NEIGHBOUR = replace(OTHER, parent_id=4, parental_responsibility=False, lives_with_pupil=False)


def households(*contacts):
    return addressees.households(contacts, "7 Pupil Lane\nExampleton", "EX4 9ZZ")


@pytest.mark.parametrize(
    ("people", "said"),
    [
        pytest.param([MUM], "Mrs Example", id="one with a title"),
        pytest.param([replace(MUM, title="")], "Ann Example", id="one without a title"),
        pytest.param([replace(MUM, forename="")], "Mrs Example", id="one without a forename"),
        pytest.param([DAD, MUM], "Mr and Mrs Example", id="a couple of one surname"),
        pytest.param([MUM, DAD], "Mr and Mrs Example", id="a couple whose first contact is Mrs"),
        pytest.param([replace(MUM, title="Ms"), DAD], "Mr and Ms Example", id="Ms and Mr of one surname"),
        pytest.param(
            [replace(MUM, title="Dr"), DAD], "Dr and Mr Example", id="another title keeps the contacts' order"
        ),
        pytest.param([replace(MUM, title="Ms"), OTHER], "Ms A Example and Mr C Other", id="two surnames"),
        pytest.param([DAD, replace(DAD, forename="Cal")], "Mr B Example and Mr C Example", id="one title twice"),
        pytest.param([replace(MUM, title=""), DAD], "Ann Example and Mr B Example", id="only one has a title"),
        pytest.param([MUM, DAD, OTHER], "Mrs A Example, Mr B Example and Mr C Other", id="three"),
    ],
)
def test_salutations(people, said):
    assert addressees.salutation(people) == said


@pytest.mark.parametrize(
    ("contacts", "letters"),
    [
        pytest.param([MUM], [{1}], id="one parent"),
        pytest.param([MUM, DAD], [{1, 2}], id="two at one address get one letter"),
        pytest.param([MUM, AWAY], [{1}, {3}], id="two addresses, a letter each"),
        pytest.param([AWAY, MUM], [{3}, {1}], id="in the order of the contacts"),
        pytest.param([MUM, NEIGHBOUR], [{1}], id="neither responsible nor living there: none"),
        pytest.param([MUM, replace(NEIGHBOUR, lives_with_pupil=True)], [{1, 4}], id="living there is enough"),
        pytest.param([replace(MUM, lives_with_pupil=False)], [{1}], id="responsibility is enough"),
        pytest.param(
            [MUM, replace(DAD, court_order=True)], [{1}], id="a court order: none, though at the same address"
        ),
        pytest.param([MUM, replace(AWAY, court_order=True)], [{1}], id="a court order at another address"),
        pytest.param([MUM, replace(DAD, surname=" ")], [{1}], id="no surname: none"),
        pytest.param([MUM, replace(DAD, title="", forename="")], [{1}], id="a bare surname: none"),
        pytest.param([MUM, replace(AWAY, address=" \n ")], [{1}], id="living elsewhere without an address: none"),
        pytest.param(
            [MUM, replace(DAD, address="1 EXAMPLE street,\n Exampleton ", postcode="ex40xx")],
            [{1, 2}],
            id="one address typed in two ways",
        ),
        pytest.param(
            [MUM, replace(DAD, address="1 Example Street\nExampleton\nEX4 0XX", postcode="")],
            [{1, 2}],
            id="the postcode among the lines",
        ),
        pytest.param([MUM, replace(DAD, address="11 Example Street\nExampleton")], [{1}, {2}], id="next door"),
    ],
)
def test_who_gets_a_letter(contacts, letters):
    assert [set(household.parent_ids) for household in households(*contacts).households] == letters


def test_a_household_carries_names_and_address_for_the_window():
    (household,) = households(MUM, DAD).households
    assert household.names == ("Mrs Ann Example", "Mr Ben Example")
    assert household.salutation == "Mr and Mrs Example"
    assert household.address == ("1 Example Street", "Exampleton", "EX4 0XX")


def test_a_contact_who_lives_with_the_pupil_is_written_to_at_the_pupils_address():
    (household,) = households(replace(MUM, address="", postcode="")).households
    assert household.address == ("7 Pupil Lane", "Exampleton", "EX4 9ZZ")


@pytest.mark.parametrize(
    ("contacts", "said"),
    [
        pytest.param([], "no contact on record", id="nobody"),
        pytest.param([NEIGHBOUR], "neither have parental responsibility", id="only a neighbour"),
        pytest.param([replace(MUM, court_order=True)], "a court order is on record", id="only under a court order"),
        pytest.param([replace(MUM, surname="")], "name is not complete", id="only without a name"),
        pytest.param(
            [replace(MUM, address="", lives_with_pupil=False)], "no address for them", id="only without an address"
        ),
    ],
)
def test_nobody_to_write_to_is_refused_and_says_why(contacts, said):
    with pytest.raises(AddresseeRefusedError, match=said):
        households(*contacts)


def test_a_pupil_without_an_address_cannot_lend_one():
    with pytest.raises(AddresseeRefusedError, match="no address"):
        addressees.households([replace(MUM, address="")], " ", "")


def test_whoever_is_left_out_is_told_of():
    addressing = households(MUM, replace(DAD, court_order=True), NEIGHBOUR)
    assert len(addressing.left_out) == 2
    assert "court order" in addressing.left_out[0]
    assert not any("Ben" in reason or "Other" in reason for reason in addressing.left_out)


contacts = st.builds(
    Contact,
    parent_id=st.integers(1, 99),
    title=st.sampled_from(["", "Mr", "Mrs", "Ms", "Dr"]),
    forename=st.sampled_from(["", "Ann", "Ben"]),
    surname=st.sampled_from(["", "Example", "Other"]),
    address=st.sampled_from(["", HOME, "9 Elsewhere Road"]),
    postcode=st.sampled_from(["", "EX4 0XX"]),
    parental_responsibility=st.booleans(),
    lives_with_pupil=st.booleans(),
    court_order=st.booleans(),
)


@given(st.lists(contacts, max_size=6, unique_by=lambda contact: contact.parent_id))
def test_nobody_under_a_court_order_and_nobody_twice(people):
    try:
        addressing = households(*people)
    except AddresseeRefusedError:
        return
    written_to = [parent for household in addressing.households for parent in household.parent_ids]
    barred = {contact.parent_id for contact in people if contact.court_order}
    assert len(written_to) == len(set(written_to))
    assert not barred & set(written_to)
    assert len(written_to) + len(addressing.left_out) == len(people)
    assert all(household.salutation.strip() and household.address for household in addressing.households)


@pytest.mark.parametrize(
    ("contacts", "letters"),
    [
        pytest.param([MUM, DAD], [{1}, {2}], id="two at one address get one each"),
        pytest.param([MUM, AWAY], [{1}, {3}], id="two addresses"),
        pytest.param([MUM, replace(DAD, court_order=True)], [{1}], id="a court order: none"),
    ],
)
def test_a_letter_to_each_parent_apart(contacts, letters):
    found = addressees.households(contacts, "7 Pupil Lane\nExampleton", "EX4 9ZZ", apart=True)
    assert [set(household.parent_ids) for household in found.households] == letters
    assert all(len(household.names) == 1 for household in found.households)


def test_what_a_text_may_say_of_whom_it_is_to():
    (home,) = households(MUM, DAD).households
    assert home.blanks == {
        "salutation": "Mr and Mrs Example",
        "addressee": "Mrs Ann Example, Mr Ben Example",
        "address_block": "1 Example Street, Exampleton, EX4 0XX",
    }
