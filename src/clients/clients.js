// The clients of each front, and how an application reads an answer with them.
//
// A client runs one scene and returns what the application has seen: {text, ran} where nothing told
// it of a failure (ran: the tool was run), or it throws, or returns {failed: message} where the
// failure came as an event or as a part of the stream.

import Anthropic from '@anthropic-ai/sdk';
import OpenAI from 'openai';
import {z} from 'zod';
import {generateText, isStepCount, streamText, tool} from 'ai';
import {createAnthropic} from '@ai-sdk/anthropic';
import {createOpenAI} from '@ai-sdk/openai';
import {createOpenAICompatible} from '@ai-sdk/openai-compatible';
import {ChatOpenAI} from '@langchain/openai';
import {ChatAnthropic} from '@langchain/anthropic';
import {Agent, OpenAIChatCompletionsModel, OpenAIResponsesModel, run, setTracingDisabled,
  tool as agentTool} from '@openai/agents';

setTracingDisabled(true);

const PROMPT = 'What is the weather in Rome?';
const DESCRIPTION = 'Returns the weather of a city';
const SCHEMA = {
  type: 'object',
  properties: {city: {type: 'string'}},
  required: ['city'],
  additionalProperties: false,
};
const KEY = 'none';
const messages = [{role: 'user', content: PROMPT}];

/** Returns a tool's function that records that it was run. */
function recorder() {
  const call = async () => {
    call.ran = true;
    return 'sunny, 21 degrees';
  };
  return call;
}

// --- openai ---------------------------------------------------------------------------------------

const openai = base => new OpenAI({baseURL: `${base}/v1`, apiKey: KEY});

const chatFunction = {
  type: 'function',
  function: {name: 'get_weather', description: DESCRIPTION, parameters: SCHEMA},
};

async function openaiRaw(base, model, tools) {
  const stream = await openai(base).chat.completions.create(
    {model, messages, stream: true, ...(tools && {tools: [chatFunction]})});
  let text = '';
  let ran = false;
  for await (const chunk of stream) {
    text += chunk.choices[0]?.delta?.content ?? '';
    ran ||= chunk.choices[0]?.finish_reason === 'tool_calls';
  }
  return {text, ran};
}

async function openaiHelper(base, model, tools) {
  if (tools) {
    const call = recorder();
    const runner = openai(base).chat.completions.runTools({
      model, messages, stream: true,
      tools: [{...chatFunction,
        function: {...chatFunction.function, function: call, parse: JSON.parse}}],
    });
    return {text: await runner.finalContent(), ran: call.ran};
  }
  const completion = await openai(base).chat.completions.stream({model, messages})
    .finalChatCompletion();
  return {text: completion.choices[0].message.content};
}

async function openaiWhole(base, model, tools) {
  const completion = await openai(base).chat.completions.create(
    {model, messages, ...(tools && {tools: [chatFunction]})});
  return {
    text: completion.choices[0].message.content ?? '',
    ran: completion.choices[0].finish_reason === 'tool_calls',
  };
}

const responsesFunction =
  {type: 'function', name: 'get_weather', description: DESCRIPTION, parameters: SCHEMA, strict: true};

async function responsesRaw(base, model, tools) {
  const stream = await openai(base).responses.create(
    {model, input: PROMPT, stream: true, ...(tools && {tools: [responsesFunction]})});
  let text = '';
  let ran = false;
  for await (const event of stream) {
    if (event.type === 'response.output_text.delta') {
      text += event.delta;
    } else if (event.type === 'response.completed') {
      ran = event.response.output.some(item => item.type === 'function_call');
    } else if (event.type === 'response.failed' || event.type === 'error') {
      return {failed: event.response?.error?.message ?? event.message};
    }
  }
  return {text, ran};
}

async function responsesHelper(base, model, tools) {
  const response = await openai(base).responses.stream(
    {model, input: PROMPT, ...(tools && {tools: [responsesFunction]})}).finalResponse();
  if (response.status === 'failed') {
    return {failed: response.error?.message};
  }
  return {
    text: response.output_text,
    ran: response.output.some(item => item.type === 'function_call'),
  };
}

// --- @anthropic-ai/sdk ------------------------------------------------------------------------------

const anthropic = base => new Anthropic({baseURL: base, apiKey: KEY});
const anthropicTool = {name: 'get_weather', description: DESCRIPTION, input_schema: SCHEMA};
const max_tokens = 1024;

async function anthropicRaw(base, model, tools) {
  const stream = await anthropic(base).messages.create(
    {model, max_tokens, messages, stream: true, ...(tools && {tools: [anthropicTool]})});
  let text = '';
  let ran = false;
  for await (const event of stream) {
    text += event.delta?.text ?? '';
    ran ||= event.delta?.stop_reason === 'tool_use';
  }
  return {text, ran};
}

async function anthropicHelper(base, model, tools) {
  const message = await anthropic(base).messages.stream(
    {model, max_tokens, messages, ...(tools && {tools: [anthropicTool]})}).finalMessage();
  return {
    text: message.content.map(block => block.text ?? '').join(''),
    ran: message.stop_reason === 'tool_use',
  };
}

async function anthropicWhole(base, model, tools) {
  const message = await anthropic(base).messages.create(
    {model, max_tokens, messages, ...(tools && {tools: [anthropicTool]})});
  return {
    text: message.content.map(block => block.text ?? '').join(''),
    ran: message.stop_reason === 'tool_use',
  };
}

// --- ai ---------------------------------------------------------------------------------------------

const aiModels = {
  compatible: (base, model) =>
    createOpenAICompatible({name: 'relay', baseURL: `${base}/v1`, apiKey: KEY})(model),
  chat: (base, model) => createOpenAI({baseURL: `${base}/v1`, apiKey: KEY}).chat(model),
  responses: (base, model) => createOpenAI({baseURL: `${base}/v1`, apiKey: KEY})(model),
  anthropic: (base, model) => createAnthropic({baseURL: `${base}/v1`, apiKey: KEY})(model),
};

function aiOptions(provider, base, model, tools) {
  const call = recorder();
  const options =
    {model: aiModels[provider](base, model), prompt: PROMPT, stopWhen: isStepCount(3)};
  if (tools) {
    options.tools = {get_weather: tool(
      {description: DESCRIPTION, inputSchema: z.object({city: z.string()}), execute: call})};
  }
  return [options, call];
}

/** Reads the text and hears of errors by onError, as the documentation shows it. */
const aiText = provider => async (base, model, tools) => {
  const [options, call] = aiOptions(provider, base, model, tools);
  let failed;
  let text = '';
  const onError = ({error}) => {
    failed = String(error?.message ?? error);
  };
  for await (const part of streamText({...options, onError}).textStream) {
    text += part;
  }
  return {text, ran: call.ran, failed};
};

/** Reads all parts, errors among them. */
const aiParts = provider => async (base, model, tools) => {
  const [options, call] = aiOptions(provider, base, model, tools);
  let failed;
  let text = '';
  for await (const part of streamText({...options, onError: () => {}}).fullStream) {
    text += part.type === 'text-delta' ? part.text : '';
    if (part.type === 'error') {
      failed = String(part.error?.message ?? part.error);
    }
  }
  return {text, ran: call.ran, failed};
};

const aiWhole = provider => async (base, model, tools) => {
  const [options, call] = aiOptions(provider, base, model, tools);
  return {text: (await generateText(options)).text, ran: call.ran};
};

// --- LangChain ---------------------------------------------------------------------------------------

const langchain = create => async (base, model, tools) => {
  const chat = create(base, model);
  const bound = tools
    ? chat.bindTools([{type: 'function',
      function: {name: 'get_weather', description: DESCRIPTION, parameters: SCHEMA}}])
    : chat;
  let text = '';
  let ran = false;
  for await (const chunk of await bound.stream(PROMPT)) {
    text += chunk.text ?? '';
    ran ||= (chunk.tool_call_chunks ?? []).length > 0;
  }
  return {text, ran};
};

const langchainOpenai = (base, model) =>
  new ChatOpenAI({model, apiKey: KEY, maxRetries: 2, configuration: {baseURL: `${base}/v1`}});
const langchainResponses = (base, model) => new ChatOpenAI(
  {model, apiKey: KEY, maxRetries: 2, useResponsesApi: true, configuration: {baseURL: `${base}/v1`}});
const langchainAnthropic = (base, model) =>
  new ChatAnthropic({model, apiKey: KEY, maxRetries: 2, anthropicApiUrl: base});

// --- @openai/agents ----------------------------------------------------------------------------------

const agents = Model => async (base, model, tools) => {
  const call = recorder();
  const agent = new Agent({
    name: 'weather',
    model: new Model(openai(base), model),
    tools: tools ? [agentTool({name: 'get_weather', description: DESCRIPTION,
      parameters: z.object({city: z.string()}), execute: call, errorFunction: null})] : [],
  });
  const result = await run(agent, PROMPT, {stream: true});
  let text = '';
  for await (const part of result.toTextStream()) {
    text += part;
  }
  await result.completed;
  return {text, ran: call.ran};
};

/** Clients whose tool scene ends with the call: the application would run the tool. */
const onlyCalls = {onlyCalls: true};

export const CLIENTS = {
  chat: [
    {name: 'openai, stream', run: openaiRaw, ...onlyCalls},
    {name: 'openai, stream() and runTools()', run: openaiHelper},
    {name: 'openai, whole', run: openaiWhole, ...onlyCalls},
    {name: 'ai with openai-compatible, textStream', run: aiText('compatible')},
    {name: 'ai with openai-compatible, fullStream', run: aiParts('compatible')},
    {name: 'ai with openai-compatible, whole', run: aiWhole('compatible')},
    {name: 'ai with openai.chat, textStream', run: aiText('chat')},
    {name: 'ai with openai.chat, fullStream', run: aiParts('chat')},
    {name: 'LangChain ChatOpenAI, stream', run: langchain(langchainOpenai), ...onlyCalls},
    {name: 'OpenAI Agents with chat, stream', run: agents(OpenAIChatCompletionsModel)},
  ],
  responses: [
    {name: 'openai, stream', run: responsesRaw, ...onlyCalls},
    {name: 'openai, stream()', run: responsesHelper, ...onlyCalls},
    {name: 'ai with openai, textStream', run: aiText('responses')},
    {name: 'ai with openai, fullStream', run: aiParts('responses')},
    {name: 'ai with openai, whole', run: aiWhole('responses')},
    {name: 'LangChain ChatOpenAI, stream', run: langchain(langchainResponses), ...onlyCalls},
    {name: 'OpenAI Agents, stream', run: agents(OpenAIResponsesModel)},
  ],
  messages: [
    {name: '@anthropic-ai/sdk, stream', run: anthropicRaw, ...onlyCalls},
    {name: '@anthropic-ai/sdk, stream()', run: anthropicHelper, ...onlyCalls},
    {name: '@anthropic-ai/sdk, whole', run: anthropicWhole, ...onlyCalls},
    {name: 'ai with anthropic, textStream', run: aiText('anthropic')},
    {name: 'ai with anthropic, fullStream', run: aiParts('anthropic')},
    {name: 'ai with anthropic, whole', run: aiWhole('anthropic')},
    {name: 'LangChain ChatAnthropic, stream', run: langchain(langchainAnthropic), ...onlyCalls},
  ],
};
