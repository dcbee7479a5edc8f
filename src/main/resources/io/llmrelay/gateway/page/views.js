// What the page shows: functions from the state to elements.
import { Fragment, h } from "./lib/preact.js";
import { Chart } from "./charts.js";
import { act, hold, toggleTheme } from "./page.js";
import { Playground, StepList } from "./playground.js";

/** How many failovers are shown; the relay keeps more. */
const MAX_SHOWN = 30;

const fixed = (value, digits = 1) => (value == null ? "–" : value.toFixed(digits));
const ms = (value) => (value == null ? "–" : value < 10000 ? `${value} ms` : `${fixed(value / 1000)} s`);
const time = (epoch) => new Date(epoch).toLocaleTimeString();

/** Formats a remaining time, as a countdown. */
export function remaining(value) {
  const s = Math.ceil(value / 1000);
  if (s < 60) {
    return `${s} s`;
  }
  const minutes = Math.floor(s / 60);
  return minutes < 60
    ? `${minutes}:${String(s % 60).padStart(2, "0")} min`
    : `${Math.floor(minutes / 60)}:${String(minutes % 60).padStart(2, "0")} h`;
}

export function view({ state }) {
  const status = state.status;
  return h(Fragment, null,
    h("a", { class: "skip", href: "#backends" }, "Skip to the backends"),
    h(Header, { state }),
    h("main", null,
      status && h(Fragment, null,
        h(Backends, { status, busy: state.busy }),
        h(Charts, { status }),
        status.others.length > 0 && h(Others, { others: status.others }),
        h(Failovers, { all: state.failovers, held: state.held }),
        h(InFlight, { inFlight: status.in_flight }),
        h(Playground, { playground: state.playground, backends: status.backends }),
        h(Changes, { changes: state.changes }))),
    h("div", { class: state.result ? "card result" : "", role: "status", "aria-live": "polite" }, state.result),
    state.askKey && h(KeyDialog, { done: state.askKey }));
}

function Header({ state }) {
  const status = state.status;
  const out = status ? status.backends.filter((backend) => !backend.available).length : 0;
  const all = status?.backends.length;
  return h("header", null,
    h("h1", null, "LLM Relay"),
    status && h("span", { id: "overall", class: `pill ${out === 0 ? "good" : out === all ? "bad" : "warn"}` },
      out === 0 ? "all backends serve" : `${out} of ${all} backends out`),
    h("span", { class: state.live ? "soft" : "bad-text", role: "status" },
      state.live ? `live, ${status?.requests ?? 0} in flight` : "not connected, trying again"),
    h("span", { class: "space" }),
    status?.reloadable && h("button", {
      disabled: state.busy.has("/admin/reload"),
      onClick: () => act("/admin/reload", "Reload"),
    }, "Reload configuration"),
    h("button", { onClick: toggleTheme, "aria-label": "Switch between light and dark" }, "◐"));
}

/** Returns the most important state of a backend: its level and its words. */
function condition(backend) {
  const circuit = (state) => backend.circuits.find((each) => each.state === state);
  const whole = backend.cooldowns.find((each) => each.candidate === backend.name);
  const open = circuit("open");
  if (backend.disabled) {
    return ["bad", "disabled"];
  }
  if (open) {
    const some = open.name !== backend.name;
    return [some ? "warn" : "bad", `circuit open${some ? " (model)" : ""}, ${remaining(open.half_open_in_ms)}`];
  }
  if (whole) {
    return ["bad", whole.for_ms < 0 ? "key refused" : `cooldown, ${remaining(whole.for_ms)}`];
  }
  if (!backend.available) {
    return ["bad", "budget used up"];
  }
  if (circuit("half_open")) {
    return ["warn", "half-open, on trial"];
  }
  if (backend.cooldowns.length > 0) {
    return ["warn", "cooldown of a model"];
  }
  return ["good", "serves"];
}

function Backends({ status, busy }) {
  return h("section", { id: "backends", "aria-labelledby": "backends-title" },
    h("div", { class: "title" }, h("h2", { id: "backends-title" }, "Backends"),
      h("span", { class: "soft small" }, "shares and times of the last minute, rates of the last 10 s")),
    h("div", { class: "cards" },
      status.backends.map((backend) => h(Backend, { key: backend.name, backend, busy }))));
}

function Backend({ backend, busy }) {
  const [level, words] = condition(backend);
  const minute = backend.last_minute;
  const share = minute.success_share == null ? "–" : `${fixed(minute.success_share * 100)} %`;
  return h("article", { class: "card", "data-backend": backend.name },
    h("div", { class: "head" },
      h("h3", null, backend.name),
      h("span", { class: `pill ${level}` }, words),
      h("span", { class: "soft small" }, backend.dialect)),
    h("dl", { class: "numbers" },
      number("Success", share),
      number("First chunk p50", ms(minute.first_chunk_p50_ms)),
      number("p95", ms(minute.first_chunk_p95_ms)),
      number("Requests / s", fixed(minute.requests_per_second)),
      number("Tokens / s", fixed(minute.tokens_per_second, 0)),
      number("Cost, 1 min", minute.cost_usd ? `$ ${fixed(minute.cost_usd, 4)}` : "–")),
    h(Use, { title: "Slots", used: backend.connections.in_use, max: backend.connections.max,
      more: backend.connections.waiting ? `, ${backend.connections.waiting} wait` : "" }),
    Object.entries(backend.budget ?? {}).map(([limit, budget]) => h(Use, {
      key: limit, title: limit, used: budget.used, max: budget.max, more: `, ${remaining(budget.renews_in_ms)}`,
    })),
    h("ul", { class: "notes" },
      backend.circuits.filter((each) => each.state !== "closed").map((each) => h("li", { key: each.name },
        `Circuit ${each.name}: ${each.state.replace("_", "-")}`,
        each.half_open_in_ms >= 0 && `, trial in ${remaining(each.half_open_in_ms)}`)),
      backend.cooldowns.map((each) => h("li", { key: each.candidate },
        `${each.candidate}: ${each.reason.replaceAll("_", " ")}`,
        each.for_ms >= 0 ? `, available in ${remaining(each.for_ms)}` : ", until the key is accepted"))),
    h(Actions, { backend, busy }));
}

function number(title, value) {
  return h("div", null, h("dt", null, title), h("dd", null, value));
}

function Use({ title, used, max, more }) {
  const rounded = Number.isInteger(used) ? used : fixed(used, 4);
  return h("div", { class: "use" },
    h("span", { class: "soft" }, title),
    h("progress", { value: used, max, "aria-label": title }),
    h("span", null, `${rounded} / ${max}${more}`));
}

function Actions({ backend, busy }) {
  const button = (action, title, disabled) => {
    const path = `/admin/backends/${encodeURIComponent(backend.name)}/${action}`;
    return h("button", {
      "data-action": action,
      "aria-label": `${title}: ${backend.name}`,
      disabled: disabled || busy.has(path),
      onClick: () => act(path, `${title} of ${backend.name}`),
    }, title);
  };
  const closed = backend.circuits.every((each) => each.state === "closed");
  const open = backend.circuits.some((each) => each.state === "open");
  return h("div", { class: "actions" },
    button("open-circuit", "Open circuit", open),
    button("close-circuit", "Close circuit", closed),
    button("reset-circuit", "Reset circuit", false),
    button("clear-cooldown", "Clear cooldown", backend.cooldowns.length === 0),
    backend.disabled ? button("enable", "Enable", false) : button("disable", "Disable", false));
}

function Charts({ status }) {
  const names = status.backends.map((backend) => backend.name);
  return h("section", { "aria-label": "Charts of the last five minutes" },
    h("div", { class: "charts" },
      h("div", { class: "card" }, h(Chart, { title: "Requests per second", field: "requests_per_second", names })),
      h("div", { class: "card" }, h(Chart, { title: "First chunk p95, ms", field: "first_chunk_p95_ms", names }))));
}

function Others({ others }) {
  return h("section", { "aria-labelledby": "others-title" },
    h("div", { class: "title" }, h("h2", { id: "others-title" }, "Other relays on the event bus")),
    h("div", { class: "card scroll" }, h("table", { class: "stack" },
      h("thead", null, h("tr", null, ["Relay", "Requests", "Backends out", "Heard of"].map((title) => h("th", null, title)))),
      h("tbody", null, others.map((node) => h("tr", { key: node.name },
        h("td", null, node.name),
        h("td", null, node.requests),
        h("td", null, node.out.length ? node.out.join(", ") : "none"),
        h("td", null, `${ms(node.age_ms)} ago`)))))));
}

function Failovers({ all, held }) {
  const shown = (held ?? all).slice(0, MAX_SHOWN);
  const more = held ? all.filter((each) => each.number > (held[0]?.number ?? 0)).length : 0;
  return h("section", { id: "failovers", "aria-labelledby": "failovers-title" },
    h("div", { class: "title" },
      h("h2", { id: "failovers-title" }, "Last failovers"),
      h("span", { class: "soft small" }, shown.length === 0 ? "" : `the latest ${shown.length}`),
      h("span", { class: "space" }),
      shown.length > 0 && h("button", { "aria-pressed": String(Boolean(held)), onClick: () => hold(!held) },
        held ? `Resume (${more} more)` : "Hold")),
    h("div", { class: "card" }, shown.length === 0
      ? h("span", { class: "soft" }, "None: no attempt has failed.")
      : h("ol", { class: "trails" }, shown.map((failover) => h(Failover, { key: failover.number, failover })))));
}

const OUTCOMES = { completed: "good-text", failed: "bad-text", cancelled: "warn-text" };

function Failover({ failover }) {
  return h("li", null,
    h("div", { class: "head" },
      h("span", { class: "soft" }, time(failover.time)),
      h("span", { class: OUTCOMES[failover.outcome] },
        failover.outcome === "completed" ? `served by ${failover.backend}` : failover.outcome,
        failover.reason && failover.outcome === "failed" ? ` (${failover.reason.replaceAll("_", " ")})` : ""),
      h("span", null, ms(failover.duration_ms)),
      failover.key && h("span", { class: "soft" }, `key ${failover.key}`),
      h("code", { class: "soft small" }, failover.caller_id ?? failover.id)),
    h(TimeLine, { failover }),
    h(StepList, { trail: failover.trail }));
}

/** Shows the attempts of a request on a time line; the time before a first chunk is pale. */
function TimeLine({ failover }) {
  const whole = Math.max(1, failover.duration_ms);
  const percent = (value) => `${Math.min(100, (100 * value) / whole)}%`;
  const parts = failover.trail.filter((each) => each.result !== "skipped").flatMap((each) => {
    const level = each.result === "failed" ? "bad" : each.result === "cancelled" ? "warn" : "good";
    const wait = each.first_chunk_ms ?? 0;
    const part = (from, length, pale) => h("i", {
      class: pale ? `${level} wait` : level,
      style: { left: percent(from), width: percent(length) },
      title: `${each.backend}/${each.model}: ${each.reason ?? each.result}, ${each.duration_ms} ms`,
    });
    return wait > 0
      ? [part(each.start_ms, wait, true), part(each.start_ms + wait, each.duration_ms - wait, false)]
      : [part(each.start_ms, each.duration_ms, false)];
  });
  return h("div", { class: "line", "aria-hidden": "true" }, parts);
}

function InFlight({ inFlight }) {
  const titles = ["Request", "Key", "Model asked", "Backend", "Attempts", "First chunk", "Age"];
  return h("section", { id: "in-flight", "aria-labelledby": "in-flight-title" },
    h("div", { class: "title" },
      h("h2", { id: "in-flight-title" }, "Requests in flight"),
      h("span", { class: "soft small" }, inFlight.count > inFlight.latest.length
        ? `the latest ${inFlight.latest.length} of ${inFlight.count}` : inFlight.count)),
    inFlight.latest.length > 0 && h("div", { class: "card scroll" }, h("table", { class: "stack" },
      h("thead", null, h("tr", null, titles.map((title) => h("th", null, title)))),
      h("tbody", null, inFlight.latest.map((each) => h("tr", { key: each.id },
        h("td", null, h("code", null, each.caller_id ?? each.id)),
        h("td", null, each.key ?? "–"),
        h("td", null, each.model ?? "default", each.streaming ? "" : " (whole)"),
        h("td", null, each.backend ? `${each.backend}/${each.backend_model}` : "–"),
        h("td", null, each.trail.length + (each.backend ? 1 : 0)),
        h("td", null, ms(each.first_chunk_ms)),
        h("td", null, ms(each.age_ms))))))));
}

/** Says in words what changed about a backend. */
function change(event) {
  switch (event.event) {
    case "circuit_state_change":
      return `Circuit ${event.circuit}: ${event.from.replace("_", "-")} → ${event.to.replace("_", "-")}`;
    case "exhausted":
      return event.for_ms > 0
        ? `${event.candidate}: cooldown of ${remaining(event.for_ms)} (${event.reason.replaceAll("_", " ")})`
        : `${event.candidate}: key ${event.for_ms < 0 ? "refused" : "accepted again"}`;
    case "budget_threshold":
      return `${event.backend}: ${event.limit} ${event.spent ? "used up" : "nearly used up"} (${event.used} of ${event.max})`;
    case "operator_action":
      return `Operator: ${event.action.replaceAll("_", " ")} ${event.target}${event.changed ? "" : " (no change)"}`;
    default:
      return event.event;
  }
}

function Changes({ changes }) {
  return h("section", { id: "changes", "aria-labelledby": "changes-title" },
    h("div", { class: "title" }, h("h2", { id: "changes-title" }, "Changes of backends")),
    h("div", { class: "card" }, changes.length === 0
      ? h("span", { class: "soft" }, "None since the relay started.")
      : h("ul", { class: "notes" }, changes.slice(0, MAX_SHOWN).map((event) => h("li", { key: event.number },
        h("span", { class: "soft" }, time(event.time)), " ", change(event))))));
}

function KeyDialog({ done }) {
  const submit = (event) => {
    event.preventDefault();
    done(new FormData(event.target).get("key"));
  };
  return h("dialog", { ref: (dialog) => dialog && !dialog.open && dialog.showModal(), onCancel: () => done(null) },
    h("form", { onSubmit: submit },
      h("label", null, "The key of the admin address (gateway.admin.key)",
        h("input", { name: "key", type: "password", autocomplete: "off", required: true })),
      h("div", { class: "actions" },
        h("button", { class: "main" }, "Continue"),
        h("button", { type: "button", onClick: () => done(null) }, "Cancel"))));
}
