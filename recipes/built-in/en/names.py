"""People: random combinations of first and last names from many places, made-up ones, and how they are addressed."""

from machine.phrases import words

from .made_up import capital_word

FIRST = words("""
Mireille, Tom, Anna, Ben, Priya, Chen, Olu, Fatima, Sven, Ingrid, Mateo, Lucia, Hiroshi, Yuki, Amara, Kwame, Nia, Zanele,
Thabo, Ngozi, Chidi, Adaeze, Femi, Tunde, Aisha, Omar, Layla, Yusuf, Khalid, Noor, Samira, Hamza, Zainab, Tariq, Leila,
Dariush, Shirin, Farhad, Parisa, Emre, Elif, Mehmet, Ayşe, Deniz, Kerem, Dimitri, Olga, Svetlana, Ivan, Natasha, Boris,
Katya, Mikhail, Oksana, Taras, Bohdan, Zofia, Piotr, Agnieszka, Wojtek, Kasia, Jakub, Milena, Jana, Petr, Zdenka, Luboš,
Mihai, Ioana, Radu, Andrei, Bogdan, Vesna, Goran, Dragan, Mirjana, Luka, Ana, Nikola, Jelena, Giorgos, Eleni, Kostas,
Katerina, Spyros, Niamh, Siobhán, Aoife, Cian, Padraig, Eoin, Fiona, Hamish, Ewan, Morag, Rhys, Gwen, Carys, Dylan,
Emma, Olivia, Jack, Harry, Sophie, Chloe, Grace, Lily, Oscar, Alfie, Freddie, Poppy, Nigel, Clive, Maureen, Doreen, Basil,
Hans, Greta, Jürgen, Uwe, Heike, Klaus, Sabine, Wolfgang, Anke, Torsten, Lukas, Mia, Leonie, Matthias, Ulrike, Birgit,
Pierre, Amélie, Jean, Camille, Benoît, Élodie, Thierry, Manon, Luc, Sylvie, Gaspard, Clémence, Hélène, Étienne, Margaux,
Giulia, Marco, Francesca, Alessandro, Chiara, Paolo, Federica, Enzo, Bianca, Matteo, Silvia, Lorenzo, Carmen, Javier,
Pilar, Iker, Begoña, Nuria, Jordi, Montserrat, Rafael, Ximena, Camila, Diego, Valentina, Joaquín, Soledad, Inês, João,
Tiago, Beatriz, Rui, Luísa, Thiago, Larissa, Caetano, Bruna, Lars, Astrid, Bjørn, Sigrid, Magnus, Freya, Søren, Maja,
Linnea, Gustav, Aino, Eero, Päivi, Juha, Tuomas, Elin, Ragnar, Guðrún, Jón, Katrín, Wei, Mei, Jun, Xiu, Ling, Hao, Li Na,
Ming, Yan, Kenji, Haruto, Sakura, Aiko, Takashi, Emi, Naoko, Ren, Min-jun, Ji-woo, Seo-yeon, Hyun, Soo-jin, Dae, Linh,
Minh, Thuy, Anh, Quang, Siti, Agus, Dewi, Putri, Wayan, Ketut, Nok, Somchai, Ploy, Arjun, Ananya, Rahul, Deepika, Vikram,
Lakshmi, Sanjay, Kavya, Rohan, Meera, Harpreet, Gurpreet, Jasleen, Imran, Sadia, Bilal, Rukhsana, Nadeem, Tasneem, Shabnam,
Dilani, Nuwan, Tharindu, Pema, Tenzin, Dorji, Bat-Erdene, Gulnara, Aigul, Nurlan, Timur, Malika, Keoni, Leilani, Tāne,
Aroha, Moana, Sione, Mele, Tevita, Manu, Kiri, Wiremu, Abebe, Tigist, Selam, Dawit, Amina, Juma, Wanjiru, Kamau, Achieng,
Otieno, Sipho, Nomsa, Lerato, Kagiso, Tendai, Rudo, Chipo, Farai, Mamadou, Fatou, Ousmane, Awa, Moussa, Aminata, Ibrahim,
Kofi, Ama, Abena, Yaw, Esi, Akosua, Nana, Ezra, Miriam, Avi, Shira, Noam, Tamar, Yael, Eitan, Rivka, Moshe, Ari, Zoe,
Max, Sam, Alex, Kim, Jo, Robin, Charlie, Casey, Jordan, Morgan, Riley, Quinn, Avery, Skyler, Dakota, River, Phoenix, Sage,
Wren, Juniper, Rowan, Ash, Bo, Cy, Dot, Fay, Gil, Hal, Ike, Joss, Kit, Lou, Mo, Ned, Pip, Ray, Sid, Ted, Una, Val, Win, Zed,
John, Mary, David, Sarah, Michael, Susan, James, Linda, Robert, Karen, William, Barbara, Richard, Jennifer, Joseph, Lisa,
Thomas, Nancy, Charles, Betty, Daniel, Margaret, Paul, Sandra, Mark, Ashley, George, Donna, Kenneth, Carol, Steven, Michelle,
Edward, Amanda, Brian, Melissa, Ronald, Deborah, Kevin, Stephanie, Jason, Rebecca, Jeff, Laura, Ryan, Helen, Gary, Amy,
Nick, Angela, Eric, Brenda, Steve, Kate, Larry, Emily, Justin, Ruth, Scott, Rachel, Frank, Julie, Greg, Joyce, Pat, Heather,
Dennis, Teresa, Jerry, Gloria, Tyler, Evelyn, Aaron, Cheryl, Jose, Martha, Adam, Judith, Nathan, Hannah, Henry, Rosa, Doug,
Zach, Peter, Kyle, Walter, Ethan, Jeremy, Harold, Keith, Christian, Roger, Noah, Gerald, Carl, Terry, Sean, Austin, Arthur,
Lawrence, Jesse, Bryan, Joe, Billy, Jenny, Suzie, Katie, Mandy, Debbie, Dave, Mike, Pete, Bob, Liz, Andy, Tony, Gina, Rita
""")

LAST = words("""
Okafor, Nakamura, O'Brien, Müller, García, Nguyen, Patel, Kowalski, Andersson, Rossi, Dubois, Silva, Kim, Wang, Singh, Ali,
Hassan, Ivanov, Novák, Horváth, Papadopoulos, Jansen, de Vries, van den Berg, Larsen, Virtanen, Jónsdóttir, Murphy,
Campbell, Evans, Smith, Jones, Taylor, Brown, Wilson, Thompson, White, Harris, Clark, Lewis, Robinson, Walker, Young, King,
Wright, Scott, Green, Baker, Adams, Nelson, Hill, Carter, Mitchell, Roberts, Turner, Phillips, Parker, Edwards, Collins,
Stewart, Morris, Rogers, Reed, Cook, Bell, Cooper, Ward, Cox, Howard, Brooks, Kelly, Sanders, Price, Bennett, Wood, Barnes,
Ross, Henderson, Coleman, Jenkins, Perry, Powell, Long, Hughes, Flores, Washington, Butler, Simmons, Foster, Gonzales,
Bryant, Alexander, Russell, Griffin, Diaz, Hayes, Schneider, Fischer, Weber, Schulz, Hoffmann, Koch, Richter, Wolf, Schröder,
Moreau, Laurent, Lefèvre, Girard, Bonnet, Fontaine, Rousseau, Mercier, Esposito, Ricci, Marino, Greco, Conti, Ferrari,
Moretti, Fernández, Ruiz, Morales, Ortega, Castillo, Iglesias, Etxeberria, Puig, Ferreira, Oliveira, Carvalho, Teixeira,
Hansen, Nielsen, Berg, Lindqvist, Nyström, Korhonen, Mäkinen, Laine, Petrov, Sokolova, Kuznetsov, Shevchenko, Bondarenko,
Wiśniewski, Zieliński, Dvořák, Svoboda, Popescu, Ionescu, Petrović, Jovanović, Kovačević, Demir, Yılmaz, Kaya, Öztürk,
Haddad, Khoury, Mansour, Al-Sayed, Rahman, Chowdhury, Begum, Hossain, Sharma, Gupta, Iyer, Reddy, Nair, Banerjee, Mukherjee,
Kaur, Gill, Perera, Fernando, Gurung, Sherpa, Tanaka, Suzuki, Yamamoto, Watanabe, Kobayashi, Park, Choi, Lee, Jung, Tran,
Pham, Le, Santos, Reyes, Cruz, Wijaya, Setiawan, Chen, Liu, Zhang, Huang, Zhao, Wu, Zhou, Mbeki, Dlamini, Nkosi, Moyo,
Mwangi, Odhiambo, Kiprono, Abebe, Tesfaye, Diallo, Traoré, Keita, Mensah, Boateng, Owusu, Adeyemi, Balogun, Eze, Nwosu,
Cohen, Levi, Friedman, Katz, Rosen, Ngata, Tamihana, Kealoha, Taufa, Fa'alogo, Whitehorse, Begay, Featherstone, Ashworth,
Pettigrew, Longbottom-Hale, Thistlewood, Quigley, Hargreaves, Blenkinsop, Cholmondeley, Featherstonehaugh, Oyelaran, Zubiri
""")

ROLES = words("""
mum, mom, dad, sister, brother, wife, husband, partner, boss, manager, landlord, landlady, accountant, lawyer, dentist,
doctor, neighbour, neighbor, aunt, uncle, cousin, grandma, grandpa, gran, girlfriend, boyfriend, daughter, son, team,
tutor, teacher, coach, vet, plumber, electrician, physio, therapist, assistant, supervisor, colleague, flatmate, roommate,
mother-in-law, father-in-law, nephew, niece, godmother, midwife, piano teacher, estate agent, co-worker, friend, best friend,
insurance agent, mechanic, hairdresser, solicitor, secretary, bank, school, nursery, council, building manager
""")
GROUPS = words("""
the team, the whole team, everyone, the kids, the parents, marketing, sales, the design team, accounting, finance, hr, legal,
the board, the neighbours, the book club, the choir, the finance team, the plumbers, the committee, the interns, the tenants,
engineering, the night shift, the suppliers, the landlord, the caretaker, the school, the office, the band, the volunteers
""")
_TITLES = ("Mr", "Mrs", "Ms", "Dr", "Dr.", "Prof", "Professor", "Mr.", "Auntie", "Uncle", "Father", "Sister", "Frau", "Herr",
           "Madame", "Captain", "Rabbi", "Judge", "Coach")  # fmt: skip
_HOSTS = words("""
example.com, mail.example, post.example.org, gmail.com, yahoo.com, outlook.com, aol.com, proton.me, web.de, icloud.com,
company.io, firma.ch, univ.edu, school.ac.uk, nhs.uk, bakery.fr, studio.it, posteo.net, fastmail.com, hotmail.com, orchard.coop
""")
_FOREIGN = words("""
李娜, 王伟, さくら, 健太, 민준, 서연, Ольга, Дмитрий, Ελένη, Γιώργος, محمد, فاطمة, יעל, נועם, अनन्या, राहुल, ณัฐ, Նարե, გიორგი, Зарина
""")


def first(talk):
    r = talk.rng.random()
    if r < 0.82:
        return talk.pick(FIRST)
    if r < 0.98 or talk.spoken:
        return capital_word(talk)
    return talk.pick(_FOREIGN)


def last(talk):
    return talk.pick(LAST) if talk.chance(0.7) else capital_word(talk)


def full(talk):
    return f"{first(talk)} {last(talk)}"


def name(talk, roles=0.14):
    """Somebody, unmarked, with no article: `Mireille`, `Dr Okafor`, `accountant`."""
    r = talk.rng.random()
    if r < roles:
        return talk.pick(ROLES)
    if r < 0.74:
        return first(talk)
    if r < 0.93:
        return full(talk)
    return f"{talk.pick(_TITLES)} {last(talk)}"


def said(talk, text):
    """With the article or pronoun that English wants: `my accountant`."""
    bare = text.translate(_NO_MARKS)
    if bare in _ROLE_SET:
        return f"{talk.pick(_POSSESSIVES) if bare in _OWN else talk.pick(('the', 'my', 'our'))} {text}"
    return text


def email(talk):
    user = _user(talk)
    host = talk.pick(_HOSTS) if talk.chance(0.7) else f"{capital_word(talk).lower()}.{talk.pick(('com', 'org', 'net', 'co.uk', 'de', 'io', 'fr'))}"
    if not talk.spoken:
        return f"{user}@{host}"
    user = user.replace(".", " dot ").replace("_", " underscore ").replace("-", " dash ")
    at = "@" if talk.chance(0.5) else " at "
    return f"{user}{at}{host.replace('.', ' dot ')}"


def _user(talk):
    a, b = _ascii(first(talk)), _ascii(last(talk))
    return talk.pick((f"{a}.{b}", f"{a[:1]}{b}", f"{a}{b}", f"{a}_{b}", a, f"{b}.{a}", f"{a}-{b}",
                      f"{a}{10 + int(talk.rng.random() * 90)}" if not talk.spoken else a, "info", "office"))  # fmt: skip


def _ascii(text):
    folded = "".join(c for c in text.lower().translate(_FOLD) if c.isascii() and c.isalnum())
    return folded or "post"


def person(talk, roles=0.14, mails=0.06):
    """A marked person and how the sentence says it."""
    text = email(talk) if talk.chance(mails) else name(talk, roles)
    marked = talk.mark(text)
    return marked, said(talk, marked)


def people(talk, mails=0.05):
    """One to three people: the marked names and their list in words."""
    n = talk.pick((1,) * 6 + (2, 2, 2, 3))
    found = [person(talk, mails=mails) for _ in range(n)]
    if n == 1 and talk.chance(0.08):
        group = talk.pick(GROUPS)
        article, bare = ("the ", group[4:]) if group.startswith("the ") else ("", group)
        marked = talk.mark(bare)
        found = [(marked, article + marked)]
    said_ones = [text for _, text in found]
    listed = said_ones[0] if n == 1 else ", ".join(said_ones[:-1]) + talk.pick((" and ", " and ", " & ")) + said_ones[-1]
    if talk.spoken and n == 3 and talk.chance(0.7):
        listed = " and ".join(said_ones)
    return [marked for marked, _ in found], listed.replace(" & ", " and ") if talk.spoken else listed


_POSSESSIVES = ("my",) * 6 + ("our",)
_ROLE_SET = set(ROLES)
_OWN = _ROLE_SET - {"bank", "school", "nursery", "council", "team", "vet", "plumber", "electrician", "dentist", "doctor"}
_NO_MARKS = {c: None for c in range(0xE000, 0xE800)}
_FOLD = str.maketrans("áàâäãåāçčćéèêëęíìîïıñńóòôöõøőúùûüūýžźżšşśðþłřğøæß", "aaaaaaaccceeeeeiiiiinnooooooouuuuuyzzzsssdtlrgoas")
