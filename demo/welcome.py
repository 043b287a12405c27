"""What the demo prints when all is up: where to look, who may sign in, which cards there are."""

from demo.house import House


def lines(house: House, panel: str) -> list[str]:
    """Everything somebody needs to begin, line by line.

    Args:
        house: running.
        panel: where the page of cards is.
    """
    said = ["", "What there is to see"]
    said += [f"  {line}" for line in windows(asked=house.options.virtual, no_screen=house.no_screen)]
    if house.reader.cards:
        said.append(f"  cards:   {panel}  (lay a card on the kiosk's reader)")
    else:
        said.append("  cards:   the reader that is plugged in")
    said += [f"  console: {house.url}/console", "", "Staff (made at start)"]
    said += [f"  {staff.number}  {staff.name}  {staff.password}" for staff in house.staff]
    if house.reader.cards:
        said += ["", "Member cards and their PINs (made at start)"]
        said += [
            f"  {card.name}  {card.title}  {house.members.get(card.name, 'no PIN')}" for card in house.reader.cards
        ]
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
