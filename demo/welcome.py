"""What the demo prints when all is up: where to look, who may sign in, which cards there are."""

from datetime import datetime

from club import resources
from demo import accounts, hours
from demo.house import House


def lines(house: House, panel: str, now: datetime) -> list[str]:
    """Everything somebody needs to begin, line by line.

    Args:
        house: running.
        panel: where the page of cards is.
        now: by the house's clock.
    """
    said = ["", "What there is to see"]
    said += [f"  {line}" for line in windows(asked=house.options.virtual, no_screen=house.no_screen)]
    tv = hours.of_display(resources.demo_dir(), house.options.lounge_place)
    said += [f"  {line}" for line in hours.note(tv, now)]
    if house.reader.cards:
        said.append(f"  cards:   {panel}  (lay a card on the kiosk's reader)")
    else:
        said.append("  cards:   the reader that is plugged in")
    said += [f"  console: {house.url}/console", "", "Staff for the console (made at start)"]
    said += [f"  {line}" for line in accounts.lines(house.staff, accounts.roles(resources.demo_dir()))]
    said.append("  An urgent notice takes two of them: one writes it, another one confirms it.")
    if house.reader.cards:
        said += ["", "Member cards and their PINs (made at start)"]
        said += [f"  {card.name}  {card.title}  {house.pin_of(card.name) or 'no PIN'}" for card in house.reader.cards]
    return [*said, "", "Ctrl-C stops everything."]


def windows(*, asked: bool, no_screen: str) -> list[str]:
    """Where the kiosk and the TV are drawn.

    Args:
        asked: virtual screens were asked for.
        no_screen: why no screen was found, empty when one was.
    """
    if not asked and not no_screen:
        return ["kiosk and lounge display: two windows"]
    why = "As asked (--virtual)" if asked else f"No screen found ({no_screen})"
    return [
        f"{why}: the kiosk and the TV are drawn on virtual screens, which you cannot see.",
        "To watch the story: ./dev demo --script. To operate it: start it in a desktop session or over ssh -X.",
    ]
