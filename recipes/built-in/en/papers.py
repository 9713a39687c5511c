"""Requests about documents, mail and contacts; see `calendar` for the form of a request."""

from machine.phrases import Phrases
from machine.spans import call

from . import days, made_up, names, prose, things

# --- documents -------------------------------------------------------------------------------------------------------

_KINDS = {
    "letter": ("a letter", "a formal letter", "a short letter", "a letter"),
    "memo": ("a memo", "an internal memo", "a short memo"),
    "minutes": ("the minutes", "minutes", "the minutes"),
    "report": ("a report", "a short report", "a report"),
    "cv": ("a cv", "a CV", "my cv", "a résumé", "a resume"),
    "cover_letter": ("a cover letter", "a cover letter", "a covering letter"),
    "invoice": ("an invoice", "a bill", "an invoice"),
    "invitation": ("an invitation", "an invite", "an invitation letter"),
    "agenda": ("an agenda", "the agenda", "an agenda"),
    "essay": ("an essay", "a short essay", "an essay"),
    "contract": ("a contract", "an agreement", "a contract"),
    "complaint": ("a complaint", "a letter of complaint", "a complaint letter", "a formal complaint"),
    "reference": ("a reference", "a reference letter", "a letter of recommendation", "a recommendation letter"),
}
_WRITE = Phrases("""
write {k}
write (me |up |)
write {k}
draft {k}
draft {k}
prepare {k}
compose {k}
create {k}
make {k}
put together {k}
type up {k}
draw up {k}
help me write {k}
""".replace("write (me |up |)\n", "write me {k}\n"))
_WRITE_SAID = Phrases("""
I need {k}
I need to write {k}
I('d| would) like {k}
I want {k}
I have to write {k}
can I have {k}
""")
_FORMATS = {"pdf": ("as a pdf", "as PDF", "in pdf", "as a PDF file", ", pdf please"),
            "docx": ("as a Word document", "as docx", "in Word", "as a word file", "as a docx", "in Word format"),
            "odt": ("as odt", "as an odt", "as an OpenDocument file", "for LibreOffice", "in odt format"),
            "md": ("as markdown", "in markdown", "as a markdown file", "as md")}  # fmt: skip
_MATTER = {
    "minutes": ("of {a}", "for {a}", "from {a}"),
    "agenda": ("for {a}", "for {a}", "on {a}"),
    "cv": ("for {a}", "for {a}", "focusing on {a}"),
    "cover_letter": ("for {a}", "for {a}", "about {a}"),
    "invoice": ("for {a}", "for {a}"),
    "invitation": ("for {a}", "to {a}", "to {a}"),
    "essay": ("about {a}", "on {a}", "on {a}"),
    "report": ("about {a}", "on {a}", "on {a}"),
    "contract": ("for {a}", "about {a}", "for {a}"),
    "reference": ("for {a}", "about {a}", "for {a}"),
}
_PLAIN_MATTER = ("about {a}", "about {a}", "regarding {a}", "on {a}", "concerning {a}")
_FACTS = ("mention that ", "mention ", "say that ", "include that ", "include ", "it should say that ", "state that ", "point out that ")
_JOBS = things.words("""
gardener, head nurse, software engineer, barista, translator, night porter, primary school teacher, bus driver, data analyst, carpenter,
museum guide, pastry chef, librarian, junior architect, lab technician, paramedic, bookkeeper, lifeguard, sound engineer, postdoc
""")


def draft(talk):
    """`document.draft`."""
    kind = talk.pick(list(_KINDS))
    about, said = _matter(talk, kind)
    clauses = [talk.pick(_MATTER.get(kind, _PLAIN_MATTER)).format(a=said)]
    to = facts = language = form = None
    if kind not in ("minutes", "agenda", "cv", "essay", "reference") and talk.chance(0.5):
        to, person = names.person(talk, roles=0.35, mails=0)
        if kind == "contract":
            clauses.append(f"with {person}")
        else:
            clauses.insert(0 if talk.chance(0.75) else 1, f"to {person}" if kind != "invitation" or talk.chance(0.5) else f"for {person}")
            if kind == "invitation" and clauses[-1 if clauses[0] != clauses[-1] else 0].startswith("to ") and clauses[0].startswith("to "):
                clauses = [f"for {person}", talk.pick(("to {a}", "to {a}")).format(a=said)]
    if talk.chance(0.2):
        language = talk.mark(talk.pick(things.LANGUAGES))
        clauses.append(f"in {language}")
    if talk.chance(0.24):
        form = talk.pick(list(_FORMATS))
        clauses.append(talk.pick(_FORMATS[form]))
    if kind == "reference" and talk.chance(0.35):
        fact = talk.mark(prose.said_of(talk))
        facts = [fact]
        clauses.append(f"{talk.pick((', who ', ' who ', ', she ', ', he '))}{fact}")
    elif talk.chance(0.2):
        facts, clause = _facts(talk)
        clauses.append(clause)
    mode, table = ("do", _WRITE) if talk.chance(0.85) else ("say", _WRITE_SAID)
    sentence = table.say(talk, k=talk.pick(_KINDS[kind]))
    if talk.chance(0.12):
        mode, sentence = "note", talk.pick(_KINDS[kind])
        sentence = sentence.split(" ", 1)[1] if sentence.startswith(("a ", "an ")) and talk.chance(0.5) else sentence
    elif kind == "complaint" and to and talk.chance(0.4):
        mode, sentence = "do", talk.pick(("complain", "file a complaint", "make a complaint"))
    for clause in clauses:
        sentence += clause if clause.startswith(",") else " " + clause
    return mode, sentence, [call("document.draft", kind=kind, to=to, about=about, facts=facts, language=language, format=form)]


def _matter(talk, kind):
    if kind in ("cv", "cover_letter") or kind == "reference" and talk.chance(0.3):
        job = talk.pick(_JOBS) if talk.chance(0.6) else f"{made_up.odd(talk)} {talk.pick(('engineer', 'assistant', 'manager', 'designer'))}"
        about = talk.mark(
            f"{talk.pick(('job', 'position', 'post', 'role'))} {talk.pick(('as', 'as', 'of', 'as a', 'as an' if job[0] in 'aeiou' else 'as a'))} {job}"
            if talk.chance(0.45)
            else f"{job} {talk.pick(('job', 'position', 'post', 'role', 'job', ''))}".rstrip()
        )
        return about, talk.pick(("the ", "the ", "a ")) + about
    if kind == "reference":
        about, said = names.person(talk, mails=0)
        return about, said
    if kind in ("minutes", "agenda", "invitation") and talk.chance(0.85):
        bare = things.event(talk)[0]
        about = talk.mark(bare)
        return about, (things.article(talk, bare, True) or "the ").replace("our ", "the ") + about if talk.chance(0.8) else about
    if kind == "invoice":
        bare = talk.pick(("website", "garden work", "translation", "painting the fence", "three hours of consulting", "photo shoot", "catering",
                          "web design", "tutoring", "plumbing work", "repair", "logo design", "piano lessons")) if talk.chance(0.4) else _work_done(talk) if talk.chance(0.6) else f"{made_up.odd(talk)} {talk.pick(('repair', 'work', 'project', 'delivery'))}"  # fmt: skip
        about = talk.mark(bare)
        return about, talk.pick(("the ", "")) + about if not bare.startswith(("painting", "three")) and not bare[0].isdigit() and bare.split()[0] not in _SEVERAL else about
    return things.unarticled(talk, things.topic(talk) if kind == "essay" and talk.chance(0.5) else things.about(talk))


_SEVERAL = ("a", "two", "four", "five", "six", "ten", "twelve", "several", "half")


def _work_done(talk):
    """What is charged for: `two days of gardening at the school`."""
    count = talk.pick((*_SEVERAL[1:-1], "three", "three")) if talk.spoken or talk.chance(0.7) else str(2 + int(talk.rng.random() * 40))
    work = talk.pick(("consulting", "gardening", "cleaning", "translation", "programming", "repair work", "photography", "teaching", "driving", made_up.odd(talk)))
    text = f"{count} {talk.pick(('days', 'hours', 'weeks', 'sessions'))} of {work}"
    return text + (f" {prose.tail(talk)}" if talk.chance(0.3) else "")


def _facts(talk):
    verb = talk.pick(_FACTS)
    first = talk.mark(_fact(talk))
    if talk.chance(0.5):
        return [first], talk.pick((", ", " and ", ". ")) + verb + first
    second = talk.mark(_fact(talk))
    again = "that " if verb.endswith("that ") and talk.chance(0.7) else ""
    return [first, second], f"{talk.pick((', ', ' and '))}{verb}{first} and {again}{second}"


def _fact(talk):
    text = things.statement(talk)
    while " and " in text:
        text = things.statement(talk)
    return text


_SEARCH_DOCUMENTS = Phrases("""
(find|look for|search for|locate|get|pull up|dig out|open) {d} (in my documents|in my files|among my documents|in my papers|in my folders)
(find|look for|search for|locate|dig out|pull up) {d}
search my (documents|files|papers) for {d}
look through my (documents|files|papers) for {d}
search (my |)(documents|files) (for |about |){d}
show me (the document|the file|documents|files|papers) (about|on|with) {b}
find the (document|file|pdf|paper|scan) (about|with|on|for) {b}
search everything I have (on|about) {b}
find my {b}
find the page (that mentions|about) {b}
""")
_SEARCH_DOCUMENTS_ASK = Phrases("""
where('s| is) {d}
where did I (put|save|file) {d}
do I have (a document|anything|a file|papers) (about|on|with) {b}
is there (a document|anything) (in my files|in my documents) (about|on) {b}
what does {d} say
which (document|file) mentions {b}
have I got {d} somewhere
what do my (documents|files|papers) say about {b}
in which file (is|did I put) {d}
""")


def search_documents(talk):
    """`document.search`."""
    query = talk.mark(things.document(talk))
    said = talk.pick(("my ", "the ", "my ", "the ")) + query
    if talk.chance(0.65):
        return "do", _SEARCH_DOCUMENTS.say(talk, d=said, b=query), [call("document.search", query=query)]
    return "ask", _SEARCH_DOCUMENTS_ASK.say(talk, d=said, b=query), [call("document.search", query=query)]


# --- mail ------------------------------------------------------------------------------------------------------------

_MAIL_SAYING = Phrases("""
(send|write) an (e-mail|email|mail) to {p} (saying|and say|that says|telling them|to say|and tell them) {that}{b}
(send|write|draft) {p} an (e-mail|email) (saying|that says|to say|telling them) {that}{b}
(e-mail|email|mail|write to|write) {p} that {b}
(e-mail|email|mail) {p} (saying|and say|to say) {that}{b}
(e-mail|email|mail) {p}(:|,) {b}
draft (a mail|an email|a message) to {p} (saying|that says) {that}{b}
let {p} know by (mail|email|e-mail) that {b}
tell {p} by (email|mail|e-mail) that {b}
send {p} a mail(:| that| saying) {b}
send a (mail|message by email) to {p} (saying|that) {b}
send an (email|e-mail) to {p} that {b}
compose an email to {p} (saying|that says) {that}{b}
shoot {p} an email (saying|that) {b}
drop {p} an email (saying|that) {b}
write to {p} (saying|that|and say) {b}
let {p} know (that |){b}
let {p} know that {b}
tell {p} (that |){b}
tell {p} that {b}
inform {p} that {b}
drop {p} a line (saying |that ){b}
""")
_MAIL_ABOUT = Phrases("""
(send|write|draft|compose) an (e-mail|email|mail) to {p} (about|regarding|concerning) {a}
(e-mail|email|mail) {p} (about|regarding|concerning) {a}
(write|draft|send) {p} an (e-mail|email) about {a}
write to {p} about {a}
(e-mail|email) {p} to ask (about|for) {a}
(e-mail|email) {p} and ask (about|for) {a}
send an email to {p} asking (about|for) {a}
send {p} (a mail|an email) about {a}
shoot {p} an email about {a}
""")
_MAIL_SUBJECT = Phrases("""
(send|write|draft) an (e-mail|email) to {p} (with the subject|with subject|subject) {s} (saying|that says|and the text|and say) {b}
(e-mail|email|mail) {p}(,|) subject {s}(,|) (body|text|saying) {b}
(send|write) {p} an (e-mail|email) about {t} (saying|that says|and say that|telling them that) {b}
(e-mail|email) {p} about {t} (saying|and say that|telling them) {b}
(send|write) a mail to {p} about {t}(:| saying| that) {b}
""")
_REPLY = Phrases("""
(reply|answer|respond) to {m} (saying|that|and say that|with) {b}
(reply|respond) to {m}(:|,) {b}
write back to {m} (that|saying) {b}
answer {m} (that|saying|with) {b}
draft a reply to {m} (saying|that says) {b}
""")


def mail(talk):
    """`mail.draft`."""
    r = talk.rng.random()
    to, said = names.people(talk, mails=0.3)
    subject = reply = None
    if r < 0.5:
        body = talk.mark(things.statement(talk))
        sentence = _MAIL_SAYING.say(talk, p=said, b=body, that=talk.pick(("that ", "")))
    elif r < 0.74:
        body, matter = things.unarticled(talk, things.about(talk))
        sentence = _MAIL_ABOUT.say(talk, p=said, a=matter)
    elif r < 0.87:
        body = talk.mark(things.statement(talk))
        bare = things.about(talk)
        subject, matter = things.unarticled(talk, bare)
        sentence = _MAIL_SUBJECT.say(talk, p=said, b=body, s=subject, t=matter)
    else:
        body = talk.mark(things.statement(talk))
        reply, to, said = _replied(talk)
        sentence = _REPLY.say(talk, m=said, b=body)
    return "do", sentence, [call("mail.draft", to=to, subject=subject, body=body, reply_to=reply)]


def _replied(talk):
    """What is replied to: somebody (`reply to Tom`), or a mail of theirs."""
    name = names.name(talk, 0.25)
    to = talk.mark(name)
    possessed = names.said(talk, to)
    if talk.chance(0.4):
        reply = talk.mark(to)
        return reply, [to], names.said(talk, to).replace(to, reply)
    noun = talk.pick(("mail", "email", "message", "e-mail", "last mail", "latest email", "mail about " + things.about(talk), "email about " + made_up.odd(talk)))
    reply = talk.mark(f"{to}'s {noun}")
    return reply, [to], possessed.replace(to, reply)


_MAIL_ASK = Phrases("""
do I have (any |)(mail|mails|emails|e-mails|messages){f}{q}{r}
have I (got|received|gotten) (any |)(mail|mails|emails|e-mails){f}{q}{r}
(is there|are there) any (mail|emails|e-mails){f}{q}{r}
did I (get|receive) (any |an |)(mail|email|emails){f}{q}{r}
any (mail|emails|e-mails|messages){f}{q}{r}
what (mail|mails|emails) did I get{f}{q}{r}
how many (mails|emails) (did I get|do I have){f}{q}{r}
""")
_MAIL_DO = Phrases("""
(find|search for|look for|show me|get|open|pull up|read me|read|list) (the |all |my |)(mail|mails|emails|e-mails|messages){f}{q}{r}
(check|search|look through|scan) my (mail|mails|emails|inbox|e-mail) for (messages|mails|emails){f}{q}{r}
(find|show me|look for|open) the (last |latest |most recent |)(mail|email|e-mail|message){f}{q}{r}
search my (mail|mails|emails|inbox|e-mail) for {b}
""")
_MAIL_NEW = Phrases("""
do I have (any |)(new|unread) (mail|mails|emails|e-mails|messages){f}{q}{r}
show me (my |the |all |)unread (mail|mails|emails|messages){f}{q}{r}
(is there|are there) (any |)(new|unread) (mail|emails|messages){f}{q}{r}
any (new|unread) (mail|mails|emails|e-mails){f}{q}{r}
read me (my |the |)(new|unread) (mail|mails|emails|messages){f}{q}{r}
what('s| is) (new|unread) in my inbox{f}{r}
how many (unread|new) (mails|emails|messages) (do I have|are there){f}{q}{r}
check for (new|unread) (mail|mails|emails|messages){f}{q}{r}
list (the |my |)unread (mails|emails){f}{q}{r}
""")
_MAIL_PLAIN = ("check my mail", "check my inbox", "check my email", "check my emails", "open my inbox", "show me my mail", "show my emails",
               "show me my inbox", "any mail", "do I have mail", "what's in my inbox", "have I got mail", "read my mail", "go through my emails",
               "list my emails", "open my email", "inbox", "look at my mail", "pull up my emails")  # fmt: skip
_DID_WRITE = Phrases("""
(did|has) {p} (written|replied|e-mailed|emailed|write|reply|email|mail) (me|to me|back|){q}{r}
what did {p} (write|email|mail|send) (me|){q}{r}
when did {p} (write|email|mail) me{q}
""")


def search_mail(talk):
    """`mail.search`."""
    r = talk.rng.random()
    if r < 0.14:
        text = talk.pick(_MAIL_PLAIN)
        return ("ask" if text.startswith(("any", "do", "what", "have")) else "do"), text, [call("mail.search")]
    sender = query = span = unread = None
    f = q = t = ""
    if talk.chance(0.55):
        sender, said = names.person(talk, roles=0.25, mails=0.08)
        if talk.chance(0.15):
            said = sender = talk.mark(made_up.capital_word(talk) if talk.chance(0.6) else talk.pick(("Amazon", "LinkedIn", "PayPal", "Netflix", "UPS")))
        f = f" from {said}"
    if talk.chance(0.42) or not sender and talk.chance(0.5):
        query, said_query = things.unarticled(talk, things.about(talk))
        q = talk.pick((" about ", " about ", " regarding ", " with ", " on ")) + said_query
    if talk.chance(0.34) or not (sender or query):
        span, t = _mail_span(talk)
        t = f" {t}"
    if sender and talk.chance(0.2):
        sentence = _DID_WRITE.say(talk, p=f[6:], q=q, r=t).replace("did " + f[6:] + " written", "has " + f[6:] + " written")
        sentence = _did(sentence, f[6:])
        if t and t not in sentence:
            span = None
        return "ask", " ".join(sentence.split(" ")).replace("  ", " ").rstrip(), [call("mail.search", **{"from": sender}, query=query, range=span)]
    if talk.chance(0.28):
        unread = True
        sentence = _MAIL_NEW.say(talk, f=f, q=q, r=t)
        if q and q not in sentence:
            query = None
    elif talk.chance(0.5):
        sentence = _MAIL_ASK.say(talk, f=f, q=q, r=t)
    elif query and talk.chance(0.15):
        sentence = f"search my {talk.pick(('mail', 'mails', 'emails', 'inbox'))} for {q.split(' ', 2)[2]}"
        sender = span = None
    else:
        sentence = _MAIL_DO.say(talk, f=f, q=q, r=t, b=query or "")
        if sentence.endswith(" for " + (query or "")) and "messages" not in sentence and "mails from" not in sentence:
            if not query:
                sentence = f"show me the mails{f}{q}{t}"
            else:
                sender = span = None
    mode = "do" if sentence.split(" ")[0] in _MAIL_VERBS else "ask"
    return mode, sentence, [call("mail.search", **{"from": sender}, query=query, range=span, unread=unread)]


_MAIL_VERBS = set("find search look show get open pull read list check scan".split())


def _did(sentence, who):
    for wrong, right in (("has {} write", "has {} written"), ("has {} reply", "has {} replied"), ("has {} email ", "has {} emailed "),
                         ("has {} mail ", "has {} mailed "), ("did {} replied", "did {} reply"), ("did {} emailed", "did {} email"),
                         ("did {} e-mailed", "did {} e-mail"), ("did {} written", "did {} write"), ("has {} writtenten", "has {} written")):  # fmt: skip
        sentence = sentence.replace(wrong.format(who), right.format(who))
    return sentence.replace(" writtenten", " written").replace(" replied to me", " replied to me")


def _mail_span(talk):
    r = talk.rng.random()
    if r < 0.45:
        name, text = talk.pick((("today", "today"), ("this_week", "this week"), ("this_month", "this month"), ("today", "from today")))
        return {"period": name}, text if not text.startswith("from") else "today"
    if r < 0.6:
        return {"from": {"rel": "yesterday"}, "to": {"rel": "yesterday"}}, talk.pick(("yesterday", "from yesterday"))
    if r < 0.72:
        return {"from": {"rel": "yesterday"}}, "since yesterday"
    expression, text = days.month_day(talk, year_chance=0.15) if talk.chance(0.7) else days.day_of_month(talk)
    text = days.bare(text)
    if r < 0.88:
        return {"from": expression}, f"since {text}"
    return {"from": expression, "to": expression}, f"from {text}" if talk.chance(0.4) else f"of {text}"


# --- contacts --------------------------------------------------------------------------------------------------------

_FIELDS = {
    "phone": ("phone number", "number", "phone", "mobile number", "telephone number", "cell number", "home number", "mobile", "work number"),
    "email": ("email", "email address", "e-mail address", "e-mail", "mail address", "email id"),
    "address": ("address", "home address", "postal address", "street address"),
    "birthday": ("birthday", "date of birth", "birth date"),
    "any": ("contact details", "details", "contact information", "contact info", "contact data"),
}
_FIND = Phrases("""
what('s| is) {p}'s {f}
what('s| is) the {f} (of|for) {p}
do I have {p}'s {f}
do you have {p}'s {f}
have I got (a |the |){f} for {p}
""")
_FIND_DO = Phrases("""
(find|look up|get|show|give me|show me|tell me|pull up|search for|check|read me) {p}'s {f}
(find|look up|get|give me|show me|tell me|search for) the {f} (of|for) {p}
get me {p}'s {f}
look in my contacts for {p}'s {f}
""")
_FIND_BIRTHDAY = Phrases("""
when('s| is) {p}'s birthday
when was {p} born
when does {p} have (his|her|their) birthday
what day is {p}'s birthday
""")
_FIND_WHERE = Phrases("""
where does {p} live
where do I find {p}'s house
""".replace("where do I find {p}'s house\n", "what street does {p} live on\n"))
_FIND_PERSON = Phrases("""
(look up|find|search for|show me|open|pull up) {p} in my (contacts|address book)
(look up|find|search) {p} in (the |)contacts
find (the contact|contact) {p}
show (me |)the contact {p}
is {p} in my (contacts|address book)
do I have {p} in my contacts
search (my |the |)(contacts|address book) for {p}
look up {p}
who('s| is) {p} in my contacts
have I saved {p}
""")


def find_contact(talk):
    """`contact.find`."""
    bare = names.name(talk, 0.2)
    marked = talk.mark(bare)
    said = names.said(talk, marked)
    r = talk.rng.random()
    field = None
    if r < 0.24:
        sentence = _FIND_PERSON.say(talk, p=said)
        mode = "ask" if sentence.startswith(("is ", "do ", "who", "have")) else "do"
    elif r < 0.36:
        field, mode, sentence = "birthday", "ask", _FIND_BIRTHDAY.say(talk, p=said)
    elif r < 0.44:
        field, mode, sentence = "address", "ask", _FIND_WHERE.say(talk, p=said)
    elif r < 0.48:
        field, mode, sentence = "phone", "ask", talk.pick((f"how do I reach {said} by phone", f"what number does {said} have", f"what number do I have for {said}"))
    else:
        field = talk.pick(("phone",) * 5 + ("email",) * 4 + ("address",) * 3 + ("birthday", "any", "any"))
        noun = talk.pick(_FIELDS[field])
        r = talk.rng.random()
        if r < 0.08:
            mode, sentence = "note", talk.pick((f"{said}'s {noun}", f"{noun} of {said}", f"{noun} for {said}"))
        elif r < 0.55:
            mode, sentence = "ask", _FIND.say(talk, p=said, f=noun)
        else:
            mode, sentence = "do", _FIND_DO.say(talk, p=said, f=noun)
    return mode, sentence, [call("contact.find", name=marked, field=field)]


_SAVE = Phrases("""
(add|save|store|put) {p} (to|in|into) (my |the |)(contacts|address book){d}
(add|create|save|make) a (new |)contact(:| for|,) {p}{d}
(add|save|store) (a contact|the contact) {p}{d}
new contact(:|) {p}{d}
add {p}{d} to my contacts
save {p}'s (details|contact){d}
put {p} in my contacts{d}
""")
_SAVE_ONE = Phrases("""
(save|store|add|note|put down) {p}'s {f}(:| as|,) {v}
{p}'s (new |){f} is {v}(, save it|, add it to my contacts|, save that in my contacts|, put that in the contacts)
add the {f} {v} (for|to) {p}
save {v} as {p}'s {f}
(save|add|store) {v} (as the {f} of|as {f} for) {p}
add {v} to {p}'s contact
""".replace("add {v} to {p}'s contact\n", ""))


def save_contact(talk):
    """`contact.add`."""
    bare = names.name(talk, 0.08)
    marked = talk.mark(bare)
    said = names.said(talk, marked)
    fields = {"phone": None, "email": None, "address": None, "birthday": None}
    chosen = [f for f, p in (("phone", 0.6), ("email", 0.45), ("address", 0.25), ("birthday", 0.22)) if talk.chance(p)]
    if len(chosen) == 1 and talk.chance(0.6):
        field = chosen[0]
        fields[field], value = _detail(talk, field)
        sentence = _SAVE_ONE.say(talk, p=said, f=talk.pick(_FIELDS[field]), v=value)
        return ("do" if sentence.split(" ")[0] in ("save", "store", "add", "note", "put") else "say"), sentence, [call("contact.add", name=marked, **fields)]
    talk.rng.shuffle(chosen)
    details = []
    for field in chosen:
        fields[field], value = _detail(talk, field)
        label = talk.pick(_FIELDS[field])
        details.append(talk.pick((f"{label} {value}", f"{label} {value}", value if field in ("phone", "email") else f"{label} {value}", f"{label} is {value}")))
    joint = talk.pick((", ", " and ", ", "))
    text = joint.join(details)
    sentence = _SAVE.say(talk, p=said, d=talk.pick((", ", " with ", " ", ", ")) + text if details else "")
    return "do", sentence, [call("contact.add", name=marked, **fields)]


def _detail(talk, field):
    if field == "birthday":
        return days.month_day(talk, year_chance=0) if talk.chance(0.6) else _born(talk)
    if field == "phone":
        text = talk.mark(phone(talk))
    elif field == "email":
        text = talk.mark(names.email(talk))
    else:
        text = talk.mark(things.full_address(talk))
    return text, text


def _born(talk):
    expression, _ = days.month_day(talk, year_chance=0)
    expression["year"] = 1930 + int(talk.rng.random() * 90)
    if talk.spoken:
        year = expression.pop("year")
        return expression, days.say_month_day(talk, expression)
    return expression, days.say_month_day(talk, expression)


def phone(talk):
    digits = lambda n: "".join(talk.pick("0123456789") for _ in range(n))  # noqa: E731
    if talk.spoken:
        return " ".join(things._DIGITS[int(d)] for d in "0" + digits(talk.pick((5, 6, 8, 9))))
    return talk.pick((f"0{digits(3)} {digits(6)}", f"+41 {digits(2)} {digits(3)} {digits(2)} {digits(2)}", f"555-{digits(4)}",
                      f"+44 7{digits(3)} {digits(6)}", f"({digits(3)}) {digits(3)}-{digits(4)}", f"0{digits(9)}", f"+1-{digits(3)}-{digits(3)}-{digits(4)}",
                      f"+49{digits(10)}", f"{digits(3)} {digits(4)}", f"07{digits(2)} {digits(3)} {digits(3)}"))  # fmt: skip
