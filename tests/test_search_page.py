"""The search page: what it answers, what it refuses, and what it never gives away. No browser: see test_browser.py."""

import io
import json
import subprocess
import sys
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from PIL.TiffImagePlugin import IFDRational

pytest.importorskip("starlette", reason="no Starlette here: pip install -e .[serve]")
pytest.importorskip("python_multipart", reason="no python-multipart here: pip install -e .[serve]")
from starlette.testclient import TestClient

from minclip import checkpoint
from minclip.cli import main, serve
from minclip.preprocess import image_transform
from minclip.search import index_folder
from minclip.search.guards import POLICY, own_hosts
from minclip.search.page import STATIC, search_app
from minclip.search.searcher import Searcher

HOST = "127.0.0.1:8760"
ORIGIN = {"origin": f"http://{HOST}"}
COLOURS = ("red", "blue", "green", "yellow")


def as_file(image, kind="PNG", **how):
    content = io.BytesIO()
    image.save(content, kind, **how)
    return content.getvalue()


@pytest.fixture
def folder(tmp_path):
    photos = tmp_path / "photos"
    (photos / "deeper").mkdir(parents=True)
    for colour in COLOURS:
        Image.new("RGB", (40, 30), colour).save(photos / f"{colour}.png")
    Image.new("RGB", (30, 40), "white").save(photos / "deeper" / "white <b>&.jpg")
    (photos / "broken.png").write_bytes(b"no picture")
    (tmp_path / "secret.png").write_bytes(as_file(Image.new("RGB", (5, 5), "black")))
    return photos


@pytest.fixture
def searcher(folder, model, tokenizer):
    preprocess = image_transform(model.config.image_size)
    index = index_folder(folder, model, preprocess, follow_links=False)
    return Searcher(index, model, preprocess, tokenizer, ["a photo of {}"])


@pytest.fixture
def page(searcher):
    return TestClient(search_app(searcher, own_hosts(8760)), base_url=f"http://{HOST}", headers=ORIGIN)


def found(page, **fields):
    files = {"upload": fields.pop("upload")} if "upload" in fields else None
    answer = page.post("/search", data=fields, files=files)
    assert answer.status_code == 200, answer.text
    return answer.json()["found"]


def test_a_sentence_ranks_all_pictures(page, searcher):
    rows = found(page, text="a red car")
    scores = [row["score"] for row in rows]
    assert scores == sorted(scores, reverse=True) and len(rows) == 5
    expected = searcher.index.search(searcher.text_features("a red car")[0], 5)
    assert [row["name"] for row in rows] == [path.relative_to(searcher.index.folder).as_posix() for path, _ in expected]
    assert scores == pytest.approx([score for _, score in expected], abs=1e-4)
    assert len(found(page, text="a red car", k=2)) == 2


def test_a_picture_finds_its_like(page, searcher):
    red = [path.name for path in searcher.index.names].index("red.png")
    rows = found(page, like=str(red))
    assert red not in [row["number"] for row in rows] and len(rows) == 4
    uploaded = found(page, upload=("x.png", as_file(Image.new("RGB", (40, 30), "red")), "image/png"))
    assert uploaded[0]["name"] == "red.png" and uploaded[0]["score"] == pytest.approx(1, abs=1e-3)


def test_a_sentence_changes_a_picture(page, searcher):
    from minclip.retrieval import composed_query

    rows = found(page, like="0", text="a small green tree", instead="a red car", weight="2")
    texts = searcher.text_features("a small green tree"), searcher.text_features("a red car")
    query = composed_query(searcher.index.features[:1], *texts, weight=2.0)
    assert rows == searcher.search(query, 24, without=0)
    assert found(page, like="0", text="a red car", weight="0") == found(page, like="0")
    assert found(page, like="0", text="a red car") != found(page, like="0")


def test_shares_of_class_names_add_up(page, searcher):
    answer = page.post("/classify", data={"like": "1", "names": "a red car\n\n two blue fish \na dog"})
    shares = answer.json()["shares"]
    assert [row["name"] for row in shares] == ["a red car", "two blue fish", "a dog"]
    assert sum(row["share"] for row in shares) == pytest.approx(1, abs=2e-4)
    from minclip.zero_shot import classify

    picture = Image.open(searcher.index.names[1])
    labels = [row["name"] for row in shares]
    expected = classify(searcher.model, searcher.tokenizer, searcher.preprocess, picture, labels, searcher.templates)
    assert [row["share"] for row in shares] == pytest.approx(expected[0].tolist(), abs=1e-3)


def test_the_page_and_its_parts_are_there(page):
    for path, kind in (("/", "text/html"), ("/page.css", "text/css"), ("/page.js", "text/javascript")):
        answer = page.get(path)
        assert answer.status_code == 200 and answer.headers["content-type"].startswith(kind)
    told = page.get("/about").json()
    assert told["folder"] == "photos" and told["pictures"] == 5
    assert len(told["left_out"]) == 1 and "broken.png" in told["left_out"][0]


def test_every_answer_has_the_policy(page):
    answers = [page.get("/"), page.get("/nowhere"), page.get("/picture/0"), page.post("/search", data={})]
    answers.append(page.get("/", headers={"host": "evil.example"}))
    for answer in answers:
        assert answer.headers["content-security-policy"] == POLICY
        assert answer.headers["x-content-type-options"] == "nosniff" and answer.headers["cache-control"] == "no-store"
    assert "unsafe" not in POLICY and POLICY.startswith("default-src 'none'")


def test_the_page_needs_nothing_inline_or_foreign():
    html = (STATIC / "page.html").read_text(encoding="utf-8")
    script = (STATIC / "page.js").read_text(encoding="utf-8")
    assert "style=" not in html and "<style" not in html and html.count("<script") == 1
    assert not any(f" on{event}=" in html for event in ("click", "input", "load", "submit", "change"))
    for text in (html, script, (STATIC / "page.css").read_text(encoding="utf-8")):
        assert "http:" not in text and "https:" not in text and "//" not in text.replace("// ", "")
    assert "innerHTML" not in script and "eval" not in script and "insertAdjacentHTML" not in script


def test_pictures_are_made_anew_for_showing(folder, model, tokenizer):
    exif = Image.Exif()
    exif[0x010E], exif[0x0112] = "my garden", 6  # lies on its side
    exif.get_ifd(0x8825)[2] = (IFDRational(48), IFDRational(8), IFDRational(14))  # where it was taken
    Image.new("RGB", (2000, 1000), "red").save(folder / "0.jpg", exif=exif)
    preprocess = image_transform(model.config.image_size)
    searcher = Searcher(index_folder(folder, model, preprocess), model, preprocess, tokenizer)
    number = [path.name for path in searcher.index.names].index("0.jpg")
    page = TestClient(search_app(searcher, own_hosts(8760)), base_url=f"http://{HOST}")
    for size, side in (("small", 360), ("large", 1280)):
        answer = page.get(f"/picture/{number}?size={size}")
        assert answer.headers["content-type"] == "image/jpeg"
        shown = Image.open(io.BytesIO(answer.content))
        assert shown.size == (side // 2, side) and not shown.getexif() and b"garden" not in answer.content


def many_pixels():
    return as_file(Image.new("1", (9000, 6000)))


def half():
    noise = np.random.default_rng(0).integers(0, 256, (90, 90, 3), dtype=np.uint8)
    return as_file(Image.fromarray(noise))[:4000]


FORM = "multipart/form-data; boundary=x"
HOSTILE = [  # what is asked, and the status that refuses it
    ("GET", "/", {"headers": {"host": "evil.example"}}, 421),
    ("GET", "/", {"headers": {"host": "evil.example:8760"}}, 421),
    ("GET", "/", {"headers": {"host": "127.0.0.1:80"}}, 421),
    ("GET", "/", {"headers": {"host": "127.0.0.1"}}, 421),
    ("GET", "/", {"headers": {"host": "127.0.0.1:8760.evil.example"}}, 421),
    ("GET", "/", {"headers": {"host": "[::1]:8760"}}, 421),
    ("GET", "/picture/0", {"headers": {"host": "localhost.evil.example:8760"}}, 421),
    ("GET", "/picture/0", {"headers": {"sec-fetch-site": "cross-site"}}, 403),
    ("GET", "/picture/0", {"headers": {"sec-fetch-site": "same-site"}}, 403),
    ("GET", "/picture/0", {"headers": {"sec-fetch-site": "cross-site", "sec-fetch-mode": "navigate"}}, 403),
    ("GET", "/about", {"headers": {"sec-fetch-site": "cross-site"}}, 403),
    ("POST", "/search", {"headers": {"origin": "http://evil.example"}, "data": {"text": "a"}}, 403),
    ("POST", "/search", {"headers": {"origin": "null"}, "data": {"text": "a"}}, 403),
    ("POST", "/search", {"headers": {"origin": ""}, "data": {"text": "a"}}, 403),
    ("POST", "/search", {"headers": {"origin": f"https://{HOST}"}, "data": {"text": "a"}}, 403),
    ("POST", "/search", {"headers": {"origin": "http://127.0.0.1:9999"}, "data": {"text": "a"}}, 403),
    ("POST", "/search", {"headers": {"sec-fetch-site": "cross-site"}, "data": {"text": "a"}}, 403),
    ("POST", "/search", {"json": {"text": "a"}}, 415),
    ("POST", "/search", {"content": b"text=a", "headers": {"content-type": "text/plain"}}, 415),
    ("POST", "/search", {"content": b"text=a"}, 415),
    ("POST", "/search", {"content": b"junk", "headers": {"content-type": FORM}}, 400),
    ("POST", "/search", {"content": b"--y", "headers": {"content-type": "multipart/form-data"}}, 400),
    ("POST", "/search", {"data": {"text": "a"}, "headers": {"content-length": "99999999999"}}, 413),
    ("POST", "/search", {"data": {"text": "a"}, "headers": {"content-length": "-5"}}, 400),
    ("POST", "/search", {"files": {"upload": ("a.png", b"\0" * 2_000_000)}}, 413),
    ("POST", "/search", {"files": {"text": (None, b"a" * 100_000)}}, 400),
    ("POST", "/search", {"files": [("upload", ("a.png", b"a")), ("other", ("b.png", b"b"))]}, 400),
    ("POST", "/search", {"data": {f"field{i}": "x" for i in range(30)}}, 400),
    ("POST", "/search", {"data": {}}, 415),
    ("POST", "/search", {"data": {"text": "   "}}, 400),
    ("POST", "/search", {"data": {"text": "a" * 1001}}, 400),
    ("POST", "/search", {"data": {"text": "very " * 150}}, 400),
    ("POST", "/search", {"data": {"text": "a", "k": "0"}}, 400),
    ("POST", "/search", {"data": {"text": "a", "k": "1e8"}}, 400),
    ("POST", "/search", {"data": {"text": "a", "k": "nan"}}, 400),
    ("POST", "/search", {"data": {"text": "a", "like": "0", "weight": "inf"}}, 400),
    ("POST", "/search", {"data": {"like": "5"}}, 404),
    ("POST", "/search", {"data": {"like": "-1"}}, 400),
    ("POST", "/search", {"data": {"like": "../secret.png"}}, 400),
    ("POST", "/search", {"data": {"like": "²"}}, 400),
    ("POST", "/search", {"files": {"text": ("a.txt", b"a")}}, 400),
    ("POST", "/search", {"files": {"upload": ("a.png", b"<svg onload=alert(1)>", "image/png")}}, 400),
    ("POST", "/search", {"files": {"upload": ("a.jpg", b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 9 9\n")}}, 400),
    ("POST", "/search", {"files": {"upload": ("a.png", many_pixels)}}, 400),
    ("POST", "/search", {"files": {"upload": ("a.png", half)}}, 400),
    ("POST", "/classify", {"data": {"names": "a\nb"}}, 400),
    ("POST", "/classify", {"data": {"like": "0", "names": "\n \n"}}, 400),
    ("POST", "/classify", {"data": {"like": "0", "names": "a cat\na cat"}}, 400),
    ("POST", "/classify", {"data": {"like": "0", "names": "\n".join(map(str, range(51)))}}, 400),
    ("GET", "/search", {}, 405),
    ("PUT", "/search", {}, 405),
    ("DELETE", "/picture/0", {}, 405),
    ("TRACE", "/", {}, 405),
    ("OPTIONS", "/search", {}, 405),
    ("GET", "/picture/5", {}, 404),
    ("GET", "/picture/-1", {}, 404),
    ("GET", "/picture/99999999999999999999", {}, 404),
    ("GET", "/picture/0?size=huge", {}, 400),
    ("GET", "/picture/..%2f..%2fsecret.png", {}, 404),
    ("GET", "/picture/../../secret.png", {}, 404),
    ("GET", "/%2e%2e/secret.png", {}, 404),
    ("GET", "/../page.py", {}, 404),
    ("GET", "//etc/passwd", {}, 404),
    ("GET", "/static/page.html", {}, 404),
    ("GET", "/page.js%00", {}, 404),
]


@pytest.mark.parametrize(("method", "path", "how", "status"), HOSTILE)
def test_hostile_requests_are_refused_in_words(searcher, method, path, how, status):
    how = dict(how)
    if "files" in how and isinstance(how["files"], dict):
        made = {name: tuple(part() if callable(part) else part for part in file) for name, file in how["files"].items()}
        how["files"] = made
    app = search_app(searcher, own_hosts(8760), max_body=1_000_000)
    page = TestClient(app, base_url=f"http://{HOST}", headers=ORIGIN)
    answer = page.request(method, path, **how)
    assert answer.status_code == status, answer.text
    if status not in (404, 405):
        assert answer.json()["error"]
    assert "Traceback" not in answer.text and str(searcher.root) not in answer.text


def test_a_body_is_counted_whatever_its_header_says(searcher):
    app = search_app(searcher, own_hosts(8760), max_body=1000)
    page = TestClient(app, base_url=f"http://{HOST}", headers=ORIGIN)

    def parts():
        yield b"text="
        for _ in range(30):
            yield b"a" * 100

    answer = page.post("/search", content=parts(), headers={"content-type": "application/x-www-form-urlencoded"})
    assert answer.status_code == 413


def test_two_host_headers_are_refused(searcher):
    page = TestClient(search_app(searcher, own_hosts(8760)), base_url=f"http://{HOST}")
    assert page.get("/", headers=[("host", HOST), ("host", "evil.example")]).status_code == 421


def test_a_web_socket_is_closed(page):
    from starlette.websockets import WebSocketDisconnect

    with pytest.raises(WebSocketDisconnect), page.websocket_connect("/"):
        pass


def test_localhost_is_a_name_of_its_own(searcher):
    app = search_app(searcher, own_hosts(8760))
    page = TestClient(app, base_url="http://localhost:8760", headers={"origin": "http://localhost:8760"})
    assert page.get("/").status_code == 200 and page.post("/search", data={"text": "a car"}).status_code == 200
    link = {"sec-fetch-site": "cross-site", "sec-fetch-mode": "navigate"}
    assert page.get("/", headers=link).status_code == 200  # a link in a mail may open the page


@contextmanager
def link(path, to):
    try:
        path.symlink_to(to)
    except OSError:
        pytest.skip("no links on this system")
    yield


def test_a_picture_that_became_a_link_is_not_shown(page, searcher, folder, tmp_path):
    numbers = {path.name: number for number, path in enumerate(searcher.index.names)}
    (folder / "red.png").unlink()
    with link(folder / "red.png", tmp_path / "secret.png"):
        assert page.get(f"/picture/{numbers['red.png']}").status_code == 404
    (folder / "blue.png").unlink()
    (folder / "green.png").write_bytes(b"broken by now")
    for name in ("blue.png", "green.png"):
        answer = page.get(f"/picture/{numbers[name]}")
        assert answer.status_code == 404 and name in answer.json()["error"]
    assert page.get(f"/picture/{numbers['yellow.png']}").status_code == 200


def test_odd_names_are_shown_as_text(page, searcher, tmp_path):
    names = [row["name"] for row in found(page, text="a car")]
    assert "deeper/white <b>&.jpg" in names
    searcher.index.names[0] = Path(searcher.index.folder) / "lone \udcff.png"
    assert any(row["name"] == "lone ?.png" for row in found(page, text="a car"))
    assert json.loads(page.get("/about").text)["pictures"] == 5


def test_texts_and_classes_are_encoded_once(page, searcher, monkeypatch):
    found(page, text="a red car")
    page.post("/classify", data={"like": "1", "names": "a dog\na cat"})
    monkeypatch.setattr("minclip.search.searcher.encode_texts", None)
    monkeypatch.setattr("minclip.search.searcher.zero_shot_classifier", None)
    found(page, text="a red car", k=1)
    assert page.post("/classify", data={"like": "2", "names": "a cat\na dog"}).status_code == 200


def test_a_missing_package_is_one_line(monkeypatch, capsys, tmp_path):
    monkeypatch.setattr(serve, "find_spec", lambda name: None if name == "python_multipart" else sys)
    assert main(["serve", "--in", str(tmp_path)]) == 2
    said = capsys.readouterr().err
    assert "python-multipart" in said and 'pip install "minclip[serve]"' in said and said.count("\n") == 1
    monkeypatch.setattr(serve, "find_spec", lambda name: None)
    assert main(["serve", "--in", str(tmp_path)]) == 2
    assert "starlette, uvicorn, python-multipart" in capsys.readouterr().err


def test_help_asks_for_no_package(monkeypatch, capsys):
    monkeypatch.setattr(serve, "find_spec", None)
    with pytest.raises(SystemExit):
        main(["serve", "--help"])
    assert "8760" in capsys.readouterr().out


def test_the_port_is_of_this_computer_alone(capsys, tmp_path):
    with serve.listening(0) as own:
        own.listen()
        address, port = own.getsockname()
        assert address == "127.0.0.1"
        assert main(["serve", "--in", str(tmp_path), "--port", str(port)]) == 2
    said = capsys.readouterr().err
    assert f"port {port} cannot be used" in said and "another --port" in said
    assert main(["serve", "--in", str(tmp_path), "--port", "70000"]) == 2
    assert "from 0 to 65535" in capsys.readouterr().err


def test_serve_says_where_the_page_is(folder, model, tokenizer, tmp_path, monkeypatch, capsys):
    import uvicorn

    checkpoint.save(model, tokenizer, tmp_path / "model.safetensors")
    asked = []

    def answers(server, sockets):
        (own,) = sockets
        host = "{}:{}".format(*own.getsockname())
        page = TestClient(server.config.app, base_url=f"http://{host}", headers={"origin": f"http://{host}"})
        asked.append((host, len(found(page, text="a red car"))))

    monkeypatch.setattr(uvicorn.Server, "run", answers)
    command = ["serve", "--in", str(folder), "--port", "0", "--model", str(tmp_path / "model.safetensors")]
    assert main(command) == 0
    printed = capsys.readouterr()
    ((host, number),) = asked
    assert f"Search page: http://{host} (5 pictures of {folder}; Ctrl-C ends it)\n" == printed.out and number == 5
    assert "1 file could not be read" in printed.err


def test_importing_the_command_line_imports_no_server():
    code = "import sys, minclip.cli, minclip.search; print([m for m in ('starlette', 'uvicorn') if m in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
