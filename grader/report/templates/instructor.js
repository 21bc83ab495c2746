"use strict";
document.documentElement.classList.add("js");

// ---- sorting: any table; a heading's button sorts by its column, once more turns it round

// Classes of cells, the most serious first.
const GRAVITY = document.getElementById("heat").dataset.gravity.split(" ");

function worth(cell) {
  if (!cell) return "";
  if (cell.dataset.value !== undefined) return Number(cell.dataset.value);
  if (cell.classList.contains("o")) return GRAVITY.findIndex((name) => cell.classList.contains(name));
  return cell.textContent.trim();
}

const names = new Intl.Collator(undefined, { numeric: true, sensitivity: "base" });

function compare(a, b) {
  return typeof a === "number" && typeof b === "number" ? a - b : names.compare(String(a), String(b));
}

function sortable(table, column) {
  table.querySelector("thead").addEventListener("click", (event) => {
    const button = event.target.closest("button");
    if (!button) return;
    const heading = button.closest("th");
    const falling = heading.getAttribute("aria-sort") === "ascending";
    for (const other of table.querySelectorAll("thead th[aria-sort]")) other.setAttribute("aria-sort", "none");
    heading.setAttribute("aria-sort", falling ? "descending" : "ascending");
    const place = column(heading);
    const body = table.tBodies[0];
    const rows = [...body.rows].map((row) => [worth(row.cells[place]), row]);
    rows.sort((a, b) => (falling ? -1 : 1) * compare(a[0], b[0]));
    body.append(...rows.map((pair) => pair[1]));
  });
}

for (const table of document.querySelectorAll("table.sortable")) sortable(table, (heading) => heading.cellIndex);

// ---- the heat map

const heat = document.getElementById("heat");
const [upper, lower] = heat.tHead.rows;
// the first two headings span both rows
const headings = [upper.cells[0], upper.cells[1], ...lower.cells];
sortable(heat, (heading) => headings.indexOf(heading));

// The exercise that each column belongs to.
const groups = headings.map((heading) => heading.dataset.group);

const buttons = [...lower.querySelectorAll("button")];
lower.addEventListener("keydown", (event) => {
  const steps = { ArrowLeft: -1, ArrowRight: 1, Home: -buttons.length, End: buttons.length };
  if (!(event.key in steps)) return;
  event.preventDefault();
  const shown = buttons.filter((button) => !button.closest("th").hidden);
  const place = shown.indexOf(document.activeElement) + steps[event.key];
  const next = shown[Math.min(shown.length - 1, Math.max(0, place))];
  focusable(next);
  next.focus();
});

function focusable(button) {
  for (const other of buttons) other.tabIndex = other === button ? 0 : -1;
}

const find = document.getElementById("find");
const outcome = document.getElementById("outcome");
const exercise = document.getElementById("exercise");
const shown = document.getElementById("shown");

function within(group) {
  return exercise.value === "" || group === exercise.value;
}

let narrowed = "";
function narrow() {
  if (narrowed === exercise.value) return;
  narrowed = exercise.value;
  for (const cell of heat.tHead.querySelectorAll("[data-group]")) cell.hidden = !within(cell.dataset.group);
  for (const row of heat.tBodies[0].rows) {
    groups.forEach((group, place) => { if (group !== undefined) row.cells[place].hidden = !within(group); });
  }
}

// Rows are shown so many at a time: a browser takes minutes to lay thousands out.
const ROWS = Number(heat.dataset.rows);
const more = document.getElementById("more");
let limit = ROWS;

function filter() {
  narrow();
  const text = find.value.trim().toLocaleLowerCase();
  const ended = (row) => groups.some((group, place) => (
    group !== undefined && within(group) && row.cells[place].classList.contains(outcome.value)
  ));
  let count = 0;
  for (const row of heat.tBodies[0].rows) {
    const named = row.cells[0].textContent.toLocaleLowerCase().includes(text);
    const fits = outcome.value === "" || ended(row);
    if (named && fits) count += 1;
    row.hidden = !(named && fits && count <= limit);
  }
  shown.textContent = `${count} of ${heat.tBodies[0].rows.length} students`;
  if (count > limit) shown.textContent += `, the first ${limit} shown`;
  more.hidden = count <= limit;
  const first = buttons.find((button) => !button.closest("th").hidden);
  if (first) focusable(first);
}

function fresh() {
  limit = ROWS;
  filter();
}
find.addEventListener("input", fresh);
for (const choice of [outcome, exercise]) choice.addEventListener("change", fresh);
heat.tHead.addEventListener("click", filter); // what comes first after sorting
more.addEventListener("click", () => { limit += ROWS; filter(); });
filter();

const say = document.getElementById("say");
function tell(event) {
  const cell = event.target.closest("td.o, thead tr:last-child th");
  if (!cell) return;
  const title = headings[cell.tagName === "TD" ? cell.cellIndex : headings.indexOf(cell)].dataset.title;
  if (!title) return;
  const outcomes = [...outcome.options].find((option) => option.value && cell.classList.contains(option.value));
  const who = cell.tagName === "TD" ? cell.parentElement.cells[0].textContent.trim() : "";
  say.textContent = [who, title, outcomes ? outcomes.textContent : ""].filter(Boolean).join(" — ");
}
heat.addEventListener("mouseover", tell);
heat.addEventListener("focusin", tell);
