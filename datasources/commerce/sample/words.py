"""The words that sample data is made of. Nobody lives here: addresses and telephone numbers are kept for fiction."""

from collections.abc import Mapping
from typing import NamedTuple

Leaves = Mapping[str, tuple[str, ...]]


class Group(NamedTuple):
    """The second level of the tree: its prices in cents, and its categories with the things in each."""

    low_minor: int
    high_minor: int
    leaves: Leaves


class Department(NamedTuple):
    materials: tuple[str, ...]
    groups: Mapping[str, Group]


DEPARTMENTS = {
    "Kitchen": Department(
        ("Steel", "Copper", "Enamel", "Stoneware", "Beech"),
        {
            "Cookware": Group(
                2900,
                14900,
                {
                    "Saucepans": ("Saucepan", "Milk Pan", "Stockpot"),
                    "Frying Pans": ("Frying Pan", "Skillet", "Wok"),
                    "Bakeware": ("Loaf Tin", "Baking Tray", "Pie Dish"),
                },
            ),
            "Tableware": Group(
                900,
                4900,
                {
                    "Mugs": ("Mug", "Tea Bowl", "Espresso Cup"),
                    "Plates": ("Dinner Plate", "Side Plate", "Platter"),
                    "Bowls": ("Soup Bowl", "Salad Bowl", "Serving Bowl"),
                },
            ),
            "Utensils": Group(
                600,
                5900,
                {
                    "Knives": ("Paring Knife", "Bread Knife", "Cleaver"),
                    "Spoons": ("Ladle", "Spatula", "Whisk"),
                    "Storage": ("Storage Jar", "Bread Bin", "Butter Dish"),
                },
            ),
        },
    ),
    "Living": Department(
        ("Linen", "Wool", "Oak", "Brass", "Glass"),
        {
            "Lighting": Group(
                3900,
                24900,
                {
                    "Table Lamps": ("Table Lamp", "Reading Lamp"),
                    "Floor Lamps": ("Floor Lamp", "Arc Lamp"),
                    "Pendants": ("Pendant", "Lantern"),
                },
            ),
            "Textiles": Group(
                1900,
                19900,
                {"Cushions": ("Cushion", "Bolster"), "Throws": ("Throw", "Blanket"), "Rugs": ("Rug", "Runner")},
            ),
            "Decoration": Group(
                700,
                6900,
                {
                    "Vases": ("Vase", "Pitcher"),
                    "Frames": ("Picture Frame", "Mirror"),
                    "Candles": ("Candle Holder", "Tealight Cup"),
                },
            ),
        },
    ),
    "Office": Department(
        ("Brass", "Walnut", "Leather", "Cork", "Linen"),
        {
            "Writing": Group(
                300,
                8900,
                {"Pens": ("Fountain Pen", "Ballpoint"), "Pencils": ("Pencil", "Sharpener"), "Cases": ("Pen Case",)},
            ),
            "Paper": Group(
                400,
                3900,
                {
                    "Notebooks": ("Notebook", "Sketchbook"),
                    "Planners": ("Planner", "Calendar"),
                    "Albums": ("Photo Album",),
                },
            ),
            "Desk": Group(
                1200,
                9900,
                {
                    "Organisers": ("Desk Tray", "Pen Pot"),
                    "Pads": ("Desk Pad", "Mouse Mat"),
                    "Bookends": ("Bookend", "Magazine Rack"),
                },
            ),
        },
    ),
    "Garden": Department(
        ("Terracotta", "Zinc", "Cedar", "Steel", "Willow"),
        {
            "Planting": Group(
                500,
                7900,
                {
                    "Pots": ("Plant Pot", "Hanging Pot"),
                    "Planters": ("Planter", "Trough"),
                    "Trellises": ("Trellis", "Cloche"),
                },
            ),
            "Tools": Group(
                800,
                5900,
                {
                    "Trowels": ("Trowel", "Dibber"),
                    "Shears": ("Secateurs", "Shears"),
                    "Watering": ("Watering Can", "Rain Gauge"),
                },
            ),
            "Seating": Group(
                8900,
                49900,
                {"Benches": ("Bench", "Stool"), "Chairs": ("Folding Chair", "Lounger"), "Tables": ("Bistro Table",)},
            ),
        },
    ),
    "Outdoor": Department(
        ("Canvas", "Merino", "Titanium", "Cotton", "Nylon"),
        {
            "Camping": Group(
                2900,
                59900,
                {
                    "Shelters": ("Tent", "Tarp"),
                    "Sleeping": ("Sleeping Bag", "Hammock"),
                    "Cooking": ("Camp Stove", "Mess Kit"),
                },
            ),
            "Carrying": Group(
                1500,
                17900,
                {
                    "Backpacks": ("Backpack", "Daypack"),
                    "Pouches": ("Pouch", "Dry Bag"),
                    "Bottles": ("Bottle", "Flask"),
                },
            ),
            "Wear": Group(
                900,
                22900,
                {"Jackets": ("Jacket", "Gilet"), "Hats": ("Hat", "Beanie"), "Socks": ("Socks", "Gaiters")},
            ),
        },
    ),
    "Bath": Department(
        ("Cotton", "Bamboo", "Ceramic", "Linen", "Cedar"),
        {
            "Towels": Group(
                900,
                5900,
                {
                    "Bath Towels": ("Bath Towel", "Bath Sheet"),
                    "Hand Towels": ("Hand Towel", "Face Cloth"),
                    "Robes": ("Bathrobe",),
                },
            ),
            "Care": Group(
                400,
                3900,
                {
                    "Soap": ("Soap Dish", "Soap Pump"),
                    "Brushes": ("Nail Brush", "Back Brush"),
                    "Shaving": ("Shaving Bowl",),
                },
            ),
            "Order": Group(
                700,
                8900,
                {
                    "Baskets": ("Laundry Basket", "Basket"),
                    "Hooks": ("Hook Rail", "Hook"),
                    "Shelves": ("Shelf", "Step Stool"),
                },
            ),
        },
    ),
}

SERIES = ("Alba", "Birke", "Corvo", "Dune", "Ember", "Fjell", "Grove", "Havn", "Isla", "Juno", "Kite", "Lumo", "Moor")
COLOURS = ("natural", "chalk", "sage", "ink", "rust", "sand", "moss", "slate")
ORIGINS = ("Portugal", "Denmark", "Poland", "Italy", "Wales", "Czechia")
VIRTUES = (
    "Made in small runs, and made to be mended.",
    "Light in the hand and hard to wear out.",
    "Plain on purpose, so that it goes with what is there already.",
    "Each piece differs a little from the next.",
    "It grows better with use, and spare parts are kept for ten years.",
)
CARE = (
    "Wash by hand and dry it well.",
    "Wipe with a damp cloth.",
    "Oil it once a year.",
    "Fit for the dishwasher.",
    "Air it, and it seldom needs more.",
)


class Country(NamedTuple):
    """In patterns, # stands for a digit. `phone` lies in a range that its regulator keeps for fiction, where one does.

    `share` is of customers, in per cent; `warehouses` are the codes of the nearest and the next.
    """

    share: int
    currency: str
    tax_bps: int
    cities: tuple[str, ...]
    postal_code: str
    phone: str | None
    warehouses: tuple[str, str]


COUNTRIES = {
    "DE": Country(30, "EUR", 1900, ("Leipzig", "Bremen", "Mainz"), "#####", "+49 30 23125 ###", ("LEJ", "RTM")),
    "FR": Country(14, "EUR", 2000, ("Nantes", "Lille", "Dijon"), "#####", "+33 1 99 00 ## ##", ("RTM", "LEJ")),
    "NL": Country(10, "EUR", 2100, ("Utrecht", "Delft", "Zwolle"), "#### AB", None, ("RTM", "LEJ")),
    "AT": Country(6, "EUR", 2000, ("Graz", "Linz"), "####", None, ("LEJ", "RTM")),
    "GB": Country(14, "GBP", 2000, ("Leeds", "Bath", "York"), "ZZ# #ZZ", "+44 1632 960###", ("LBA", "RTM")),
    "US": Country(10, "USD", 0, ("Reno", "Boise", "Portland"), "#####", "+1 202 555 01##", ("RNO", "RTM")),
    "CH": Country(6, "CHF", 810, ("Basel", "Bern"), "####", None, ("LEJ", "RTM")),
    "SE": Country(5, "SEK", 2500, ("Malmö", "Umeå"), "### ##", "+46 31 390 06 ##", ("LEJ", "RTM")),
    "PL": Country(3, "PLN", 2300, ("Gdynia", "Lublin"), "##-###", None, ("LEJ", "RTM")),
    "JP": Country(2, "JPY", 0, ("Kobe", "Sendai"), "###-####", None, ("RNO", "RTM")),
}
RATES = {
    "EUR": "1",
    "GBP": "0.8624",
    "USD": "1.0893",
    "CHF": "0.9417",
    "SEK": "11.2385",
    "PLN": "4.2641",
    "JPY": "163.72",
}

WAREHOUSES = {
    "LEJ": ("Leipzig", "DE"),
    "RTM": ("Rotterdam", "NL"),
    "LBA": ("Leeds", "GB"),
    "RNO": ("Reno", "US"),
}
CARRIERS = ("dhl", "dpd", "ups", "postnl")

_FIRST = """
    Alma Anton Beata Bruno Clara Cyril Dalia Dario Edda Emil Flora Felix Greta Hugo Ines Ivan Jana Jonas Kaya Karl
    Lena Levi Mira Milan Nora Nils Olga Oskar Petra Pavel Rosa Ruben Selma Simon Tilda Theo Uma Viktor Wanda Yusuf
"""
FIRST_NAMES = tuple(_FIRST.split())
_LAST = """
    Abel Bergen Carver Dahl Egger Fabre Grant Holm Imhof Jensen Keller Lindt Maurer Novak Olsen Porter Quist Renner
    Sato Thorn Ullman Vega Weaver Xu Young Zeller Amsel Blum Corti Drost Engel Falk Gomez Hartl Ito Jung Kovac Lang
"""
LAST_NAMES = tuple(_LAST.split())
STREETS = ("Canal Row", "Orchard Lane", "Station Road", "Mill Street", "Linden Way", "Harbour Walk", "Garden Square")
REASONS = ("Arrived damaged", "Not as expected", "Ordered twice", "Came too late")
