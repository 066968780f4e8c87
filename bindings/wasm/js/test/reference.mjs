// What native Rust answers, and how to compare: the same in node and in a page.

/** Calls `raw` (text) and `api` (objects) with every case; gives how many agreed to the byte. */
export function compare(cases, raw, api) {
  for (const { call, request, answer } of cases) {
    const text = thrown(() => raw[call](request));
    if (text !== answer) throw new Error(`${call}(${request}) gave ${text}, native Rust ${answer}`);
    const method = call === "plan" ? api.plan : api.planEvacuation;
    const value = JSON.stringify(thrown(() => method(JSON.parse(request))));
    const expected = JSON.stringify(JSON.parse(answer));
    if (value !== expected) throw new Error(`${call}(${request}) gave ${value}, not ${expected}`);
  }
  return cases.length;
}

/** What `work` gives, or the JSON of what it throws. */
function thrown(work) {
  try {
    return work();
  } catch (error) {
    if (typeof error === "string") return error;
    const { kind, message, context, problems, retryable } = error;
    return { kind, message, context, ...(problems.length > 0 && { problems }), retryable };
  }
}
