// The last five minutes of every backend, one sample a second, as charts.
import { Component, h } from "./lib/preact.js";
import uPlot from "./lib/uplot.js";

const MAX_SAMPLES = 300;
const DARK = matchMedia("(prefers-color-scheme: dark)");
const COLORS = ["#3b82f6", "#e07b00", "#16a34a", "#c026d3", "#0891b2", "#dc2626", "#8b5cf6", "#84750b"];

/** Samples, the oldest first: {time, values: {backend: last_minute}}. */
const samples = [];

export function addSample(status) {
  const second = Math.floor(status.time / 1000);
  if (samples.length > 0 && samples[samples.length - 1].time >= second) {
    return;
  }
  const values = Object.fromEntries(status.backends.map((backend) => [backend.name, backend.last_minute]));
  samples.push({ time: second, values });
  if (samples.length > MAX_SAMPLES) {
    samples.shift();
  }
}

function clock(seconds) {
  return new Date(seconds * 1000).toLocaleTimeString([], { hour: "2-digit", minute: "2-digit", second: "2-digit", hour12: false });
}

/** A chart of one field of all backends, drawn anew when there is a new sample. */
export class Chart extends Component {
  shouldComponentUpdate(next) {
    if (next.names.join() !== this.props.names.join()) {
      this.draw(next);
    }
    this.plot?.setData(this.data(next));
    this.showLatest();
    return false;
  }

  componentDidMount() {
    this.draw(this.props);
    this.observer = new ResizeObserver(() => this.plot.setSize(this.size()));
    this.observer.observe(this.base);
    this.redraw = () => this.draw(this.props);
    this.theme = new MutationObserver(this.redraw);
    this.theme.observe(document.documentElement, { attributeFilter: ["data-theme"] });
    DARK.addEventListener("change", this.redraw);
  }

  componentWillUnmount() {
    this.observer.disconnect();
    this.theme.disconnect();
    DARK.removeEventListener("change", this.redraw);
    this.plot.destroy();
  }

  data({ names, field }) {
    return [
      samples.map((sample) => sample.time),
      ...names.map((name) => samples.map((sample) => sample.values[name]?.[field] ?? null)),
    ];
  }

  size() {
    return { width: Math.max(200, this.base.clientWidth), height: 170 };
  }

  draw(props) {
    this.plot?.destroy();
    const probe = getComputedStyle(this.base);
    const axis = { stroke: probe.color, grid: { stroke: "#8886", width: 0.5 }, ticks: { show: false } };
    const value = (plot, raw) => (raw == null ? "–" : Math.round(raw * 10) / 10);
    this.plot = new uPlot(
      {
        ...this.size(),
        cursor: { drag: { x: false, y: false } },
        series: [{ value: (plot, raw) => (raw == null ? "–" : clock(raw)) }].concat(
          props.names.map((name, i) => ({ label: name, stroke: COLORS[i % COLORS.length], width: 2, points: { show: false }, value }))),
        axes: [{ ...axis, values: (plot, times) => times.map(clock), space: 80 }, { ...axis, size: 46 }],
        scales: { y: { range: (plot, min, max) => [0, Math.max(1, (max ?? 0) * 1.1)] } },
      },
      this.data(props),
      this.base.lastChild);
    this.showLatest();
  }

  /** Shows the latest values in the legend, unless the pointer is at others. */
  showLatest() {
    if (this.plot && samples.length > 0 && this.plot.cursor.left < 0) {
      this.plot.setLegend({ idx: samples.length - 1 });
    }
  }

  render({ title }) {
    return h("div", { role: "img", "aria-label": `Chart: ${title}` }, h("h2", null, title), h("div", null));
  }
}
