// Draws a picture over every table of numbers that asks for one:
// <section data-chart="columns|bars|lines"> with a .chart and a .chart-table.
// The numbers, their texts and their colours are those of the table; without
// this file the table stands alone.
(() => {
  "use strict";
  if (!window.echarts) return;

  // The canvas knows fewer notations of colours than style sheets do.
  const drop = document.createElement("canvas").getContext("2d", { willReadFrequently: true });
  const plain = (colour) => {
    drop.clearRect(0, 0, 1, 1);
    drop.fillStyle = colour;
    drop.fillRect(0, 0, 1, 1);
    const [r, g, b, a] = drop.getImageData(0, 0, 1, 1).data;
    return `rgba(${r},${g},${b},${a / 255})`;
  };

  // What a table says.
  function read(box) {
    const heads = [...box.querySelectorAll("thead th")].slice(1).map((th) => {
      const mark = th.querySelector(".part, .part-line");
      const style = getComputedStyle(mark);
      return {
        name: th.querySelector("span").textContent.trim(), hatch: Number(th.dataset.hatch),
        dashed: th.hasAttribute("data-dashed"), step: th.hasAttribute("data-step"),
        colour: plain(mark.classList.contains("part-line") ? style.stroke : style.fill),
      };
    });
    const rows = [...box.querySelectorAll("tbody tr")].map((tr) => ({
      name: tr.querySelector("th").textContent.trim(), short: tr.querySelector("th").dataset.short,
      cells: [...tr.querySelectorAll("td")].map((td) => ({ value: td.dataset.value === "" ? null : Number(td.dataset.value), text: td.textContent.trim() })),
    }));
    return { heads, rows };
  }

  const hatches = (surface) => [
    { symbol: "none" },
    { symbol: "rect", color: surface, dashArrayX: [1, 0], dashArrayY: [2, 6], rotation: -Math.PI / 4 },
    { symbol: "circle", color: surface, symbolSize: 0.7, dashArrayX: [[0, 8], [8, 0]], dashArrayY: [5, 5] },
  ];

  function option(box, narrow) {
    const { heads, rows } = read(box), kind = box.dataset.chart, flat = kind === "bars";
    const style = getComputedStyle(box), quiet = plain(getComputedStyle(box.querySelector(".chart")).color);
    const surface = plain(style.backgroundColor), line = plain(style.borderTopColor), ink = plain(style.color);
    const font = { color: quiet, fontSize: 13, fontFamily: style.fontFamily };
    const unit = box.dataset.unit ? ` ${box.dataset.unit}` : "";
    const number = new Intl.NumberFormat(document.documentElement.lang);
    const places = {
      type: "category", data: rows.map((r) => r.short), inverse: flat, axisTick: { show: false }, axisLine: { lineStyle: { color: line } },
      axisLabel: { ...font, hideOverlap: true, interval: flat ? 0 : "auto", ...(flat ? { width: narrow ? 90 : 220, overflow: "break" } : {}) },
    };
    const numbers = {
      type: "value", min: 0, minInterval: 1, splitNumber: 4, splitLine: { lineStyle: { color: line } },
      axisLabel: { ...font, hideOverlap: true, formatter: (v) => number.format(v) + unit },
      ...(Number(box.dataset.most) ? { max: Number(box.dataset.most) } : {}),
    };
    const signs = hatches(surface);
    return {
      animation: false, aria: { enabled: false }, textStyle: { fontFamily: style.fontFamily },
      grid: { left: 4, right: flat ? (narrow ? 24 : 110) : 16, top: 12, bottom: 4, containLabel: true },
      tooltip: {
        trigger: "axis", renderMode: "richText", confine: true, transitionDuration: 0, axisPointer: { type: kind === "lines" ? "line" : "shadow", animation: false },
        backgroundColor: surface, borderColor: line, textStyle: { ...font, color: ink },
        formatter: (items) => {
          const i = items[0].dataIndex;
          return [rows[i].name, ...heads.flatMap((h, n) => rows[i].cells[n].value === null ? [] : [`${heads.length > 1 ? h.name + "  " : ""}${rows[i].cells[n].text}`])].join("\n");
        },
      },
      xAxis: flat ? numbers : places, yAxis: flat ? places : numbers,
      series: heads.map((h, n) => ({
        name: h.name, type: kind === "lines" ? "line" : "bar", data: rows.map((r) => kind === "columns" && r.cells[n].value === 0 ? null : r.cells[n].value),
        ...(kind === "lines"
          ? { step: h.step ? "end" : false, symbol: "circle", symbolSize: 6, showSymbol: !h.step, lineStyle: { width: 2.5, type: h.dashed ? "dashed" : "solid", color: h.colour }, itemStyle: { color: h.colour } }
          : {
            stack: flat ? undefined : "all", barMaxWidth: flat ? 22 : 40, itemStyle: { color: h.colour, decal: signs[h.hatch], borderColor: surface, borderWidth: flat ? 0 : 1 },
            label: flat && !narrow ? { show: true, position: "right", ...font, formatter: (p) => rows[p.dataIndex].cells[n].text } : { show: false },
          }),
      })),
    };
  }

  const boxes = [...document.querySelectorAll("[data-chart]")];
  const charts = boxes.map((box) => {
    const place = box.querySelector(".chart");
    return { box, place, drawn: echarts.init(place, null, { renderer: "canvas", locale: document.documentElement.lang.startsWith("zh") ? "ZH" : "EN" }) };
  });
  const draw = () => charts.forEach(({ box, place, drawn }) => {
    drawn.resize();
    drawn.setOption(option(box, place.clientWidth < 480), true);
  });
  draw();
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", draw);
  let width = innerWidth;
  addEventListener("resize", () => { if (innerWidth !== width) { width = innerWidth; draw(); } });
})();
