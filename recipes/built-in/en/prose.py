"""Free text of any length: phrases and sentences that nobody listed, so that where a text ends is learnt from the sentence
around it and not from a table of texts. No days and no clock times: those belong to the calls."""

from machine.phrases import words

from . import made_up, names

_NOUNS = words("""
house, kitchen, roof, garden, ticket, letter, engine, window, door, report, camera, jacket, bridge, river, table, chair, lamp, contract,
bottle, keyboard, screen, photo, painting, guitar, piano, bicycle, truck, tractor, boat, ladder, hammer, blanket, pillow, mirror, carpet,
cable, battery, charger, suitcase, backpack, wallet, notebook, calendar, poster, leaflet, recipe, cake, soup, sandwich, apple, coffee,
package, delivery, invoice, receipt, form, signature, password, account, server, website, database, update, licence, permit, visa,
insurance, deposit, salary, bonus, discount, price, loan, budget, order, sample, prototype, machine, pump, pipe, valve, filter, sensor,
meeting, workshop, course, exam, lesson, lecture, seminar, conference, festival, wedding, party, concert, film, play, match, tournament,
train, bus, tram, flight, ferry, taxi, road, tunnel, station, platform, gate, terminal, harbour, airport, hotel, room, apartment, cellar,
attic, balcony, garage, fence, hedge, lawn, tree, flower, seed, bench, pond, dog, cat, horse, parrot, hamster, goat, chicken, medicine,
bandage, prescription, allergy, rash, tooth, knee, back, diet, budget, survey, vote, petition, law, rule, deadline, plan, idea, question,
answer, mistake, problem, noise, smell, leak, crack, stain, hole, accident, delay, strike, storm, flood, power cut, heat wave, shift,
rota, uniform, badge, locker, desk, printer, projector, whiteboard, slide, agenda, summary, translation, essay, poem, novel, chapter
""")
_PLURALS = words("""
tickets, flowers, batteries, documents, photos, neighbours, children, students, colleagues, customers, suppliers, volunteers, bins, chairs,
windows, tyres, brakes, lights, cables, boxes, plates, glasses, spoons, towels, sheets, curtains, shoes, boots, gloves, shirts, trousers,
tools, screws, nails, bricks, tiles, pipes, plans, results, numbers, figures, invoices, payments, taxes, fees, fines, prices, rules, forms,
letters, stamps, parcels, orders, samples, parts, errors, logs, backups, servers, sensors, seeds, plants, trees, bees, hens, rabbits, dogs
""")
_PEOPLE = words("""
the landlord, the plumber, the teacher, the doctor, the nurse, the neighbour, the boss, the accountant, the lawyer, the electrician,
the caretaker, the driver, the manager, the supplier, the customer, the board, the council, the bank, the school, the insurance company,
my sister, my brother, my aunt, my uncle, my cousin, my flatmate, my colleague, my tutor, our trainer, the new intern, the whole team,
the committee, the band, the club, the builder, the vet, the pharmacist, the librarian, the baker, the post office, the railway, the airline
""")
_ADJECTIVES = words("""
new, old, red, blue, green, white, black, small, big, huge, tiny, broken, cracked, wet, dry, clean, dirty, spare, second, first, last,
cheap, expensive, free, late, early, missing, lost, wrong, right, final, annual, quarterly, urgent, simple, complicated, local, foreign,
wooden, plastic, electric, heavy, light, loud, quiet, warm, cold, hot, fresh, frozen, organic, vegetarian, yellow, open, closed, empty, full,
long, short, narrow, wide, temporary, permanent, private, public, official, revised, updated, unpaid, signed, damaged, used, rented, shared
""")
_DONE = words("""
fixed, sold, bought, painted, cleaned, moved, cancelled, signed, sent, lost, found, opened, closed, checked, approved, rejected, ordered,
paid for, picked up, dropped off, replaced, repaired, measured, tested, returned, borrowed, rented, finished, started, delayed, changed,
wrote, read, translated, printed, scanned, uploaded, deleted, forgot, hid, watered, fed, washed, cooked, tried, liked, missed, booked
""")
_DO = words("""
fix, sell, buy, paint, clean, move, sign, send, find, open, close, check, approve, order, pay for, pick up, drop off, replace, repair,
measure, test, return, borrow, rent, finish, start, change, write, read, translate, print, scan, upload, delete, water, feed, wash, cook,
try, book, bring, collect, compare, cut, decorate, draw, edit, empty, explain, fill in, film, fold, hang up, label, lock, look at, mend,
organise, pack, photograph, plan, plant, prepare, proofread, put away, record, review, sharpen, share, show, sort out, take back, take down,
think about, tidy, turn off, unpack, update, visit, wrap, ask about, call about, complain about, look into, find out about, go through
""")
_IS = words("""
broken, ready, too small, too expensive, missing, late, free, closed, wet, locked, empty, full, not working, almost finished, worth it,
better than the old one, cheaper than expected, harder than I thought, not included, still open, out of stock, up to date, in good shape,
very loud, quite heavy, a bit damaged, safe to use, allowed, forbidden, optional, mandatory, not mine, the wrong size, made of steel
""")
_PLACES = words("""
in the cellar, in the kitchen, on the roof, behind the house, under the desk, at the station, near the bridge, next to the bank, at work,
in the city, on the balcony, at the back, in the north, by the sea, at school, in the attic, on the second floor, across the street,
in a blue box, on the left, at reception, in the car, on platform 4, in the other folder, at home, in the middle of the room, abroad
""")
_WHY = words("""
because it was cheaper, because nobody asked, since the old one broke, so that everybody can come, in case it rains, to save money,
as we agreed, if that is all right, instead of the old one, without a reason, like every year, as soon as possible, before it is too late,
with a spare key, for the whole family, at the usual price, although it is small, unless it snows, which is a pity, and nobody knows why
""")
_UNITS = words("days, weeks, hours, pages, boxes, metres, kilos, litres, pieces, rolls, sets, nights, rounds, sessions, chapters")
_COUNTS = words("two, three, four, five, six, ten, twelve, several, a few, some, many, most, both")
_SUBJECTS = words("I, we, they, she, he, you")


def thing(talk, articles=("the ", "the ", "a ", "my ", "our ", "this ", "")):
    """A noun with what stands before it: `the broken window`, `two boxes of screws`."""
    r = talk.rng.random()
    if r < 0.12:
        return f"{talk.pick(_COUNTS)} {talk.pick(_PLURALS)}"
    if r < 0.18:
        return f"{talk.pick(_COUNTS)} {talk.pick(_UNITS)} of {talk.pick(_PLURALS) if talk.chance(0.5) else made_up.odd(talk)}"
    if r < 0.3:
        return talk.pick(("the ", "our ", "", "my ")) + (f"{talk.pick(_ADJECTIVES)} " if talk.chance(0.3) else "") + talk.pick(_PLURALS)
    noun = made_up.odd(talk) if talk.chance(0.2) else talk.pick(_NOUNS)
    if talk.chance(0.2):
        noun = f"{talk.pick(_NOUNS)} {noun}"
    if talk.chance(0.4):
        noun = f"{talk.pick(_ADJECTIVES)} {noun}"
    article = talk.pick(articles)
    if article == "a " and noun[0].lower() in "aeiou":
        article = "an "
    return article + noun


def tail(talk):
    """What follows a noun: `of the old bridge`, `that nobody fixed`, `without a key`."""
    r = talk.rng.random()
    if r < 0.34:
        return f"{talk.pick(('of', 'of', 'for', 'for', 'from', 'with', 'without', 'about', 'in', 'on', 'near', 'under', 'behind', 'as', 'against', 'between', 'by', 'to', 'at'))} {thing(talk)}"
    if r < 0.48:
        return f"{talk.pick(('from', 'for', 'of', 'with', 'by', 'to', 'about'))} {names.first(talk) if talk.chance(0.5) else talk.pick(_PEOPLE)}"
    if r < 0.60:
        return talk.pick(_PLACES)
    if r < 0.72:
        return f"that {talk.pick(_SUBJECTS) if talk.chance(0.6) else names.first(talk)} {talk.pick(_DONE)}"
    if r < 0.82:
        return f"that {talk.pick(('is', 'was', 'are'))} {talk.pick(_IS)}"
    if r < 0.90:
        return f"and {thing(talk)}"
    return talk.pick(_WHY)


def matter(talk):
    """A noun with up to three tails: `the delay of the train to Kirnov and two boxes of screws`."""
    return " ".join([thing(talk)] + [tail(talk) for _ in range(talk.pick((0, 1, 1, 1, 2, 2, 3)))])


_APART = words("""
take out, put out, hand in, turn off, switch off, bring back, take back, pick up, drop off, fill in, hang up, put away, sort out, throw away, fill up,
look up, tidy up, set up, call back, bring in, let out, switch on, write down, print out, hand over, give back, send off, wind up, cut down, clear up
""")


def task(talk):
    """Something to do: `take back the blue jacket that she bought`, `hand the keys in`."""
    if talk.chance(0.12):
        verb, _, particle = talk.pick(_APART).partition(" ")
        return f"{verb} {thing(talk)} {particle}"
    return " ".join([talk.pick(_DO), thing(talk)] + [tail(talk) for _ in range(talk.pick((0, 0, 1, 1, 2)))])


def sentence(talk):
    """Something that is so: `we need to paint the fence behind the house, not the gate`."""
    r = talk.rng.random()
    if r < 0.28:
        who = talk.pick((*_SUBJECTS, talk.pick(_PEOPLE), names.first(talk), names.first(talk)))
        text = f"{who} {talk.pick(_DONE)} {thing(talk)}"
    elif r < 0.48:
        text = f"{thing(talk, ('the ', 'the ', 'my ', 'our ', 'that '))} {talk.pick(('is', 'is', 'was'))} {talk.pick(_IS)}"
    elif r < 0.62:
        text = f"{talk.pick(('we need to', 'we have to', 'I want to', 'they should', 'you can', 'please', 'I am going to', 'it is time to', 'try to', 'never', 'I forgot to'))} {talk.pick(_DO)} {thing(talk)}"
    elif r < 0.74:
        text = f"{talk.pick(('there is', 'there was', 'here is', 'I saw', 'I have', 'we have', 'we still need', 'I like', 'I prefer', 'I owe ' + names.first(talk)))} {thing(talk, ('a ', 'a ', 'no ', 'the '))}"
    elif r < 0.86:
        number = made_up.code(talk) if talk.chance(0.5) else talk.pick(_COUNTS) if talk.spoken else str(int(talk.rng.random() * 10 ** talk.pick((1, 2, 3, 4, 5))))
        text = f"{thing(talk, ('the ', 'my ', 'our '))} {talk.pick(('is', 'says', 'has', 'costs', 'shows', 'needs', 'weighs', 'is number'))} {number}"
    else:
        text = f"{talk.pick(_PEOPLE)} {talk.pick(('says that', 'thinks that', 'knows that', 'asked whether', 'wrote that'))} {thing(talk)} {talk.pick(('is', 'was'))} {talk.pick(_IS)}"
    for _ in range(talk.pick((0, 0, 1, 1, 2))):
        text += " " + tail(talk)
    if talk.chance(0.1):
        text = talk.pick(("yes", "no", "sorry", "hi", "ok", "well", "thanks", "sure", "unfortunately", "by the way", "good news", names.first(talk))) + ", " + text
    if talk.chance(0.25):
        text += talk.pick((", ", ", ", ", not ", ", but ", ", and ", " and ", "; ", ": ", " - ")) + (thing(talk) if talk.chance(0.6) else f"{talk.pick(_SUBJECTS)} {talk.pick(_DONE)} it")
    return text


def said_of(talk):
    """What somebody did, after `who`: `fixed the roof of the school for two years`."""
    text = f"{talk.pick(_DONE) if talk.chance(0.5) else talk.pick(('worked here', 'taught here', 'managed the shop', 'ran the kitchen', 'led the team', 'looked after the children', 'lived with us', 'drove a bus'))}"
    if text in _DONE:
        text += " " + thing(talk)
    if talk.chance(0.6):
        text += talk.pick((" for ", " for about ")) + talk.pick(("two years", "three years", "six months", "ten years", "a year", "a summer"))
    return text
