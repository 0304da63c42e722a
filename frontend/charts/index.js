// Draws the tables of ui/_chart.html. The table is the truth and stays readable beside the picture.
// Canvas, and tooltips drawn on it: SVG and HTML tooltips would need inline styles, which the CSP refuses.
import { BarChart, LineChart, PieChart } from "echarts/charts";
import { GridComponent, LegendComponent, TooltipComponent } from "echarts/components";
import { init, use } from "echarts/core";
import { CanvasRenderer } from "echarts/renderers";
import { bar, donut, line, stack } from "./kinds.js";
import { face } from "./face.js";

use([BarChart, LineChart, PieChart, GridComponent, LegendComponent, TooltipComponent, CanvasRenderer]);

const KINDS = { bar, donut, line, stack };

/** The rows of the figure's table: names of the columns, and per row a key, a label and its numbers. */
function read(figure) {
  const columns = [...figure.querySelectorAll("thead th")].slice(1).map((cell) => cell.textContent.trim());
  const rows = [...figure.querySelectorAll("tbody tr")].map((row, index) => ({
    key: row.dataset.key || String(index),
    label: row.querySelector("th").textContent.trim(),
    values: [...row.querySelectorAll("td[data-value]")].map((cell) => Number(cell.dataset.value)),
  }));
  return { columns, rows };
}

class Chart {
  constructor(figure) {
    this.figure = figure;
    this.plot = figure.querySelector("[data-plot]");
    this.plot.hidden = false;
    figure.querySelector("[data-rows]").open = false;
    this.draw();
    figure.addEventListener("minyi:rows", () => this.draw());
    new ResizeObserver(() => this.resize()).observe(this.plot);
  }

  draw() {
    const { option, height } = KINDS[this.figure.dataset.chart](read(this.figure), face(), this.plot.clientWidth);
    if (height) this.plot.style.height = `${height}px`;
    this.chart ??= init(this.plot, null, { renderer: "canvas" });
    // Said and not measured: under reduced motion the new height is not there yet in this very moment.
    this.chart.resize({ height: height || "auto" });
    this.chart.setOption(option);
  }

  resize() {
    if (this.plot.clientWidth === this.width) return;
    this.width = this.plot.clientWidth;
    this.draw();
  }
}

for (const figure of document.querySelectorAll("[data-chart]")) new Chart(figure);
