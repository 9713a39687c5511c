# Was Freehold auf Deutsch sagt. `en.ftl` hat dieselben Schlüssel; ein Test vergleicht sie.

## Überall
skip = Zum Inhalt
close = Schließen
cancel = Abbrechen
keep = Speichern
undo = Rückgängig
copy = Kopieren
copy-code = Code kopieren
try-again = Noch einmal versuchen
offline = Der Server ist nicht zu erreichen
offline-hint = Nichts Getipptes ist verloren. Läuft freehold serve?
broken = Der Server antwortete mit Status { $status }
more-about = Mehr zu { $title }

## Die Leiste
rail = Chats und Konto
open-rail = Liste der Chats öffnen
chats = Chats
new-chat = Neuer Chat
search = Suchen
no-chats = Hier werden deine Chats stehen. Sie bleiben auf diesem Server.
more-chats = Frühere
untitled = Ohne Titel
days-pinned = Angeheftet
days-today = Heute
days-yesterday = Gestern
days-week = Letzte sieben Tage
days-month = Letzte dreißig Tage
days-older = Früher
this-machine = Du, an diesem Rechner
account = Konto
settings = Einstellungen
sign-in = Anmelden
sign-out = Abmelden

## Die Palette
palette = Suche und Befehle
palette-hint = Finde einen Chat oder was zu tun ist …
found-question = Du
found-answer = Antwort
found-file = In { $name }
found-more = { $count } weitere
found-more-about = Alle Stellen in diesem Chat (Pfeil nach rechts)
found-back = Alle Chats
nothing-found = Nichts gefunden
first-steps = Erste Schritte
theme-light = Hell
theme-dark = Dunkel
theme-system = Wie das System
answer-with = Mit { $name } antworten

## Die Tür
door-title = Willkommen zu Hause
door-lead = Freehold ist die KI, die dir gehört. Melde dich an, um weiterzumachen.
name = Name
password = Passwort
door-help = Noch kein Passwort? Einen Link dafür macht, wem der Server gehört:
door-back = Zurück

## Erste Schritte
welcome-title = Willkommen bei Freehold
welcome-lead = Die KI, die dir gehört. Was du fragst und was sie antwortet, bleibt auf diesem Server.
welcome-you = Wer du bist
welcome-anonymous = Dieser Server hört nur auf diesen Rechner, darum brauchst du kein Konto. Was du hier aufhebst, gehört allen, die an ihm sitzen.
welcome-known = Du bist angemeldet als { $name }. Mit einem Passwort kommst du ohne Link wieder herein.
welcome-model = Was dir antwortet
welcome-none = Es gibt noch kein Modell. Öffne den Anmelde-Link, den das Terminal gezeigt hat, und füge hier eines hinzu; oder tippe eine dieser Zeilen:
welcome-folder = Offene Gewichte, die du hast, als Ordner oder GGUF-Datei:
welcome-hub = Oder von einem Hub geholt:
welcome-upstream = Oder ein Server, auf dem schon Modelle laufen, in freehold.toml:
welcome-try = Etwas für den Anfang
welcome-try-about = Such dir eines aus; die Worte kannst du vor dem Senden ändern.
welcome-skip = Zum Chat
look-again = Noch einmal nachsehen

## Chat
greet-morning = Guten Morgen
greet-day = Guten Tag
greet-evening = Guten Abend
greet-night = Guten Abend
fine = Modelle machen Fehler. Prüfe, was wichtig ist.
conversation = Gespräch
you-said = Du hast gesagt
question = Frage
answer = Antwort
ask-hint = Frag, was du willst
send = Senden
stop = Anhalten
answering = Die Antwort wird geschrieben
answered = Die Antwort ist da
to-end = Zum Neuesten
edit = Ändern
edit-about = Die alte Fassung bleibt daneben stehen.
edit-keys = Enter sendet · Umschalt Enter beginnt eine Zeile · Esc bricht ab
edit-gone = Deine Änderung wurde verworfen.
again = Noch einmal antworten
versions = Fassungen: { $what }
one-before = Frühere { $what }
one-after = Spätere { $what }
forgotten = { $count ->
    [one] Die älteste Frage passte nicht mehr hinein und wurde nicht gelesen.
   *[other] Die ältesten { $count } Fragen passten nicht mehr hinein und wurden nicht gelesen.
}
stopped = Angehalten. Was bis dahin gesagt war, ist aufgehoben.
cut-off = Die Antwort hat die eingestellte größte Länge erreicht.
answer-failed = Die Antwort konnte nicht gemacht werden
thinking = Denkt nach …
thought = Gedanken
call-asked = wurde verlangt
call-running = wird verlangt
tokens = { $count } Tokens
per-second = { $count } je Sekunde
still-answering = Es antwortet noch. Esc hält es an; was du geschrieben hast, bleibt hier.
context = { $used } von { $all } Tokens des Gedächtnisses
rename = Umbenennen
pin = Anheften
unpin = Lösen
delete = Löschen
export-markdown = Als Markdown sichern
export-json = Als JSON sichern
chat-deleted = „{ $title }“ ist gelöscht, in einem Tag endgültig
deleted-chats = Gelöschte Chats
deleted-about = Was du löschst, kannst du einen Tag lang zurücknehmen. Dann ist es von diesem Server verschwunden; Sicherungen behalten es, solange sie aufgehoben werden.
deleted-none = Nichts ist gelöscht.
deleted-ends = endgültig weg { $time }
take-back = Zurücknehmen
take-it-back = Zurücknehmen: { $title }
delete-for-good = Endgültig löschen
delete-it-for-good = Endgültig löschen: { $title }
delete-really = Wirklich, endgültig
loading = Wird geladen …
chat-missing = Diesen Chat gibt es hier nicht
chat-missing-about = Er wurde gelöscht oder gehört jemand anderem.
chat-unread = Dieser Chat konnte nicht geladen werden
tree = Alle Zweige
tree-about = Jede Zeile ist eine Frage. Wähle eine, um zu sehen, was folgte.
temporary = Flüchtig
temporary-title = Dieser Chat hinterlässt nichts
temporary-about = Nichts wird aufgehoben, weder hier noch auf dem Server. Er endet, wenn dieser Tab schließt.
attach = Datei hinzufügen
detach = { $name } wegnehmen
pages = { $count ->
    [one] eine Seite
   *[other] { $count } Seiten
}
words = { $count ->
    [one] ein Wort
   *[other] { $shown } Wörter
}
file-reading = wird gelesen …
file-large = „{ $name }“ ist größer als ein Megabyte
file-binary = „{ $name }“ ist weder Text noch PDF noch ein Bild
file-too-long = länger, als das Modell auf einmal lesen kann
pdf-large = „{ $name }“ ist größer als 32 Megabyte; hänge die Seiten an, auf die es ankommt
pdf-scanned = kein Text darin: Die Seiten sind Bilder, wie Scanner sie machen; es wird nicht gesendet
pdf-nameless = die Buchstaben sind nicht zu lesen: Die Schriften sagen nicht, welche es sind; es wird nicht gesendet
pdf-cut = sehr lang: Der Anfang wird gesendet
picture-kind = „{ $name }“ ist kein Bild, das Modelle lesen: PNG, JPEG, WebP und GIF sind es
picture-large = „{ $name }“ ist größer als 8 Megabyte
picture-many = Höchstens { $count } Bilder auf einmal
picture-other-model = { $model } liest nur Text; { $other } liest auch Bilder
picture-no-model = { $model } liest nur Text. Ein Modell auf einem anderen Server kann vielleicht Bilder lesen: Der Eigentümer sagt es mit images = true in freehold.toml
picture-open = { $name } ansehen
choose-model = Modell wählen
model-is = Modell: { $name }
model-script = Sagt, was eine Datei ihm vorgibt, zum Ausprobieren
model-far = Läuft auf einem anderen Server
model-ready = bereit
model-asleep = lädt, wenn es gefragt wird
no-model = Kein Modell
no-model-title = Ein Schritt fehlt
no-model-about = Es gibt noch kein Modell, das antworten könnte. Eines hinzuzufügen dauert eine Minute.
no-model-how = So geht es
example-plan = Einen Ausflug planen
example-plan-text = Plane einen Ausflug mit zwei Kindern, mit der Bahn, für unter 60 Euro. Frag mich zuerst, was du wissen musst.
example-code = Code erklären
example-code-text = Erkläre Zeile für Zeile, was das tut und was schiefgehen könnte:
example-explain = Etwas verstehen
example-explain-text = Erkläre jemandem ohne Biologie, wie Impfungen wirken, mit einem Bild in Worten.
example-write = Einen Brief schreiben
example-write-text = Schreib meiner Vermieterin einen freundlichen Brief: Die Heizung geht seit fünf Tagen nicht.

## Wie ein Chat antwortet
tune = Wie er antwortet
instructions = Was er zuerst wissen soll
instructions-about = Das liest das Modell vor jeder Frage des Chats.
instructions-hint = Antworte kurz, in einfachen Worten …
notes = Notizen
no-notes = Noch keine Notizen. „Als Notiz behalten“ macht die erste.
note-keep = Als Notiz behalten
note-name = Name der Notiz
note-kept = „{ $title }“ ist aufgehoben
note-used = „{ $title }“ steht am Anfang dieses Chats
note-delete = Notiz löschen
note-deleted = „{ $title }“ ist gelöscht
temperature = Vielfalt
temperature-usual = Wie empfohlen
temperature-usual-about = Was der Herausgeber des Modells empfiehlt.
temperature-precise = Genau
temperature-precise-about = Nimmt die wahrscheinlichsten Worte. Für Fakten, Code und Formulare.
temperature-balanced = Ausgewogen
temperature-balanced-about = Für das meiste.
temperature-free = Frei
temperature-free-about = Wagt mehr. Für Einfälle und Geschichten.
max_output_tokens = Länge
max_output_tokens-usual = Offen
max_output_tokens-usual-about = Endet, wenn sie fertig ist.
max_output_tokens-short = Kurz
max_output_tokens-short-about = Nicht länger als eine halbe Seite.
max_output_tokens-middle = Mittel
max_output_tokens-middle-about = Nicht länger als zwei Seiten.
max_output_tokens-long = Lang
max_output_tokens-long-about = Nicht länger als acht Seiten.
effort = Nachdenken
effort-usual = Wie üblich
effort-usual-about = Wie das Modell von sich aus.
effort-none = Keines
effort-none-about = Antwortet sofort.
effort-low = Wenig
effort-low-about = Denkt kurz nach, wenn das Modell es kann.
effort-high = Viel
effort-high-about = Denkt so lange wie nötig, wenn das Modell es kann.

## Einstellungen
looks = Aussehen
language = Sprache
account-none = An diesem Rechner brauchst du kein Konto.
account-is = Angemeldet als { $name }, { $role }.
role-owner = Eigentum an diesem Haus
role-admin = Verwaltung
role-member = Mitglied
role-guest = Gast
password-old = Dein bisheriges Passwort
password-new = Ein neues Passwort, mindestens { $letters } Zeichen
password-kept = Dein Passwort ist aufgehoben
keys = Schlüssel für Programme
keys-about = Ein Programm mit einem Schlüssel handelt für dich. Ein widerrufener Schlüssel gilt sofort nicht mehr.
no-keys = Noch keine Schlüssel
key-name = Wofür er ist
key-name-hint = Wofür er ist, etwa „Laptop“
key-make = Schlüssel machen
key-once = Kopiere ihn jetzt, er wird nur dieses Mal gezeigt:
key-revoke = Widerrufen
key-revoked = „{ $name }“ öffnet nichts mehr
key-more = Was er darf, bis wann und wie viel
key-may = Was er darf
key-limits = Grenzen
key-until = Gilt, bis
key-until-never = er zurückgenommen wird
key-until-month = 30 Tage um sind
key-until-quarter = 90 Tage um sind
key-until-year = ein Jahr um ist
key-unlimited = ohne Grenze
key-ends = bis { $day }
key-ended = abgelaufen am { $day }
key-used = bisher { $tokens } Tokens in { $requests } Anfragen
key-revoke-it = Widerrufen: { $name }
scope-infer = Modelle fragen
scope-infer-about = Reden, ergänzen, Vektoren machen.
scope-read = lesen
scope-read-about = Deine Chats, Dateien und Antworten sehen.
scope-write = schreiben
scope-write-about = Sie aufheben, ändern und löschen.
scope-manage = verwalten
scope-manage-about = Schlüssel machen, und was du hier sonst betreiben darfst. Nichts für Programme, die mit Fremden reden.
scope-audit = das Protokoll lesen
scope-audit-about = Sehen, was in diesem Haus getan wurde, soweit du darfst.
budget-requests_per_minute = Anfragen je Minute
budget-tokens_per_minute = Tokens je Minute
budget-tokens_per_day = Tokens je Tag
budget-tokens_total = Tokens insgesamt
budget-used = { $used } von { $all }
password-first = Ein Passwort, { $letters } Zeichen oder mehr
programs = Andere Programme
programs-about = Was OpenAIs API spricht, arbeitet mit diesem Server:

## The house
house = Das Haus
models = Modelle
models-here = Hier
models-add = Eines hinzufügen
no-models = Noch kein Modell. Füge unten eines hinzu; ein kleines braucht eine Minute.
models-add-about = Ein Ordner oder eine Datei auf dem Rechner des Servers, oder ein Name beim Hub, etwa hub:Qwen/Qwen3-0.6B. Die Lizenz wird gezeigt, bevor etwas geladen wird.
models-owner-adds = Modelle fügt hinzu, wer dieses Haus führt. Auf diesem Rechner bist das du, sobald du dich mit dem Link anmeldest, den freehold gezeigt hat.
memory = Speicher
memory-free = { $all } Arbeitsspeicher sind für Modelle frei
memory-used = { $used } von { $all } Arbeitsspeicher sind belegt
model-context = { $count } Tokens
model-loading = lädt, { $percent } %
model-in-memory = im Speicher, { $bytes }
model-load = In den Speicher laden
model-unload = Speicher freigeben
model-measure = Geschwindigkeit messen
job-measure = { $name } wird gemessen
speed-decode = Schreiben
speed-prefill = Lesen
speed-of = von { $limit } je Sekunde
speed-told = { $rate } Tokens je Sekunde, von { $limit }, die dieser Rechner erlaubt, { $percent } Prozent
speed-why = Die Marken sind die Grenzen dieses Rechners: Jedes geschriebene Token liest { $bytes }, und der Speicher gibt { $bandwidth } je Sekunde her.
speed-matrix = Das Lesen ist begrenzt durch { $flops } Milliarden Multiplikationen und Additionen je Sekunde.
speed-when = Gemessen am { $when } mit { $threads ->
    [one] einem Thread
   *[other] { $threads } Threads
 }
model-smaller = Kleiner machen…
model-smaller-about = Eine Kopie von { $name } in einem anderen Format steht daneben. Weniger Bits antworten schneller und ungenauer.
model-make = Machen
format-bf16 = Wie gemacht, 16 Bits je Zahl
format-q8_0 = Halb so groß, kaum zu unterscheiden
format-q6_k = Zwei Fünftel, sehr nah
format-q4_k_m = Ein Drittel, was die meisten nehmen
format-q4_0 = Etwas kleiner und schneller, etwas ungenauer
model-remove = Entfernen
model-remove-title = { $name } entfernen?
model-remove-about = Seine { $bytes } werden von der Platte des Servers gelöscht, was sich nicht zurücknehmen lässt. Was geladen wurde, lässt sich neu laden.
model-source = Ordner, Datei oder Name beim Hub
model-look = Ansehen
model-looking = Wird angesehen…
model-name = Wie es heißen soll
model-add = Zustimmen und hinzufügen
model-fetch = Zustimmen und { $bytes } laden
model-parameters = { $count } Parameter
model-size = { $bytes } in { $files ->
    [one] einer Datei
   *[other] { $files } Dateien
 }
model-unknown = Diese Version kann es noch nicht ausführen.
model-fits = Es passt: Es braucht { $needed } Arbeitsspeicher, { $available } sind frei.
model-fits-not = Es passt vielleicht nicht: Es braucht { $needed } Arbeitsspeicher, { $available } sind frei.
licence = Lizenz
licence-own = eine eigene, siehe { $file }
licence-none = nicht genannt; frage, wer es veröffentlicht hat, bevor andere es benutzen
licence-read = Lesen
activity = Aktivität
jobs = Laufende Arbeit
no-jobs = Nichts läuft. Modelle, die kommen, und lange Arbeit zeigen sich hier.
stop-job = Anhalten: { $name }
job-add = { $name } hinzufügen
job-quantise = { $name } kleiner machen, { $format }
job-batch = Ein Stapel von Anfragen
job-queued = wartet
job-running = läuft
job-done = fertig
job-failed = gescheitert
job-cancelled = angehalten
job-of = { $done } von { $total }
job-speed = { $bytes } pro Sekunde
job-left = noch { $time }
log = Das Protokoll
log-about = Wer worum bat, und ob die Regeln es erlaubten. Jede Zeile trägt die Summe aller vor ihr, sodass keine Änderung, Lücke oder Umstellung verborgen bleibt.
log-verify = Beweisen, dass es ganz ist
log-verifying = Jede Zeile wird gelesen…
log-whole = Ganz: { $lines } Zeilen, unterschrieben bis Zeile { $signed }.
log-broken = Gebrochen bei Zeile { $line }: { $reason }.
log-key = Unterschrieben von { $key }
log-person = Wer
log-action = Was
log-outcome = Ausgang
log-all = Alle
log-allowed = Erlaubt
log-refused = Abgelehnt
log-none = Keine solche Zeile
log-more = Frühere Zeilen
log-when = Wann
log-who = Wer
log-what = Was
log-why = Aufgrund von
log-was-refused = abgelehnt

## The house in settings
people = Menschen
people-about = Wer dazukommt, tritt mit einem Link ein, der einmal gilt, und wählt ein Passwort.
person-anonymous = Wer an diesem Rechner sitzt
person-anonymous-about = ohne Anmeldung
door-link-used = Dieser Link wurde schon benutzt oder ist zu alt. Lass dir einen neuen geben.
welcome-repair = Oder ein kleines Projekt reparieren, ganz ohne Modell
welcome-model-owner = Es gibt noch kein Modell. Füge hier eines hinzu; zuerst wird gezeigt, ob es in den Speicher passt.
welcome-model-terminal = In einem Terminal
welcome-model-comes = Es wird hinzugefügt; unter Modelle steht, wie weit es ist.
person-name = Name
person-name-hint = Der Name, etwa „ada“
person-role = Rolle
person-add = Hinzufügen
person-link = Gib { $name } diesen Link; er gilt einmal:
person-out = gesperrt
person-no-password = noch kein Passwort
person-changed = { $name } ist geändert
person-make = Rolle: { $role }
person-new-link = Ein neuer Link zum Eintreten
person-export = Exportieren, was aufgehoben ist
person-keep-out = Sperren
person-let-in = Wieder einlassen
person-erase = Auslöschen
export-mine = Exportieren, was dir gehört
export-running = Alles wird zusammengestellt…
export-done = Es liegt bei deinen Downloads
erase-title = { $name } auslöschen?
erase-about = Alles wird zerstört, für immer: Chats, Dateien, Schlüssel, und der Schlüssel, der sie versiegelt, sodass keine Sicherung sie zurückbringt. Das Protokoll bleibt ganz und sagt nicht mehr, wer es war.
erase-type = Tippe { $name }, um fortzufahren
erased = { $name } ist ausgelöscht
titles = Titel von Chats
titles-about = Nach seiner ersten Antwort kann das Modell im Hintergrund einen Titel schreiben. Temporäre Chats bekommen nie einen.
titles-model = Vom Modell
titles-words = Erste Worte
rules = Das Gesetz
rules-about = Was alle dürfen, in Dateien, die man lesen kann. Wem das Haus gehört, fügt eigene hinzu; wer hier lebt, darf fragen, warum.
rules-shipped = kam mit Freehold
rules-own = vom Haus
rules-reload = Die Dateien neu lesen
rules-read = Die Regeln sind gelesen
why-person = Darf
why-me = ich
why-action = dies tun
why-model = mit dem Modell
why-kind = mit eigenen
why-ask = Frag, warum
why-yes = Ja.
why-no = Nein.
upstreams = Andere Server
upstreams-about = Server, die neben diesem Rechner Modelle ausführen, wie freehold.toml sie nennt.
no-upstreams = Keiner ist genannt.
upstream-healthy = wohlauf
upstream-down = antwortet nicht
upstream-ejected = ruht
upstream-on-trial = auf Probe
upstream-sent = { $sent } Anfragen, { $failed } gescheitert
upstream-first = erstes Byte nach { $ms } ms

## Code
code = Code
code-about = Wähle einen Ordner mit Code. Wo seine Tests scheitern, werden tausende kleine Änderungen in einem abgeschlossenen Raum versucht, ohne ein Modell, bis alle bestehen. Wo Tests fehlen, werden sie geschrieben. Nichts von dir ändert sich, bis du es sagst.
code-owner = Code repariert, wer dieses Haus führt. Auf diesem Rechner bist das du, sobald du dich mit dem Link anmeldest, den freehold gezeigt hat.
no-folders = Ein kleines Projekt mit einem echten Fehler. Oder wähle einen Ordner von dir:
folder-path = Ordner auf dem Rechner des Servers
folder-allow = Diesen Ordner erlauben
folder-forbid = Nicht mehr erlauben
repair = Reparieren
repair-again = Noch einmal reparieren
repair-testing = Die Tests laufen…
repair-tested = { $failing } von { $tests } Tests scheitern
repair-suspected = Es wird gesucht, wo sie scheitern…
repair-plausible = { $plausible ->
    [one] einer besteht alle Tests
   *[other] { $plausible } bestehen alle Tests
 }
repair-confirming = Was gefunden wurde, wird verglichen…
repair-stopped = Angehalten. Nichts wurde geändert.
repair-none-fails = { $tests ->
    [one] Der eine Test besteht
   *[other] Alle { $tests } Tests bestehen
 }: Es gibt nichts zu reparieren.
repair-facts = { $tried } Kandidaten in { $seconds } s, { $speed } pro Sekunde
repair-failing = { $failing } von { $tests } Tests scheiterten
repair-heat = Wo der Fehler vermutet wurde
repair-not-found = Kein Patch besteht alle Tests.
patches = Patches
patch-best = Der beste
patch-other = Der zweitbeste
patch-apply = Anwenden
patch-applied = Geschrieben: { $files }
patch-undone = Zurückgenommen: { $files }
patch-undo-newest = Den neuesten Patch zurücknehmen
patch-download = Herunterladen
patch-confidence = zu { $percent } % sicher
suspicion = Zeile { $line }, zu { $percent } % verdächtig
job-fix = { $name } reparieren
repair-name = Reparatur
repair-searching = Kleine Änderungen werden versucht, dort, wohin die Tests zeigen…
repair-found = Gefunden: eine kleine Änderung, nach der { $tests ->
    [one] der Test besteht
   *[other] alle { $tests } Tests bestehen
 }
repair-none-hint = Tests, die fehlen, können geschrieben werden.
repair-not-found-hint = Eine längere Suche findet vielleicht einen, oder der Fehler braucht mehr als kleine Änderungen.
figure-candidates = Kandidaten versucht
figure-inputs = Eingaben versucht
figure-speed = pro Sekunde
figure-repaired = Tests repariert
figure-noticed = Fehler bemerkt
figure-of = { $part } von { $all }
diff-of = Was sich in { $file } ändert
heat-of = Verdächtige Zeilen von { $file }
patch-is-applied = Angewandt
patch-stale = Der Ordner wurde seitdem geändert: Repariere noch einmal.
tests = Tests schreiben
tests-of = Tests für { $file }
tests-choose = Tests für welche Datei?
tests-about = Kleine Fehler werden in den Code gesetzt, und die wenigsten Eingaben behalten, die jeden Fehler von ihm unterscheiden.
tests-filter = Teil eines Namens
tests-none-so = Keine solche Datei
tests-no-files = Hier ist keine Datei in Python oder Rust, für die Tests geschrieben werden können.
tests-into = die Tests kommen nach { $out }
tests-into-itself = die Tests kommen an ihr Ende
tests-reading = Die Datei wird gelesen…
tests-read = { $mutants } Fehler in { $targets } Funktionen und Klassen gesetzt
tests-inputs = Eingaben für { $target } werden gesucht…
tests-verifying = { $tests } Tests laufen, wieder und wieder…
tests-found = { $tests ->
    [one] Ein Test bemerkt
   *[other] { $tests } Tests bemerken
 } { $killed } von { $mutants } Fehlern
tests-facts = { $tried } Eingaben in { $seconds } s versucht. Ein Fehler ist eine kleine Änderung des Codes; ein Test, der sie bemerkt, bewacht diese Stelle. Die Tests halten fest, was der Code heute tut, ob richtig oder falsch: Lies sie, bevor du sie behältst.
tests-out-of-time = Die Zeit ist aufgebraucht: Vielleicht gibt es mehr zu finden.
tests-target = { $tests ->
    [one] ein Test
   *[other] { $tests } Tests
 }, { $killed } von { $mutants } Fehlern bemerkt
tests-skipped = keine Tests: { $reason }
tests-save = Als { $name } speichern
tests-add = An { $name } anfügen
tests-stale = Der Ordner wurde seitdem geändert: Schreibe sie noch einmal.
job-tests = Tests für { $name }
job-paused-where_it_was = Beiseitegelegt. Es geht weiter, wo es war.
job-paused-anew = Beiseitegelegt. Es beginnt von vorn, wenn es weitergeht.
pause = Pause
pause-job = Pause: { $name }
pause-where_it_was = Es geht weiter, wo es war
pause-anew = Es beginnt von vorn, wenn es weitergeht
go-on = Weiter
go-on-job = Weiter: { $name }
jobs-ended = Was zu Ende ist
job-log = Verlauf
job-answered = { $done } von { $total } beantwortet
job-candidates = { $tried } Kandidaten, { $speed } pro Sekunde
job-inputs = { $tried } Eingaben, { $speed } pro Sekunde
logged-queued = eingereiht
logged-leased = begonnen
logged-paused = beiseitegelegt
logged-resumed = weiter
logged-retried = später noch einmal
logged-done = fertig
logged-failed = gescheitert
logged-cancelled = angehalten
logged-looking = der Hub wird gefragt, was er hat
logged-fetching = { $files ->
    [one] eine Datei wird
   *[other] { $files } Dateien werden
 } geholt, { $bytes }
logged-placing = { $files ->
    [one] eine Datei kommt an ihren
   *[other] { $files } Dateien kommen an ihren
 } Platz, { $bytes }
logged-writing = { $bytes } werden geschrieben
logged-testing = die Tests laufen
logged-tested = { $failing } von { $tests } Tests scheitern
logged-suspected = { $lines ->
    [one] eine Zeile ist verdächtig
   *[other] { $lines } Zeilen sind verdächtig
 }
logged-better = nach { $tried } Kandidaten repariert der beste { $repaired } Tests; { $plausible } bestehen alle
logged-confirming = was gefunden wurde, wird verglichen, und die Tests laufen noch einmal
logged-reading = { $file } wird gelesen
logged-read = { $mutants } Fehler in { $targets } Funktionen und Klassen gesetzt
logged-inputs = Eingaben für { $target } werden gesucht, { $mutants } Fehler zu bemerken
logged-verifying = { $tests } Tests laufen, wieder und wieder
repair-points = Wohin die scheiternden Tests zeigen
code-example = Ein Beispiel reparieren
