// The live board. Server-sent events first; where they fail (old phones, strict proxies), polling.
//
// <section data-board data-events="/c/<slug>/board/events" data-rows="/c/<slug>/board.json">
//   [data-board-total] [data-board-time] and a chart (ui/_chart.html) whose table rows carry data-key.
// Both sources give {"total": 12, "as_of": "2026-11-21T21:50:00+08:00", "rows": [{"key": "3", "label": "…", "value": 7}]}.
// After each update the figure gets a `minyi:rows` event, to which charts.js listens.

const POLL_MS = 2000;
const FAILURES_BEFORE_POLLING = 3;
const grouped = new Intl.NumberFormat("zh-CN");

function row(table, entry) {
  const found = table.querySelector(`tr[data-key="${CSS.escape(entry.key)}"]`);
  if (found) return found;
  const fresh = document.createElement("tr");
  fresh.dataset.key = entry.key;
  const label = document.createElement("th");
  label.scope = "row";
  label.textContent = entry.label;
  fresh.append(label, document.createElement("td"));
  return fresh;
}

class Board {
  constructor(section) {
    this.section = section;
    this.figure = section.querySelector("[data-chart]");
    this.failures = 0;
    if ("EventSource" in window && section.dataset.events) this.listen();
    else this.poll();
  }

  listen() {
    const source = new EventSource(this.section.dataset.events);
    const take = (event) => {
      this.failures = 0;
      this.show(JSON.parse(event.data));
    };
    source.addEventListener("message", take);
    source.addEventListener("counts", take);
    source.addEventListener("error", () => {
      this.failures += 1;
      if (this.failures < FAILURES_BEFORE_POLLING && source.readyState !== EventSource.CLOSED) return;
      source.close();
      this.poll();
    });
  }

  poll() {
    const ask = async () => {
      if (document.hidden) return;
      const answer = await fetch(this.section.dataset.rows, { headers: { Accept: "application/json" } }).catch(() => null);
      if (answer?.ok) this.show(await answer.json());
    };
    ask();
    setInterval(ask, POLL_MS);
  }

  show(board) {
    const total = this.section.querySelector("[data-board-total]");
    if (total) total.textContent = grouped.format(board.total);
    const time = this.section.querySelector("[data-board-time]");
    if (time) {
      time.dateTime = board.as_of;
      time.textContent = new Date(board.as_of).toLocaleTimeString("zh-CN", { hour12: false, timeZone: "Asia/Shanghai" });
    }
    if (this.figure) this.fill(board.rows);
  }

  fill(entries) {
    const table = this.figure.querySelector("tbody");
    const sorted = [...entries].sort((a, b) => b.value - a.value);
    for (const entry of sorted) {
      const line = row(table, entry);
      const cell = line.querySelector("td");
      cell.dataset.value = entry.value;
      cell.textContent = grouped.format(entry.value);
      table.append(line);
    }
    this.figure.dispatchEvent(new CustomEvent("minyi:rows"));
  }
}

for (const section of document.querySelectorAll("[data-board]")) new Board(section);
