"""An HTTP API as a source: five ways of paging, four ways to log in, faults that leave no mark, and no endless pull."""

import json
import logging
from datetime import UTC, datetime

import pytest
import yaml

pytest.importorskip("httpx2", reason="the client for HTTP is not installed")

from tests.worlds.http_world import LOGIN, SECRET, Api, pull, running, split
from tests.worlds.world import column, key, make_contract
from warehouse.connectors.pull import digest_choice
from warehouse.connectors.rest.client import read_wait
from warehouse.connectors.seam import Login, PullError, PullFault
from warehouse.contracts.read import read_source

RECORDS = [{"id": str(n), "name": f"Chan {n}", "updated_at": f"2026-03-0{n}T10:00:00Z"} for n in range(1, 8)]


def make_source(folder, url, request, records="items[*]", mode="merge"):
    """A source of an API, its request as YAML."""
    contract = make_contract("things", {"kind": "reference", "mode": mode, "path": "x.csv",
                                        "columns": [key("id"), column("name")]})  # fmt: skip
    custom = {"connection": "things", "records": records, "request": yaml.safe_load(request)}
    contract["servers"] = [{"server": "things", "type": "api", "location": url, "customProperties": [
        {"property": f"c360.{name}", "value": value} for name, value in custom.items()]}]  # fmt: skip
    path = folder / "contracts" / "things.odcs.yaml"
    path.parent.mkdir(exist_ok=True)
    path.write_text(yaml.safe_dump(contract), "utf-8")
    return read_source(path)


def counted(query, url):
    """Pages by number or offset."""
    start = (int(query["page"]) - 1) * 3 if "page" in query else int(query["offset"])
    return {}, {"items": split(RECORDS, start, 3)[0]}


def by_cursor(query, url):
    page, has_more = split(RECORDS, start := int(query.get("after", 0)), 3)
    return {}, {"items": page, "meta": {"next": str(start + 3)} if has_more else {}}


def by_link(query, url):
    """The next page in the body, relative, and in a header."""
    page, has_more = split(RECORDS, start := int(query.get("start", 0)), 3)
    link = f"/things?start={start + 3}&key=of+another" if has_more else None
    return {"Link": f'<{url}{link}>; rel="next"'} if link else {}, {"items": page, "@odata.nextLink": link}


WAYS = {
    "number": ("{by: number, parameter: page}", counted, 4),
    "offset": ("{by: offset, parameter: offset}", counted, 4),
    "cursor": ("{by: cursor, parameter: after, at: meta.next}", by_cursor, 3),
    "next": ("{by: next, at: \"$['@odata.nextLink']\"}", by_link, 3),
    "link": ("{by: link}", by_link, 3),
}
AUTHS = {
    "number": "{by: basic}", "offset": "{by: bearer}", "cursor": "{by: header, name: X-Key}",
    "next": "{by: query, name: key}", "link": "{by: oauth2, url: URL/token}",
}  # fmt: skip


@pytest.mark.parametrize("way", WAYS)
def test_every_way_of_paging_gives_every_page_as_it_was_received(tmp_path, way):
    paging, answer, asked = WAYS[way]
    with running(Api({"/things": answer})) as api:
        auth = AUTHS[way].replace("URL", api.url)
        source = make_source(tmp_path, api.url, f"{{path: /things, paging: {paging}, auth: {auth}}}", mode="snapshot")
        body, fetched = pull(source, tmp_path)
    pages = [json.loads(line) for line in body.splitlines()]
    assert [record for page in pages for record in page["items"]] == RECORDS
    assert (len(pages), fetched.row_count, len(api.asked)) == (3, 7, asked)
    assert body.splitlines()[0].startswith(b'{  "items": [')  # as it was, but for the ends of lines


@pytest.fixture
def api():
    with running(Api({"/things": by_cursor})) as api:
        yield api


REQUEST = "{path: /things, paging: {by: cursor, parameter: after, at: meta.next}, auth: {by: bearer}}"


class TestFaults:
    @pytest.mark.parametrize("fault", ["429", "500", "503", "403", "half", "reset", "repeat"])
    def test_what_passes_leaves_the_same_bytes(self, tmp_path, api, fault):
        source = make_source(tmp_path, api.url, REQUEST, mode="snapshot")
        whole, _ = pull(source, tmp_path)
        api.asked.clear()
        api.headers, api.faults = {"Retry-After": "0"}, {2: fault, 3: fault, 5: fault}
        body, fetched = pull(source, tmp_path)
        assert body == whole
        assert len(api.asked) == 6
        assert fetched.notes == ("3 times a page was asked for again, as one did not come, or not whole",)

    def test_a_token_that_ran_out_is_renewed_once(self, tmp_path, api):
        source = make_source(
            tmp_path, api.url, REQUEST.replace("bearer", f"oauth2, url: {api.url}/token"), mode="snapshot"
        )
        api.faults = {2: "stale"}
        assert len(pull(source, tmp_path)[0].splitlines()) == 3
        assert len(api.tokens) == 3  # the first, the one in whose place it came, and the renewed one
        api.faults = {n: "stale" for n in range(len(api.asked) + 1, 50)}
        with pytest.raises(PullError, match="the login is not accepted") as caught:
            pull(source, tmp_path)
        assert caught.value.is_verdict

    @pytest.mark.parametrize(
        ("fault", "said", "is_verdict"),
        [
            ("401", "the login is not accepted; renew", True),
            ("404", "no such path; correct the server's location", True),
            ("400", "the request is not understood; correct parameters", True),
            ("302", "answers from elsewhere", True),
            ("500", "it answers 500; try again later", False),
            ("429", "it answers 429 and asks to wait 900 s; lower limits.perMinute", False),
            ("half", "it cannot be reached, or broke off", False),
            ("repeat", "a page came twice, and again when it was asked for again; correct paging", True),
        ],
    )
    def test_what_does_not_pass_is_said_without_values(self, tmp_path, api, fault, said, is_verdict):
        request = REQUEST.replace("auth", "parameters: {q: Chan}, limits: {maxMinutes: 1}, auth")
        source = make_source(tmp_path, api.url, request, mode="snapshot")
        api.headers, api.faults = {"Retry-After": "900"} if fault == "429" else {}, dict.fromkeys(range(2, 99), fault)
        with pytest.raises(PullError, match=f"source things .*{said}") as caught:
            pull(source, tmp_path)
        assert caught.value.is_verdict is is_verdict
        assert not any(word in str(caught.value) for word in ("Chan", SECRET, "after=", "?"))
        assert caught.value.__cause__ is None

    def test_a_client_that_is_not_known_gets_no_token(self, tmp_path, api):
        source = make_source(tmp_path, api.url, REQUEST.replace("bearer", f"oauth2, url: {api.url}/token"))
        with pytest.raises(PullError, match=r"no token is given; renew its connection, or correct auth \(401\)"):
            pull(source, tmp_path, login=Login("client", "wrong-geheim"))

    def test_a_server_that_is_down_may_be_up_again(self, tmp_path):
        with pytest.raises(PullFault, match="cannot be reached"):
            pull(make_source(tmp_path, "http://127.0.0.1:1", REQUEST), tmp_path)

    def test_how_long_to_wait_is_read_as_it_is_written(self):
        now = datetime(2026, 3, 1, 10, tzinfo=UTC)
        assert read_wait({"retry-after": "7"}, now) == 7
        assert read_wait({"retry-after": "Sun, 01 Mar 2026 10:00:09 GMT"}, now) == 9
        assert read_wait({"x-rate-limit-reset": str(int(now.timestamp()) + 30)}, now) == 30  # X
        assert read_wait({"x-ratelimit-reset": "2026-03-01T10:05:00.000000Z"}, now) == 300  # Mastodon
        assert read_wait({"retry-after": "soon"}, now) is None


class TestLoud:
    """What cannot be right stops, and says where."""

    @pytest.mark.parametrize(
        ("paging", "change", "said"),
        [
            ("", lambda b: {"results": b["items"]}, "no records where c360.records says"),
            ("", lambda b: {"items": [1, 2]}, "no records where c360.records says"),
            (", more: more", lambda b: b, "no true or false at more"),
            (", more: more", lambda b: {"items": b["items"], "more": True}, "there are more, and not where"),
            (", end: end", lambda b: {**b, "end": "no"}, "no true or false at end"),
            (", count: count", lambda b: {**b, "count": 9}, "a page has 3 records and says that it has 9"),
        ],
    )
    def test_another_schema(self, tmp_path, api, paging, change, said):
        source = make_source(tmp_path, api.url, REQUEST.replace("meta.next", "meta.next" + paging), mode="snapshot")
        api.change = change
        with pytest.raises(PullError, match=said):
            pull(source, tmp_path)

    def test_no_records_and_no_list_of_them(self, tmp_path, api):
        source = make_source(tmp_path, api.url, REQUEST.replace("meta.next", "meta.next, count: n"), mode="snapshot")
        api.change = lambda body: {"n": 0}
        assert pull(source, tmp_path)[0] == b""

    @pytest.mark.parametrize(
        ("limit", "said"),
        [
            ("maxPages: 5", "5 pages were pulled without an end"),
            ("maxMegabytes: 1", "pages came to 1 MB without an end"),
            ("maxMinutes: 1", "pages took 1 minutes without an end"),
        ],
    )
    def test_a_cursor_without_an_end(self, tmp_path, api, limit, said, monkeypatch):
        size = 400_000 if "Mega" in limit else 1
        api.paths = {
            "/things": lambda query, url: (
                {},
                {"items": [{"id": query.get("after", "0") * size}], "meta": {"next": int(query.get("after", 0)) + 1}},
            )
        }  # fmt: skip
        if "Minutes" in limit:
            clock = iter(range(0, 10_000, 4))
            monkeypatch.setattr("warehouse.connectors.rest.client.time.monotonic", lambda: float(next(clock)))
        source = make_source(tmp_path, api.url, REQUEST.replace("auth", f"limits: {{{limit}}}, auth"), mode="snapshot")
        with pytest.raises(PullError, match=f"{said}; correct paging in c360.request, or raise limits") as caught:
            pull(source, tmp_path)
        assert caught.value.is_verdict

    def test_the_login_goes_to_no_other_host(self, tmp_path, api):
        api.paths = {
            "/things": lambda query, url: ({"Link": '<https://evil.example/x>; rel="next"'}, {"items": RECORDS})
        }
        source = make_source(tmp_path, api.url, "{path: /things, paging: {by: link}, auth: {by: bearer}}")
        with pytest.raises(PullError, match="the next page lies on another host"):
            pull(source, tmp_path)
        with pytest.raises(PullError, match="host is another in its connection"):
            pull(source, tmp_path, login=Login("u", "p", "https://evil.example"))
        with pytest.raises(PullError, match="its connection has no password"):
            pull(source, tmp_path, login=Login("u"))


def test_a_secret_is_in_no_log_and_no_delivery(tmp_path, api, caplog):
    """The server sends it back in its links, as some do."""
    caplog.set_level(logging.DEBUG)
    for name in ("httpx2", "httpcore2"):
        assert logging.getLogger(name).level == logging.WARNING
    api.change = lambda body: {**body, "self": f"/things?key={SECRET}", "quoted": "key=sk_geheim%2B%2F77"}
    api.faults = {2: "500"}
    source = make_source(tmp_path, api.url, REQUEST.replace("bearer", "query, name: key"), mode="snapshot")
    body, _ = pull(source, tmp_path)
    assert api.asked[0][1]["key"] == SECRET
    assert body.count(b"key=***") == 6
    assert "geheim" not in caplog.text + body.decode() + repr(LOGIN)


class TestSince:
    REQUEST = """
        path: /things
        since: {parameter: changed_since, field: updated_at, start: "2026-01-01", overlap: PT1H}
    """

    @pytest.fixture
    def known(self, api):
        """Records that grow."""
        known = list(RECORDS[:2])
        api.paths = {
            "/things": lambda query, url: (
                {},
                {"items": [r for r in known if r["updated_at"] >= query["changed_since"]]},
            )
        }
        api.is_accepted = lambda *_: True
        return known

    def test_only_what_is_new_is_asked_for_and_a_far_future_hides_nothing(self, tmp_path, api, known):
        source = make_source(tmp_path, api.url, self.REQUEST)
        _, first = pull(source, tmp_path)
        assert (first.row_count, first.state, first.watermark) == (
            2, {"since": "2026-03-02T10:00:00+00:00"}, datetime(2026, 3, 2, 10, tzinfo=UTC)
        )  # fmt: skip
        known += [{"id": "9", "updated_at": "2099-01-01T00:00:00Z"}, RECORDS[2]]
        body, second = pull(source, tmp_path, first.state)
        assert [query["changed_since"] for _, query in api.asked] == ["2026-01-01T00:00:00Z", "2026-03-02T09:00:00Z"]
        assert [r["id"] for r in json.loads(body)["items"]] == ["2", "9", "3"]  # the overlap, too
        assert second.state == {"since": "2026-03-03T10:00:00+00:00"}
        known.clear()
        _, third = pull(source, tmp_path, second.state)
        assert (third.state, third.is_new) == (second.state, False)

    @pytest.mark.parametrize(
        ("form", "value", "asked"),
        [
            ("format: seconds, overlap: PT1M", 1_772_352_000, "1772351940"),
            ("format: milliseconds, overlap: PT1M", 1_772_352_000_500, "1772351940000"),
            ("format: seconds, overlap: PT1M", "2026-03-01T16:00:00+08:00", "1772351940"),
            ("format: number", "116170134500000001", "116170134500000001"),
            ("overlap: P1D", "2026-03-01 16:00", "2026-02-28T16:00:00Z"),
        ],
    )
    def test_times_and_numbers_are_written_as_they_are_asked_for(self, tmp_path, api, known, form, value, asked):
        request = f"{{path: /things, since: {{parameter: changed_since, field: updated_at, {form}}}}}"
        source = make_source(tmp_path, api.url, request)
        api.paths = {"/things": lambda query, url: ({}, {"items": [{"id": "1", "updated_at": value}]})}
        _, first = pull(source, tmp_path)
        pull(source, tmp_path, first.state)
        zone = {"2026-03-01 16:00": "2026-02-28T08:00:00Z"}  # of Hong Kong, as the contract says
        assert [query.get("changed_since") for _, query in api.asked] == [None, zone.get(value, asked)]

    def test_what_is_not_final_waits(self, tmp_path, api, known):
        request = "{path: /things, since: {parameter: changed_since, field: updated_at, overlap: PT40M, until: before}}"
        api.paths = {"/things": lambda query, url: ({}, {"items": []})}
        pull(make_source(tmp_path, api.url, request), tmp_path)
        before = datetime.fromisoformat(api.asked[0][1]["before"])
        assert 2400 <= (datetime.now(UTC) - before).total_seconds() < 2460

    def test_all_is_pulled_again_where_other_records_are_asked_for(self, tmp_path):
        def choice(request):
            return digest_choice(make_source(tmp_path, "https://a.example", request))

        pace = "limits: {perMinute: 5}, auth: {by: basic}"
        assert choice("{path: /things}") == choice(f"{{path: /things, {pace}}}")
        assert choice("{path: /things}") != choice("{path: /things, parameters: {q: 1}}")

    @pytest.mark.parametrize(("value", "said"), [({}, "no record has updated_at"), ({"updated_at": "x"}, "is no time")])
    def test_a_field_that_is_gone_or_another_is_loud(self, tmp_path, api, known, value, said):
        api.paths = {"/things": lambda query, url: ({}, {"items": [{"id": "1", **value}]})}
        with pytest.raises(PullError, match=said):
            pull(make_source(tmp_path, api.url, self.REQUEST), tmp_path)
