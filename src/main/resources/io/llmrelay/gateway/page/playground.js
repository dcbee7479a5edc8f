// The playground: sends one request to the relay, streams its answer and shows its trail.
import { h } from "./lib/preact.js";
import { errorOf, post, state, update } from "./page.js";

let abort;

const RESULTS = { served: "good-text", serving: "good-text", failed: "bad-text", skipped: "soft", cancelled: "warn-text" };

/** Shows a trail, one line for each candidate. */
export function StepList({ trail }) {
  return h("ol", { class: "steps" }, trail.map((each, i) => h("li", { key: i },
    `${each.backend}/${each.model} `,
    h("span", { class: RESULTS[each.result] ?? "soft" }, each.result),
    each.reason && ` ${each.reason.replaceAll("_", " ")}`,
    each.status && ` ${each.status}`,
    each.duration_ms != null && each.result !== "skipped" && `, ${each.duration_ms} ms`,
    each.first_chunk_ms != null && ` (first chunk ${each.first_chunk_ms} ms)`,
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

async function body(form) {
  const fields = new FormData(form);
  const image = fields.get("image");
  const content = image?.size > 0
    ? [{ type: "text", text: fields.get("prompt") },
       { type: "image_url", image_url: { url: await readImage(image) } }]
    : fields.get("prompt");
  const request = { stream: true, messages: [{ role: "user", content }] };
  if (fields.get("model")) {
    request.model = fields.get("model");
  }
  const more = fields.get("more").trim();
  return JSON.stringify(more ? { ...request, ...JSON.parse(more) } : request);
}

async function send(event) {
  event.preventDefault();
  const form = event.target;
  abort = new AbortController();
  const id = `playground-${Math.random().toString(36).slice(2, 10)}`;
  state.playground = { id, running: true, error: "", trail: [], answer: "", images: [], served: "" };
  update();
  const playground = state.playground;
  try {
    const response = await post("/admin/playground", {
      headers: { "content-type": "application/json", "x-request-id": id },
      body: await body(form),
      signal: abort.signal,
    });
    if (!response.ok) {
      playground.error = await errorOf(response);
    } else {
      const name = (header) => response.headers.get(header);
      playground.served = `${name("x-relay-backend")}/${name("x-relay-model")}, candidate ${name("x-relay-attempts")}`;
      await read(response.body, playground);
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

function onEvent(event, playground) {
  if (event.error) {
    playground.error = event.error.message;
  }
  const delta = event.choices?.[0]?.delta ?? {};
  playground.answer += delta.content ?? "";
  for (const call of delta.tool_calls ?? []) {
    playground.answer += call.function?.name ? `\n${call.function.name}(` : "";
    playground.answer += call.function?.arguments ?? "";
  }
  playground.images.push(...(delta.images ?? []).map((image) => image.image_url.url));
}

export function Playground({ playground, backends }) {
  const models = backends.flatMap((backend) => backend.models.map((model) => `${backend.name}/${model}`));
  return h("section", { id: "playground", "aria-labelledby": "playground-title" },
    h("div", { class: "title" }, h("h2", { id: "playground-title" }, "Playground"),
      h("span", { class: "soft small" }, "real requests, at the cost of the relay's accounts")),
    h("div", { class: "card playground" },
      h("form", { onSubmit: send },
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
          playground.running && h("button", { type: "button", onClick: () => abort.abort() }, "Cancel"))),
      h("div", { "aria-busy": String(playground.running) },
        h("h3", null, playground.served ? `Answer of ${playground.served}` : "Answer"),
        h("div", { class: "answer", id: "answer" }, playground.answer,
          playground.images.map((url) => h("img", { src: url, alt: "image of the answer" }))),
        playground.error && h("p", { class: "bad-text", role: "alert" }, playground.error),
        playground.trail.length > 0 && h(StepList, { trail: playground.trail }))));
}
