"""What is printed at start is true, also where nothing can be seen."""

from demo import welcome


def test_on_a_screen_there_are_two_windows() -> None:
    """Nothing more to say."""
    assert welcome.windows(asked=False, no_screen="") == ["kiosk and lounge display: two windows"]


def test_without_a_screen_it_says_so_and_what_to_do() -> None:
    """No word of windows that nobody can see."""
    said = " ".join(welcome.windows(asked=False, no_screen=":77 does not answer"))
    assert said == (
        "No screen found (:77 does not answer): the kiosk and the TV are drawn on virtual screens, which you cannot see. "
        "To watch the story: ./dev demo --script. To operate it: start it in a desktop session or over ssh -X."
    )


def test_virtual_screens_that_were_asked_for_are_no_fault() -> None:
    """But they cannot be seen either."""
    said = " ".join(welcome.windows(asked=True, no_screen=""))
    assert said.startswith("As asked (--virtual): the kiosk and the TV are drawn on virtual screens")
