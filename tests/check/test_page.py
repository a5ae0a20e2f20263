"""The page: complete without anything else, an arrow for each edge, the source beside it; drawn by a real browser."""

import re
from html.parser import HTMLParser
from pathlib import Path

import pytest

from lockfree.check import check
from lockfree.check.html import page
from tests import needs
from tests.beacon.chrome import Chrome

PROGRAMS = Path(__file__).with_name("programs")


@pytest.fixture(autouse=True)
def cache(kept, monkeypatch):
    monkeypatch.setenv("LOCKFREE_CACHE", str(kept))


class Parts(HTMLParser):
    """Elements by class, and whatever names another file."""

    def __init__(self):
        super().__init__()
        self.classes, self.outside, self.ids, self.targets = [], [], set(), set()

    def handle_starttag(self, tag, attrs):
        found = dict(attrs)
        self.classes += (found.get("class") or "").split()
        self.ids.add(found.get("id"))
        if tag in ("link", "img", "iframe") or "src" in found:
            self.outside.append((tag, found))
        if "href" in found:
            self.targets.add(found["href"])


def parts(text):
    parser = Parts()
    parser.feed(text)
    return parser


def test_it_needs_nothing_else():
    text = page(check(PROGRAMS / "message.c"))
    found = parts(text)
    assert found.outside == []
    assert not re.search(r"https?://|@import|url\((?!#)", text)


def test_an_arrow_for_each_edge_and_a_line_for_each_step():
    found = parts(page(check(PROGRAMS / "message.c")))
    assert found.classes.count("step") == 4
    assert (found.classes.count("reads"), found.classes.count("races"), found.classes.count("syncs")) == (1, 1, 0)
    assert {target.removeprefix("#") for target in found.targets} <= found.ids
    found = parts(page(check(PROGRAMS / "announced_too_early.c")))
    assert (found.classes.count("reads"), found.classes.count("syncs")) == (0, 1)
    found = parts(page(check(PROGRAMS / "sequence_lock.c")))
    assert (found.classes.count("reads"), found.classes.count("missed")) == (1, 1)


def test_what_the_program_says_is_text(source):
    text = (PROGRAMS / "double_pop.c").read_text().replace("before == 0", 'before == 0 && "<i>&amp;<script>x</script>"')
    drawn = page(check(source("a<b.c", text)))
    assert "assertion failed: before == 0 &amp;&amp; &quot;&lt;i&gt;&amp;amp;&lt;script&gt;x" in drawn
    assert "<i>" not in drawn.partition("</style>")[2].replace('<i style="', "")
    assert drawn.count("<script>") == 1


def test_a_report_without_defects_is_a_page_too():
    drawn = page(check("spsc_ring"))
    assert "nothing found" in drawn
    assert "items:wrap" in drawn


@pytest.mark.browser
@needs.program("chromium", package="chromium")
def test_a_browser_draws_it(tmp_path):
    """Each arrow ends at its boxes' sides, no text is cut off, hovering a step shows its line."""
    path = tmp_path / "story.html"
    path.write_text(page(check(PROGRAMS / "store_buffering.c")))
    with Chrome(needs.require("chromium", package="chromium"), width=1600, height=1000) as browser:
        browser.open(path.as_uri())
        assert browser.run("document.querySelectorAll('a.step').length") == 9
        cut = "[...document.querySelectorAll('.did')].filter(d => d.getBoundingClientRect().bottom > "
        assert browser.run(f"{cut} d.parentElement.getBoundingClientRect().bottom + 1).length") == 0
        browser.run("document.querySelector('a.step').dispatchEvent(new MouseEvent('mouseenter'))")
        assert "atomic_store_explicit(&x" in browser.run("document.querySelector('.source .on').textContent")
        beside = "document.querySelector('.source').getBoundingClientRect()"
        assert browser.run(f"{beside}.left > document.querySelector('.picture').getBoundingClientRect().right")
