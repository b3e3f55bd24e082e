"use strict";
// Live parts and countdowns. Every page works without it: forms are forms, links are links.
(() => {
  const put = (id, html) => {
    const place = document.getElementById(id);
    if (!place) return;
    const focused = place.contains(document.activeElement) ? sign(document.activeElement) : "";
    const kept = new Map();
    for (const field of place.querySelectorAll("input[id], textarea[id], select[id]")) {
      // What shows a value of the message shows the one that comes, unless somebody is typing in it.
      if (!field.dataset.at || field === document.activeElement) kept.set(field.id, [field.value, field.checked]);
    }
    const open = new Map();
    for (const one of place.querySelectorAll("details")) open.set(heading(one), one.open);
    const scrolled = new Map();
    place.querySelectorAll("[tabindex]").forEach((one, index) => scrolled.set(index, one.scrollTop));
    place.innerHTML = html;
    for (const [name, [value, checked]] of kept) {
      const field = document.getElementById(name);
      if (field && field.type !== "hidden") { field.value = value; field.checked = checked; }
    }
    for (const one of place.querySelectorAll("details")) {
      const before = open.get(heading(one));
      if (before !== undefined) one.open = before;
    }
    place.querySelectorAll("[tabindex]").forEach((one, index) => { one.scrollTop = scrolled.get(index) || 0; });
    if (focused) [...place.querySelectorAll(REACHED)].find((one) => sign(one) === focused)?.focus();
    count();
  };
  // What the keyboard stands on is found again: by its id, or by what it says in the same sheet of the same form.
  const REACHED = "a, button, input, select, textarea, summary, [tabindex]";
  const sign = (one) => one.id ||
    [one.tagName, one.name, one.textContent, one.form?.elements.feuille?.value].join("|");
  const heading = (details) => details.id || details.querySelector("summary")?.textContent || "";

  const spoken = (seconds) => {
    const minutes = Math.floor(seconds / 60);
    return minutes ? `${minutes} min ${seconds % 60} s` : `${seconds} s`;
  };
  const count = () => {
    for (const one of document.querySelectorAll("[data-until]")) {
      const left = Math.max(0, Math.round(Number(one.dataset.until) - Date.now() / 1000));
      const told = left ? `reste ${spoken(left)}` : "délai écoulé";
      if (one.textContent !== told) one.textContent = told;
    }
  };
  setInterval(count, 1000);
  count();

  // A list of lines holds thousands, and shows as many as somebody scrolls to.
  const MOST_LINES = 5000;
  const AT_A_TIME = 60;
  const hold = document.createElement("template");
  const filter = document.querySelector("input[data-filters=lettres]");
  const wanted = () => filter?.value.trim().toLowerCase() || "";
  const idle = () => new Promise((done) => { requestIdleCallback(done, { timeout: 1000 }); });
  class Lines {
    constructor(place) {
      this.place = place;
      this.all = [...place.children].map((one) => ({ id: one.id, told: one.dataset.told, html: one.outerHTML }));
      this.known = new Map(this.all.map((one) => [one.id, one]));
      this.atTop = true;  // asked of the place itself at each line, it would be laid out at each line
      place.addEventListener("scroll", () => {
        this.atTop = !place.scrollTop;
        if (place.scrollTop + place.clientHeight > place.scrollHeight - 400) this.more();
      });
      filter?.addEventListener("input", () => { place.replaceChildren(); this.more(); });
      if (place.dataset.older) this.older();
    }
    made(one) {
      hold.innerHTML = one.html;
      return hold.content.firstElementChild;
    }
    add(one) {
      const before = this.known.get(one.id);
      const shown = document.getElementById(one.id);
      if (before) {
        Object.assign(before, one);
        if (!shown) return;
        const focused = shown.contains(document.activeElement);
        const made = this.made(one);
        shown.replaceWith(made);
        if (focused) made.querySelector("a").focus();
        return;
      }
      this.all.unshift(one);
      this.known.set(one.id, one);
      if (this.all.length > MOST_LINES) this.known.delete(this.all.pop().id);
      if (!one.told.includes(wanted())) return;
      this.place.prepend(this.made(one));
      if (this.atTop && this.place.childElementCount > 2 * AT_A_TIME) this.place.lastElementChild.remove();
    }
    more() {
      const last = this.place.lastElementChild;
      const text = wanted();
      const made = [];
      for (let index = last ? this.all.indexOf(this.known.get(last.id)) + 1 : 0; index < this.all.length; index++) {
        if (this.all[index].told.includes(text)) made.push(this.made(this.all[index]));
        if (made.length === AT_A_TIME) break;
      }
      this.place.append(...made);
    }
    async older() {
      for (let more = true; more && this.all.length < MOST_LINES;) {
        await idle();
        const answer = await fetch(`${this.place.dataset.older}&avant=${this.all.at(-1).id.slice(1)}`);
        if (!answer.ok) return;
        const found = await answer.json();
        more = found.more;
        for (const one of found.lines) { this.all.push(one); this.known.set(one.id, one); }
        if (this.place.childElementCount < AT_A_TIME) this.more();
      }
    }
  }
  let come = [];
  const arrive = () => {
    for (const one of come) lists.get(one.list)?.add(one);
    come = [];
  };
  const lists = new Map([...document.querySelectorAll("ul.lines")].map((one) => [one.id, new Lines(one)]));

  const flow = document.body.dataset.flow;
  if (flow) {
    const source = new EventSource(flow);
    source.addEventListener("part", (event) => {
      const part = JSON.parse(event.data);
      put(part.id, part.html);
    });
    source.addEventListener("lines", (event) => {
      if (!come.length && !document.hidden) requestAnimationFrame(arrive);
      come.push(...JSON.parse(event.data));
      if (document.hidden) arrive();
    });
    source.addEventListener("gone", () => location.reload());
  }

  const composer = document.querySelector("[data-checks]");
  if (composer) {
    const typed = { json: document.getElementById("json"), xml: document.getElementById("xml") };
    let last = 0;
    let later = 0;
    const check = async (language, change = "") => {
      const turn = ++last;
      const fields = new URLSearchParams({ langue: language, [language]: typed[language].value, changement: change });
      const answer = await fetch(composer.dataset.checks, { method: "POST", body: fields });
      if (!answer.ok || turn !== last) return;
      const found = await answer.json();
      const other = language === "json" ? "xml" : "json";
      if (found[other]) typed[other].value = found[other];
      if (change) typed.json.value = found.json;
      put("compose", found.html);
    };
    for (const [language, area] of Object.entries(typed)) {
      area.addEventListener("input", () => {
        clearTimeout(later);
        later = setTimeout(check, 200, language);
      });
    }
    composer.addEventListener("click", (event) => {
      const chosen = document.getElementById(event.target.dataset.changes);
      if (!chosen?.value) return;
      const change = chosen.value;
      chosen.value = "";  // what is put in its place would be given the choice that was made
      check("json", change);
    });
    composer.addEventListener("change", (event) => {
      const field = event.target;
      if (!field.dataset.at) return;
      const content = JSON.parse(typed.json.value);
      const path = JSON.parse(field.dataset.at);
      const name = path.pop();
      let value = field.value;
      if (field.dataset.kind !== "text") { try { value = JSON.parse(value); } catch { /* the check says what is wrong */ } }
      path.reduce((node, step) => node[step], content)[name] = value;
      typed.json.value = JSON.stringify(content, null, 2);
      check("json");
    });
  }

  for (const field of document.querySelectorAll("[data-filters=choix]")) {
    field.addEventListener("input", () => {
      const wanted = field.value.toLowerCase().split(/\s+/).filter(Boolean);
      for (const group of document.querySelectorAll(`.${field.dataset.filters}`)) {
        let shown = 0;
        for (const one of group.querySelectorAll("[data-told]")) {
          one.hidden = !wanted.every((word) => one.dataset.told.includes(word));
          shown += !one.hidden;
        }
        group.hidden = !shown;
        if (wanted.length && shown) group.open = true;
      }
      countTicked();
    });
  }

  const counted = document.querySelector("[data-counts=choix]");
  function countTicked() {
    const ticked = [...document.querySelectorAll(".choix input[name=scenario]:checked")];
    const hidden = ticked.filter((one) => one.closest("[data-told]").hidden).length;
    const told = ticked.length > 1 ? `${ticked.length} scénarios cochés` : ticked.length ? "1 scénario coché" : "Aucun scénario coché";
    counted.textContent = hidden ? `${told}, dont ${hidden} que la recherche cache.` : `${told}.`;
  }
  if (counted) {
    document.addEventListener("change", countTicked);
    countTicked(); // a page that was left and come back to keeps its ticks
  }
})();
