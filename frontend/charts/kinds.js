// One function per kind of chart: rows in, ECharts option (and a height where rows decide it) out.

const grouped = new Intl.NumberFormat("zh-CN");
const tenths = new Intl.NumberFormat("zh-CN", { minimumFractionDigits: 1, maximumFractionDigits: 1 });

/** Counts stay whole; as soon as one value is not, all get one decimal, so that close scores differ. */
function formatFor(rows) {
  return rows.every((row) => row.values.every(Number.isInteger)) ? grouped : tenths;
}

function base(face) {
  return {
    color: face.series,
    animation: face.move > 0,
    animationDuration: face.move,
    animationDurationUpdate: face.move,
    animationEasing: "cubicOut",
    animationEasingUpdate: "cubicInOut",
    textStyle: { fontFamily: face.family, fontSize: face.text, color: face.ink },
    tooltip: {
      renderMode: "richText",
      confine: true,
      backgroundColor: face.card,
      borderColor: face.line,
      textStyle: { color: face.ink, fontSize: face.text, fontFamily: face.family },
      valueFormatter: (value) => grouped.format(value),
    },
  };
}

/** Break a name into lines that fit; a Latin letter takes about half the room of a Chinese one. */
function broken(label, width, face) {
  const lines = [""];
  let taken = 0;
  for (const sign of label) {
    const room = face.text * (sign < "\u2000" ? 0.6 : 1);
    if (taken + room > width) {
      lines.push("");
      taken = 0;
    }
    lines[lines.length - 1] += sign;
    taken += room;
  }
  return lines;
}

/** A ranking: names above their bars, so that long Chinese names need no margin; sorts itself when values move. */
export function bar({ rows, columns }, face, width) {
  const most = Math.max(1, ...rows.map((row) => broken(row.label, width, face).length));
  const leading = Math.round(face.text * 1.3);
  const extra = (most - 1) * leading;
  const band = Math.round(face.unit * 3.3) + extra;
  const format = formatFor(rows);
  const thick = Math.round(face.unit * 0.7);
  // A fixed order of categories lets ECharts move each bar to its new rank.
  const stable = [...rows].sort((a, b) => a.key.localeCompare(b.key, "zh-CN", { numeric: true }));
  const highest = Math.max(1, ...rows.map((row) => row.values[0]));
  const value = {
    show: true,
    position: "right",
    color: face.ink,
    fontSize: face.text,
    fontFamily: face.family,
    fontWeight: 600,
    valueAnimation: true,
    formatter: ({ value: n }) => format.format(n),
  };
  return {
    height: rows.length * band + Math.round(face.unit) + extra / 2,
    option: {
      ...base(face),
      tooltip: { ...base(face).tooltip, valueFormatter: (n) => format.format(n) },
      grid: { left: 2, right: face.text * 4, top: Math.round(face.unit * 0.75) + extra / 2, bottom: 0, containLabel: false },
      xAxis: { type: "value", min: 0, max: highest, show: false },
      yAxis: {
        type: "category",
        inverse: true,
        data: stable.map((row) => row.label),
        animationDuration: face.move,
        animationDurationUpdate: face.move,
        axisLine: { show: false },
        axisTick: { show: false },
        axisLabel: {
          inside: true,
          interval: 0,
          align: "left",
          verticalAlign: "bottom",
          padding: [0, 0, thick * 1.05, 0],
          margin: 0,
          color: face.ink,
          fontSize: face.text,
          lineHeight: leading,
          formatter: (label) => broken(label, width, face).join("\n"),
        },
        z: 3,
      },
      series: [
        {
          type: "bar",
          name: columns[0],
          realtimeSort: true,
          barWidth: thick,
          itemStyle: { borderRadius: thick / 2 },
          showBackground: true,
          backgroundStyle: { color: face.track, borderRadius: thick / 2 },
          label: value,
          data: stable.map((row) => row.values[0]),
        },
      ],
    },
  };
}

export function donut({ rows }, face) {
  const total = rows.reduce((sum, row) => sum + row.values[0], 0);
  const shares = new Map(rows.map((row) => [row.label, total ? (row.values[0] / total) * 100 : 0]));
  return {
    option: {
      ...base(face),
      legend: {
        bottom: 0,
        icon: "roundRect",
        itemWidth: face.text * 0.8,
        itemHeight: face.text * 0.8,
        textStyle: { color: face.ink, fontSize: face.text },
        formatter: (name) => `${name} ${shares.get(name).toFixed(1)}%`,
      },
      series: [
        {
          type: "pie",
          radius: ["46%", "68%"],
          center: ["50%", "40%"],
          itemStyle: { borderColor: face.card, borderWidth: 3, borderRadius: 4 },
          label: { show: false },
          data: rows.map((row) => ({ name: row.label, value: row.values[0] })),
        },
      ],
    },
  };
}

/** Columns over time, each made up of its parts: the first column of the table lies at the bottom. */
export function stack({ rows, columns }, face) {
  const drawn = line({ rows, columns }, face).option;
  return {
    option: {
      ...drawn,
      xAxis: { ...drawn.xAxis, boundaryGap: true },
      series: columns.map((name, column) => ({
        type: "bar",
        name,
        stack: "all",
        barMaxWidth: face.unit * 2,
        data: rows.map((row) => row.values[column]),
      })),
    },
  };
}

export function line({ rows, columns }, face) {
  return {
    option: {
      ...base(face),
      tooltip: { ...base(face).tooltip, trigger: "axis" },
      legend: columns.length > 1 ? { top: 0, textStyle: { color: face.ink, fontSize: face.text } } : undefined,
      grid: { left: 4, right: face.text, top: columns.length > 1 ? face.text * 3 : face.text, bottom: 4, containLabel: true },
      xAxis: {
        type: "category",
        boundaryGap: false,
        data: rows.map((row) => row.label),
        axisLine: { lineStyle: { color: face.line } },
        axisTick: { show: false },
        axisLabel: { color: face.soft, fontSize: face.text * 0.9, hideOverlap: true },
      },
      yAxis: {
        type: "value",
        minInterval: rows.every((row) => row.values.every(Number.isInteger)) ? 1 : 0, // no half ballots
        splitLine: { lineStyle: { color: face.line } },
        axisLabel: { color: face.soft, fontSize: face.text * 0.9, formatter: (n) => grouped.format(n) },
      },
      series: columns.map((name, column) => ({
        type: "line",
        name,
        smooth: 0.25,
        showSymbol: rows.length < 20,
        symbol: ["circle", "rect", "triangle", "diamond"][column % 4],
        symbolSize: face.text * 0.5,
        lineStyle: { width: 2.5 },
        areaStyle: columns.length === 1 ? { opacity: 0.1 } : undefined,
        data: rows.map((row) => row.values[column]),
      })),
    },
  };
}
