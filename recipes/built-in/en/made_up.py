"""Words that nobody has seen before, rare words, other scripts, codes, paths and addresses: what must be copied."""

from machine.phrases import words

_STARTS = words("""b, br, c, ch, cl, cr, d, dr, f, fl, fr, g, gl, gr, h, j, k, kr, l, m, n, p, pl, pr, qu, r, s, sh, sk, sl, sm,
sn, sp, st, str, sw, t, th, tr, tw, v, w, wh, x, y, z, zh, bl, ng, mb, ts, vr, sch""")
_VOWELS = "a e i o u ai ea ee ie oa oo ou y au io ue".split()
_ENDS = words("b, ck, d, ff, g, k, l, ll, lm, m, mp, n, nd, ng, nk, nt, p, r, rd, rk, rn, rt, s, sh, sk, ss, st, t, th, x, zz, lt, v")
_TAILS = words("a, o, i, us, in, er, el, ix, ley, ton, ford, wick, stein, ova, ini, ez, sen, ka, ro, um, and, ette, ique, ax, ene")

RARE = words("""
quincunx, susurrus, petrichor, gloaming, widdershins, mugwump, flummery, borborygmus, zarf, tmesis, ogee, crwth, syzygy,
hornswoggle, taradiddle, callipygian, defenestration, floccule, gubbins, haruspex, ineffable, jentacular, kerfuffle,
lackadaisical, mondegreen, nudiustertian, oxter, pandiculation, quire, ratoon, snickersnee, thaumaturge, ullage, vellichor,
wamble, xylem, yonderly, zenzizenzizenzic, aglet, bumfuzzle, cattywampus, dongle, erinaceous, fipple, griffonage, hiraeth,
impignorate, jillick, kakorrhaphiophobia, lamprophony, meldrop, nibling, obelus, punt, quaquaversal, rasher, selcouth, tittle,
umbel, verklempt, whippersnapper, xertz, yaffle, zugzwang, abseil, bivouac, chinook, dulcimer, escarpment, fjord, gazebo,
halibut, isthmus, jojoba, kumquat, lichen, mollusc, nougat, okra, paprika, quinoa, rhubarb, saffron, tapioca, urchin, vermouth,
wasabi, yarrow, zucchini, archipelago, barnacle, cassowary, dirigible, eggplant, frangipani, gondola, harpsichord, iguana,
jalopy, kestrel, labyrinth, marzipan, narwhal, obsidian, pomegranate, quartz, rutabaga, sextant, trellis, umbrella, viaduct,
walrus, xylophone, yurt, zeppelin, anvil, bellows, cistern, dovetail, epaulette, ferrule, gimbal, hasp, impeller, joist, kiln,
lathe, mortise, newel, oilskin, pulley, quill, ratchet, sprocket, tarpaulin, upholstery, vise, winch, yoke, zipper
""")
FOREIGN = words("""
Überweisung, Käsekuchen, Vorhängeschloss, Elternabend, Steuererklärung, crème brûlée, rendez-vous, déménagement, pâtisserie,
jalapeños, mañana, cumpleaños, niño, piñata, açaí, coração, smörgåsbord, fika, kaffepaus, hygge, rødgrød, þorrablót, kødbolle,
żurek, pączki, křeček, štrúdl, gözleme, çay, ıspanak, őszibarack, köszönöm, ciorbă, хлеб, дача, борщ, собрание, μουσακάς,
καφές, συνάντηση, شاي, اجتماع, حلويات, פגישה, חלב, चाय, मीटिंग, বই, ชา, 会議, 牛乳, 饺子, 家长会, 豆腐, お茶, ラーメン, 김치, 회의, 우유, phở, bánh mì,
ñoquis, ćevapi, baklažán, ṣọọbu, ọjà, ʻohana, whānau, manaʻo, taʻamū, gnocchi, bruschetta, Tischtennis, Müllabfuhr, apéro, Zvieri
""")
_THINGS = words("""
plan, report, list, notes, slides, draft, budget, invoice, contract, photos, schedule, backup, summary, agenda, minutes, data,
recipe, letter, thesis, chapter, proposal, receipt, form, quote, logo, poster, script, survey, export, review
""")
_EXTENSIONS = words("pdf, docx, txt, md, csv, py, rs, js, ts, go, java, c, cpp, html, json, toml, yaml, png, jpg, xlsx, odt, sql")
_VERBS = words("""
parse, load, get, set, compute, merge, split, sort, find, read, write, is, to, make, check, build, send, handle, resolve,
encode, decode, validate, flatten, rotate, normalise, update, delete, group, count, apply, fetch
""")
_FOLDERS = words("""
src, lib, app, tests, docs, data, projects, home, work, tmp, code, backend, frontend, api, core, services, crates, packages,
scripts, tools, modules, server, client, web, ml, infra, parser, utils, engine, site, game, shop, billing, auth
""")


def word(talk):
    """A made-up word of one to four syllables."""
    random = talk.rng.random
    out = ""
    for _ in range(1 + int(random() * 2.3)):
        out += _STARTS[int(random() * len(_STARTS))] + _VOWELS[int(random() * len(_VOWELS))]
        if random() < 0.4:
            out += _ENDS[int(random() * len(_ENDS))]
    if random() < 0.4:
        out += _TAILS[int(random() * len(_TAILS))]
    return out if len(out) > 2 else out + "nn"


def capital_word(talk):
    return word(talk).capitalize()


def code(talk):
    """`BX-204`, `INV/2031`, `#4471`."""
    n = int(talk.rng.random() * 10 ** talk.pick((2, 3, 4, 5)))
    a = "".join(talk.pick("ABCDEFGHJKLMNPQRSTUVWXYZ") for _ in range(talk.pick((1, 2, 3))))
    if talk.spoken:
        return f"{a.lower()} {n}"
    return talk.pick((f"{a}-{n}", f"{a}{n}", f"{n}-{a}", f"#{n}", f"{a}/{n}", f"{a} {n}", f"{n}{a.lower()}", f"{a}.{n}"))


def identifier(talk):
    a, b = _stem(talk), _stem(talk)
    return talk.pick((f"{a}_{b}", f"{a}{b.capitalize()}", a, f"{a.capitalize()}{b.capitalize()}", f"{a}-{b}"))


def function(talk):
    a = talk.pick(_VERBS)
    b = _stem(talk)
    return talk.pick((f"{a}_{b}", f"{a}_{b}_{_stem(talk)}", f"{a}{b.capitalize()}", f"{b}.{a}", f"{b}::{a}", f"{a}_{b}()", b))


def _stem(talk):
    return talk.pick(_THINGS + _FOLDERS) if talk.chance(0.5) else word(talk)


def path(talk, file=None):
    parts = [talk.pick(_FOLDERS) if talk.chance(0.6) else identifier(talk) for _ in range(talk.pick((1, 1, 2, 2, 3)))]
    if file if file is not None else talk.chance(0.5):
        parts.append(f"{identifier(talk)}.{talk.pick(_EXTENSIONS)}")
    elif len(parts) == 1 and talk.chance(0.3):
        parts = [identifier(talk)]
    start = talk.pick(("", "", "", "./", "~/", "/home/", "../", "/srv/", "~/projects/"))
    return start + "/".join(parts) + ("/" if "." not in parts[-1] and talk.chance(0.15) else "")


def url(talk):
    host = talk.pick((f"{word(talk)}.com", f"www.{word(talk)}.org", f"{word(talk)}.io", f"{word(talk)}.co.uk", "example.com"))
    tail = talk.pick(("", "", f"/{word(talk)}", f"/{talk.pick(_THINGS)}/{1 + int(talk.rng.random() * 999)}", f"/?q={word(talk)}"))
    return talk.pick(("https://", "http://", "", "")) + host + tail


def odd(talk):
    """One or two words that must be copied letter by letter."""
    r = talk.rng.random()
    if r < 0.38:
        return word(talk)
    if r < 0.55:
        return capital_word(talk)
    if r < 0.80:
        return talk.pick(RARE)
    if r < 0.90:
        return talk.pick(FOREIGN) if not talk.spoken else talk.pick(RARE)
    return code(talk)
