"""What becomes of the orders staff give a device from afar: carried out once, answered until the server knows it; pure (C9)."""

from msgspec.structs import replace

from club.sync import events
from club.sync.state import Effects, State, want
from club.sync.steps import Apply, OrderDone, OrdersCame, Replace, Tell, Wipe, Work

_RESTART = "restart-app"


def came(state: State, event: OrdersCame) -> tuple[State, Effects]:
    """Begin with what is new; the same order fetched again, because its answer has not arrived, is not begun again."""
    effects: Effects = ()
    for order in event.orders:
        if order.command_id in state.orders or order.command_id in state.replies:
            continue
        state = replace(state, orders={**state.orders, order.command_id: order.kind})
        match order.kind:
            case "wipe":
                state = replace(state, todo=wiping(state.todo))
            case "reload":
                state = done(want(state, "sync", "manifest"), OrderDone(order.command_id, "done"))
            case kind if kind == _RESTART:
                # Answered first: a program that ends before its answer arrived would be told to end again for ever.
                state = replace(state, replies={**state.replies, order.command_id: "done:"})
            case _:
                effects += (Tell(events.OrderCame(order.command_id, order.kind)),)
    return state, effects


def wiping(todo: tuple[Work, ...]) -> tuple[Work, ...]:
    """The wipe in the place of whatever would have been written to the mirror; tried until it is done, like all of it."""
    return (Wipe(), *(work for work in todo if not isinstance(work, Apply | Replace | Wipe)))


def wiped(state: State) -> State:
    """The mirror is gone from the disk: that is what whoever ordered it waits for."""
    for order_id in [one for one, kind in state.orders.items() if kind == "wipe"]:
        state = done(state, OrderDone(order_id, "done"))
    return state


def done(state: State, event: OrderDone) -> State:
    """An order ended; one that nobody gave changes nothing."""
    if event.order_id not in state.orders:
        return state
    orders = {one: kind for one, kind in state.orders.items() if one != event.order_id}
    return replace(state, orders=orders, replies={**state.replies, event.order_id: f"{event.state}:{event.detail}"})


def answered(state: State, order_id: str, ended: str) -> tuple[State, Effects]:
    """The server knows how it ended, or wants to know no more.

    A restart is begun only when it is `done` there: one whose time was over meanwhile would come at any hour of the day.
    """
    kind = state.orders.get(order_id)
    state = replace(
        state,
        orders={one: other for one, other in state.orders.items() if one != order_id},
        replies={one: ended for one, ended in state.replies.items() if one != order_id},
    )
    return state, ((Tell(events.OrderCame(order_id, _RESTART)),) if kind == _RESTART and ended == "done" else ())
