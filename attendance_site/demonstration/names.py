"""Names to draw invented people from, by where a family comes from; nobody in particular is meant."""

from collections.abc import Mapping

from attendance_site.demonstration.heritages import Heritage, heritage

# Hyphens, apostrophes, spaces, accents and one very long name are here on purpose: forms and letters must bear them.
HERITAGES: Mapping[str, Heritage] = {
    "British": heritage(
        """Ashdown Barrow Beckford Birch Blackmore Bramley Brightwell Burrows Cartwright Chivers Clement Colebrook
        Copeland Cranmer Dawlish Denholm Draycott Eastwood Fairbrother Fenner Garland Goodhew Hadlow Hartnell Haywood
        Hollis Hurst Iden Jarvis Kemsley Kingsnorth Lambourne Larkin Lavender Linton Mayhew Merriman Mockett Nettleton
        Oakley Offen Padgham Pankhurst Penfold Quaife Rackham Redfern Relf Rigby Sandham Selwood Shoebridge Stanger
        Tapsell Thornhill Tolhurst Underdown Vane Wadham Weatherby Whitlock Wickens Wilmot Woodgate Yardley O'Hanrahan
        O'Sheeran D'Arcey McAllen MacInver Brook-Hollis Hartley-Snow St_John-Blythe Prys-Rhydderch
        Featheringstone-Wolstenholme-Brathwaite Cholmeley-Atherington""",
        """Alfie Archie Arthur Barnaby Benjamin Caleb Charlie Daniel Dexter Dylan Edward Elliot Ethan Finley Frank
        Freddie George Harrison Harvey Henry Hugo Isaac Jack Jacob Jago Jasper Jenson Joshua Jude Kai Leo Lewis Logan
        Louie Lucas Max Noah Oliver Oscar Otis Ralph Reggie Riley Ronnie Rory Rowan Samuel Sebastian Stanley Teddy
        Theodore Thomas Toby William Zachary Tommy-Lee Alexander""",
        """Ada Alice Amber Amelia Annabel Aria Ava Beatrice Bella Bonnie Charlotte Chloë Clara Daisy Darcey Eleanor
        Eliza Ella Elsie Emily Erin Esme Eva Evelyn Evie Florence Freya Grace Hallie Harriet Heidi Imogen Iris Isla
        Ivy Jessica Lily Lola Lottie Lucy Mabel Maisie Margot Martha Matilda Millie Molly Nancy Olive Olivia Orla
        Penelope Phoebe Poppy Rose Ruby Scarlett Sienna Siân Sophia Thea Violet Willow Zoë Gracie-Mae Anne-Marie""",
        (
            """Adam Andrew Anthony Ben Carl Chris Craig Darren David Gareth Gavin Ian James Jamie Jason Jonathan Lee
            Luke Mark Martin Matthew Michael Neil Nathan Paul Peter Richard Robert Ryan Scott Simon Stephen Stuart""",
            """Abigail Alison Amy Becky Bethany Catherine Claire Donna Emma Faye Gemma Hannah Helen Hollie Jade Jenny
            Joanne Karen Kate Kelly Kirsty Laura Leanne Lisa Lindsey Melissa Natalie Nicola Rachel Sarah Stacey""",
        ),
        "WBRI WBRI WBRI WBRI WBRI WBRI WBRI WBRI WBRI WBRI WOTH MWBC MWAS MOTH",
        0.01,
    ),
    "Polish": heritage(
        """Baczyński/Baczyńska Borkowski/Borkowska Czerwik Dąbek Domagalski/Domagalska Gołąb Grabiński/Grabińska
        Jarzębski/Jarzębska Kędziora Krawiecki/Krawiecka Łopatka Malczewicz Nowotnik Ostrowicki/Ostrowicka Pietrasik
        Sikorzak Szymczuk Wiśnicki/Wiśnicka Wróblik Zawadka Żurek""",
        "Adam Aleksander Antoni Bartosz Dawid Filip Franciszek Igor Jakub Jan Kacper Łukasz Maciej Michał Mikołaj "
        "Oskar Stanisław Szymon Tymon Wojciech",
        "Aleksandra Alicja Amelia Antonina Gabriela Hanna Iga Julia Kinga Lena Maja Małgorzata Nadia Natalia Oliwia "
        "Pola Wiktoria Zofia Zuzanna Łucja",
        (
            "Andrzej Dariusz Grzegorz Jacek Krzysztof Marcin Marek Paweł Piotr Rafał Sławomir Tomasz",
            "Agnieszka Aneta Beata Dorota Edyta Ewa Iwona Joanna Katarzyna Magdalena Monika Renata",
        ),
        "WOTH",
        0.95,
    ),
    "Lithuanian": heritage(
        """Adomaitis/Adomaitytė/Adomaitienė Balsys/Balsytė/Balsienė Grigaitis/Grigaitytė/Grigaitienė
        Jasaitis/Jasaitytė/Jasaitienė Kairys/Kairytė/Kairienė Lapinskas/Lapinskaitė/Lapinskienė
        Mockus/Mockutė/Mockienė Norkus/Norkutė/Norkienė Pociūnas/Pociūnaitė/Pociūnienė
        Ramanauskis/Ramanauskaitė/Ramanauskienė Šimkus/Šimkutė/Šimkienė Urbonas/Urbonaitė/Urbonienė
        Vaitkus/Vaitkutė/Vaitkienė Žilinskas/Žilinskaitė/Žilinskienė""",
        "Adomas Arnas Benas Dominykas Domas Emilis Gustas Jokūbas Jonas Kajus Lukas Markas Matas Nojus Rokas Titas",
        "Austėja Emilija Gabija Goda Ieva Kamilė Kotryna Liepa Luknė Miglė Rugilė Saulė Sofija Ugnė Urtė Viltė Žemyna",
        (
            "Algirdas Andrius Darius Donatas Giedrius Kęstutis Mindaugas Saulius Tomas Vaidas",
            "Asta Daiva Edita Giedrė Inga Jurgita Kristina Lina Rasa Vilma Živilė",
        ),
        "WOTH",
        0.95,
    ),
    "Latvian": heritage(
        """Apinis/Apine Balodis/Balode Eglītis/Eglīte Krūmiņš/Krūmiņa Lapiņš/Lapiņa Ozols/Ozola Priedītis/Priedīte
        Strazdiņš/Strazdiņa Vanags/Vanaga Zariņš/Zariņa""",
        "Artūrs Dāvis Emīls Gustavs Jēkabs Kristers Markuss Olivers Ralfs Roberts Rihards Toms",
        "Alise Annija Elīza Emīlija Estere Evelīna Keita Luīze Marta Paula Sofija Viktorija",
        ("Aigars Edgars Guntis Ivars Juris Māris Normunds", "Agnese Dace Ilze Inese Kristīne Līga Sanita"),
        "WOTH",
        0.95,
    ),
    "Romanian": heritage(
        """Albescu Bărbulescu Căprariu Cristurean Dobrin Făgărășan Grădinaru Ionașcu Lupescu Mărculescu Năstăsoiu
        Olărescu Popârlan Rusneac Săvescu Ștefănoiu Țepeluș Ursache Vlădoiu Zamfirel""",
        "Alexandru Andrei Cristian David Eduard Gabriel Horia Ionuț Luca Matei Mihai Rareș Robert Ștefan Tudor Vlad",
        "Alexia Ana Andreea Anastasia Bianca Daria Denisa Elena Ilinca Ioana Larisa Maria Mălina Raluca Ruxandra Sara",
        (
            "Adrian Bogdan Cătălin Constantin Daniel Florin Gheorghe Marian Nicolae Sorin Vasile",
            "Alina Camelia Cristina Daniela Gabriela Loredana Mihaela Monica Oana Roxana Simona",
        ),
        "WOTH WOTH WOTH WOTH WROM",
        0.95,
    ),
    "Bulgarian": heritage(
        """Angelov/Angelova Bozhkov/Bozhkova Draganov/Draganova Genchev/Gencheva Kolarov/Kolarova Marinchev/Marincheva
        Radkov/Radkova Stoychev/Stoycheva Tonchev/Toncheva Zlatarev/Zlatareva""",
        "Aleksandar Boris Dimitar Georgi Hristo Ivaylo Kaloyan Martin Nikola Petar Stefan Viktor",
        "Aleksandra Boryana Dariya Elitsa Gergana Kalina Mila Nevena Raya Siyana Teodora Viktoria",
        ("Atanas Emil Krasimir Plamen Rumen Todor", "Desislava Galina Iskra Milena Rositsa Silviya"),
        "WOTH WOTH WROM",
        0.95,
    ),
    "Portuguese": heritage(
        """Almeirão Bragança-Lopes Carvalhal Conceição Esteves Figueiral Gonçalvinho Magalhães_Pinto Nogueirinha
        Quintanilha Ramalhete Simões Tavarede Vasconcelho""",
        "Afonso Diogo Duarte Francisco Gonçalo João Lourenço Martim Miguel Rodrigo Salvador Tiago Tomás Vicente",
        "Beatriz Carolina Inês Francisca Joana Leonor Luana Madalena Mariana Matilde Rita Sofia Teresa Constança",
        ("António Carlos Fernando Hugo Jorge Luís Nuno Paulo", "Ana Carla Fátima Isabel Patrícia Paula Sandra Sónia"),
        "WOTH WOTH MWBA",
        0.9,
    ),
    "Ukrainian": heritage(
        """Bondarchuk Havrylenko Kovalyk Lysychenko Marchuk Oliynyk Petrusenko Savchuk Tkachyk Yaremko""",
        "Artem Danylo Dmytro Maksym Matviy Nazar Oleksandr Tymofiy Yaroslav Zakhar",
        "Anastasiya Daryna Kateryna Mariya Oksana Polina Solomiya Varvara Yeva Zlata",
        ("Andriy Bohdan Ihor Oleh Serhiy Vasyl", "Halyna Iryna Nataliya Olena Svitlana Yuliya"),
        "WOTH",
        0.95,
    ),
    "Indian": heritage(
        """Bhamra Chaudhari D'Mello Dhaliwal Gohil Iyer Joshipura Kalsi Limbachia Mathew Nambiar Patadia Rathore
        Sandhar Thakrar Varghese""",
        "Aarav Advik Arjun Dev Dhruv Ishaan Jai Kabir Krish Nikhil Rohan Sahib Shiv Veer Vihaan",
        "Aanya Anika Avni Diya Gurleen Isha Jasleen Kavya Kiara Meera Navya Riya Saanvi Simran Tara",
        ("Amit Anil Deepak Harjit Manish Rajesh Sanjay Vijay", "Anita Bhavna Deepa Geeta Jaspreet Meena Priya Sunita"),
        "AIND",
        0.7,
    ),
    "Pakistani": heritage(
        "Abbasi Awan Bajwa Chaudhry Dar Ghauri Hashmi Janjua Kayani Lodhi Mirza Qureshi Raja Satti",
        "Abdullah Adam Ayaan Bilal Hamza Haris Ibrahim Idris Ismail Musa Mustafa Rayyan Umar Yusuf Zayn",
        "Aisha Alaya Amina Anaya Eshaal Fatima Hafsa Inaya Khadija Maryam Noor Safa Sumayya Zahra Zara",
        ("Asif Imran Kashif Nadeem Shahid Tariq Usman Waqas", "Farah Nadia Nasreen Rabia Saima Samina Shazia Uzma"),
        "APKN",
        0.8,
        keeps_festival=True,
    ),
    "Bangladeshi": heritage(
        "Ahmedul Bepari Choudhury Hoque Islamul Khandakar Laskar Miah Mollah Talukder Uddinur",
        "Abir Ahnaf Fahim Farhan Imtiaz Mahir Nafis Rafi Sami Tahmid Tanvir Zayan",
        "Afia Anika Fariha Humayra Jannat Lamia Maisha Nabila Raisa Sadia Tasnim Zarin",
        ("Abdul Jamal Kamrul Mizan Rafique Shafiq", "Hasina Nasima Rehana Rokeya Salma Shahana"),
        "ABAN",
        0.85,
        keeps_festival=True,
    ),
    "Somali": heritage(
        "Abdirahim Cawaale Duale Farole Guled Hirsiyo Jimcaale Warfaale",
        "Abdi Bashir Cabdi Guleed Liban Mahad Saeed Yahya",
        "Amran Ayaan Deqa Hodan Ifrah Ikram Sahra Zamzam",
        ("Ahmednur Bile Farah Nuur", "Asha Faduma Hibaaq Ubah"),
        "BAFR",
        0.9,
        keeps_festival=True,
    ),
    "Nigerian": heritage(
        "Abiodun Adeyinka Akinwande Chukwuma Ekwueme Ibekwe Nwachukwu Ogunbiyi Okonjo Olatunde Onyekachi Uzoma",
        "Ayomide Chidi Daniel David Ebuka Emmanuel Ikenna Jeremiah Joel Kelechi Olumide Samuel Temi Tobi",
        "Adaeze Amara Chiamaka Deborah Esther Favour Grace Ifeoma Morayo Ngozi Simi Temilola Tolu Zainab",
        ("Adebayo Chinedu Emeka Femi Kunle Obinna Segun", "Abimbola Blessing Funke Nkechi Ronke Titilayo Yetunde"),
        "BAFR BAFR BAFR MWBA",
        0.45,
    ),
    "Caribbean": heritage(
        "Bellefontaine Campbell-Rose Dacosta Gayle-Wright Honeyghan Lindo McKoy Pinnock Tulloch Whyte",
        "Amari Elijah Isaiah Jaden Jerome Kymani Malachi Micah Reuben Tyrell",
        "Aaliyah Alyssa Destiny Janaé Kiara Naomi Renée Shanice Tiana Zuri",
        ("Clive Curtis Delroy Errol Leroy Winston", "Angela Beverley Jacqueline Marcia Sharon Yvonne"),
        "BCRB MWBC MWBC",
        0.02,
    ),
    "Chinese": heritage(
        "Chau Fung Guo Kwan Leung Mok Ouyang Siu Tse Yip",
        "Anson Bosco Hayden Jayden Kingsley Lok-Yin Marcus Tsz-Hin",
        "Audrey Cherry Hei-Tung Jasmine Joyce Kayla Yan-Yi Zoey",
        ("Chi-Wai Kin-Man Raymond Wing-Fai", "Ka-Yan Mei-Ling Suk-Yee Vivian"),
        "CHNE",
        0.8,
    ),
    "Traveller": heritage(
        "Connorty Delahaye Gaskine Loveridge-Penn McDonaghue Rooneyan",
        "Bernie Felix Jimmy John-Joe Miles Patrick",
        "Bridie Kathleen Margaret Mary-Kate Nora Shauna",
        ("Christy Martin Paddy Tom", "Bridget Eileen Josie Winnie"),
        "WIRT",
        0.0,
    ),
}

SHORT_NAMES: Mapping[str, str] = {
    "Alexander": "Alex",
    "Aleksander": "Alek",
    "Alexandru": "Alex",
    "Benjamin": "Ben",
    "Charlotte": "Lottie",
    "Edward": "Ted",
    "Eleanor": "Nell",
    "Franciszek": "Franek",
    "Isaac": "Zac",
    "Matilda": "Tilly",
    "Oliwia": "Liwka",
    "Penelope": "Penny",
    "Samuel": "Sam",
    "Theodore": "Theo",
    "Thomas": "Tom",
    "William": "Bill",
    "Zachary": "Zac",
    "Zuzanna": "Zuzia",
}
