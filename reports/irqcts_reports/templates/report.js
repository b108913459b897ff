// SPDX-License-Identifier: Apache-2.0
// Filters for the two long tables, and everything unfolded in print.  The page is complete without this.
"use strict";

for (const form of document.querySelectorAll("form.filters")) {
  const table = document.getElementById(form.dataset.table);
  const rows = Array.from(table.querySelectorAll("tr[data-text]"));
  const status = form.querySelector("output");
  const apply = () => {
    const wanted = new FormData(form);
    const words = String(wanted.get("text")).toLowerCase().split(/\s+/).filter(Boolean);
    let shown = 0;
    for (const row of rows) {
      let keep = words.every((word) => row.dataset.text.includes(word));
      for (const select of form.querySelectorAll("select")) {
        keep = keep && (select.value === "" || row.dataset[select.name] === select.value);
      }
      row.classList.toggle("hidden", !keep);
      shown += keep ? 1 : 0;
    }
    for (const group of table.querySelectorAll("tbody[data-group]")) {
      group.classList.toggle("hidden", !group.querySelector("tr[data-text]:not(.hidden)"));
    }
    status.textContent = shown + " of " + rows.length + " shown";
  };
  form.addEventListener("input", apply);
  form.addEventListener("submit", (event) => event.preventDefault());
  form.hidden = false;
  apply();
}

// A link to a folded failure unfolds it.
const unfold = () => {
  const target = location.hash ? document.getElementById(location.hash.slice(1)) : null;
  const details = target ? target.closest("details") : null;
  if (details) {
    details.open = true;
    target.scrollIntoView();
  }
};
addEventListener("hashchange", unfold);
unfold();

let folded = [];
addEventListener("beforeprint", () => {
  folded = Array.from(document.querySelectorAll("details.print:not([open])"));
  folded.forEach((details) => { details.open = true; });
});
addEventListener("afterprint", () => folded.forEach((details) => { details.open = false; }));
