"use strict";
for (const figure of document.querySelectorAll("figure")) {
  const svg = figure.querySelector("svg");
  const cursor = figure.querySelector(".cursor");
  const tip = figure.querySelector(".tip");
  const data = JSON.parse(figure.parentElement.querySelector(".data").textContent);
  const at = (points, t) => {
    let found = null;
    for (const [time, value] of points) {
      if (found !== null && time > t) break;
      found = value;
    }
    return found;
  };
  const cell = (row, text) => { row.insertCell().textContent = text; };
  const show = (t) => {
    const rows = data.lines.map((line) => [line, at(line.points, t)]).filter(([, value]) => value !== null);
    rows.sort((a, b) => b[1] - a[1]);
    const table = document.createElement("table");
    cell(table.insertRow(), Math.round(t) + " s");
    for (const [line, value] of rows.slice(0, 12)) {
      const row = table.insertRow();
      cell(row, line.node);
      row.cells[0].className = line.class;
      cell(row, value.toLocaleString("en"));
      row.cells[1].className = "n";
    }
    if (rows.length > 12) cell(table.insertRow(), "and " + (rows.length - 12) + " more");
    tip.replaceChildren(table);
  };
  svg.addEventListener("pointermove", (event) => {
    const box = svg.getBoundingClientRect();
    const x = (event.clientX - box.left) / box.width * data.full - data.left;
    const inside = x >= 0 && x <= data.width;
    tip.hidden = !inside;
    cursor.toggleAttribute("hidden", !inside);
    if (!inside) return;
    cursor.setAttribute("x1", x);
    cursor.setAttribute("x2", x);
    show(x / data.width * data.end_s);
    const left = event.clientX - box.left;
    tip.style.left = left < box.width / 2 ? left + 14 + "px" : "auto";
    tip.style.right = left < box.width / 2 ? "auto" : box.width - left + 14 + "px";
  });
  svg.addEventListener("pointerleave", () => {
    tip.hidden = true;
    cursor.setAttribute("hidden", "");
  });
}
