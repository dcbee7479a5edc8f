/** The Converse API of AWS Bedrock. */
package io.llmrelay.sandbox.bedrock;
