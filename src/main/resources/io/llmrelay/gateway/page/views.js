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

/** Returns the cooldown of all models of a backend; of several keys the one that ends first, if all have one. */
function wholeCooldown(backend) {
  const whole = backend.cooldowns.filter((each) => each.candidate === backend.name);
  if (whole.length < Object.keys(backend.keys ?? { only: 1 }).length) {
    return undefined;
  }
  const order = (each) => (each.for_ms < 0 ? Infinity : each.for_ms);
  return whole.sort((a, b) => order(a) - order(b))[0];
}

/** Says when a refused key is tried again. */
function nextTry({ key_probe_in_ms: inMs }) {
  return inMs == null ? "" : inMs > 0 ? `, tried in ${remaining(inMs)}` : ", being tried";
}

/** Returns the most important state of a backend: its level and its words. */
function condition(backend) {
  const circuit = (state) => backend.circuits.find((each) => each.state === state);
  const whole = wholeCooldown(backend);
  const open = circuit("open");
  if (backend.disabled) {
    return ["bad", "disabled"];
  }
  if (open) {
    const some = open.name !== backend.name;
    return [some ? "warn" : "bad", `circuit open${some ? " (model)" : ""}, ${remaining(open.half_open_in_ms)}`];
  }
  if (whole) {
    return ["bad", whole.for_ms < 0 ? `key refused${nextTry(whole)}` : `cooldown, ${remaining(whole.for_ms)}`];
  }
  if (!backend.available) {
    return ["bad", "budget used up"];
  }
  if (circuit("half_open")) {
    return ["warn", "half-open, on trial"];
  }
  const keys = Object.values(backend.keys ?? {});
  const out = keys.filter((key) => !key.available).length;
  if (out > 0) {
    return ["warn", `${out} of ${keys.length} keys out`];
  }
  if (backend.cooldowns.length > 0) {
    return ["warn", "cooldown of a model"];
  }
  return ["good", "serves"];
}

/** Returns the most important state of one of several keys: its level and its words. */
function keyCondition(backend, name, key) {
  const cooldowns = backend.cooldowns.filter((each) => each.key === name);
  const whole = cooldowns.find((each) => each.candidate === backend.name);
  if (whole) {
    return ["bad", whole.for_ms < 0 ? `refused${nextTry(whole)}` : `cooldown, ${remaining(whole.for_ms)}`];
  }
  if (!key.available) {
    return ["bad", "budget used up"];
  }
  return cooldowns.length > 0 ? ["warn", "cooldown of a model"] : ["good", "serves"];
}

function Backends({ status, busy }) {
  return h("section", { id: "backends", "aria-labelledby": "backends-title" },
    h("div", { class: "title" }, h("h2", { id: "backends-title" }, "Backends"),
      h("span", { class: "soft small" }, "shares and times of the last minute, rates of the last 10 s")),
    h("div", { class: "cards" },
      status.backends.map((backend) => h(Backend, { key: backend.name, backend, busy, now: status.time }))));
}

function Backend({ backend, busy, now }) {
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
    h(Budget, { budget: backend.budget }),
    backend.probe && h(Probe, { probe: backend.probe, now }),
    h("ul", { class: "notes" },
      backend.circuits.filter((each) => each.state !== "closed").map((each) => h("li", { key: each.name },
        h("span", null, `Circuit ${each.name}: ${each.state.replace("_", "-")}`,
          each.half_open_in_ms >= 0 && `, trial in ${remaining(each.half_open_in_ms)}`),
        h(ModelAction, { backend, candidate: each.name, action: "close-circuit", title: "Close", busy }))),
      backend.cooldowns.map((each) => h("li", { key: `${each.candidate} ${each.key}` },
        h("span", null, each.candidate, each.key && `, key ${each.key}`, `: ${each.reason.replaceAll("_", " ")}`,
          each.for_ms >= 0 ? `, available in ${remaining(each.for_ms)}` : `, until the key is accepted${nextTry(each)}`),
        h(ModelAction, { backend, candidate: each.candidate, action: "clear-cooldown", title: "Clear", busy })))),
    backend.keys && h(Keys, { backend }),
    h(Actions, { backend, busy }));
}

function Budget({ budget }) {
  return Object.entries(budget ?? {}).map(([limit, use]) => h(Use, {
    key: limit, title: LIMITS[limit] ?? limit, used: use.used, max: use.max, more: `, ${remaining(use.renews_in_ms)}`,
  }));
}

const LIMITS = {
  "daily-usd": "$ a day", "monthly-usd": "$ a month",
  "requests-per-minute": "Requests / min", "requests-per-day": "Requests / day",
  "tokens-per-minute": "Tokens / min", "tokens-per-day": "Tokens / day",
};

/** Says what the last probe found, and when the next one is due. */
function Probe({ probe, now }) {
  const result = probe.healthy == null ? h("span", { class: "soft" }, "none yet")
    : h("span", { class: probe.healthy ? "good-text" : "bad-text" },
      probe.healthy ? "healthy" : `failed (${probe.reason.replaceAll("_", " ")})`);
  return h("p", { class: "probe" },
    h("span", { class: "soft" }, "Probe "), result,
    probe.at && ` ${remaining(Math.max(0, now - probe.at))} ago, after ${ms(probe.latency_ms)}`,
    probe.next_in_ms > 0 ? `; next in ${remaining(probe.next_in_ms)} without requests` : "; next one now");
}

/** Shows the keys of a backend with several. */
function Keys({ backend }) {
  const keys = Object.entries(backend.keys);
  return h("details", { class: "keys", open: keys.length <= 4 },
    h("summary", null, h("b", null, count(keys.length, "key")), h("span", { class: "soft small" }, " in the last minute")),
    h("ul", null, keys.map(([name, key]) => h(Key, { key: name, backend, name, state: key }))));
}

const count = (value, what) => `${value.toLocaleString()} ${what}${value === 1 ? "" : "s"}`;

function Key({ backend, name, state }) {
  const [level, words] = keyCondition(backend, name, state);
  const minute = state.last_minute;
  const facts = [
    state.max == null ? `${state.in_use} in use`
      : `${state.in_use} of ${state.max} in use${state.waiting ? `, ${state.waiting} wait` : ""}`,
    count(minute.served + minute.failed, "request"),
    count(minute.tokens, "token"),
    ...(minute.cost_usd ? [`$ ${fixed(minute.cost_usd, 4)}`] : []),
    ...(minute.failed ? [`${minute.failed} failed`] : []),
  ];
  return h("li", { "data-key": name },
    h("div", { class: "head" }, h("b", null, name), h("span", { class: `pill ${level}` }, words)),
    h("div", { class: "facts" }, facts.map((fact) => h("span", { key: fact }, fact))),
    h(Budget, { budget: state.budget }));
}

/** A button for the circuit or the cooldown of one model; nothing if the whole backend is meant. */
function ModelAction({ backend, candidate, action, title, busy }) {
  if (!candidate.startsWith(`${backend.name}/`)) {
    return null;
  }
  const model = candidate.slice(backend.name.length + 1);
  const path = `/admin/backends/${encodeURIComponent(backend.name)}/${action}?model=${encodeURIComponent(model)}`;
  return h("button", {
    "aria-label": `${title}: ${candidate}`,
    disabled: busy.has(path),
    onClick: () => act(path, `${title} of ${candidate}`),
  }, title);
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

/** A cell that repeats the title of its column, for narrow screens. */
function cell(title, ...content) {
  return h("td", { "data-title": title }, h("span", null, content));
}

function Others({ others }) {
  return h("section", { "aria-labelledby": "others-title" },
    h("div", { class: "title" }, h("h2", { id: "others-title" }, "Other relays on the event bus")),
    h("div", { class: "card scroll" }, h("table", { class: "stack" },
      h("thead", null, h("tr", null, ["Relay", "Requests", "Backends out", "Heard of"].map((title) => h("th", null, title)))),
      h("tbody", null, others.map((node) => h("tr", { key: node.name },
        cell("Relay", node.name),
        cell("Requests", node.requests),
        cell("Backends out", node.out.length ? node.out.join(", ") : "none"),
        cell("Heard of", `${ms(node.age_ms)} ago`)))))));
}

function Failovers({ all, held }) {
  const shown = (held ?? all).slice(0, MAX_SHOWN);
  const more = held ? all.filter((each) => each.number > (held[0]?.number ?? 0)).length : 0;
  return h("section", { id: "failovers", "aria-labelledby": "failovers-title" },
    h("div", { class: "title" },
      h("h2", { id: "failovers-title" }, "Last failovers"),
      h("span", { class: "soft small" }, shown.length === 0 ? "" :
        `the latest ${shown.length}; red failed, green served, gray another was faster, pale until the first chunk`),
      h("span", { class: "space" }),
      shown.length > 0 && h("button", { "aria-pressed": String(Boolean(held)), onClick: () => hold(!held) },
        held ? `Resume (${more} more)` : "Hold")),
    h("div", { class: "card" }, shown.length === 0
      ? h("span", { class: "soft" }, "None: no request had a failed or a second attempt.")
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

const LEVELS = { served: "good", failed: "bad", diverged: "bad", cancelled: "warn", hedged: "off" };

/**
 * Shows the attempts of a request on a time line; the time before a first chunk is pale. Attempts
 * beside each other have a row each.
 */
function TimeLine({ failover }) {
  const whole = Math.max(1, failover.duration_ms);
  const percent = (value) => `${Math.min(100, (100 * value) / whole)}%`;
  const ends = [];
  const parts = failover.trail.filter((each) => each.result !== "skipped").flatMap((each) => {
    const level = LEVELS[each.result] ?? "warn";
    const free = ends.findIndex((end) => end <= each.start_ms);
    const row = free < 0 ? ends.length : free;
    ends[row] = each.start_ms + each.duration_ms;
    const wait = Math.min(each.first_chunk_ms ?? 0, each.duration_ms);
    const part = (from, length, pale) => h("i", {
      class: pale ? `${level} wait` : level,
      style: { left: percent(from), width: percent(length), top: `${row * 12}px` },
      title: `${each.backend}/${each.model}: ${each.reason ?? each.result}, ${each.duration_ms} ms`,
    });
    return wait > 0
      ? [part(each.start_ms, wait, true), part(each.start_ms + wait, each.duration_ms - wait, false)]
      : [part(each.start_ms, each.duration_ms, false)];
  });
  return h("div", { class: "line", "aria-hidden": "true", style: { height: `${12 * Math.max(1, ends.length)}px` } }, parts);
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
        cell("Request", h("code", null, each.caller_id ?? each.id)),
        cell("Key", each.key ?? "–"),
        cell("Model asked", each.model ?? "default", each.streaming ? "" : " (whole)"),
        cell("Backend", each.running.map((run) => `${run.backend}/${run.model}`).join(" and ") || "–"),
        cell("Attempts", each.trail.filter((step) => step.result !== "skipped").length + each.running.length),
        cell("First chunk", ms(each.first_chunk_ms)),
        cell("Age", ms(each.age_ms))))))));
}

/** Says in words what changed about a backend. */
function change(event) {
  switch (event.event) {
    case "circuit_state_change":
      return `Circuit ${event.circuit}: ${event.from.replace("_", "-")} → ${event.to.replace("_", "-")}`;
    case "exhausted":
      return event.for_ms > 0
        ? `${event.candidate}${event.key ? `, key ${event.key}` : ""}: cooldown of ${remaining(event.for_ms)} (${event.reason.replaceAll("_", " ")})`
        : `${event.candidate}: key${event.key ? ` ${event.key}` : ""} ${event.for_ms < 0 ? "refused" : "accepted again"}`;
    case "budget_threshold":
      return `${event.backend}: ${event.limit} ${event.spent ? "used up" : "nearly used up"} (${event.used} of ${event.max})`;
    case "operator_action":
      return `Operator: ${event.action.replaceAll("_", " ")} ${event.target}${event.changed ? "" : " (no change)"}`;
    case "health_probe":
      return `Probe of ${event.backend}: ${event.healthy ? "healthy again" : `failed (${event.reason.replaceAll("_", " ")})`}`;
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
