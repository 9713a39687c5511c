from bookings.intervals import Interval, busiest, gaps, merge
from bookings.rooms import Conflict, Room, find_room
from probing import check, rng


def interval(low=0, high=24):
    start, end = sorted(rng.sample(range(low, high + 1), 2))
    return Interval(start, end)


for _ in range(40):
    one, two = interval(0, 6), interval(0, 6)
    check(one.overlaps, two)
    check(one.intersection, two)
    check(lambda: (one, two, one < two, one <= two, one > two, one == two, one.length, two.shifted(-3)))
    check(lambda: (one, [moment in one for moment in range(-1, 8)]))
for length in [0, 1, 2, 3, 4, 6] * 5:
    some = [interval() if rng.random() < 0.5 else interval(3, 9) for _ in range(length)]
    check(merge, some)
    check(gaps, some, Interval(6, 20))
    check(gaps, some, interval())
    check(busiest, some)
check(Interval, 3, 2)


def diary(steps):
    rooms = [Room("s", 2), Room("m", 5, opens=6), Room("l", 9, closes=23)]
    said = []
    for _ in range(steps):
        room, who = rng.choice(rooms), rng.choice(["ada", "max", "eve"])
        try:
            choice = rng.random()
            if choice < 0.6:
                start = rng.randint(5, 22)
                said.append(room.book(who, start, start + rng.randint(0, 4), rng.randint(1, 6)))
            elif choice < 0.7:
                said.append(room.cancel(who))
            else:
                said.append(room.move(who, rng.randint(-6, 6)))
        except Conflict as error:
            said.append((str(error), error.booking))
        except (ValueError, KeyError) as error:
            said.append(type(error).__name__)
        start = rng.randint(5, 20)
        found = find_room(rooms, start, start + rng.randint(1, 4), rng.randint(1, 10))
        said.append(found and found.name)
    return said, [(room.bookings, room.free(), room.free(3), room.usage()) for room in rooms]


for steps in [1, 5, 10, 20, 20, 40, 40, 40]:
    check(diary, steps)
