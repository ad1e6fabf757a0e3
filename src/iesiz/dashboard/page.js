"use strict";
// One page: its facts stand in the element `facts`; language and site are chosen by the reader and kept in the address.
const facts = JSON.parse(document.getElementById("facts").textContent);
const chosen = readAddress();

function readAddress() {
  const asked = new URLSearchParams(location.hash.slice(1));
  const wished = [asked.get("lang"), ...navigator.languages.map((one) => one.slice(0, 2)), "en"];
  return { lang: wished.find((one) => facts.languages.includes(one)), site: asked.get("site") || "" };
}

function t(key, values = {}) {
  const text = facts.messages[key]?.[chosen.lang] ?? key;
  return text.replace(/\{(\w+)\}/g, (_, name) => values[name] ?? "");
}

const label = (value) => facts.messages["value." + value]?.[chosen.lang] ?? value;
// Browsers know neither the months nor the digit groups of Kazakh; its groups are those of Russian.
const number = (value, options) =>
  new Intl.NumberFormat(chosen.lang === "en" ? "en" : "ru", options).format(value);
function day(value, short) {
  const parts = /^(\d{4})-(\d\d)-(\d\d)$/.exec(value);
  if (!parts) return value;
  const [, y, m, d] = parts.map(Number);
  return t(short ? "day_short" : "day_long", { y, m: t("months").split(" ")[m - 1], d });
}
function span(first, last) {
  return first === last ? day(first) : t("period", { first: day(first), last: day(last) });
}
const iso = (moment) => new Date(moment).toISOString().slice(0, 10);
function shown(value, state) {
  if (state === "withheld" || state === "missing") return t(state);
  const words = { partial: "at_least", noisy: "nearly" };
  return words[state] ? t(words[state], { n: number(value) }) : number(value);
}

function make(name, attributes = {}, ...children) {
  const made = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) {
    if (value !== undefined && value !== null) made.setAttribute(key, value);
  }
  made.append(...children.filter((one) => one !== null));
  return made;
}

// ---- numbers as tables -------------------------------------------------------------------------------------

function cell(value, state) {
  if (state === "withheld") return make("td", { class: "n withheld" }, make("span", {}, make("b", {}, t("withheld"))));
  return make("td", { class: "n", "data-value": value ?? "", "data-state": state }, shown(value, state));
}

function table(caption, heads, rows) {
  const head = make("tr", {}, ...heads.map(([text, kind]) => make("th", { scope: "col", class: kind }, text)));
  return make("table", {}, make("caption", { class: "unseen" }, caption), make("thead", {}, head), make("tbody", {}, ...rows));
}

// Names of tables may break behind an underscore, on narrow screens.
const named = (name) => make("td", {}, ...name.split(/(?<=_)/).flatMap((part) => [part, make("wbr")]));

function framed(caption, heads, rows, kind = "scroll whole") {
  const frame = { class: kind, tabindex: "0", role: "region", "aria-label": caption };
  return make("div", frame, table(caption, heads, rows));
}

const COLUMNS = {
  days: { heads: () => [[t("site")], [t("day")]], texts: ([site, date]) => [site, day(date)] },
  bars: { heads: (panel) => [[t("site")], [t(panel.by)]], texts: ([site, text]) => [site, label(text)] },
  grid: { heads: () => [[t("site")], [t("day")], [t("hour")]], texts: ([site, date, hour]) => [site, day(date), hour] },
};

function numbers(panel, rows) {
  const { heads, texts } = COLUMNS[panel.chart];
  const made = make("details", { class: "numbers" }, make("summary", {}, t("numbers")));
  made.addEventListener("toggle", () => {
    if (!made.open || made.querySelector("table")) return;
    const body = rows.map((row) => {
      const [value, state] = row.slice(-2);
      return make("tr", {}, ...texts(row).map((text) => make("td", {}, String(text))), cell(value, state));
    });
    made.append(framed(title(panel), [...heads(panel), [t(panel.unit), "n"]], body, "scroll"));
  });
  return made;
}

// ---- charts ------------------------------------------------------------------------------------------------

const title = (panel) => t(panel.title, { by: t(panel.by).toLocaleLowerCase(chosen.lang) });

function datum(panel, row) {
  const [value, state] = row.slice(-2);
  const more = panel.chart === "bars"
    ? { label: label(row[1]), order: row[2] }
    : { day: row[1], dayShown: day(row[1], panel.chart === "grid"), hour: row[2] };
  return { site: row[0], value, state, shown: shown(value, state), ...more };
}

function filled(part, values) {
  if (Array.isArray(part)) return part.map((one) => filled(one, values));
  if (part && typeof part === "object") {
    return Object.fromEntries(Object.entries(part).map(([key, one]) => [key, filled(one, values)]));
  }
  if (typeof part !== "string") return part;
  if (part.startsWith("$t:$")) return t(values[part.slice(4)]);
  if (part.startsWith("$t:")) return t(part.slice(3));
  return part.startsWith("$") ? values[part.slice(1)] : part;
}

// Noons of a few days, where the points of these days stand.
function ticks(data) {
  const days = [...new Set(data.map((one) => one.day))], every = Math.ceil(days.length / 6);
  return days.filter((_, place) => place % every === 0).map((one) => Date.parse(`${one}T12:00Z`));
}

function spec(panel, rows, max) {
  const { step = 0, rows: lines } = facts.charts[panel.chart].usermeta ?? {};
  const data = rows.map((row) => datum(panel, row));
  const values = {
    unit: panel.unit,
    by: panel.by,
    max: max || 1,
    labels: max > 0,
    height: step * new Set(data.map((one) => one[lines])).size,
    ticks: panel.chart === "days" ? ticks(data) : [],
    pointSize: rows.length > 60 ? 8 : 28,
  };
  const made = filled(facts.charts[panel.chart], values);
  made.data = { name: "rows", values: data };
  made.config = {
    font: getComputedStyle(document.body).fontFamily,
    view: { stroke: null },
    axis: { labelFontSize: 12, titleFontSize: 12, titleFontWeight: "normal", labelColor: "#333", titleColor: "#333" },
    legend: { labelFontSize: 12, titleFontSize: 12, titleFontWeight: "normal" },
  };
  made.description = `${title(panel)}, ${rows[0][0]}. ${t("numbers")}.`;
  return made;
}

function legend(rows, chart) {
  const states = new Set(rows.map((row) => row.at(-1)));
  const signs = { withheld: "", partial: "", noisy: "", missing: "" };
  const lines = Object.keys(signs).filter((state) => states.has(state)).map((state) => {
    const hollow = state === "partial" && chart === "days";
    const swatch = make("span", { class: `swatch ${hollow ? "hollow" : state}`, "aria-hidden": "true" }, hollow ? "△" : "");
    return make("p", { class: "legend" }, swatch, t(state + "_legend"));
  });
  return states.has("partial") && chart === "grid" ? lines.filter((line) => !line.querySelector(".partial")) : lines;
}

function section(panel, work) {
  const made = make("section", { class: "panel" }, make("h2", {}, title(panel)));
  if (panel.rows === null || !panel.rows.length) {
    const key = panel.rows === null ? "absent" : "nothing";
    made.append(make("p", { class: "notice" }, t(key, { table: panel.table })));
    return made;
  }
  const rows = panel.rows.filter((row) => !chosen.site || row[0] === chosen.site);
  const about = [t(panel.unit), span(panel.first, panel.last), t("source", { table: panel.table })];
  made.append(make("p", { class: "about" }, about.join(" · ")));
  const small = make("div", { class: "small" });
  const max = Math.max(...rows.map((row) => row.at(-2) ?? 0));
  for (const site of new Set(rows.map((row) => row[0]))) {
    const place = make("div", { class: "chart" });
    small.append(make("div", {}, make("h3", {}, site), place));
    work.push([place, spec(panel, rows.filter((row) => row[0] === site), max)]);
  }
  made.append(small, ...legend(rows, panel.chart), numbers(panel, rows));
  return made;
}

// ---- tiles and facts ---------------------------------------------------------------------------------------

function change(tile) {
  if (tile.state !== "exact" || tile.before_state !== "exact" || !tile.before) return t("no_comparison");
  const style = { style: "percent", maximumFractionDigits: 1, signDisplay: "always" };
  return t("against", { change: number(tile.value / tile.before - 1, style) });
}

function tile(one) {
  const big = one.state === "withheld"
    ? make("p", { class: "big withheld" }, make("span", {}, make("b", {}, t("withheld"))))
    : make("p", { class: "big", "data-value": one.value ?? "", "data-state": one.state }, shown(one.value, one.state));
  const parts = [make("h2", {}, t(one.title)), big, make("p", { class: "about" }, t("last_seven"))];
  return make("div", { class: "tile", "data-tile": one.title }, ...parts, make("p", {}, change(one)));
}

function freshness(rows) {
  const heads = [[t("table")], [t("last_period")], [t("due_period")], [t("missing_count"), "n"], [t("state")]];
  const body = rows.map((one) => make("tr", {},
    named(one.table), make("td", {}, one.last_period ? day(one.last_period) : "–"),
    make("td", {}, one.due_period ? day(one.due_period) : "–"), make("td", { class: "n" }, number(one.missing_count)),
    make("td", {}, t(one.state))));
  return make("section", { class: "panel" }, make("h2", {}, t("freshness")),
    framed(t("freshness"), heads, body, "scroll whole fresh"));
}

function share(one) {
  const part = one.cells ? one.withheld / one.cells : 0;
  const meter = make("span", { class: "meter", "aria-hidden": "true" }, make("i", { style: `width:${100 * part}%` }));
  const text = one.cells ? number(part, { style: "percent", maximumFractionDigits: 1 }) : "–";
  return make("tr", {}, named(one.table), make("td", { class: "n" }, number(one.cells)),
    make("td", { class: "n" }, number(one.withheld)), make("td", { class: "n", "data-share": part }, text), make("td", {}, meter));
}

function protection(one) {
  const rules = ["rule_threshold", "rule_networks", "rule_dominance", "rule_together", "rule_identifiers"];
  const panel = (key, ...more) => make("section", { class: "panel" }, make("h2", {}, t(key)), ...more);
  const heads = [[t("table")], [t("cells"), "n"], [t("cells_withheld"), "n"], [t("share"), "n"], [""]];
  return [
    panel("edition", make("p", {}, one.edition), make("p", {}, t("in_force", { date: day(one.in_force) }))),
    panel("rules", make("ul", { class: "facts" }, ...rules.map((key) => make("li", {}, t(key, one))))),
    panel("share_withheld", framed(t("share_withheld"), heads, one.shares.map(share))),
    panel("audit", make("p", {}, t("audit_result", { n: number(one.audited), all: number(one.releases) }))),
    panel("contact", make("p", {}, one.contact)),
  ];
}

// ---- the page ----------------------------------------------------------------------------------------------

function head() {
  document.documentElement.lang = chosen.lang;
  document.title = `${t(facts.title)} – iesiz`;
  for (const one of document.querySelectorAll("[data-t]")) one.textContent = t(one.dataset.t);
  document.getElementById("contact").textContent = facts.contact;
  const address = "#" + new URLSearchParams({ lang: chosen.lang, ...(chosen.site && { site: chosen.site }) });
  history.replaceState(null, "", address);
  const links = facts.pages.map((one) => make("a",
    { href: `${one.name}.html${address}`, "aria-current": one.name === facts.name ? "page" : null }, t(one.title)));
  const nav = document.getElementById("pages");
  nav.setAttribute("aria-label", t("pages"));
  nav.replaceChildren(...links);
  nav.scrollLeft = nav.querySelector("[aria-current]").offsetLeft - nav.offsetLeft;
  const names = { kk: "Қазақша", ru: "Русский", en: "English" };
  const group = document.getElementById("languages");
  group.setAttribute("aria-label", t("language"));
  group.replaceChildren(...facts.languages.map((lang) => {
    const button = make("button", { type: "button", lang, "aria-pressed": String(lang === chosen.lang) }, names[lang]);
    button.addEventListener("click", () => { chosen.lang = lang; draw(); });
    return button;
  }));
}

function sites() {
  const all = [...new Set(facts.panels.flatMap((panel) => (panel.rows ?? []).map((row) => row[0])))].sort();
  const select = document.getElementById("site");
  select.closest("label").hidden = all.length < 2;
  if (!all.includes(chosen.site)) chosen.site = "";
  const options = [["", t("all_sites")], ...all.map((one) => [one, one])];
  select.replaceChildren(...options.map(([value, text]) => make("option", { value }, text)));
  select.value = chosen.site;
  select.onchange = () => { chosen.site = select.value; draw(); };
}

const options = {
  actions: false,
  renderer: "svg",
  logLevel: 1, // errors only: a line whose numbers are all withheld has no extent, which is meant
  expressionFunctions: { dayLabel: (moment) => day(iso(moment), true), numberLabel: (value) => number(value) },
};

async function draw() {
  delete document.body.dataset.ready;
  sites();
  head();
  const work = [];
  const days = facts.panels.map((panel) => panel.last).filter((one) => /^\d{4}-\d\d-\d\d$/.test(one));
  const last = days.sort().at(-1);
  const parts = [make("h1", {}, t(facts.title))];
  if (last) parts.push(make("p", { class: "until" }, t("data_until", { date: day(last) })));
  if (facts.tiles.length) {
    parts.push(make("div", { class: "tiles" }, ...facts.tiles.map(tile)), make("p", { class: "about" }, t("summed_note")));
  }
  parts.push(...facts.panels.map((panel) => section(panel, work)));
  if (facts.freshness) parts.push(freshness(facts.freshness));
  if (facts.protection) parts.push(...protection(facts.protection));
  document.getElementById("main").replaceChildren(...parts);
  await Promise.all(work.map(([place, one]) => vegaEmbed(place, one, options)));
  document.body.dataset.ready = chosen.lang;
}

window.addEventListener("hashchange", () => { Object.assign(chosen, readAddress()); draw(); });
draw();
