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


def change_logins(
    module: Any, nodes: list[Server], folder: Path, word: str, **options: Any
) -> dict[str, Any]:
    done: dict[str, Any] = module(
        "cluster_credentials",
        nodes=[{"login_host": node.host, "login_port": node.admin_port} for node in nodes],
        admin_credentials=f"admin:admin;radmin:r-{word};cluster:c-{word}",
        stats_credentials=f"stats:s-{word}",
        cluster_user="cluster",
        cluster_password=f"c-{word}",
        restore_points=str(folder),
        **options,
    )
    assert not done.get("failed"), done
    return done


def test_logins_of_the_nodes(server: Server, module: Any, tmp_path: Path) -> None:
    folder, kept = tmp_path / "points", tmp_path / "points" / "replaced"
    change_logins(module, [server], folder, "one", check=True)
    assert not folder.exists()
    change_logins(module, [server], folder, "one")
    ages = told(module, restore_points=str(folder))
    assert ages["ProxySQL, cluster"]["changed_after"], "it had another before"
    assert ages["ProxySQL, admin radmin"]["text"] == "its age is not known", "it is new"
    change_logins(module, [server], folder, "two")
    assert not change_logins(module, [server], folder, "two")["changed"]
    ages = told(module, restore_points=str(folder))
    for name in ("admin radmin", "statistics stats", "cluster"):
        assert ages[f"ProxySQL, {name}"]["text"] == "changed within the last day", name
    assert ages["ProxySQL, admin admin"]["text"] == "its age is not known"
    # one that was away has the previous ones for longer than they were in use
    before = kept.read_bytes()
    with Server() as away:
        assert change_logins(module, [server, away], folder, "two")["changed"]
    assert kept.read_bytes() == before
    assert kept.stat().st_mode & 0o777 == 0o600 and folder.stat().st_mode & 0o777 == 0o700
    assert not [word for word in (b"r-one", b"c-one", b"s-one", b"r-two", b"clusterpw") if word in before]
    # as rotate asks: what is there is no restore point, and what nobody can read stops nobody
    assert module("restore_points_info", restore_points=str(folder))["restore_points"] == []
    kept.write_text("{}}")
    assert told(module, restore_points=str(folder))["ProxySQL, cluster"]["text"] == "its age is not known"


def test_where_nothing_can_be_kept_the_logins_change_all_the_same(
    server: Server, module: Any, tmp_path: Path
) -> None:
    folder = tmp_path / "points"
    folder.write_text("a file")
    done = change_logins(module, [server], folder, "one")
    assert done["changed"] and "it is not kept when the logins changed" in str(done["warnings"])


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
