"""How old passwords are: by restore points of ProxySQL's own, and by what databases tell. None is shown."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from databases import Database
from server import Server
from test_examples import COMMON, documented, examples

SECRETS = ("m0n-one", "m0n-two", "sh0p-one", "sh0p-two", "dba-word", "admin:admin")


def write(module: Any, folder: Path, monitor: str, shop: str) -> None:
    done = module(
        "config",
        tables={"mysql_users": [{"username": "shop", "password": shop}]},
        variables={"mysql-monitor_password": monitor},
        restore_points=str(folder),
    )
    assert done["changed"], done


def told(module: Any, **options: Any) -> dict[str, Any]:
    found = module("secret_ages_info", **options)
    assert not found.get("failed") and not found["changed"], found
    assert not [secret for secret in SECRETS if secret in module.text]
    secrets: dict[str, Any] = found["secrets"]
    return secrets


def test_what_was_kept_of_them(server: Server, module: Any, tmp_path: Path) -> None:
    write(module, tmp_path, "m0n-one", "sh0p-one")
    ages = told(module, restore_points=str(tmp_path))
    # what was there before it was something else, or nothing
    assert ages["ProxySQL, monitor"]["changed_after"] and not ages["ProxySQL, monitor"]["same_since"]
    write(module, tmp_path, "m0n-one", "sh0p-two")
    write(module, tmp_path, "m0n-two", "sh0p-two")
    module("config", variables={"mysql-long_query_time": 7}, restore_points=str(tmp_path))
    write(module, tmp_path, "m0n-two", "sh0p-one")
    ages = told(module, restore_points=str(tmp_path))
    assert ages["ProxySQL, monitor"]["changed_after"] <= ages["ProxySQL, monitor"]["same_since"]
    shop = ages["ProxySQL, user shop"]
    assert shop["changed_after"] and shop["same_since"] is None and "within the last day" in shop["text"]
    # of which no point has anything
    assert ages["ProxySQL, cluster"]["text"] == "its age is not known"


def test_without_restore_points_nothing_is_known(server: Server, module: Any, tmp_path: Path) -> None:
    write(module, tmp_path, "m0n-one", "sh0p-one")
    assert {age["text"] for age in told(module).values()} == {"its age is not known"}


def test_what_databases_tell(server: Server, module: Any, tmp_path: Path) -> None:
    write(module, tmp_path, "m0n-one", "sh0p-one")
    login = {"database_user": "dba", "database_password": "dba-word"}
    for version in ("8.4.3", "5.5.5-10.11.19-MariaDB"):
        with Database(version=version) as database:
            name = f"{database.host}:{database.port}, shop@%"
            ages = told(module, databases=[database.place], **login)
            assert ages[name]["changed_after"] == ages[name]["same_since"] == "2023-11-14T22:13:20Z"
            assert not [each for each in ages if "root" in each], "ProxySQL has no such user"


def test_one_that_tells_nothing_is_a_warning(server: Server, module: Any) -> None:
    with Database() as database:
        place = {"databases": [database.place], "database_user": "shop", "database_password": "old-word"}
        found = module("secret_ages_info", **place)
    assert "does not tell 'shop' how old passwords are (1142)" in str(found["warnings"])


def test_the_example_works_and_returns_what_is_documented(
    server: Server, module: Any, tmp_path: Path
) -> None:
    (options,) = examples("secret_ages_info")
    login = {"login_user": "admin", "login_password": "admin", "restore_points": str(tmp_path)}
    found = module("secret_ages_info", **{**options, **login})
    assert not found.get("failed") and set(found) <= {*documented("secret_ages_info", "RETURN"), *COMMON}
