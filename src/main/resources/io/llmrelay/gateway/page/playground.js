// The playground: sends one request to the relay, streams its answer and shows its trail.
import { h } from "./lib/preact.js";
import { post, state, update } from "./page.js";

let abort;

const RESULTS = { served: "good-text", serving: "good-text", failed: "bad-text", diverged: "bad-text", skipped: "soft", cancelled: "warn-text" };

/** Results that do not speak for themselves. */
const WORDS = {
  waiting: "no content yet",
  hedged: "hedged: another attempt was faster",
  diverged: "diverged: its answer was another one",
};

/** Says what kept or moved a conversation, such as session;moved. */
function affinity(value) {
  const [source, moved] = value.split(";");
  return moved ? `, conversation (${source}) moved here` : `, stays with its conversation (${source})`;
}

/** Shows a trail, one line for each candidate. */
export function StepList({ trail }) {
  return h("ol", { class: "steps" }, trail.map((each, i) => h("li", { key: i },
    `${each.backend}/${each.model} `,
    each.key && `(key ${each.key}) `,
    h("span", { class: RESULTS[each.result] ?? "soft" }, WORDS[each.result] ?? each.result),
    each.reason && ` ${each.reason.replaceAll("_", " ")}`,
    each.status && ` ${each.status}`,
    each.duration_ms != null && each.result !== "skipped" && `, ${each.duration_ms} ms`,
    each.first_chunk_ms != null && ` (first chunk ${each.first_chunk_ms} ms)`,
    each.resumed_at_bytes != null && `, resumed the answer after ${each.resumed_at_bytes} bytes`,
    each.affinity && affinity(each.affinity),
    each.usage && `, ${each.usage.input_tokens ?? 0} + ${each.usage.output_tokens ?? 0} tokens`,
    each.cost_usd != null && `, $ ${each.cost_usd.toFixed(6)}`,
    each.message && each.message !== each.reason?.replaceAll("_", " ") && h("span", { class: "soft" }, ` ${each.message}`))));
}

function readImage(file) {
  return new Promise((resolve, reject) => {
    const reader = new FileReader();
    reader.onload = () => resolve(reader.result);
    reader.onerror = () => reject(reader.error);
    reader.readAsDataURL(file);
  });
}

/** Returns the message of the form. */
async function message(fields) {
  const image = fields.get("image");
  const content = image?.size > 0
    ? [{ type: "text", text: fields.get("prompt") },
       { type: "image_url", image_url: { url: await readImage(image) } }]
    : fields.get("prompt");
  return { role: "user", content };
}

function body(fields, messages) {
  const request = { stream: true, stream_options: { include_usage: true }, messages };
  if (fields.get("model")) {
    request.model = fields.get("model");
  }
  const more = fields.get("more").trim();
  return JSON.stringify(more ? { ...request, ...JSON.parse(more) } : request);
}

/** Asks with the prompt of the form: a new conversation. */
async function start(event) {
  event.preventDefault();
  const fields = new FormData(event.target);
  await send(fields, [await message(fields)]);
}

/** Goes on with the results of the tools that the answer has called. */
async function sendResults(event) {
  event.preventDefault();
  const { messages, answer, calls } = state.playground;
  const results = new FormData(event.target);
  await send(new FormData(document.querySelector("#playground form")), [
    ...messages,
    { role: "assistant", content: answer || null, tool_calls: calls },
    ...calls.map((call, i) => ({ role: "tool", tool_call_id: call.id, content: results.get(`result-${i}`) })),
  ]);
}

async function send(fields, messages) {
  abort = new AbortController();
  const id = `playground-${Math.random().toString(36).slice(2, 10)}`;
  state.playground = { ...EMPTY, id, messages, running: true, calls: [], images: [], trail: [] };
  update();
  const playground = state.playground;
  try {
    const response = await post("/admin/playground", {
      headers: { "content-type": "application/json", "x-request-id": id },
      body: body(fields, messages),
      signal: abort.signal,
    });
    if (!response.ok) {
      const failure = await response.json().catch(() => ({}));
      playground.error = failure.error?.message ?? `HTTP ${response.status}`;
      setTrail(failure, playground);
    } else {
      const name = (header) => response.headers.get(header);
      playground.served = `${name("x-relay-backend")}/${name("x-relay-model")}, candidate ${name("x-relay-attempts")}`;
      playground.warning = name("x-relay-warning");
      if (name("content-type").startsWith("application/json")) {
        onEvent(await response.json(), playground);
      } else {
        await read(response.body, playground);
      }
    }
  } catch (error) {
    playground.error ||= error.name === "AbortError" ? "cancelled" : error.message;
  } finally {
    playground.running = false;
    update();
  }
}

/** Reads the events of a streamed answer. */
async function read(stream, playground) {
  const reader = stream.pipeThrough(new TextDecoderStream()).getReader();
  let rest = "";
  for (;;) {
    const { done, value } = await reader.read();
    if (done) {
      return;
    }
    const lines = (rest + value).split("\n");
    rest = lines.pop();
    lines.filter((line) => line.startsWith("data: {")).forEach((line) => onEvent(JSON.parse(line.slice(6)), playground));
    update();
  }
}

/** Takes the trail of a final event or an error, which has all attempts. */
function setTrail(event, playground) {
  if (event.relay?.trail && !playground.complete) {
    playground.trail = event.relay.trail;
    playground.complete = true;
  }
}

function onEvent(event, playground) {
  if (event.error) {
    playground.error = event.error.message;
  }
  setTrail(event, playground);
  const choice = event.choices?.[0];
  const delta = choice?.delta ?? choice?.message ?? {};
  playground.reasoning += delta.reasoning_content ?? "";
  playground.answer += delta.content ?? delta.refusal ?? "";
  for (const part of delta.tool_calls ?? []) {
    const index = part.index ?? playground.calls.length;
    const call = (playground.calls[index] ??= { type: "function", function: { name: "", arguments: "" } });
    const { index: ignored, function: piece, ...rest } = part;
    Object.assign(call, rest);
    call.function.name += piece?.name ?? "";
    call.function.arguments += piece?.arguments ?? "";
  }
  playground.images.push(...(delta.images ?? []).map((image) => image.image_url.url));
}

const EMPTY = { error: "", warning: "", answer: "", reasoning: "", served: "", complete: false };

const SAMPLE_TOOL = JSON.stringify({
  tools: [{
    type: "function",
    function: {
      name: "get_weather",
      description: "The weather of a town",
      parameters: { type: "object", properties: { town: { type: "string" } }, required: ["town"] },
    },
  }],
}, null, 1);

function insertTool() {
  document.querySelector("#playground [name=more]").value = SAMPLE_TOOL;
  document.querySelector("#playground [name=prompt]").value = "What is the weather in Lisbon?";
}

/** The calls of tools in an answer, with a field for each result once the answer has ended. */
function Calls({ playground }) {
  const { calls, running } = playground;
  return h("form", { class: "calls", onSubmit: sendResults }, calls.map((call, i) => h("div", { key: call.id ?? i },
    h("code", null, `${call.function.name}(${call.function.arguments})`),
    !running && h("label", null, `Result of ${call.function.name}`,
      h("input", { name: `result-${i}`, required: true, autocomplete: "off" })))),
    !running && h("div", { class: "actions" }, h("button", { class: "main" }, "Send results")));
}

export function Playground({ playground, backends }) {
  const models = backends.flatMap((backend) => backend.models.map((model) => `${backend.name}/${model}`));
  return h("section", { id: "playground", "aria-labelledby": "playground-title" },
    h("div", { class: "title" }, h("h2", { id: "playground-title" }, "Playground"),
      h("span", { class: "soft small" }, "real requests, at the cost of the relay's accounts")),
    h("div", { class: "card playground" },
      h("form", { onSubmit: start },
        h("label", null, "Model (empty: the default)",
          h("input", { name: "model", list: "models", autocomplete: "off" })),
        h("datalist", { id: "models" }, models.map((model) => h("option", { key: model, value: model }))),
        h("label", null, "Prompt",
          h("textarea", { name: "prompt", rows: 3, required: true, defaultValue: "Why is the sky blue?" })),
        h("label", null, "Image", h("input", { name: "image", type: "file", accept: "image/*" })),
        h("label", null, "More fields of the request, as JSON (tools, relay …)",
          h("textarea", { name: "more", rows: 2, spellcheck: false, placeholder: '{"relay": {"candidates": ["primary", "secondary"]}}' })),
        h("div", { class: "actions" },
          h("button", { class: "main", disabled: playground.running }, "Send"),
          h("button", { type: "button", onClick: insertTool }, "Insert a sample tool"),
          playground.running && h("button", { type: "button", onClick: () => abort.abort() }, "Cancel"))),
      h("div", { "aria-busy": String(playground.running) },
        h("h3", null, playground.served ? `Answer of ${playground.served}` : "Answer"),
        playground.reasoning && h("details", null, h("summary", null, "Reasoning"),
          h("div", { class: "answer soft small" }, playground.reasoning)),
        h("div", { class: "answer", id: "answer" }, playground.answer,
          playground.images.map((url) => h("img", { src: url, alt: "image of the answer" }))),
        playground.calls.length > 0 && h(Calls, { playground }),
        playground.warning && h("p", { class: "warn-text" }, playground.warning),
        playground.error && h("p", { class: "bad-text", role: "alert" }, playground.error),
        playground.trail.length > 0 && h(StepList, { trail: playground.trail }))));
}
