"use strict";
// Live parts and countdowns. Every page works without it: forms are forms, links are links.
(() => {
  const put = (id, html) => {
    const place = document.getElementById(id);
    if (!place) return;
    const focused = place.contains(document.activeElement) ? document.activeElement.id : "";
    const kept = new Map();
    for (const field of place.querySelectorAll("input[id], textarea[id], select[id]")) {
      kept.set(field.id, [field.value, field.checked]);
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
    if (focused) document.getElementById(focused)?.focus();
    count();
  };
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

  const flow = document.body.dataset.flow;
  if (flow) {
    const source = new EventSource(flow);
    source.addEventListener("part", (event) => {
      const part = JSON.parse(event.data);
      put(part.id, part.html);
    });
  }

  const composer = document.querySelector("[data-checks]");
  if (composer) {
    const typed = { json: document.getElementById("json"), xml: document.getElementById("xml") };
    let last = 0;
    let later = 0;
    const check = async (language) => {
      const turn = ++last;
      const fields = new URLSearchParams({ langue: language, [language]: typed[language].value });
      const answer = await fetch(composer.dataset.checks, { method: "POST", body: fields });
      if (!answer.ok || turn !== last) return;
      const found = await answer.json();
      const other = language === "json" ? "xml" : "json";
      if (found[other]) typed[other].value = found[other];
      put("compose", found.html);
    };
    for (const [language, area] of Object.entries(typed)) {
      area.addEventListener("input", () => {
        clearTimeout(later);
        later = setTimeout(check, 200, language);
      });
    }
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

  for (const field of document.querySelectorAll("[data-filters]")) {
    field.addEventListener("input", () => {
      const wanted = field.value.trim().toLowerCase();
      for (const group of document.querySelectorAll(`.${field.dataset.filters}`)) {
        let shown = 0;
        for (const one of group.querySelectorAll("[data-told]")) {
          one.hidden = !one.dataset.told.includes(wanted);
          shown += !one.hidden;
        }
        group.hidden = !shown;
        if (wanted && shown) group.open = true;
      }
    });
  }
})();
