"""The central API: members, cards, points, rewards, boards and devices of the club."""
