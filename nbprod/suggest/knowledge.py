"""What suggesting knows of the common libraries: what plots, what shows, what writes files, what can't be stored."""

from __future__ import annotations


def words(text: str) -> frozenset[str]:
    """Return the words of a text."""
    return frozenset(text.split())


PLOT_LIBRARIES = words("plt sns pyplot matplotlib seaborn px go alt bokeh folium pylab mglearn thinkplot")
# Methods that draw, whatever they are called on; all others of that kind are `.plot.<kind>`.
DRAWING_METHODS = words("""
    plot hist boxplot scatter_matrix plot_diagnostics plot_predict savefig subplots add_subplot pairplot heatmap
    plot_importance plot_tree imshow set_title set_xlabel set_ylabel set_xlim set_ylim legend iplot
""")
SHOWING_CALLS = words("print display pprint pprint.pprint help")
WRITING_METHODS = words("""
    to_csv to_excel to_parquet to_json to_pickle to_hdf to_feather to_sql to_html to_latex dump save savez
    savez_compressed savetxt tofile write_text write_bytes write_csv write_parquet save_model extractall savefig
    write_image write_html
""")
WRITING_CALLS = words("""
    os.makedirs os.mkdir os.rename os.remove os.replace shutil.copy shutil.copyfile shutil.move shutil.rmtree
    shutil.unpack_archive urllib.request.urlretrieve urlretrieve wget.download joblib.dump pickle.dump json.dump
""")
UNSTORABLE_CALLS = words("""
    get_ipython open iter zip map filter enumerate reversed io.open gzip.open bz2.open lzma.open csv.reader csv.writer
    csv.DictReader csv.DictWriter sqlite3.connect create_engine sqlalchemy.create_engine duckdb.connect
    psycopg2.connect pd.ExcelWriter pd.HDFStore pd.ExcelFile h5py.File tempfile.TemporaryFile
    tempfile.NamedTemporaryFile tempfile.TemporaryDirectory threading.Lock threading.RLock threading.Thread Lock
    Thread socket.socket subprocess.Popen os.scandir zipfile.ZipFile ZipFile tarfile.open logging.getLogger
    ThreadPoolExecutor ProcessPoolExecutor Pool multiprocessing.Pool requests.Session tf.Session urlopen
    urllib.request.urlopen itertools.count itertools.cycle itertools.chain itertools.islice itertools.groupby
""")
UNSTORABLE_METHODS = words("cursor connect begin iterrows itertuples iteritems finditer scandir rglob iterdir gca gcf")
# Methods whose results are but half of the work: nobody keeps a grouping.
UNFILLED_CALLS = words("empty empty_like")  # arrays of whatever the memory holds
HALFWAY_METHODS = words("groupby rolling expanding resample ewm")
# What makes a cell that plots as well more than a look at something.
WORKING_CALLS = words("""
    read_csv read_excel read_json read_parquet read_table read_sql read_pickle load_dataset fit fit_transform
    train_test_split cross_val_score cross_validate GridSearchCV merge
""")

# A name that looks like a setting though it isn't written in capitals.
SETTING_WORDS = words("""
    seed random_state rng_seed test_size train_size validation_size test_fraction threshold cutoff epochs n_epochs
    batch_size learning_rate lr alpha beta gamma n_estimators max_depth min_samples n_clusters n_components n_splits
    n_folds n_jobs n_iter n_iterations n_samples max_iter iterations num_epochs window horizon degree order tolerance
    tol target target_column label_column data_dir data_path data_file data_folder input_dir input_path input_file
    output_dir output_path output_file model_path filename file_name file_path filepath folder url data_url year
    start_date end_date sample_size
""")
