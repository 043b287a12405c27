"""How a device's program begins: without the parts of libraries that no device uses."""

import subprocess
import sys

_LOADED = """
import sys
from club.settings.program import as_in_a_store

with as_in_a_store():
    import requests
    import sqlite_utils

database = sqlite_utils.Database(memory=True)
database["tea"].upsert_all([{"slug": "longjing", "name": "龙井"}, {"slug": "longjing", "name": "明前龙井"}], pk="slug")
print([row["name"] for row in database["tea"].rows_where("slug = ?", ["longjing"])])
answer = requests.Response()
answer._content = "茶".encode()
print(answer.text, sorted({"charset_normalizer", "click", "dateutil", "numpy", "pandas"} & set(sys.modules)))
"""


def test_libraries_are_loaded_without_what_no_device_uses_and_say_nothing_of_it() -> None:
    said = subprocess.run(
        [sys.executable, "-X", "utf8", "-W", "error", "-c", _LOADED], capture_output=True, text=True, check=False
    )
    assert (said.stdout.split("\n"), said.stderr) == (["['明前龙井']", "茶 []", ""], "")
