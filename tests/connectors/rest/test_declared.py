"""What `c360 check` says of a contract whose API is not declared right: the place, the nearest word, and no secret."""

import copy

import pytest
import yaml

from warehouse import ROOT
from warehouse.contracts.lint.folder import list_problems

CONTRACT = yaml.safe_load((ROOT / "examples/apis/stripe/contracts/charges.odcs.yaml").read_text("utf-8"))


def said_of(folder, change) -> list[str]:
    contract = copy.deepcopy(CONTRACT)
    change(contract, contract["servers"][0], contract["servers"][0]["customProperties"][2]["value"])
    (folder / "charges.odcs.yaml").write_text(yaml.safe_dump(contract), "utf-8")
    return [str(problem) for problem in list_problems(folder)]


def put(*place):
    """A change of the request."""

    def change(contract, server, request):
        *above, name, value = place
        for step in above:
            request = request[step]
        if value is None:
            del request[name]
        else:
            request[name] = value

    return change


def set_server(name, value):
    return lambda contract, server, request: server.update({name: value})


def drop(name):
    def change(contract, server, request):
        server["customProperties"] = [e for e in server["customProperties"] if e["property"] != f"c360.{name}"]

    return change


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (put("pageing", {"by": "link"}), "unknown key 'pageing' — did you mean 'paging'?"),
        (put("paging", "by", "cursr"), "value.paging.by: unknown by 'cursr' — did you mean 'cursor'?"),
        (put("paging", "at", None), "value.paging.at: paging by cursor without its place"),
        (put("paging", "parameter", None), "value.paging.parameter: paging by cursor without a parameter"),
        (put("paging", "at", "data[*].id"), "value.paging.at: 'data[*].id' is no place in a body"),
        (put("path", None), "value.path: is missing — write the path below the server's location"),
        (put("since", "format", "second"), "unknown format 'second' — did you mean 'seconds'?"),
        (put("since", "overlap", None), "since.overlap: rows that are shown later than they are stamped are missed"),
        (put("since", "overlap", 8), "value.since.overlap: overlap is 8 — write a duration, as PT10M or P1D"),
        (put("since", "start", "soon"), "value.since.start: start is 'soon'"),
        (put("auth", {"by": "header"}), "value.auth.name: auth by header without a name"),
        (put("auth", {"by": "oauth2"}), "value.auth.url: an address for tokens is of oauth2"),
        (put("auth", {"by": "oauth2", "url": "http://a.example"}), "auth.url: the address does not begin with https"),
        (put("limits", {"perMinut": 5}), "unknown key 'perMinut' — did you mean 'perMinute'?"),
        (put("limits", {"maxPages": 0}), "value.limits.maxPages: does not fit — write pages of one pull at most"),
        (put("parameters", {"q": {"a": 1}}), "value.parameters.q: a parameter is no text, number or list of them"),
        (set_server("location", "http://api.example.com"), "servers[0].location: the address does not begin with https://"),
        (set_server("location", "https://a.example/?x=1"), "servers[0].location: the address holds a login, a"),
        (drop("records"), "c360.records is missing — add it, as in tickets[*]"),
        (drop("request"), "c360.request is missing — add c360.request with a path"),
        (drop("connection"), "auth without c360.connection — name the connection"),
        (lambda c, s, r: c["customProperties"][1].update(value="snapshot"), "what is new alone is asked for"),
        (lambda c, s, r: s["customProperties"].append({"property": "c360.cursor", "value": "i"}), "c360.cursor of an"),
    ],
)  # fmt: skip
def test_what_is_wrong_is_said_with_its_place_and_cure(tmp_path, change, said):
    assert [line for line in said_of(tmp_path, change) if said in line], said_of(tmp_path, change)


@pytest.mark.parametrize(
    "change",
    [
        put("parameters", "api_key", "geheim-7"),
        put("headers", "Authorization", "Bearer geheim-7"),
        put("headers", "X-Api-Key", "geheim-7"),
        put("auth", "password", "geheim-7"),
        set_server("location", "https://me:geheim-7@api.stripe.com"),
    ],
)
def test_a_secret_in_a_contract_is_refused_and_not_shown(tmp_path, change):
    found = said_of(tmp_path, change)
    assert [line for line in found if "a contract holds no password or other secret" in line]
    assert "geheim" not in "".join(found)
