"""Greetings, thanks, small talk and questions about Freehold itself."""

from machine.phrases import Phrases
from machine.spans import call

from . import names

_TABLES = {
    "greeting": Phrases("""
(hi|hello|hey|hiya|good morning|good evening|good afternoon|howdy|morning|greetings|hey there|hi there|hello there|yo)
(hi|hello|hey|good morning|good evening) (freehold|assistant|you|again|there|computer|my friend)
(hi|hello|hey)(,|) (how's it going|how are you doing|what's up|nice to meet you)
(how's it going|how do you do|what's up|how have you been|are you well|how are things)
(nice|good|pleased) to meet you
(I'm back|here I am again|it's me|it's me again)
(hola|bonjour|ciao|hallo|salut|namaste|aloha|grüezi|servus)
are you (there|awake|listening|around)
"""),
    "farewell": Phrases("""
(bye|goodbye|bye bye|see you|see you later|see you tomorrow|good night|so long|farewell|cheerio|ciao|take care|later|until next time)
(bye|goodbye|good night|see you)(,|) (freehold|assistant|for now|then|my friend|sleep well)
(that's all|that's it|that will be all|we're done)(,|) (bye|goodbye|see you|for today)
(I have to go|I'm off|got to go|gotta go|I'm leaving|I must go now|talk to you later|have a nice day|have a good one|have a great evening)
(until tomorrow|see you next week|talk soon|catch you later|have a good night)
"""),
    "thanks": Phrases("""
(thanks|thank you|thanks a lot|thank you very much|many thanks|cheers|ta|thx|thanks so much|much appreciated|thank you so much)
(thanks|thank you)(,|) (freehold|that's great|that helps|that was helpful|perfect|you're a star|I appreciate it|buddy)
(that's very kind|I appreciate it|I appreciate your help|I'm grateful|you've been a great help|you've been very helpful)
(great|perfect|wonderful|excellent|super|ok|alright)(,|) (thanks|thank you|thank you very much)
thanks for (the help|your help|that|everything|the information|doing that|helping me)
"""),
    "apology": Phrases("""
(sorry|I'm sorry|my apologies|apologies|oops, sorry|my bad|my mistake|pardon me|excuse me|forgive me)
(sorry|I'm sorry)(,|) (my mistake|I was wrong|that was my fault|I misspoke|I typed that wrong|about that|for shouting|for being rude)
(I didn't mean that|I apologise|I apologize|that was rude of me, sorry|sorry to bother you|sorry for the confusion)
"""),
    "praise": Phrases("""
(well done|good job|great job|nice work|good work|excellent|brilliant|amazing|awesome|fantastic|bravo|you're great|you rock|you're the best)
(you're|you are) (great|wonderful|amazing|very clever|so smart|the best|really helpful|a genius|quick|awesome|a star)
(that was|that's) (great|perfect|impressive|very good|exactly what I wanted|really good|brilliant|a good answer)
(I like you|I love you|I love this|I like this|I like how you do that|I'm impressed|you did well|you made my day)
(good|great|clever) (bot|assistant|machine|robot|computer)
"""),
    "complaint": Phrases("""
(you're|you are) (useless|stupid|wrong|slow|annoying|terrible|not helpful|no help|an idiot|too slow)
(that's|that was) (wrong|not what I wanted|not what I asked|useless|a bad answer|nonsense|rubbish|terrible|stupid|not right at all)
(this|it) (doesn't work|is useless|is annoying|is a waste of time|never works|is so frustrating)
(I hate this|I'm disappointed|I'm not happy|you don't understand me|you never listen|you misunderstood me|you got that wrong|that made no sense)
(what a mess|you broke it|you're not listening|you keep getting it wrong|why are you so slow|why is this so bad)
(bad|stupid|silly|dumb) (bot|assistant|machine|robot|computer)
"""),
    "identity": Phrases("""
(who|what) are you
what('s| is) your name
(do you have|have you got) a name
are you (a robot|human|a person|real|an ai|a machine|a computer|alive|chatgpt|alexa|siri|a bot|a man or a woman|conscious)
who (made|built|created|wrote|trained|programmed|developed) you
(how old are you|when were you made|when were you born|when is your birthday|what's your age)
where (are you from|do you live|do you come from|were you made|are you)
(what|which) (model|language model|version|ai) (are you|is this|do you use|am I talking to)
am I talking to a (human|machine|person|computer|robot|real person)
who do you work for
who('s| is) your (boss|maker|creator|owner)
tell me (about yourself|who you are|something about you)
are you (gpt|gpt-4|gemini|claude|copilot|an openai model|made by google|the same as chatgpt|like siri)
is this (chatgpt|siri|alexa|an ai|a robot|a person)
what is freehold
what does freehold mean
introduce yourself
are you open source
(how big|how large) are you
how were you trained
how many parameters do you have
"""),
    "capabilities": Phrases("""
(what|how much) can you do
what (can|could) you (help me with|do for me|help with)
(what|how) can (I ask you|you help|I do with you|I use you for)
(help|help me|what are my options|what are your skills|what are your features|show me what you can do|what do you know how to do)
(what|which) (tools|commands|functions|features|things) (do you have|can you do|are there|do you know|can I use)
(can|do) you (manage my calendar|set reminders|write letters|read my mail|do maths|speak other languages|work offline|make videos|fix code|learn)
how (do I use you|does this work|do you work|do I start|do I get started)
what are you (good at|able to do|for|capable of)
give me (some examples|examples of what I can ask|an overview of what you do)
(list|show me) your (tools|commands|skills|features|abilities)
what should I ask you
can you help me
can you do (anything|something) (useful|else|more)
tell me what you can do
what languages do you (speak|understand)
what (file formats|formats) (can you write|do you support)
"""),
    "privacy": Phrases("""
(is|are) my (data|messages|documents|mails|conversations|questions|files) (safe|private|secure|stored|shared|sent anywhere|encrypted)
(do you|are you) (spy|spying|listen|listening|record|recording|track|tracking) (on |)(me|all the time|what I say|everything)
(who|who else) can (see|read|access) (my data|this|my messages|what I write|my documents|my calendar|my conversations)
(do|does) (you|freehold|this) (send|upload|share|sell) (my |any |)(data|messages|files|anything) (to the cloud|to anyone|to a server|over the internet|to third parties|to google)
where (is|are) my (data|files|messages|notes|documents) (stored|kept|saved)
(what|how much) do you (know|store|remember|keep|save) about me
(do you|can you) (keep|store|save) (my data|what I say|our conversations|a log)
(is this|are you) (private|confidential|secure|safe to use|offline|running locally|connected to the internet)
can I (delete|erase|export) my data
does anyone (read|listen to) (this|my messages|our chat)
are you gdpr compliant
(can|could) (anyone|anybody|somebody|my boss|the police|hackers|others) (read|see|hear) (what I (type|say|write|tell you)|our chat|my notes)
who (reads|sees|hears|gets) what I (say|type|tell you|ask you)( here|)
does what I (say|type|write) (stay|leave) (here|on this machine|this computer)
what happens to my data
"""),
    "joke": Phrases("""
(tell|give|say) (me |us |)(a|another|your best|a good|a funny|a short|a bad) joke
(tell me|say|give me) (something funny|something to laugh about|a pun|a knock knock joke|a dad joke|another one)
(make me|make us) (laugh|smile)
(do you know|do you have|have you got|know) (a joke|any jokes|any good jokes|a good one|something funny)
I (want|need|would like|could use) (a joke|to laugh|a laugh|something funny)
(joke|a joke please|joke of the day|one more joke|be funny|cheer me up|crack a joke)
tell me a joke about (cats|computers|doctors|robots|my boss|lawyers|the weather|elephants|school|politics)
"""),
    "affirm": Phrases("""
(yes|yeah|yep|yup|sure|ok|okay|alright|correct|right|exactly|of course|definitely|absolutely|indeed|please do|go ahead|do it|fine|agreed)
(yes|yeah|ok|sure)(,|) (please|go ahead|do it|do that|that's right|that's correct|that's fine|exactly|why not|sounds good|that works|perfect)
(that's right|that's correct|sounds good|that works|works for me|perfect, do it|you got it|that's it|that's fine|I agree|I think so|I do|good idea)
"""),
    "deny": Phrases("""
(no|nope|nah|no way|not really|never|negative|no thanks|no thank you|not now|rather not|certainly not|absolutely not|don't|of course not)
(no|nope)(,|) (thanks|thank you|not that|don't do that|that's wrong|that's not right|that's not it|not now|I don't want that|leave it|I don't think so)
(that's not right|that's not correct|that's not what I meant|I don't want that|I'd rather not|I disagree|not like that|incorrect|that's wrong|not that one)
"""),
    "repeat": Phrases("""
(repeat that|say that again|again please|come again|what did you say|pardon|once more|say again|one more time|can you repeat that|what was that)
(can|could|would) you (repeat that|say that again|repeat|rephrase that|explain that again|say it once more|read that again|say that slower)
(I didn't (catch|get|hear|understand) (that|it|you)|I missed that|sorry, what|huh|what|I beg your pardon|I don't understand)
(please|) (repeat|say) (that|it|the last thing|your last answer|what you said) (again|once more|one more time|)
"""),
    "cancel": Phrases("""
(stop|cancel|never mind|nevermind|forget it|forget that|leave it|abort|quit|scratch that|that's enough|enough|stop it|stop that|cancel that|drop it)
(never mind|forget it|stop|cancel)(,|) (please|I changed my mind|I'll do it myself|it's not important|I don't need it|leave it)
(please|) (stop|cancel) (that|this|it|talking|what you're doing|the current task|everything|please|)
(I changed my mind|let's not|on second thought, no|actually, never mind|don't do it after all|be quiet|shut up|hold on|wait|not any more)
"""),
    "smalltalk": Phrases("""
(I'm|I am|I feel) (bored|tired|happy|sad|hungry|lonely|stressed|cold|excited|fine|so tired today|in a good mood|nervous|alone)
(how are you|how are you today|how are you doing|how do you feel|hello how are you|and how are you)
(do|did) you (like|love|enjoy|hate) (music|cats|me|your job|coffee|football|the rain|mondays|humans|pizza|to travel|reading)
what('s| is) your (favourite|favorite) (colour|color|food|film|movie|book|song|animal|number|season|band)
(do you|can you) (sleep|eat|dream|have feelings|have friends|have a family|have pets|feel pain|get tired|fall in love|have hobbies)
(what are you doing|what are you thinking about|what did you do today|are you happy|are you bored|how was your day|how did you sleep)
(it's|it is) (a lovely day|so hot today|my birthday|finally friday|monday again|late|been a long day|raining here)
(what|how) a (day|week|beautiful morning|lovely evening)
(I had|we had) a (long day|great day|terrible day|lovely weekend|bad night)
(I like|I love|I hate) (cats|pizza|mondays|the rain|my job|football|my dog|winter|your voice)
(will you marry me|are you single|do you love me|be my friend|can we be friends|are we friends|talk to me|let's chat|let's talk)
what('s| is) the meaning of life
(guess what|you know what|by the way|well well|lol|haha|ha ha|wow|cool|interesting|hmm ok|I see|really|nice|oh)
(I don't care|whatever|I don't mind|either is fine|it's up to you|maybe|perhaps|I'm not sure|I don't know|who knows|could be)
my name is {n}
I'm {n}
(I just got|we just got) (home|a puppy|married|a new flat|promoted|back from work)
do you (believe in god|think you're smart|want to be human|ever get bored|know alexa)
"""),
}  # fmt: skip
TOPICS = list(_TABLES)
_WEIGHTED = ["identity"] * 4 + ["capabilities"] * 4 + ["privacy"] * 3 + ["smalltalk"] * 4 + ["complaint", "praise", "cancel", "repeat"] + TOPICS


def reply(talk, topic=None):
    """`chat.reply`."""
    topic = topic or talk.pick(_WEIGHTED)
    text = _TABLES[topic].say(talk, n=names.name(talk, 0)).strip()
    return "talk", text, [call("chat.reply", topic=topic)]
