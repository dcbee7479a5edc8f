#!/usr/bin/env bash
# A message that the OpenAI SDK for Python returns is not one that it may be sent back as.
#
# Expected: in a tool loop the message of the assistant is appended to the messages as it was
# returned, as the documentation of the API shows it, and the request then has nothing but fields of
# the API.
#
# What is so (2026-11, openai 3.22.1): a message of the helpers parse() and stream() is sent back
# with what the helper has added to it: the decoded arguments as parsed_arguments beside the
# arguments of each call, the index that a call had in the stream, and parsed, audio, function_call
# and annotations as null.
#
# Why a gateway for LLM streams cares: a gateway or a server that refuses unknown fields of messages
# refuses the second turn, for fields that the application never wrote. LLM Relay takes null for
# absent, knows the index, and leaves parsed_arguments out, with a warning, where a message is
# written anew for the backend.
#
# Needs Python 3.10 or newer with pip, and the Python package index. Exits with 1 if the behaviour
# has changed.
set -euo pipefail
command -v python3 >/dev/null || { echo "needs Python 3.10 or newer" >&2; exit 2; }
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
python3 -m venv env >log 2>&1 &&
  timeout 300 env/bin/pip install -q openai==3.22.1 >log 2>&1 || { cat log >&2; exit 2; }

cat > loop.py <<'PY'
import json
import threading
from http.server import BaseHTTPRequestHandler, HTTPServer

import openai
from pydantic import BaseModel

class Weather(BaseModel):
    city: str

sent = []

def chunk(delta, finish=None):
    choice = {"index": 0, "delta": delta, "finish_reason": finish}
    body = {"id": "x", "object": "chat.completion.chunk", "created": 1, "model": "m", "choices": [choice]}
    return "data: " + json.dumps(body) + "\n\n"

class Server(BaseHTTPRequestHandler):
    def do_POST(self):
        sent.append(json.loads(self.rfile.read(int(self.headers["content-length"]))))
        start = {"index": 0, "id": "c", "type": "function",
                 "function": {"name": "Weather", "arguments": ""}}
        rest = {"index": 0, "function": {"arguments": '{"city":"Oslo"}'}}
        stream = (chunk({"role": "assistant", "content": None, "tool_calls": [start]})
                  + chunk({"tool_calls": [rest]}) + chunk({}, "tool_calls") + "data: [DONE]\n\n")
        self.send_response(200)
        self.send_header("content-type", "text/event-stream")
        self.send_header("content-length", str(len(stream)))
        self.end_headers()
        self.wfile.write(stream.encode())

    def log_message(self, *words):
        pass

server = HTTPServer(("127.0.0.1", 0), Server)
threading.Thread(target=server.serve_forever, daemon=True).start()
client = openai.OpenAI(base_url=f"http://127.0.0.1:{server.server_port}/v1", api_key="k")
messages = [{"role": "user", "content": "Weather?"}]
tools = [openai.pydantic_function_tool(Weather)]
for turn in range(2):
    with client.chat.completions.stream(model="m", messages=messages, tools=tools) as stream:
        for event in stream:
            pass
        message = stream.get_final_completion().choices[0].message
    messages += [message, {"role": "tool", "tool_call_id": "c", "content": "rain"}]
back = sent[1]["messages"][1]
call = back["tool_calls"][0]
print("message:", *sorted(back))
print("call:", *sorted(call))
print("function:", *sorted(call["function"]))
PY
timeout 60 env/bin/python loop.py > seen 2>log || { cat log >&2; exit 1; }
cat > expected <<'TEXT'
message: annotations audio content function_call parsed refusal role tool_calls
call: function id index type
function: arguments name parsed_arguments
TEXT
diff expected seen || { echo "changed: what is expected is on the left" >&2; exit 1; }
echo "as described: the message goes back with fields of the SDK's own"
