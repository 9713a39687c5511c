// An answer in the making: from events to items, as the server will have kept them at the end.

/** @typedef {import("./tree.js").Turn} Turn */

/**
 * Takes an event into a turn; whether something that is shown changed.
 * @param {Turn} turn
 * @param {any} event
 */
export function take(turn, event) {
  const item = turn.output[event.output_index];
  switch (event.type) {
    case "response.output_item.added":
      turn.output[event.output_index] = structuredClone(event.item);
      return true;
    case "response.output_item.done":
      turn.output[event.output_index] = event.item;
      return true;
    case "response.content_part.added":
      if (!item) return false;
      (item.content ??= [])[event.content_index] = { ...event.part };
      return true;
    case "response.output_text.delta":
    case "response.reasoning_text.delta": {
      const part = item?.content?.[event.content_index];
      if (!part) return false;
      part.text = (part.text ?? "") + event.delta;
      return true;
    }
    case "response.function_call_arguments.delta":
      if (item) item.arguments = (item.arguments ?? "") + event.delta;
      return Boolean(item);
    case "response.custom_tool_call_input.delta":
      if (item) item.input = (item.input ?? "") + event.delta;
      return Boolean(item);
    case "response.in_progress":
      turn.status = "in_progress";
      return true;
    case "response.completed":
    case "response.incomplete":
    case "response.cancelled":
    case "response.failed":
      turn.status = event.response.status;
      turn.output = event.response.output;
      turn.usage = event.response.usage;
      turn.error = event.response.error;
      return true;
    case "error":
      turn.status = "failed";
      turn.error = { code: event.code, message: event.message };
      return true;
    default:
      return false;
  }
}

/** Whether nothing follows an event. @param {any} event */
export function isLast(event) {
  return ["response.completed", "response.incomplete", "response.cancelled", "response.failed", "error"].includes(event.type);
}

/**
 * The turn that the first event of an answer begins.
 * @param {any} response
 * @param {import("./tree.js").Item[]} input
 * @returns {Turn}
 */
export function begun(response, input) {
  return {
    id: response.id,
    after: response.previous_response_id ?? null,
    again: response.metadata?.freehold_again ?? null,
    forgotten: Number(response.metadata?.freehold_forgotten ?? 0),
    created_at: new Date(response.created_at * 1000).toISOString(),
    status: response.status,
    model: response.model,
    input,
    output: [],
    usage: null,
    error: null,
    timings: null,
  };
}
