// The status page: receives the state of the relay, keeps what the page needs of it, and renders
// everything at most once per frame. All state is in `state`; the views are functions of it.
import { h, render } from "./lib/preact.js";
import { addSample } from "./charts.js";
import { view } from "./views.js";

/** The most failovers and changes that the page keeps. */
const MAX_KEPT = 100;

export const state = {
  status: null,
  live: false,
  failovers: [],
  changes: [],
  held: null,
  busy: new Set(),
  result: "",
  askKey: null,
  playground: { running: false, error: "", reasoning: "", answer: "", calls: [], images: [], trail: [] },
};

let scheduled = false;

/** Renders the page with the next frame. */
export function update() {
  if (!scheduled) {
    scheduled = true;
    requestAnimationFrame(() => {
      scheduled = false;
      render(h(view, { state }), document.getElementById("app"));
    });
  }
}

function receive(status) {
  state.failovers = append(state.failovers, status.failovers);
  state.changes = append(state.changes, status.changes);
  state.status = status;
  addSample(status);
  watchPlayground(status);
  update();
}

/** Appends numbered entries, the latest first. After a restart the numbers begin anew. */
function append(known, more) {
  if (more.length === 0) {
    return known;
  }
  const restarted = known.length > 0 && more[0].number <= known[0].number;
  return [...more].reverse().concat(restarted ? [] : known).slice(0, MAX_KEPT);
}

/**
 * Shows the trail of the playground's request as far as it has come. The trail of its last event is
 * complete; that of a failover has the messages of providers as well.
 */
function watchPlayground(status) {
  const playground = state.playground;
  const mine = (entry) => playground.id && entry.caller_id === playground.id;
  const ended = state.failovers.find(mine);
  const running = status.in_flight.latest.find(mine);
  if (ended) {
    playground.trail = ended.trail;
    playground.complete = true;
  } else if (running && !playground.complete) {
    playground.trail = [...running.trail, ...running.running];
  }
}

function watch() {
  const events = new EventSource("/admin/events");
  events.addEventListener("status", (event) => {
    state.live = true;
    receive(JSON.parse(event.data));
  });
  events.onerror = () => {
    state.live = false;
    update();
    if (events.readyState === EventSource.CLOSED) {
      setTimeout(watch, 2000);
    }
  };
}

/** Sends a POST, with the operator's key if one was entered; asks for it where it is required. */
export async function post(path, init = {}) {
  const key = sessionStorage.getItem("admin-key");
  const headers = { ...init.headers, ...(key ? { authorization: `Bearer ${key}` } : {}) };
  const response = await fetch(path, { ...init, method: "POST", headers });
  if (response.status === 401) {
    sessionStorage.removeItem("admin-key");
    if (await askForKey()) {
      return post(path, init);
    }
  }
  return response;
}

function askForKey() {
  return new Promise((resolve) => {
    state.askKey = (key) => {
      state.askKey = null;
      if (key) {
        sessionStorage.setItem("admin-key", key);
      }
      update();
      resolve(Boolean(key));
    };
    update();
  });
}

export async function errorOf(response) {
  const text = await response.text();
  try {
    return JSON.parse(text).error.message;
  } catch {
    return `HTTP ${response.status}`;
  }
}

let clearing;

function show(result) {
  state.result = result;
  clearTimeout(clearing);
  clearing = setTimeout(() => {
    state.result = "";
    update();
  }, 8000);
  update();
}

/** Runs an action of the operator and shows what became of it. */
export async function act(path, title) {
  state.busy.add(path);
  update();
  try {
    const response = await post(path);
    if (!response.ok) {
      show(`${title}: ${await errorOf(response)}`);
      return;
    }
    const body = await response.json();
    const restart = body.restart?.length ? `; needs a restart: ${body.restart.join(", ")}` : "";
    show(`${title}: ${body.changed === false ? "nothing to change" : "done"}${restart}`);
  } catch (error) {
    show(`${title}: ${error.message}`);
  } finally {
    state.busy.delete(path);
    update();
  }
}

/** Stops or resumes the list of failovers, so that it can be read. */
export function hold(on) {
  state.held = on ? state.failovers : null;
  update();
}

export function toggleTheme() {
  const dark = matchMedia("(prefers-color-scheme: dark)").matches;
  const root = document.documentElement;
  root.dataset.theme = (root.dataset.theme ?? (dark ? "dark" : "light")) === "dark" ? "light" : "dark";
  localStorage.setItem("theme", root.dataset.theme);
}

if (localStorage.getItem("theme")) {
  document.documentElement.dataset.theme = localStorage.getItem("theme");
}
update();
watch();
