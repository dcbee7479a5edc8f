package io.llmrelay.provider.error;

import java.util.regex.Pattern;

/**
 * Phrases with which servers report a prompt that exceeds the context window, each with the servers
 * that use it and the source. A phrase is a regular expression and matches regardless of case.
 *
 * <p>No phrase may match other errors: "too many tokens" alone is a rate limit at Bedrock, "exceeds
 * the limit of" alone may be about anything.
 */
final class ContextPhrases {
  private static final String[] PHRASES = {
    // OpenAI chat, Azure, DeepSeek, vLLM, sglang, OpenRouter, Fireworks, Mistral, Ollama cloud
    // (recorded; public issues): "maximum context length is 8192 tokens", "prompt too long;
    // exceeded max context length by 9 tokens", "model's maximum context length of 4096 tokens",
    // "too large for model with 32768 maximum context length".
    "max(imum)? context length",
    // OpenAI Responses (recorded): "Your input exceeds the context window of this model".
    // llama.cpp (recorded): "exceeds the available context size". Ollama runner
    // (runner/ollamarunner): "the input length exceeds the context length". Cloudflare (public
    // issues): "exceeded this model context window limit".
    "exceed(s|ed)? (the|this|your) (available |model('s)? |maximum )?context",
    // OpenAI and Azure gpt-5 (public issues): "Input tokens exceed the configured limit of 272000
    // tokens." Nova at Bedrock (recorded): "Input Tokens Exceeded".
    "input tokens exceed",
    // vLLM since 0.14 (vllm/renderers/params.py): "However, the model's context length is only
    // 4096 tokens, resulting in a maximum input length of 4000 tokens."
    "context length is only \\d+",
    // vLLM 0.6 to 0.13 (v1/engine/processor.py): "The decoder prompt (length 40000) is longer than
    // the maximum model length of 32768."
    "longer than the maximum model length",
    // vLLM before 0.9 (public issues), where a prompt left no token: "max_tokens must be at least
    // 1, got -1234."
    "max_tokens must be at least 1, got -",
    // sglang, Together (managers/tokenizer_manager.py): "The input (5000 tokens) is longer than the
    // model's context length (4096 tokens)."
    "longer than the model'?s context length",
    // sglang (managers/utils.py): "Input length (5000 tokens) exceeds the maximum allowed length
    // (4090 tokens)." Poolside at OpenRouter (public issues): "Input length 131393 exceeds the
    // maximum allowed input length of 131040 tokens."
    "input length .{0,60}exceeds the .{0,40}(allowed|context|input) (input )?length",
    // TGI, older Together (router/src/validation.rs): "`inputs` tokens + `max_new_tokens` must be
    // <= 4096", "`inputs` must have less than 4095 tokens".
    "`inputs` tokens \\+ `max_new_tokens` must be <=",
    "`inputs` must have less than \\d+ tokens",
    // Anthropic (recorded), Ollama, Fireworks: "prompt is too long: 213462 tokens > 200000
    // maximum".
    "prompt (is )?too long",
    // Anthropic and Claude at Bedrock (public issues): "input length and `max_tokens` exceed
    // context
    // limit: 170636 + 34048 > 200000".
    "exceeds? (the )?context limit",
    // Anthropic 413 (documentation): "Request exceeds the maximum size".
    "request exceeds the maximum size",
    // xAI (public issues): "This model's maximum prompt length is 131072 but the request contains
    // 537812 tokens."
    "maximum prompt length is \\d+",
    // Groq, Cerebras (public issues): "Please reduce the length of the messages or completion."
    "reduce the length of the (messages|input|prompt)",
    // GitHub Copilot (public issues): "prompt token count of 146270 exceeds the limit of 128000".
    "prompt token count of \\d+ exceeds",
    // Gemini (recorded): "The input token count (9) exceeds the maximum number of tokens allowed
    // (8)." Vertex AI: "the input token count is 9 but the model only supports up to 8".
    "input token count .{0,40}(exceeds|but the model only supports)",
    // Bedrock (documentation, public issues): "Input is too long for requested model.", "Too many
    // input tokens. Max input tokens: 8192".
    "input is too long",
    "too many input tokens",
    // Cohere (recorded shape, public issues): "too many tokens: total number of tokens in the
    // prompt
    // cannot exceed 4081", "too many tokens: size limit exceeded by 9 tokens".
    "too many tokens: (the )?(total|size)",
    // LM Studio (public issues): "The number of tokens to keep from the initial prompt is greater
    // than the context length", "loaded with context length of only 4096 tokens".
    "greater than the context length",
    "context length of only \\d+",
    // MiniMax (public issues): "invalid params, context window exceeds limit (2013)".
    "context window exceeds limit",
    // Moonshot (public issues): "Your request exceeded model token limit: 131072 (requested: 9)".
    "exceeded model token limit",
    // Z.ai (public issues): "tokens in request more than max tokens allowed"; its code 1261 says
    // "Prompt exceeds max length".
    "tokens in request more than max tokens",
    "prompt exceeds max length",
    // Qwen at Model Studio (documentation): "Range of input length should be [1, 30720]".
    "range of input length should be",
    // llama-cpp-python (public issues): "Requested tokens (11280) exceed context window of 2048".
    "requested tokens .{0,20}exceed context window",
    // Proxies that put the error code into the text.
    "context_length_exceeded|context_?window_?exceeded_?error",
  };

  /** Matches any of the phrases. */
  static final Pattern ANY = Pattern.compile(String.join("|", PHRASES), Pattern.CASE_INSENSITIVE);

  private ContextPhrases() {}
}
