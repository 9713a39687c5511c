# What Freehold says in English. `de.ftl` has the same keys; a test compares them.

## Everywhere
skip = To the content
close = Close
cancel = Cancel
keep = Save
undo = Undo
copy = Copy
copy-code = Copy the code
try-again = Try again
offline = The server cannot be reached
offline-hint = Nothing you typed is lost. Is freehold serve running?
broken = The server answered with status { $status }
more-about = More about { $title }

## The rail
rail = Chats and account
open-rail = Open the list of chats
chats = Chats
new-chat = New chat
search = Search
no-chats = Your chats will stand here. They stay on this server.
more-chats = Earlier ones
untitled = Untitled
days-pinned = Pinned
days-today = Today
days-yesterday = Yesterday
days-week = Last seven days
days-month = Last thirty days
days-older = Earlier
this-machine = You, on this machine
account = Account
settings = Settings
sign-in = Sign in
sign-out = Sign out

## The palette
palette = Search and commands
palette-hint = Find a chat, or what to do…
found-question = You
found-answer = Answer
found-file = In { $name }
found-more = { $count } more
found-more-about = All places in this chat (right arrow)
found-back = All chats
nothing-found = Nothing found
first-steps = First steps
theme-light = Light
theme-dark = Dark
theme-system = As the system
answer-with = Answer with { $name }

## The door
door-title = Welcome home
door-lead = Freehold is the AI you own. Sign in to go on.
name = Name
password = Password
door-help = No password yet? The owner makes you a link:
door-back = Back

## First steps
welcome-title = Welcome to Freehold
welcome-lead = The AI you own. What you ask and what it answers stays on this server.
welcome-you = Who you are
welcome-anonymous = This server listens to this machine alone, so you need no account. What you keep here is kept for whoever sits at it.
welcome-known = You are signed in as { $name }. With a password you can come back without a link.
welcome-model = What answers you
welcome-none = There is no model yet. Open the sign-in link that the terminal printed, and add one here; or type one of these:
welcome-folder = Open weights that you have, as a folder or a GGUF file:
welcome-hub = Or fetched from a hub:
welcome-upstream = Or a server that runs models already, in freehold.toml:
welcome-try = Something to begin with
welcome-try-about = Choose one; you can change the words before you send them.
welcome-skip = Go to the chat
look-again = Look again

## Chat
greet-morning = Good morning
greet-day = Good afternoon
greet-evening = Good evening
greet-night = Good evening
fine = Models make mistakes. Check what matters.
conversation = Conversation
you-said = You said
question = question
answer = answer
ask-hint = Ask anything
send = Send
stop = Stop
answering = The answer is being written
answered = The answer is there
to-end = To the newest
edit = Edit
edit-about = The old version stays beside it.
edit-keys = Enter sends · Shift Enter begins a line · Esc cancels
edit-gone = What you changed was put away.
again = Answer again
versions = Versions of the { $what }
one-before = Earlier { $what }
one-after = Later { $what }
forgotten = { $count ->
    [one] The oldest turn did not fit any more and was not read.
   *[other] The oldest { $count } turns did not fit any more and were not read.
}
stopped = Stopped. What was said until then is kept.
cut-off = The answer reached the greatest length that was set.
answer-failed = The answer could not be made
thinking = Thinking…
thought = Thoughts
call-asked = was asked for
call-running = is being asked for
tokens = { $count } tokens
per-second = { $count } a second
still-answering = It is still answering. Esc stops it; what you wrote stays here.
context = { $used } of { $all } tokens of memory
rename = Rename
pin = Pin
unpin = Unpin
delete = Delete
export-markdown = Save as Markdown
export-json = Save as JSON
chat-deleted = “{ $title }” is deleted, for good in a day
deleted-chats = Deleted chats
deleted-about = What you delete can be taken back for a day. Then it is gone from this server; backups keep it for as long as they are kept.
deleted-none = Nothing is deleted.
deleted-ends = gone for good { $time }
take-back = Take back
take-it-back = Take back: { $title }
delete-for-good = Delete for good
delete-it-for-good = Delete for good: { $title }
delete-really = Really, for good
loading = Loading…
chat-missing = This chat is not here
chat-missing-about = It was deleted, or it belongs to somebody else.
chat-unread = This chat could not be loaded
tree = All branches
tree-about = Each line is a question. Choose one to see what followed.
temporary = Temporary
temporary-title = This chat leaves nothing
temporary-about = Nothing is kept, neither here nor on the server. It ends when this tab closes.
attach = Add a file
detach = Take { $name } away
pages = { $count ->
    [one] one page
   *[other] { $count } pages
}
words = { $count ->
    [one] one word
   *[other] { $shown } words
}
file-reading = is being read…
file-large = “{ $name }” is larger than a megabyte
file-binary = “{ $name }” is neither text nor PDF nor a picture
file-too-long = longer than the model can read at once
pdf-large = “{ $name }” is larger than 32 megabytes; attach the pages that matter
pdf-scanned = no text in it: its pages are pictures, as scanners make them; it is not sent
pdf-nameless = its letters cannot be read: the fonts do not say what they are; it is not sent
pdf-cut = very long: its beginning is sent
picture-kind = “{ $name }” is no picture that models read: PNG, JPEG, WebP and GIF are
picture-large = “{ $name }” is larger than 8 megabytes
picture-many = { $count } pictures at a time at most
picture-other-model = { $model } reads text only; { $other } reads pictures, too
picture-no-model = { $model } reads text only. A model on another server may read pictures: the owner says so by images = true in freehold.toml
picture-open = Look at { $name }
choose-model = Choose a model
model-is = Model: { $name }
model-script = Says what a file tells it to, for trials
model-far = Runs on another server
model-ready = ready
model-asleep = loads when asked
no-model = No model
no-model-title = One step is missing
no-model-about = There is no model yet that could answer. Adding one takes a minute.
no-model-how = How to add one
example-plan = Plan a day out
example-plan-text = Plan a day out with two children, by train, for under 60 euros. Ask me what you need to know first.
example-code = Explain some code
example-code-text = Explain what this does, line by line, and what could go wrong:
example-explain = Understand something
example-explain-text = Explain how vaccines work to somebody who knows no biology, with one picture in words.
example-write = Write a letter
example-write-text = Write a friendly letter to my landlord: the heating has been broken for five days.

## How a chat answers
tune = How it answers
instructions = What it should know first
instructions-about = The model reads this before every question of the chat.
instructions-hint = Answer briefly, in plain words…
notes = Notes
no-notes = No notes yet. “Keep as a note” makes the first one.
note-keep = Keep as a note
note-name = Name of the note
note-kept = “{ $title }” is kept
note-used = “{ $title }” stands at the beginning of this chat
note-delete = Delete the note
note-deleted = “{ $title }” is deleted
temperature = Variety
temperature-usual = As advised
temperature-usual-about = What the publisher of the model recommends.
temperature-precise = Precise
temperature-precise-about = Takes the likeliest words. For facts, code and forms.
temperature-balanced = Balanced
temperature-balanced-about = For most things.
temperature-free = Free
temperature-free-about = Dares more. For ideas and stories.
max_output_tokens = Length
max_output_tokens-usual = Open
max_output_tokens-usual-about = Ends when it is done.
max_output_tokens-short = Short
max_output_tokens-short-about = No longer than half a page.
max_output_tokens-middle = Medium
max_output_tokens-middle-about = No longer than two pages.
max_output_tokens-long = Long
max_output_tokens-long-about = No longer than eight pages.
effort = Thinking
effort-usual = As usual
effort-usual-about = As the model does by itself.
effort-none = None
effort-none-about = Answers at once.
effort-low = Little
effort-low-about = Thinks briefly, where the model can.
effort-high = Much
effort-high-about = Thinks as long as it takes, where the model can.

## Settings
looks = Appearance
language = Language
account-none = On this machine you need no account.
account-is = Signed in as { $name }, { $role }.
role-owner = owner of this house
role-admin = administrator
role-member = member
role-guest = guest
password-old = Your password until now
password-new = A new password, { $letters } letters or more
password-kept = Your password is kept
keys = Keys for programs
keys-about = A program that shows a key acts for you. A key that is revoked stops at once.
no-keys = No keys yet
key-name = What it is for
key-name-hint = What it is for, such as “laptop”
key-make = Make a key
key-once = Copy it now, it is shown this once:
key-revoke = Revoke
key-revoked = “{ $name }” no longer opens anything
key-more = What it may, until when, and how much
key-may = What it may
key-limits = Limits
key-until = Works until
key-until-never = it is taken back
key-until-month = in 30 days
key-until-quarter = in 90 days
key-until-year = in a year
key-unlimited = no limit
key-ends = until { $day }
key-ended = ended on { $day }
key-used = { $tokens } tokens in { $requests } requests so far
key-revoke-it = Revoke: { $name }
scope-infer = ask models
scope-infer-about = Chat, complete, make vectors.
scope-read = read
scope-read-about = See chats, files and responses of yours.
scope-write = write
scope-write-about = Keep, change and delete them.
scope-manage = manage
scope-manage-about = Make keys, and what else you may run here. Give it to nothing that talks to strangers.
scope-audit = read the log
scope-audit-about = See what was done in this house, as far as you may.
budget-requests_per_minute = Requests a minute
budget-tokens_per_minute = Tokens a minute
budget-tokens_per_day = Tokens a day
budget-tokens_total = Tokens in all
budget-used = { $used } of { $all }
password-first = A password, { $letters } letters or more
programs = Other programs
programs-about = Whatever speaks OpenAI’s API works with this server:

## The house
house = The house
models = Models
models-here = Here
models-add = Add one
no-models = No model yet. Add one below; a small one takes a minute.
models-add-about = A folder or a file on the server’s machine, or a name at the hub, such as hub:Qwen/Qwen3-0.6B. The licence is shown before anything is fetched.
models-owner-adds = Whoever runs this house adds models. On this machine that is you, once you sign in by the link that freehold printed.
memory = Memory
memory-free = { $all } of memory are free for models
memory-used = { $used } of { $all } of memory are in use
model-context = { $count } tokens
model-loading = loading, { $percent } %
model-in-memory = in memory, { $bytes }
model-load = Load into memory
model-unload = Free its memory
model-measure = Measure its speed
job-measure = Measuring { $name }
speed-decode = Writing
speed-prefill = Reading
speed-of = of { $limit } a second
speed-told = { $rate } tokens a second, of { $limit } that this machine allows, { $percent } percent
speed-why = The marks are this machine’s limits: each token that is written reads { $bytes }, and memory gives { $bandwidth } a second.
speed-matrix = Reading is bound by { $flops } billion multiplications and additions a second.
speed-when = Measured on { $when } with { $threads ->
    [one] one thread
   *[other] { $threads } threads
 }
model-smaller = Make smaller…
model-smaller-about = A copy of { $name } in another format stands beside it. Fewer bits answer faster and less exactly.
model-make = Make it
format-bf16 = As made, 16 bits a number
format-q8_0 = Half as large, hardly to be told from it
format-q6_k = Two fifths, very close
format-q4_k_m = A third, what most people take
format-q4_0 = A bit smaller and faster, a bit less exact
model-remove = Remove
model-remove-title = Remove { $name }?
model-remove-about = Its { $bytes } are deleted from the server’s disk, which cannot be undone. What was fetched can be fetched again.
model-source = Folder, file or name at the hub
model-look = Look
model-looking = Looking…
model-name = What to call it
model-add = Agree and add
model-fetch = Agree and fetch { $bytes }
model-parameters = { $count } parameters
model-size = { $bytes } in { $files ->
    [one] one file
   *[other] { $files } files
 }
model-unknown = This version cannot run it yet.
model-fits = It fits: it needs { $needed } of memory, and { $available } are free.
model-fits-not = It may not fit: it needs { $needed } of memory, and { $available } are free.
licence = Licence
licence-own = its own, see { $file }
licence-none = not stated; ask the publisher before others get to use it
licence-read = Read it
activity = Activity
jobs = Work that goes on
no-jobs = Nothing goes on. Models that come and long work show here.
stop-job = Stop: { $name }
job-add = Adding { $name }
job-quantise = Making { $name } smaller, { $format }
job-batch = A batch of requests
job-queued = waits
job-running = at work
job-done = done
job-failed = failed
job-cancelled = stopped
job-of = { $done } of { $total }
job-speed = { $bytes } a second
job-left = { $time } left
log = The log
log-about = Who asked for what, and whether the rules allowed it. Each line carries the sum of all before it, so that no edit, drop or reorder stays hidden.
log-verify = Prove that it is whole
log-verifying = Reading every line…
log-whole = Whole: { $lines } lines, signed to line { $signed }.
log-broken = Broken at line { $line }: { $reason }.
log-key = Signed by { $key }
log-person = Who
log-action = What
log-outcome = Outcome
log-all = All
log-allowed = Allowed
log-refused = Refused
log-none = No such line
log-more = Earlier lines
log-when = When
log-who = Who
log-what = What
log-why = Because of
log-was-refused = refused

## The house in settings
people = People
people-about = Whoever is added enters by a link that works once, and chooses a password.
person-anonymous = Whoever sits at this machine
person-anonymous-about = without signing in
door-link-used = This link has been used or is too old. Ask for a new one.
welcome-repair = Or repair a small project, without any model
welcome-model-owner = There is no model yet. Add one here; whether it fits into memory is shown first.
welcome-model-terminal = From a terminal
welcome-model-comes = It is being added; Models shows how far it is.
person-name = Name
person-name-hint = Their name, such as “ada”
person-role = Role
person-add = Add
person-link = Give { $name } this link; it works once:
person-out = suspended
person-no-password = no password yet
person-changed = { $name } is changed
person-make = Make { $role }
person-new-link = A new link to enter
person-export = Export what they keep
person-keep-out = Suspend
person-let-in = Let in again
person-erase = Erase
export-mine = Export what is yours
export-running = Everything is being put together…
export-done = It is in your downloads
erase-title = Erase { $name }?
erase-about = Everything of theirs is destroyed, for good: chats, files, keys, and the key that seals them, so that no backup brings them back. The log stays whole, and no longer says who they were.
erase-type = Type { $name } to go on
erased = { $name } is erased
titles = Titles of chats
titles-about = After its first answer the model may write a title, in the background. Temporary chats never get one.
titles-model = By the model
titles-words = First words
rules = The law
rules-about = What everybody may do, in files that can be read. The owner adds files of their own; whoever lives here may ask why.
rules-shipped = came with Freehold
rules-own = of the owner
rules-reload = Read the files again
rules-read = The rules are read
why-person = May
why-me = I
why-action = do
why-model = with the model
why-kind = with their
why-ask = Ask why
why-yes = Yes.
why-no = No.
upstreams = Other servers
upstreams-about = Servers that run models beside this machine, as freehold.toml names them.
no-upstreams = None is named.
upstream-healthy = well
upstream-down = does not answer
upstream-ejected = rests
upstream-on-trial = on trial
upstream-sent = { $sent } requests, { $failed } failed
upstream-first = first byte after { $ms } ms

## Code
code = Code
code-about = Choose a folder of code. Where its tests fail, thousands of small changes are tried in a sandbox, without any model, until all of them pass. Where tests are missing, they are written. Nothing of yours changes until you say so.
code-owner = Whoever runs this house repairs its code. On this machine that is you, once you sign in by the link that freehold printed.
no-folders = A small project with a real bug. Or choose a folder of yours:
folder-path = Folder on the server’s machine
folder-allow = Allow this folder
folder-forbid = Allow it no longer
repair = Repair
repair-again = Repair again
repair-testing = Running the tests…
repair-tested = { $failing } of { $tests } tests fail
repair-suspected = Looking where they fail…
repair-plausible = { $plausible ->
    [one] one passes all tests
   *[other] { $plausible } pass all tests
 }
repair-confirming = Comparing what was found…
repair-stopped = Stopped. Nothing was changed.
repair-none-fails = { $tests ->
    [one] The one test passes
   *[other] All { $tests } tests pass
 }: there is nothing to repair.
repair-facts = { $tried } candidates in { $seconds } s, { $speed } a second
repair-failing = { $failing } of { $tests } tests failed
repair-heat = Where it was suspected
repair-not-found = No patch passes all tests.
patches = Patches
patch-best = The best
patch-other = Runner-up
patch-apply = Apply
patch-applied = Written: { $files }
patch-undone = Taken back: { $files }
patch-undo-newest = Take the newest patch back
patch-download = Download
patch-confidence = { $percent } % sure
suspicion = Line { $line }, { $percent } % suspicious
job-fix = Repairing { $name }
repair-name = Repair
repair-searching = Trying small changes where the failing tests point…
repair-found = Found: a small change after which { $tests ->
    [one] the test passes
   *[other] all { $tests } tests pass
 }
repair-none-hint = Tests that are missing can be written.
repair-not-found-hint = A longer search may find one, or the fault needs more than small changes.
figure-candidates = candidates tried
figure-inputs = inputs tried
figure-speed = a second
figure-repaired = tests repaired
figure-noticed = faults noticed
figure-of = { $part } of { $all }
diff-of = What changes in { $file }
heat-of = Suspicious lines of { $file }
patch-is-applied = Applied
patch-stale = The folder was changed since: repair again.
tests = Write tests
tests-of = Tests for { $file }
tests-choose = Tests for which file?
tests-about = Small faults are put into the code, and the fewest inputs are kept that tell each fault from it.
tests-filter = Part of a name
tests-none-so = No such file
tests-no-files = There is no file of Python or Rust here that tests can be written for.
tests-into = tests go to { $out }
tests-into-itself = tests go to its end
tests-reading = Reading the file…
tests-read = { $mutants } faults put into { $targets } functions and classes
tests-inputs = Looking for inputs of { $target }…
tests-verifying = Running { $tests } tests, again and again…
tests-found = { $tests ->
    [one] One test notices
   *[other] { $tests } tests notice
 } { $killed } of { $mutants } faults
tests-facts = { $tried } inputs tried in { $seconds } s. A fault is a small change of the code; a test that notices it guards that place. The tests hold what the code does today, right or wrong: read them before you keep them.
tests-out-of-time = The time was used up: more may be found.
tests-target = { $tests ->
    [one] one test
   *[other] { $tests } tests
 }, { $killed } of { $mutants } faults noticed
tests-skipped = no tests: { $reason }
tests-save = Save as { $name }
tests-add = Add to { $name }
tests-stale = The folder was changed since: write them again.
job-tests = Tests for { $name }
job-paused-where_it_was = Put aside. It goes on where it was.
job-paused-anew = Put aside. It begins anew when it goes on.
pause = Pause
pause-job = Pause: { $name }
pause-where_it_was = It goes on where it was
pause-anew = It begins anew when it goes on
go-on = Go on
go-on-job = Go on: { $name }
jobs-ended = What has ended
job-log = Log
job-answered = { $done } of { $total } answered
job-candidates = { $tried } candidates, { $speed } a second
job-inputs = { $tried } inputs, { $speed } a second
logged-queued = queued
logged-leased = begun
logged-paused = put aside
logged-resumed = let go on
logged-retried = tried again later
logged-done = done
logged-failed = failed
logged-cancelled = stopped
logged-looking = asking the hub what it has
logged-fetching = fetching { $files ->
    [one] one file
   *[other] { $files } files
 }, { $bytes }
logged-placing = putting { $files ->
    [one] one file in its place
   *[other] { $files } files in their place
 }, { $bytes }
logged-writing = writing { $bytes }
logged-testing = running the tests
logged-tested = { $failing } of { $tests } tests fail
logged-suspected = { $lines ->
    [one] one line is suspicious
   *[other] { $lines } lines are suspicious
 }
logged-better = after { $tried } candidates the best repairs { $repaired } tests; { $plausible } pass all
logged-confirming = comparing what was found, and running the tests once more
logged-reading = reading { $file }
logged-read = { $mutants } faults put into { $targets } functions and classes
logged-inputs = looking for inputs of { $target }, { $mutants } faults to notice
logged-verifying = running { $tests } tests, again and again
repair-points = Where the failing tests point
code-example = Repair an example
