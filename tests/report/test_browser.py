"""The pages in a browser: no error, no sideways scrolling, by mouse and by keyboard."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from itertools import product
from pathlib import Path

import pytest
from made_up_class import EXERCISES, sample
from selenium import webdriver
from selenium.webdriver.common.action_chains import ActionChains
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys
from selenium.webdriver.support.ui import Select
from selenium.webdriver.support.wait import WebDriverWait

from grader.report import write_report
from grader.report.formats import html

pytestmark = pytest.mark.slow

# If no browser is on the path, the driver looks where systems usually keep Chrome.
BROWSER = next(
    (p for n in ("chromium", "chromium-browser", "google-chrome") if (p := shutil.which(n))), ""
)
DRIVER = shutil.which("chromedriver")
FLAGS = (
    "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
    "--disable-background-networking", "--disable-component-update", "--disable-sync",
)  # fmt: skip

WINDOWS = (*product((400, 1400), ("light", "dark")), (800, "light"), (1000, "light"))
# How wide the page is, the colour of its paper, and how many tables are cut.
LAYOUT = """
return [
    document.documentElement.scrollWidth,
    getComputedStyle(document.body).backgroundColor,
    [...document.querySelectorAll('.scroll:not(.heat)')]
        .filter(region => region.scrollWidth > region.clientWidth).length,
]
"""


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("reports")
    write_report(sample(), "html", folder=folder)
    write_report(sample(), "html-students", folder=folder)
    return folder


@pytest.fixture(scope="module")
def browser(tmp_path_factory: pytest.TempPathFactory) -> Iterator[webdriver.Chrome]:
    if DRIVER is None:
        missing = pytest.fail if os.environ.get("CI") else pytest.skip
        missing("chromedriver is not installed (Debian: apt-get install chromium chromium-driver)")
    options = webdriver.ChromeOptions()
    options.binary_location = BROWSER
    for flag in (*FLAGS, f"--user-data-dir={tmp_path_factory.mktemp('profile')}"):
        options.add_argument(flag)
    options.set_capability("goog:loggingPrefs", {"browser": "ALL"})
    browser = webdriver.Chrome(options=options, service=webdriver.ChromeService(DRIVER))
    yield browser
    browser.quit()


@pytest.fixture
def page(browser: webdriver.Chrome, folder: Path) -> Iterator[webdriver.Chrome]:
    """The instructor's page, loaded again. A test fails if there is an error in the console."""
    size(browser, 1400)
    browser.get("about:blank")
    browser.get((folder / "grades.html").as_uri())
    yield browser
    assert browser.get_log("browser") == []


def size(browser: webdriver.Chrome, width: int, scheme: str = "light") -> None:
    screen = {"width": width, "height": 1000, "deviceScaleFactor": 1, "mobile": False}
    browser.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", screen)
    features = [
        {"name": "prefers-color-scheme", "value": scheme},
        {"name": "prefers-reduced-motion", "value": "reduce"},
    ]
    browser.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": features})


def rows(browser: webdriver.Chrome) -> list[list[str]]:
    """The name, the total and the marks in each row that the heat map shows."""
    return browser.execute_script(  # type: ignore[no-any-return]
        "return [...heat.tBodies[0].rows].filter(row => row.checkVisibility())"
        ".map(row => [...row.cells].filter(cell => cell.checkVisibility())"
        ".map(cell => cell.textContent.trim()))"
    )


def focused(browser: webdriver.Chrome) -> str:
    return browser.switch_to.active_element.text


def test_pages_are_whole_at_any_width(browser: webdriver.Chrome, folder: Path) -> None:
    """Also when the window is made wider or narrower, and no table but the map is cut."""
    for path in (folder / "grades.html", *sorted((folder / "students").iterdir())[:6]):
        size(browser, 1400)
        browser.get(path.as_uri())
        browser.execute_script("document.querySelectorAll('details').forEach(d => d.open = true)")
        for width, scheme in WINDOWS:
            size(browser, width, scheme)
            wide, paper, cut = browser.execute_script(LAYOUT)
            assert wide <= width
            assert (paper == "rgb(255, 255, 255)") == (scheme == "light")
            assert cut == 0
        assert browser.get_log("browser") == []
        loaded = browser.execute_script("return performance.getEntriesByType('resource').length")
        assert loaded == 0


def test_a_missed_bonus_looks_like_no_failure(page: webdriver.Chrome) -> None:
    cells = page.execute_script(
        "return [...document.querySelectorAll('#heat tbody td.o-bonus')].map(c => c.innerText)"
    )
    assert len(cells) > 10
    assert set(cells) == {"○"}
    Select(page.find_element(By.ID, "outcome")).select_by_visible_text("bonus not earned")
    assert 0 < len(rows(page)) < 26


def test_nothing_of_theirs_runs(page: webdriver.Chrome) -> None:
    assert page.execute_script("return document.scripts.length") == 1
    names = [row[0] for row in rows(page)]
    assert "<script>alert('name')</script>" in names


def test_headings_sort(page: webdriver.Chrome) -> None:
    heading = page.find_element(By.CSS_SELECTOR, "#heat th.total")
    button = heading.find_element(By.TAG_NAME, "button")
    button.click()
    assert heading.get_attribute("aria-sort") == "ascending"
    totals = [row[1] for row in rows(page)]
    assert totals[0] == "not graded"
    assert totals[1:] == sorted(totals[1:], key=float)
    button.click()
    assert heading.get_attribute("aria-sort") == "descending"
    assert [row[1] for row in rows(page)] == totals[::-1]
    # By a test, the most serious outcome comes first.
    page.find_element(By.CSS_SELECTOR, "#heat [data-group='0'] button").click()
    marks = [row[2] for row in rows(page) if row[2]]
    assert marks == sorted(marks, key="?ctrf-·".index)
    assert heading.get_attribute("aria-sort") == "none"


def test_the_list_of_tests_sorts(page: webdriver.Chrome) -> None:
    table = page.find_element(By.CSS_SELECTOR, "table.sortable")
    page.execute_script("arguments[0].scrollIntoView()", table)
    table.find_elements(By.CSS_SELECTOR, "th button")[3].click()
    rates = page.execute_script(
        "return [...arguments[0].tBodies[0].rows].map(r => Number(r.cells[3].dataset.value))", table
    )
    assert rates == sorted(rates)
    assert len(set(rates)) > 5


def test_filters_narrow_rows_and_columns(page: webdriver.Chrome) -> None:
    status = page.find_element(By.ID, "shown")
    assert status.text == "26 of 26 students"
    page.find_element(By.ID, "find").send_keys("MOREAU")
    assert [row[0] for row in rows(page)] == ["Ada Moreau"]
    assert status.text == "1 of 26 students"
    page.find_element(By.ID, "find").send_keys(Keys.CONTROL, "a", Keys.BACKSPACE)
    Select(page.find_element(By.ID, "exercise")).select_by_visible_text("04_fit")
    assert {len(row) for row in rows(page)} == {2 + 5}
    Select(page.find_element(By.ID, "outcome")).select_by_visible_text("timed out")
    found = rows(page)
    assert 0 < len(found) < 26
    assert all("t" in row[2:] for row in found)


def test_it_all_works_by_keyboard(page: webdriver.Chrome) -> None:
    def press(*keys: str) -> None:
        page.switch_to.active_element.send_keys(*keys)

    page.find_element(By.TAG_NAME, "body").send_keys(Keys.TAB)
    assert focused(page) == "Skip to the grades"
    page.execute_script("document.querySelector('#heat th.total button').focus()")
    press(Keys.TAB)
    assert focused(page) == "1"
    press(Keys.ARROW_RIGHT)
    press(Keys.ARROW_RIGHT)
    assert focused(page) == "3"
    assert "log_softmax" in page.find_element(By.ID, "say").text
    press(Keys.ENTER)
    heading = page.switch_to.active_element.find_element(By.XPATH, "..")
    assert heading.get_attribute("aria-sort") == "ascending"
    press(Keys.END)
    press(Keys.ARROW_RIGHT)
    assert focused(page) == "13"  # the last
    press(Keys.TAB)
    assert page.switch_to.active_element.tag_name == "a"  # one tab leaves the headings
    press(Keys.ENTER)  # what is behind a link is opened as soon as the browser has followed it
    WebDriverWait(page, 60).until(lambda page: page.switch_to.active_element.tag_name == "summary")
    opened = page.find_element(By.CSS_SELECTOR, "details.student[open]")
    assert opened.is_displayed()
    press(Keys.ENTER)
    assert opened.get_attribute("open") is None


def test_a_cell_says_what_it_is(page: webdriver.Chrome) -> None:
    cell = page.find_element(By.CSS_SELECTOR, "#heat tbody td.o-failed")
    page.execute_script("arguments[0].scrollIntoView({block: 'center'})", cell)
    ActionChains(page).move_to_element(cell).perform()
    said = page.find_element(By.ID, "say").text
    assert said.startswith("Ada Moreau — 01_losses: ")
    assert said.endswith(" — failed")


def test_students_pages_show_curves(browser: webdriver.Chrome, folder: Path) -> None:
    size(browser, 1400)
    browser.get((folder / "students" / "Dae-jung_Park.html").as_uri())
    pictures = browser.find_elements(By.CSS_SELECTOR, "figure > svg[role=img]")
    assert pictures
    assert all("Your loss" in p.get_attribute("aria-label") for p in pictures)
    assert len(browser.find_elements(By.CSS_SELECTOR, "section.exercise")) == len(EXERCISES)


def test_paper_shows_what_is_folded(browser: webdriver.Chrome, folder: Path) -> None:
    browser.get((folder / "students" / "Dae-jung_Park.html").as_uri())
    browser.execute_script("dispatchEvent(new Event('beforeprint'))")
    closed = "return document.querySelectorAll('details:not([open])').length"
    assert browser.execute_script(closed) == 0
    browser.execute_script("dispatchEvent(new Event('afterprint'))")
    assert browser.execute_script(closed) > 0


def test_a_large_classes_page_leads_to_its_students(
    browser: webdriver.Chrome, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    size(browser, 1400)
    monkeypatch.setattr(html, "ROWS", 10)
    write_report(sample(), "html", {"apart": "yes"}, tmp_path)
    browser.get((tmp_path / "grades.html").as_uri())
    status = browser.find_element(By.ID, "shown")
    assert (len(rows(browser)), status.text) == (10, "26 of 26 students, the first 10 shown")
    browser.find_element(By.CSS_SELECTOR, "#heat th.total button").click()
    first = rows(browser)
    browser.find_element(By.ID, "more").click()
    assert (len(rows(browser)), rows(browser)[:10]) == (20, first)
    browser.find_element(By.ID, "more").click()
    assert (len(rows(browser)), status.text) == (26, "26 of 26 students")
    totals = [row[1] for row in rows(browser)][1:]
    assert totals == sorted(totals, key=float)
    assert not browser.find_element(By.ID, "more").is_displayed()
    browser.find_element(By.ID, "find").send_keys("MOREAU")
    [row] = rows(browser)
    assert row[0] == "Ada Moreau" and len(row) == 2 + sum(map(len, EXERCISES.values()))
    browser.find_element(By.CSS_SELECTOR, "#heat tbody tr:not([hidden]) a").click()
    opened = browser.find_element(By.CSS_SELECTOR, "details.student[open]")
    assert "Ada Moreau" in opened.text and opened.is_displayed()
    assert "grades-students/1.html" in browser.current_url
    assert browser.get_log("browser") == []
