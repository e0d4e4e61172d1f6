"""Precedence of values."""

import pytest

from pymail.errors import SettingsError
from pymail.mailrc.state import Origin, Value
from pymail.settings.layers import Layer, Layers, environment_layer


def layer(**values: str | None) -> Layer:
    names = {name.replace("_", "-"): text for name, text in values.items()}
    return {
        name: None if text is None else Value(text, Origin("rc", 1))
        for name, text in names.items()
    }


def test_highest_layer_wins() -> None:
    layers = Layers([layer(sender="low@example.com"), layer(sender="high@example.com")])
    assert layers.text("sender") == "high@example.com"


def test_synonym_in_a_higher_layer_beats_the_name() -> None:
    layers = Layers([layer(tls_verify="strict"), layer(ssl_verify="ignore")])
    assert layers.text("tls-verify") == "ignore"


def test_own_name_comes_before_synonyms_in_one_layer() -> None:
    assert Layers([layer(ssl_verify="a", tls_verify="b")]).text("tls-verify") == "b"


def test_unset_hides_the_layers_below() -> None:
    layers = Layers([layer(sender="low@example.com"), layer(sender=None)])
    assert layers.value("sender") is None
    assert layers.text("sender", "default") == "default"


def test_first_takes_the_highest_layer_then_the_order_of_names() -> None:
    low, high = layer(smtp="one"), layer(mta="two", sendmail="three")
    name, value = Layers([low, high]).first(("smtp", "mta", "sendmail"))
    assert (name, value and value.text) == ("mta", "two")


def test_unset_of_one_name_leaves_the_others() -> None:
    layers = Layers([layer(smtp="one", sendmail="two"), layer(smtp=None)])
    assert layers.first(("smtp", "sendmail"))[0] == "sendmail"
    assert layers.first(("smtp", "mta")) == ("", None)


@pytest.mark.parametrize(
    ("suffixes", "expected"),
    [
        pytest.param(("me@h.example.com", "h.example.com"), "both", id="user-and-host"),
        pytest.param(("you@h.example.com", "h.example.com"), "host", id="host"),
        pytest.param(("other.example.com",), "plain", id="plain"),
        pytest.param(("ME@H.EXAMPLE.COM",), "both", id="any-case"),
    ],
)
def test_most_special_name_wins(suffixes: tuple[str, ...], expected: str) -> None:
    values = {
        "password-me@h.example.com": "both",
        "password-h.example.com": "host",
        "password": "plain",
    }
    rows = {name: Value(text, Origin("rc", 1)) for name, text in values.items()}
    value = Layers([rows]).value("password", suffixes)
    assert value is not None
    assert value.text == expected


def test_special_name_can_be_unset_above() -> None:
    low = {"password-h": Value("x", Origin("rc", 1))}
    assert Layers([low, {"password-h": None}]).value("password", ("h",)) is None


def test_host_named_user_makes_no_mechanism_of_the_user() -> None:
    layers = Layers([layer(smtp_auth_user="joe")])
    assert layers.value("smtp-auth", ("user",)) is None


def test_switch_is_on_when_set_whatever_its_text() -> None:
    assert Layers([layer(metoo="no")]).switch("metoo")
    assert not Layers([layer(metoo="yes"), layer(metoo=None)]).switch("metoo")
    assert not Layers([]).switch("metoo")


def test_some_switches_are_on_until_unset() -> None:
    assert Layers([]).switch("save")
    assert not Layers([layer(save=None)]).switch("save")


@pytest.mark.parametrize("text", ["", "soon", "-1", "0", "inf", "nan"])
def test_only_positive_numbers_are_seconds(text: str) -> None:
    layers = Layers([layer(smtp_timeout=text)])
    if not text:
        assert layers.number("smtp-timeout", "seconds") is None
    else:
        with pytest.raises(SettingsError, match="rc:1: smtp-timeout"):
            layers.number("smtp-timeout", "seconds")


def test_seconds_may_have_a_fraction() -> None:
    assert Layers([layer(smtp_timeout="2.5")]).number("smtp-timeout", "seconds") == 2.5
    assert Layers([]).number("smtp-timeout", "seconds") is None


def test_environment_counts_for_some_names_only() -> None:
    found = environment_layer({"from": "a@example.com", "password": "x", "PATH": "/"})
    assert list(found) == ["from"]
    assert str(found["from"] and found["from"].origin) == "environment"


def test_in_force_lists_known_names_first_and_unknown_ones_too() -> None:
    layers = Layers([layer(frob="1", sender="a"), layer(sender="b", metoo=None)])
    rows = [(name, value.text) for name, value in layers.in_force()]
    assert rows == [("sender", "b"), ("frob", "1")]


def test_every_suffix_of_a_name_is_found_with_its_value() -> None:
    low = {
        **layer(smime_sign_digest="plain", smime_sign_digest_you="low"),
        "smime-sign-message-digest-Me@Example.com": Value("old", Origin("rc", 1)),
    }
    high = layer(smime_sign_digest_you=None, smime_sign_digest_all="high")
    found = Layers([low, high]).by_suffix("smime-sign-digest")
    assert {suffix: value.text for suffix, value in found.items()} == {
        "": "plain",
        "all": "high",
        "me@example.com": "old",
    }
